//! Record batches against the bytes of Kafka's own code.

mod fixture;
mod notation;
mod oracle;

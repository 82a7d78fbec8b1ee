//! The Kafka wire protocol: messages, record batches and compression. No socket, clock, task or file.

pub mod record;

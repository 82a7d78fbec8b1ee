//! A reference Kafka broker.

pub mod log;

//! A reference Kafka broker.

pub mod config;
pub mod coordinator;

//! A reference Kafka broker.

pub mod config;

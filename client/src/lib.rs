//! An async Kafka client.

pub mod config;

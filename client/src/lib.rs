//! An async Kafka client.

pub mod backoff;
pub mod config;
pub mod partitioner;

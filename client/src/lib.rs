//! An async Kafka client.

pub mod assignor;
pub mod backoff;
pub mod config;
pub mod partitioner;
pub mod properties;
mod topic_partition;

pub use topic_partition::TopicPartition;

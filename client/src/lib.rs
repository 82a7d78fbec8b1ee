//! An async Kafka client.

pub mod assignor;
pub mod backoff;
pub mod config;
pub mod partitioner;
mod topic_partition;

pub use topic_partition::TopicPartition;

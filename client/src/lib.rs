//! An async Kafka client.

pub mod admin;
pub mod assignor;
pub mod backoff;
mod client;
pub mod config;
pub mod consumer;
mod explain;
mod from_properties;
pub mod metadata;
pub mod metrics;
pub mod net;
pub mod partitioner;
pub mod producer;
pub mod properties;
mod topic_partition;

pub use client::{Client, ClientBuilder, MetadataError};
pub use explain::{Wait, WaitSubject};
pub use from_properties::{ConfiguredClient, FromPropertiesError};
pub use topic_partition::TopicPartition;

//! An async Kafka client.

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests have clocks, tasks and files of their own"))]

pub mod admin;
pub mod assignor;
pub mod backoff;
#[expect(clippy::disallowed_methods, reason = "an edge: it keeps metadata up to date")]
mod client;
pub mod config;
pub mod consumer;
mod explain;
mod from_properties;
pub mod metadata;
pub mod metrics;
#[expect(clippy::disallowed_methods, reason = "the edge that connections are")]
pub mod net;
pub mod partitioner;
pub mod producer;
pub mod properties;
mod topic_partition;

pub use client::{Client, ClientBuilder, MetadataError};
pub use explain::{Wait, WaitSubject};
pub use from_properties::{ConfiguredClient, FromPropertiesError};
pub use topic_partition::TopicPartition;

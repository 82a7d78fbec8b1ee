//! An async Kafka client.

pub mod backoff;
mod client;
pub mod config;
pub mod metadata;
pub mod net;
pub mod partitioner;

pub use client::{Client, ClientBuilder, MetadataError};

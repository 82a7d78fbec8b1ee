//! A reference Kafka broker.
//!
//! A [`Cluster`] of one or more nodes runs inside the program that starts it, in memory or in a directory, on TCP ports
//! or on a [network within the process](MemoryNetwork). Every Kafka client can talk to it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = ottla_broker::Cluster::builder().nodes(3).topic("orders", 6).start().await?;
//! println!("bootstrap.servers={}", cluster.bootstrap_servers());
//! cluster.shutdown().await?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests have clocks, tasks and files of their own"))]

mod addresses;
mod adoption;
mod api;
#[expect(clippy::disallowed_methods, reason = "everybody else asks it")]
mod clock;
mod cluster;
pub mod config;
mod controller;
pub mod coordinator;
mod dispatch;
mod fetch_session;
mod groups;
pub mod log;
mod metrics;
mod network;
mod node;
mod partition;
mod replicas;

pub use addresses::ListenerSettingError;
pub use adoption::AdoptionError;
pub use cluster::{Cluster, ClusterBuilder, ClusterNode, ShutdownError, StartError};
pub use controller::MetadataStoreError;
pub use metrics::{NodeApiMetrics, NodeMetrics};
pub use network::{Endpoint, MemoryListener, MemoryNetwork, MemoryStream};

//! Kafka in pure Rust: a client and a reference broker that speak the same protocol crate.
//!
//! ```
//! use ottla::{Client, broker::Cluster, embedded, producer::Record};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Your cluster: Client::connect("host:9092")?. Or one in this process:
//! let cluster = Cluster::builder().topic("orders", 6).start().await?;
//! let client = embedded::client(&cluster)?.build()?;
//!
//! let producer = client.producer().build()?;
//! let delivery = producer.send(Record::to("orders").key("ann").value("3 apples")).await?;
//! assert_eq!(delivery.await?.offset, 0);
//!
//! let mut consumer = client.consumer("billing").from_beginning().subscribe(["orders"]).build().await?;
//! for record in &consumer.recv().await? {
//!     assert_eq!(record.value(), Some(b"3 apples".as_slice()));
//! }
//! consumer.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! | for | see |
//! |---|---|
//! | the handle that all else is made from | [`Client`], and [`Client::from_properties`] for the files that you have |
//! | writing records, and what became of them | [`producer`] |
//! | reading records, alone or in a group | [`consumer`] |
//! | topics, settings, groups and their offsets | [`admin`] |
//! | settings, their units and defaults | [`config`] |
//! | why nothing happens | [`Wait`], which producer and consumer `explain` with |
//! | a broker for your tests, or for one machine | [`broker`] and, without sockets, [`embedded`] |
//! | messages and record batches themselves | [`protocol`] |
//!
//! How it all goes together, and how to come from another client, is in the [`guide`].
//!
//! A [tokio](https://docs.rs/tokio) runtime has to be there, of either kind.
//!
//! | feature | what |
//! |---|---|
//! | `client` (default) | [`Client`]: producer, consumer groups, admin |
//! | `broker` | [`broker`]: a cluster inside your program, for tests in any language and for single machines |

#[doc(inline)]
pub use ottla_protocol as protocol;

/// The README's program, run by `cargo test`.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "broker")]
#[doc(inline)]
pub use ottla_broker as broker;

#[cfg(feature = "client")]
pub use ottla_client::*;

#[cfg(all(feature = "client", feature = "broker"))]
pub mod embedded;

/// [delivery]: guide::delivery
/// [consuming]: guide::consuming
/// [tuning]: guide::tuning
/// [nothing]: guide::nothing_happens
/// [test]: guide::test_your_service
/// [rdkafka]: guide::migrating_from_rdkafka
#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/README.md")]
pub mod guide;

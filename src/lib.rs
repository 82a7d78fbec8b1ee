//! Kafka in pure Rust: a client and a reference broker that speak the same protocol crate.
//!
//! | feature | what |
//! |---|---|
//! | `client` (default) | [`Client`]: producer, consumer groups, admin |
//! | `broker` | [`broker`]: a cluster inside your program, for tests in any language and for single machines |
//!
//! With both features a client reaches a cluster without sockets: see [`embedded`].

pub use ottla_protocol as protocol;

/// The README's program, run by `cargo test`.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "broker")]
pub use ottla_broker as broker;

#[cfg(feature = "client")]
pub use ottla_client::*;

#[cfg(all(feature = "client", feature = "broker"))]
pub mod embedded;

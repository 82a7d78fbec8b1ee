//! Kafka in pure Rust.

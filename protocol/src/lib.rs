//! The Kafka wire protocol: messages, record batches and compression. No socket, clock, task or file.

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
    )
)]

// The derive macros name this crate as its users do.
extern crate self as ottla_protocol;

pub mod api_key;
pub mod compression;
pub mod duration;
pub mod error_code;
pub mod messages;
pub mod murmur2;
pub mod record;
pub mod types;
pub mod wire;

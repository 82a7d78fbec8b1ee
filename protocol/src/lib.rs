//! The Kafka wire protocol: messages, record batches and compression. No socket, clock, task or file.

pub mod compression;
pub mod murmur2;
pub mod record;

//! Settings as plain typed structs, with Kafka's Java defaults unless a field says otherwise.
//!
//! Every field is public and says its Kafka name, unit and default. `validate` holds what one field cannot say by its
//! type; builders and [`properties`](crate::properties) call it, so a client never runs on settings that contradict
//! each other.

mod client;
mod consumer;
mod names;
mod producer;

pub use client::{ClientConfig, MetadataRecovery, ServerAddress};
pub use consumer::{AssignorName, ConsumerConfig, IsolationLevel, OffsetReset};
pub use names::InvalidValue;
pub use producer::{Acks, CompressionConfig, PartitionerName, ProducerConfig};

use std::time::Duration;

/// The longest time that fits Kafka's 32-bit millisecond fields, about 24.8 days.
pub const MAX_MILLIS: Duration = Duration::from_millis(i32::MAX as u64);

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting is missing and has no default. Set it.
    #[error("{setting} must be set")]
    Missing {
        /// Kafka's name for the setting.
        setting: &'static str,
    },
    /// A value is outside its range. Choose one inside.
    #[error("{setting} is {value}, but must be {valid}")]
    OutOfRange {
        /// Kafka's name for the setting.
        setting: &'static str,
        /// The value as given.
        value: String,
        /// The values that are valid, in words.
        valid: String,
    },
    /// Two settings contradict each other. Change one of them as the reason says.
    #[error("{setting} conflicts with {other}: {reason}")]
    Conflict {
        /// Kafka's name for the setting.
        setting: &'static str,
        /// Kafka's name for the other setting.
        other: &'static str,
        /// Why they cannot both hold, and what to change.
        reason: &'static str,
    },
}

/// Fails unless a size in bytes fits Kafka's 32-bit field and reaches `min`.
fn check_bytes(setting: &'static str, bytes: usize, min: usize) -> Result<(), ConfigError> {
    if (min..=i32::MAX as usize).contains(&bytes) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { setting, value: bytes.to_string(), valid: format!("{min} to {} bytes", i32::MAX) })
}

/// Fails unless a time fits Kafka's 32-bit milliseconds and reaches `min`.
fn check_time(setting: &'static str, time: Duration, min: Duration) -> Result<(), ConfigError> {
    if (min..=MAX_MILLIS).contains(&time) {
        return Ok(());
    }
    let valid = format!("{} to {} ms", min.as_millis(), i32::MAX);
    Err(ConfigError::OutOfRange { setting, value: format!("{} ms", time.as_millis()), valid })
}

/// Fails if a name is given but empty, or too long for the wire.
fn check_name(setting: &'static str, name: Option<&str>) -> Result<(), ConfigError> {
    match name {
        Some(name) if name.is_empty() || name.len() > i16::MAX as usize => Err(ConfigError::OutOfRange {
            setting,
            value: format!("{} bytes long", name.len()),
            valid: format!("1 to {} bytes long", i16::MAX),
        }),
        _ => Ok(()),
    }
}

//! What can be wrong with a setting, and the error code that says so.

use ottla_protocol::error_code::ErrorCode;

/// A value that is not of its setting's type or outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid value {value} for configuration {name}: expected {expected}")]
pub struct InvalidValue {
    /// The setting.
    pub name: &'static str,
    /// The value; `[hidden]` for a secret.
    pub value: String,
    /// The valid values, in words.
    pub expected: String,
}

/// Whose settings they are: the same fault has another error code for a topic than for a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigScope {
    /// A topic's.
    Topic,
    /// A group's.
    Group,
    /// One broker's, or the default of all brokers.
    Broker,
}

/// A setting that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is not valid. Set one that the message names.
    #[error(transparent)]
    InvalidValue(#[from] InvalidValue),
    /// A setting has neither a value nor a default. Set it.
    #[error("Missing required configuration {name}")]
    Missing {
        /// The setting.
        name: &'static str,
    },
    /// No topic setting has this name.
    #[error("Unknown topic config name: {name}")]
    UnknownTopicConfig {
        /// The name.
        name: String,
    },
    /// No group setting has this name.
    #[error("Unknown group config name: {name}")]
    UnknownGroupConfig {
        /// The name.
        name: String,
    },
    /// A topic is created with a setting that has no value. Leave it out.
    #[error("Null value not supported for topic configs: {name}")]
    NullTopicConfig {
        /// The setting.
        name: String,
    },
    /// Two settings contradict each other.
    #[error("{name} ({value}) must not be above {limit_name} ({limit})")]
    Conflict {
        /// The setting that is too large.
        name: &'static str,
        /// Its value.
        value: i64,
        /// The setting that bounds it.
        limit_name: &'static str,
        /// The value of that one.
        limit: i64,
    },
    /// A setting is below what the broker lets a group choose.
    #[error("{name} ({value}) must not be below {limit_name} ({limit})")]
    BelowBound {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: i64,
        /// The broker's setting that bounds it.
        limit_name: &'static str,
        /// The value of that one.
        limit: i64,
    },
    /// A setting must be larger than another one.
    #[error("{name} ({value}) must be above {limit_name} ({limit})")]
    NotAbove {
        /// The setting that is too small.
        name: &'static str,
        /// Its value.
        value: i64,
        /// The setting that it must exceed.
        limit_name: &'static str,
        /// The value of that one.
        limit: i64,
    },
    /// A count of threads changes by more than a running broker takes. Go there in several steps.
    #[error("{name} ({value}) must be from half the present {current} to its double")]
    ThreadCount {
        /// The setting.
        name: &'static str,
        /// What it would become.
        value: i32,
        /// What it is.
        current: i32,
    },
    /// `remote.storage.enable` is on, and this broker has no tiered storage.
    #[error("Tiered storage is not available: remote.storage.enable must be false")]
    TieredStorage,
    /// APPEND or SUBTRACT on a setting that is not a list. Use SET.
    #[error("Cannot {operation} to {name}: it is not a list")]
    NotAList {
        /// The setting.
        name: String,
        /// `APPEND` or `SUBTRACT`.
        operation: &'static str,
    },
    /// A request names a setting twice.
    #[error("Configuration {name} appears more than once")]
    DuplicateKey {
        /// The setting.
        name: String,
    },
    /// An operation other than DELETE has no value.
    #[error("Null value not supported for : {name}")]
    NullValue {
        /// The setting.
        name: String,
    },
    /// The number of an operation is not one of 0 to 3.
    #[error("Unknown operation {operation} on {name}")]
    UnknownOperation {
        /// The setting.
        name: String,
        /// The number.
        operation: i8,
    },
    /// The settings can only be changed in the broker's file.
    #[error("Cannot update these configs dynamically: {}", names.join(", "))]
    ReadOnly {
        /// The settings.
        names: Vec<String>,
    },
    /// The settings cannot be a default of all brokers. Name a broker.
    #[error("Only settable for one broker, not as the default of all: {}", names.join(", "))]
    PerBrokerOnly {
        /// The settings.
        names: Vec<String>,
    },
    /// The settings need the prefix `listener.name.NAME.` to be changed while the broker runs.
    #[error("Only settable for one listener, with its prefix: {}", names.join(", "))]
    PerListenerOnly {
        /// The settings.
        names: Vec<String>,
    },
}

impl ConfigError {
    /// Kafka's code for this fault in a request about such a resource.
    pub fn error_code(&self, scope: ConfigScope) -> ErrorCode {
        match self {
            Self::InvalidValue(_) | Self::Conflict { .. } | Self::Missing { .. } if scope == ConfigScope::Broker => {
                ErrorCode::INVALID_REQUEST
            }
            Self::InvalidValue(_)
            | Self::Conflict { .. }
            | Self::Missing { .. }
            | Self::BelowBound { .. }
            | Self::NotAbove { .. }
            | Self::UnknownTopicConfig { .. }
            | Self::UnknownGroupConfig { .. }
            | Self::NullTopicConfig { .. }
            | Self::TieredStorage
            | Self::NotAList { .. } => ErrorCode::INVALID_CONFIG,
            Self::DuplicateKey { .. }
            | Self::NullValue { .. }
            | Self::UnknownOperation { .. }
            | Self::ThreadCount { .. }
            | Self::ReadOnly { .. }
            | Self::PerBrokerOnly { .. }
            | Self::PerListenerOnly { .. } => ErrorCode::INVALID_REQUEST,
        }
    }
}

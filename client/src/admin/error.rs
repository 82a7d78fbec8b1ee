//! Why an admin call, or one item of it, failed.

use std::time::Duration;

use ottla_protocol::{api_key::ApiKey, error_code::ErrorCode, wire::Str};

use crate::net::RequestError;

/// Why an admin call failed, for the call as a whole or for one of the things it named.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The cluster says no. What helps depends on the code; [`ErrorCode::message`] says what each means.
    #[error("{subject}: {code}{}", .message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Refused {
        /// The topic, partition, group or resource.
        subject: String,
        /// Why.
        code: ErrorCode,
        /// The broker's own words, if it has any.
        message: Option<String>,
    },
    /// An earlier attempt got no answer, and the answer to the next one is what it would be if the earlier one had done
    /// the work already. Describe the subject to find out whether it is as you want it.
    #[error("{subject}: {code} after an attempt whose outcome is unknown, which may have done it")]
    Uncertain {
        /// The topic, partition or group.
        subject: String,
        /// What the last attempt was answered.
        code: ErrorCode,
    },
    /// Every attempt failed in a way that may pass until time ran out. Look at the cause, or allow more time.
    #[error("{subject}: not done after {after:?}{}", .cause.as_ref().map(|cause| format!(", last error: {cause}")).unwrap_or_default())]
    Timeout {
        /// The topic, partition, group or resource.
        subject: String,
        /// How long the call took.
        after: Duration,
        /// Whether an attempt that changes something was sent, so that it may have been carried out.
        possibly_done: bool,
        /// What went wrong last.
        cause: Option<Box<AdminError>>,
    },
    /// The broker serves the API, but not in a version that can express this. Do without, or use a newer broker.
    #[error("{feature} needs {api} in version {needs}, the broker has only {broker}")]
    Unsupported {
        /// The API.
        api: ApiKey,
        /// What was asked for.
        feature: &'static str,
        /// The version of the API that has it.
        needs: i16,
        /// The newest version that both sides have.
        broker: i16,
    },
    /// The broker answered, but left this out: the broker does not keep to the protocol.
    #[error("{subject}: left out of the response to {api}")]
    Omitted {
        /// The API.
        api: ApiKey,
        /// The topic, partition, group or resource.
        subject: String,
    },
    /// The call asks for something that cannot be. Correct it as the reason says.
    #[error("{subject}: {reason}")]
    Invalid {
        /// The topic, partition, group or resource.
        subject: String,
        /// Why.
        reason: &'static str,
    },
    /// A request failed for good.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl AdminError {
    /// Whether the same call can succeed later.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Refused { code, .. } => code.is_retriable(),
            Self::Timeout { .. } => true,
            Self::Request(error) => error.is_retriable(),
            Self::Uncertain { .. } | Self::Unsupported { .. } | Self::Omitted { .. } | Self::Invalid { .. } => false,
        }
    }

    /// Whether the cluster may have done what was asked all the same.
    pub fn possibly_done(&self) -> bool {
        match self {
            Self::Uncertain { .. } | Self::Omitted { .. } => true,
            Self::Timeout { possibly_done, .. } => *possibly_done,
            Self::Request(error) => error.possibly_done(),
            Self::Refused { code, .. } => *code == ErrorCode::REQUEST_TIMED_OUT,
            Self::Unsupported { .. } | Self::Invalid { .. } => false,
        }
    }

    /// The broker's code, if there is one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } | Self::Uncertain { code, .. } => Some(*code),
            Self::Timeout { cause, .. } => cause.as_ref().and_then(|cause| cause.code()),
            Self::Unsupported { .. } => Some(ErrorCode::UNSUPPORTED_VERSION),
            Self::Omitted { .. } | Self::Invalid { .. } | Self::Request(_) => None,
        }
    }

    pub(super) fn refused(subject: impl ToString, code: ErrorCode, message: Option<&Str>) -> Self {
        let message = message.map(ToString::to_string).filter(|message| !message.is_empty());
        Self::Refused { subject: subject.to_string(), code, message }
    }
}

/// Fails unless the version can express a feature.
pub(super) fn needs(api: ApiKey, feature: &'static str, needs: i16, broker: i16) -> Result<(), AdminError> {
    if broker >= needs { Ok(()) } else { Err(AdminError::Unsupported { api, feature, needs, broker }) }
}

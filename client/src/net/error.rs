//! Why a request got no response.

use std::{io, sync::Arc, time::Duration};

use ottla_protocol::{
    api_key::ApiKey,
    types::NodeId,
    wire::{DecodeError, EncodeError, schema::VersionRange},
};

use crate::config::ServerAddress;

/// Why a connection could not be opened, or ended.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The server did not accept. Check the address and whether the server is up.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// The server.
        address: ServerAddress,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The server did not accept or greet in time.
    #[error("{address} was not ready within {after:?}")]
    SetupTimeout {
        /// The server.
        address: ServerAddress,
        /// How long was waited.
        after: Duration,
    },
    /// Reading or writing failed, or the server closed the connection.
    #[error("the connection to {address} broke: {source}")]
    Broken {
        /// The server.
        address: ServerAddress,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The server sent something that is not Kafka's protocol. Check that the port is a Kafka listener without TLS.
    #[error("{address} does not speak the protocol: {reason}")]
    Protocol {
        /// The server.
        address: ServerAddress,
        /// What is wrong.
        reason: String,
    },
    /// A request got no response in time, so the connection was given up.
    #[error("{address} did not answer within {after:?}")]
    Stalled {
        /// The server.
        address: ServerAddress,
        /// How long was waited.
        after: Duration,
    },
    /// Nothing was sent for `connections.max.idle.ms`.
    #[error("the connection to {address} was idle")]
    Idle {
        /// The server.
        address: ServerAddress,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

/// Why a request got no response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// There is no connection, so the request was not sent.
    #[error(transparent)]
    NotSent(ConnectionError),
    /// The connection ended while the request was under way: the server may have acted on it.
    #[error("no response: {0}")]
    NoResponse(ConnectionError),
    /// The metadata does not know this node. Refreshing it may help.
    #[error("node {0} is not in the metadata")]
    UnknownNode(NodeId),
    /// The broker does not serve any version of the API that this client has. Use a newer broker, or do without.
    #[error("the broker serves {api} {broker}, this client needs {client}", broker = Versions(.broker.as_ref()), client = Versions(Some(.client)))]
    Unsupported {
        /// The API.
        api: ApiKey,
        /// The broker's versions of it, if any.
        broker: Option<VersionRange>,
        /// The client's.
        client: VersionRange,
    },
    /// The request cannot be expressed in the version that the broker serves.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The response is not what it should be.
    #[error("bad response to {api}: {source}")]
    Decode {
        /// The API.
        api: ApiKey,
        /// What is wrong with it.
        source: DecodeError,
    },
}

impl RequestError {
    /// Whether the same request can succeed later.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::NotSent(error) | Self::NoResponse(error) => !matches!(error, ConnectionError::Closed),
            Self::UnknownNode(_) => true,
            Self::Unsupported { .. } | Self::Encode(_) | Self::Decode { .. } => false,
        }
    }

    /// Whether the server may have acted on the request all the same.
    pub fn possibly_done(&self) -> bool {
        matches!(self, Self::NoResponse(_) | Self::Decode { .. })
    }
}

struct Versions<'a>(Option<&'a VersionRange>);

impl std::fmt::Display for Versions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("in no version"),
            Some(range) => write!(f, "in versions {} to {}", range.first, range.last),
        }
    }
}

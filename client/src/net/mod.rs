//! Connections: how bytes get to brokers and back.

mod connection;
mod connector;
mod error;
mod frame;
mod pool;
mod versions;

pub(crate) use connection::{Connection, Peer, Response, Unanswered};
pub(crate) use connector::TcpConnector;
pub use connector::{Connecting, Connector, Transport};
pub use error::{ConnectionError, RequestError};
pub(crate) use pool::{ConsumerNumber, Pool, Purpose};
pub use versions::BrokerVersions;

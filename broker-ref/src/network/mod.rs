//! Sockets, frames and the order of responses; nothing here knows what a request means.

mod connection;
mod frame;
mod held;
mod listener;
mod memory;
mod patience;
mod quota;
mod reserve;
mod seldom;

pub use listener::Endpoint;
pub use memory::{MemoryListener, MemoryNetwork, MemoryStream};
pub(crate) use {
    connection::{ConnectionLimits, Outcome, Service},
    frame::ResponseFrame,
    held::{Held, HeldResponses},
    listener::{Binding, Listener},
    quota::{ConnectionCounts, MaxConnections},
};

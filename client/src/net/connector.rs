//! How a byte stream to a server comes about.

use std::{fmt, future::Future, io, pin::Pin};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::config::ServerAddress;

/// The two directions of a connection.
pub struct Transport {
    /// Bytes from the server.
    pub read: Box<dyn AsyncRead + Send + Unpin>,
    /// Bytes to the server. Vectored writes are used where it supports them.
    pub write: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Transport {
    /// The two halves of a stream that has no cheaper way to be split.
    pub fn from_stream(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, write) = tokio::io::split(Box::pin(stream));
        Self { read: Box::new(read), write: Box::new(write) }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

/// What [`Connector::connect`] returns.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Transport>> + Send + 'a>>;

/// Opens byte streams to servers: TCP by default, an in-memory network in tests.
pub trait Connector: Send + Sync + 'static {
    /// Opens one. Dropping the future gives the attempt up.
    fn connect<'a>(&'a self, address: &'a ServerAddress) -> Connecting<'a>;
}

impl<F, Fut> Connector for F
where
    F: Fn(ServerAddress) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = io::Result<Transport>> + Send + 'static,
{
    fn connect<'a>(&'a self, address: &'a ServerAddress) -> Connecting<'a> {
        Box::pin(self(address.clone()))
    }
}

/// TCP without delay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TcpConnector {
    pub(crate) send_buffer_bytes: Option<usize>,
    pub(crate) receive_buffer_bytes: Option<usize>,
}

impl TcpConnector {
    async fn open(&self, address: &ServerAddress) -> io::Result<Transport> {
        // A name can have several addresses of which the first ones may be dead.
        let mut last = None;
        for address in tokio::net::lookup_host((address.host.as_str(), address.port)).await? {
            match self.open_one(address).await {
                Ok(stream) => {
                    let (read, write) = stream.into_split();
                    return Ok(Transport { read: Box::new(read), write: Box::new(write) });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address")))
    }

    async fn open_one(&self, address: std::net::SocketAddr) -> io::Result<TcpStream> {
        let socket =
            if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        if let Some(bytes) = self.send_buffer_bytes {
            socket.set_send_buffer_size(size(bytes))?;
        }
        if let Some(bytes) = self.receive_buffer_bytes {
            socket.set_recv_buffer_size(size(bytes))?;
        }
        socket.set_nodelay(true)?;
        socket.connect(address).await
    }
}

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, address: &'a ServerAddress) -> Connecting<'a> {
        Box::pin(self.open(address))
    }
}

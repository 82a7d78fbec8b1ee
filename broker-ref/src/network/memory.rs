//! A network within the process: no ports, no sockets, and time can stand still.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{io::DuplexStream, sync::mpsc};

/// Bytes in flight in each direction of a connection.
const PIPE_BYTES: usize = 256 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: usize = 1024;
/// Where the search for a free port begins.
const FIRST_FREE_PORT: u16 = 1024;

/// One end of a connection within the process.
pub type MemoryStream = DuplexStream;

type Listeners = HashMap<(String, u16), mpsc::Sender<MemoryStream>>;

/// A network that exists only in this process. Clones are the same network.
///
/// Host names are arbitrary strings; a cluster that is given a network listens on it under the addresses that its
/// metadata advertises, and whoever has the network can [`connect`](Self::connect) to them.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    listeners: Arc<Mutex<Listeners>>,
}

impl MemoryNetwork {
    /// A network on which nobody listens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens on an address; port 0 picks one that is free.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] if somebody listens there already or no port is free.
    pub fn bind(&self, host: &str, port: u16) -> io::Result<MemoryListener> {
        let mut listeners = self.lock();
        let free = |port: &u16| !listeners.contains_key(&(host.to_owned(), *port));
        let port = match port {
            0 => (FIRST_FREE_PORT..=u16::MAX).find(free),
            port => Some(port).filter(free),
        };
        let port = port.ok_or(io::ErrorKind::AddrInUse)?;
        let (sender, incoming) = mpsc::channel(BACKLOG);
        let address = (host.to_owned(), port);
        listeners.insert(address.clone(), sender);
        Ok(MemoryListener { network: self.clone(), address, incoming })
    }

    /// Connects to whoever listens on an address.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`io::ErrorKind::ConnectionRefused`] if nobody does.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<MemoryStream> {
        let listener = self.lock().get(&(host.to_owned(), port)).cloned();
        let listener = listener.ok_or(io::ErrorKind::ConnectionRefused)?;
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        listener.send(theirs).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(ours)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Listeners> {
        // The map is whole after every statement, so a panic elsewhere leaves nothing half done.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the connections to one address; dropping it frees the address.
#[derive(Debug)]
pub struct MemoryListener {
    network: MemoryNetwork,
    address: (String, u16),
    incoming: mpsc::Receiver<MemoryStream>,
}

impl MemoryListener {
    /// The host it was bound to.
    pub fn host(&self) -> &str {
        &self.address.0
    }

    /// The port, picked if 0 was asked for.
    pub fn port(&self) -> u16 {
        self.address.1
    }

    /// The next connection.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// None while the listener exists; the signature is that of a socket's.
    pub async fn accept(&mut self) -> io::Result<MemoryStream> {
        self.incoming.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.network.lock().remove(&self.address);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_connection_carries_bytes_both_ways() {
        let network = MemoryNetwork::new();
        let mut listener = network.bind("node-1", 0).unwrap();
        let mut client = network.connect("node-1", listener.port()).await.unwrap();
        let mut server = listener.accept().await.unwrap();
        client.write_all(b"ping").await.unwrap();
        let mut four = [0; 4];
        server.read_exact(&mut four).await.unwrap();
        assert_eq!(&four, b"ping");
        server.write_all(b"pong").await.unwrap();
        client.read_exact(&mut four).await.unwrap();
        assert_eq!(&four, b"pong");
    }

    #[tokio::test]
    async fn an_address_is_taken_until_its_listener_is_dropped() {
        let network = MemoryNetwork::new();
        let listener = network.bind("a", 9092).unwrap();
        assert_eq!(network.bind("a", 9092).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(network.bind("b", 9092).is_ok());
        drop(listener);
        assert_eq!(network.connect("a", 9092).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(network.bind("a", 9092).is_ok());
    }
}

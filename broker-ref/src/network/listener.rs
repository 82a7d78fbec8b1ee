//! Where a node takes connections, and the address that it tells clients to use.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use ottla_protocol::wire::Str;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinError, JoinSet},
    time::Instant,
};
use tracing::Instrument;

use super::{
    ConnectionLimits, MemoryListener, MemoryNetwork, MemoryStream,
    connection::{Service, serve},
    quota::{ConnectionCounts, MaxConnections},
    reserve::{Reserve, is_exhausted},
    seldom::Seldom,
};

/// How long nothing is accepted after a failure to do so.
const PAUSE: Duration = Duration::from_millis(50);
/// How often it is said that connections cannot be accepted.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// A host and a port, as clients are told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name or address.
    pub host: Str,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An IPv6 address has colons of its own.
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What to listen on.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    /// A TCP address; port 0 picks one that is free.
    Tcp { host: String, port: u16 },
    /// A name in a network within the process.
    Memory { network: MemoryNetwork, host: String, port: u16 },
}

impl Binding {
    /// Whether it is every address of the machine, which is none that a client could connect to.
    pub(crate) fn is_wildcard(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified()),
            Self::Memory { .. } => false,
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Tcp { host, port } | Self::Memory { host, port, .. }) = self;
        Endpoint { host: host.as_str().into(), port: *port }.fmt(f)
    }
}

/// A bound listener that does not accept yet.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    endpoint: Endpoint,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener, Reserve),
    Memory(MemoryListener),
}

#[derive(Debug)]
enum Accepted {
    Tcp(TcpStream, IpAddr),
    Memory(MemoryStream),
}

impl Listener {
    pub(crate) async fn bind(binding: &Binding) -> io::Result<Self> {
        match binding {
            Binding::Tcp { host, port } => Self::bind_tcp(host, *port).await,
            Binding::Memory { network, host, port } => {
                let listener = network.bind(host, *port)?;
                let endpoint = Endpoint { host: host.as_str().into(), port: listener.port() };
                Ok(Self { socket: Socket::Memory(listener), endpoint })
            }
        }
    }

    async fn bind_tcp(host: &str, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((host, port)).await?;
        let endpoint = Endpoint { host: reachable(host), port: listener.local_addr()?.port() };
        let reserve = Reserve::of(&listener);
        Ok(Self { endpoint, socket: Socket::Tcp(listener, reserve) })
    }

    /// The address that clients reach it under.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Tells clients another address than the one that it is bound to.
    pub(crate) fn advertise(&mut self, endpoint: Endpoint) {
        self.endpoint = endpoint;
    }

    /// Accepts connections until dropped, which drops them too. The service is told where the client is.
    pub(crate) async fn run<S: Service + 'static>(
        mut self,
        limits: ConnectionLimits,
        counts: Arc<ConnectionCounts>,
        max: impl Fn() -> MaxConnections,
        service: impl Fn(Str) -> S,
    ) {
        let mut connections = JoinSet::new();
        let mut complaints = Seldom::every(COMPLAINT_INTERVAL);
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                Some(ended) = connections.join_next() => {
                    self.note_panic(ended);
                    continue;
                }
            };
            let accepted = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.go_on_after(&error, &mut complaints).await;
                    continue;
                }
            };
            let peer = accepted.peer();
            let Some(counted) = counts.admit(peer, &max).await else {
                tracing::debug!(listener = %self.endpoint, %peer, "closing a connection: the address has too many");
                continue;
            };
            let service = service(format!("/{peer}").into());
            let span = tracing::debug_span!(
                parent: None,
                "connection",
                listener = %self.endpoint,
                %peer,
                client_id = tracing::field::Empty,
            );
            let connection = async move {
                match accepted {
                    Accepted::Tcp(stream, _) => serve(stream, service, limits).await,
                    Accepted::Memory(stream) => serve(stream, service, limits).await,
                }
                drop(counted);
            };
            connections.spawn(connection.instrument(span));
        }
    }

    /// A panic is a fault of ours, and the end of one connection only.
    fn note_panic(&self, ended: Result<(), JoinError>) {
        if let Err(error) = ended
            && error.is_panic()
        {
            tracing::error!(listener = %self.endpoint, %error, "a connection ends by a panic");
        }
    }

    /// A failed accept is the peer's doing or a lack of file descriptors; in both cases the next may succeed.
    #[expect(clippy::disallowed_methods, reason = "at the edge: it goes by the same clock as the pause")]
    async fn go_on_after(&mut self, error: &io::Error, complaints: &mut Seldom) {
        let exhausted = is_exhausted(error);
        if let Some(withheld) = complaints.may_speak(Instant::now()) {
            let hint = if exhausted { "; allow more file descriptors, or set max.connections" } else { "" };
            tracing::warn!(listener = %self.endpoint, %error, withheld, "cannot accept a connection{hint}");
        }
        let closed_one = exhausted && self.socket.refuse().await;
        if !closed_one {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Accepted {
    /// Where it comes from; within the process from the loopback address.
    fn peer(&self) -> IpAddr {
        match self {
            Self::Tcp(_, peer) => *peer,
            Self::Memory(_) => Ipv4Addr::LOCALHOST.into(),
        }
    }
}

impl Socket {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener, _) => {
                let (stream, peer) = listener.accept().await?;
                // Responses are whole frames; waiting for more to send would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                Ok(Accepted::Tcp(stream, peer.ip()))
            }
            Self::Memory(listener) => listener.accept().await.map(Accepted::Memory),
        }
    }

    /// Closes a connection that there is no file descriptor for. Whether it did.
    async fn refuse(&mut self) -> bool {
        let Self::Tcp(listener, reserve) = self else { return false };
        // Somebody else may have taken the descriptor, or the connection may be gone.
        let closed = reserve.give_up()
            && tokio::time::timeout(PAUSE, listener.accept()).await.is_ok_and(|accepted| accepted.map(drop).is_ok());
        reserve.restore(listener);
        closed
    }
}

/// A wildcard address is no place to connect to: clients on this machine use the loopback address.
fn reachable(host: &str) -> Str {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => Str::from_static("127.0.0.1"),
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => Str::from_static("::1"),
        _ => host.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::network::{Outcome, ResponseFrame};

    /// Panics at the request `!`, and answers others with nothing.
    struct Fragile;

    impl Service for Fragile {
        async fn call(&mut self, frame: Bytes) -> Outcome {
            assert_ne!(&frame[..], b"!", "planted");
            Outcome::Respond(ResponseFrame::new(ottla_protocol::wire::Encoder::new(0, false)).unwrap())
        }
    }

    async fn start(max: MaxConnections) -> MemoryNetwork {
        let network = MemoryNetwork::new();
        let binding = Binding::Memory { network: network.clone(), host: "a".to_owned(), port: 1 };
        let limits = ConnectionLimits { max_request_bytes: 100, max_idle: Some(Duration::from_secs(60)) };
        let listener = Listener::bind(&binding).await.unwrap();
        tokio::spawn(listener.run(limits, Arc::default(), move || max.clone(), |_| Fragile));
        network
    }

    async fn ask(stream: &mut MemoryStream, byte: u8) -> bool {
        stream.write_all(&[0, 0, 0, 1, byte]).await.unwrap();
        stream.read_exact(&mut [0; 4]).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_panics_ends_its_own_connection_and_no_other() {
        let network = start(MaxConnections { all: 9, per_ip: 9, overrides: String::new() }).await;
        let mut other = network.connect("a", 1).await.unwrap();
        assert!(ask(&mut other, b'?').await);
        let mut first = network.connect("a", 1).await.unwrap();
        assert!(!ask(&mut first, b'!').await);
        assert!(ask(&mut other, b'?').await);
        assert!(ask(&mut network.connect("a", 1).await.unwrap(), b'?').await, "the listener goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_too_many_from_an_address_is_closed_and_one_too_many_in_all_waits() {
        let network = start(MaxConnections { all: 9, per_ip: 1, overrides: String::new() }).await;
        let mut first = network.connect("a", 1).await.unwrap();
        assert!(ask(&mut first, b'?').await);
        let mut second = network.connect("a", 1).await.unwrap();
        assert_eq!(second.read(&mut [0; 1]).await.unwrap(), 0, "closed");
        let network = start(MaxConnections { all: 1, per_ip: 9, overrides: String::new() }).await;
        let mut first = network.connect("a", 1).await.unwrap();
        assert!(ask(&mut first, b'?').await);
        let mut second = network.connect("a", 1).await.unwrap();
        let waiting = tokio::spawn(async move { ask(&mut second, b'?').await });
        assert!(ask(&mut first, b'?').await);
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.await.unwrap());
    }
}

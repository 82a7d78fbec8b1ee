//! Connections that break right behind an append: the broker has it, and its answer is lost.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ottla::{
    config::ServerAddress,
    net::{Connector, Transport},
    protocol::api_key::ApiKey,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// Cuts a connection in place of every so manieth answer to a Produce.
#[derive(Clone)]
pub(crate) struct Cutter {
    every: usize,
    answers: Arc<AtomicUsize>,
}

impl Cutter {
    pub(crate) fn new(every: usize) -> Self {
        Self { every, answers: Arc::default() }
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.answers.load(Ordering::Relaxed) / self.every
    }

    /// What a client connects by.
    pub(crate) fn connector(&self) -> impl Connector {
        let this = self.clone();
        move |address: ServerAddress| this.clone().connect(address)
    }

    async fn connect(self, address: ServerAddress) -> io::Result<Transport> {
        let broker = TcpStream::connect((address.host.as_str(), address.port)).await?;
        broker.set_nodelay(true)?;
        let (client, ours) = tokio::io::duplex(1 << 16);
        tokio::spawn(self.relay(ours, broker));
        Ok(Transport::from_stream(client))
    }

    /// Until either way ends; then both ends of the connection are dropped.
    async fn relay(self, client: tokio::io::DuplexStream, broker: TcpStream) {
        let (from_client, to_client) = tokio::io::split(client);
        let (from_broker, to_broker) = broker.into_split();
        let asked = Arc::new(Mutex::new(VecDeque::new()));
        let there = ask(from_client, to_broker, asked.clone());
        let back = self.answer(from_broker, to_client, asked);
        // Whichever it is, the client sees a broken connection and deals with it.
        tokio::select! {
            _ = there => {}
            _ = back => {}
        }
    }

    async fn answer(
        self,
        mut broker: impl AsyncRead + Unpin,
        mut client: impl AsyncWrite + Unpin,
        asked: Arc<Mutex<VecDeque<ApiKey>>>,
    ) -> io::Result<()> {
        loop {
            let frame = frame(&mut broker).await?;
            // Answers come in the order of the requests.
            let key = asked.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            if key == Some(ApiKey::PRODUCE)
                && (self.answers.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.every)
            {
                return Ok(());
            }
            client.write_all(&frame).await?;
        }
    }
}

async fn ask(
    mut client: impl AsyncRead + Unpin,
    mut broker: impl AsyncWrite + Unpin,
    asked: Arc<Mutex<VecDeque<ApiKey>>>,
) -> io::Result<()> {
    loop {
        let frame = frame(&mut client).await?;
        let key = frame.get(4..6).and_then(|key| key.try_into().ok()).map_or(-1, i16::from_be_bytes);
        asked.lock().unwrap_or_else(PoisonError::into_inner).push_back(ApiKey(key));
        broker.write_all(&frame).await?;
    }
}

/// A request or response with its size.
async fn frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let size = stream.read_i32().await?;
    let mut frame = size.to_be_bytes().to_vec();
    let body = u64::try_from(size).map_err(|_| io::Error::other("a negative size"))?;
    if stream.take(body).read_to_end(&mut frame).await? as u64 != body {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(frame)
}

//! Somebody between a client and its cluster, who holds back, changes or makes up what the brokers say.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use ottla::{
    ClientBuilder,
    broker::{Cluster, MemoryNetwork, MemoryStream},
    config::ServerAddress,
    net::{Connector, Transport},
    protocol::{
        api_key::ApiKey,
        messages::{
            header::{RequestHeader, ResponseHeader},
            produce::ProduceRequest,
        },
        wire::{self, Decoder, Encoder, Request},
    },
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// What a client asks a broker.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Whom: the address that the client connected to.
    pub(crate) address: ServerAddress,
    pub(crate) key: ApiKey,
    pub(crate) version: i16,
    correlation_id: i32,
    frame: Bytes,
}

/// What the client gets to hear.
pub(crate) enum Answer {
    /// What the broker says.
    Honest,
    /// What the broker says, changed.
    Changed(Box<dyn FnOnce(Bytes) -> Vec<u8> + Send>),
    /// These bytes, size and all; the broker is not asked.
    Made(Vec<u8>),
    /// These bytes, and then nothing on this connection any more.
    Last(Vec<u8>),
    /// The same as another answer, but not before this future is done.
    After(futures_util::future::BoxFuture<'static, ()>, Box<Self>),
    /// The connection ends without an answer.
    Cut,
}

impl Answer {
    /// Nothing, and nothing to what is asked on this connection later.
    pub(crate) fn silence() -> Self {
        Self::Last(Vec::new())
    }

    /// What the broker says, later.
    pub(crate) fn after(wait: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::After(Box::pin(wait), Box::new(Self::Honest))
    }
}

impl Question {
    fn read(address: ServerAddress, frame: Bytes) -> Option<Self> {
        let key = ApiKey(i16::from_be_bytes(frame.get(..2)?.try_into().ok()?));
        let version = i16::from_be_bytes(frame.get(2..4)?.try_into().ok()?);
        let correlation_id = i32::from_be_bytes(frame.get(4..8)?.try_into().ok()?);
        Some(Self { address, key, version, correlation_id, frame })
    }

    /// The request.
    pub(crate) fn request<R: Request>(&self) -> R {
        let mut d = Decoder::new(self.frame.clone(), self.version, false);
        let header = if R::FLEXIBLE.contains(self.version) { 2 } else { 1 };
        wire::decode_from::<RequestHeader>(&mut d, header).expect("the client's own header");
        wire::decode_from::<R>(&mut d, self.version).expect("the client's own request")
    }

    /// An answer with this response.
    pub(crate) fn reply<R: Request>(&self, response: &R::Response) -> Answer {
        Answer::Made(response_frame::<R>(self.correlation_id, self.version, response))
    }

    /// The broker's answer with its response changed.
    pub(crate) fn change<R: Request>(&self, change: impl FnOnce(&mut R::Response) + Send + 'static) -> Answer {
        let (correlation_id, version) = (self.correlation_id, self.version);
        Answer::Changed(Box::new(move |frame| {
            let mut d = Decoder::new(frame, version, false);
            let header = i16::from(R::FLEXIBLE.contains(version));
            wire::decode_from::<ResponseHeader>(&mut d, header).expect("the broker's own header");
            let mut response = wire::decode_from::<R::Response>(&mut d, version).expect("the broker's own response");
            change(&mut response);
            response_frame::<R>(correlation_id, version, &response)
        }))
    }

    fn wants_answer(&self) -> bool {
        self.key != ApiKey::PRODUCE || self.request::<ProduceRequest>().acks != 0
    }
}

fn response_frame<R: Request>(correlation_id: i32, version: i16, response: &R::Response) -> Vec<u8> {
    let flexible = R::FLEXIBLE.contains(version);
    let mut e = Encoder::new(version, flexible);
    wire::encode_onto(&mut e, &ResponseHeader { correlation_id }, i16::from(flexible)).unwrap();
    wire::encode_onto(&mut e, response, version).unwrap();
    sized(&e.into_bytes())
}

/// A frame: a body with its size.
pub(crate) fn sized(body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.put_i32(body.len() as i32);
    frame.extend_from_slice(body);
    frame
}

type Script = dyn Fn(&Question) -> Answer + Send + Sync;

/// A network on which every question goes through a script.
#[derive(Clone)]
pub(crate) struct Meddler {
    network: MemoryNetwork,
    script: Arc<Script>,
}

impl Meddler {
    pub(crate) fn new(cluster: &Cluster, script: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> Self {
        let network = cluster.network().expect("the cluster is on a network within the process").clone();
        Self { network, script: Arc::new(script) }
    }

    /// A client of the cluster that hears what the script lets it hear.
    pub(crate) fn client(
        cluster: &Cluster,
        script: impl Fn(&Question) -> Answer + Send + Sync + 'static,
    ) -> ClientBuilder {
        let meddler = Self::new(cluster, script);
        ottla::embedded::client(cluster).expect("its addresses are valid").connector(meddler.connector())
    }

    pub(crate) fn connector(self) -> impl Connector {
        move |address: ServerAddress| {
            let this = self.clone();
            async move { this.connect(&address).await }
        }
    }

    async fn connect(&self, address: &ServerAddress) -> std::io::Result<Transport> {
        self.connect_to(&address.to_string(), address.clone()).await
    }

    /// Connects to a broker that the client knows under another address.
    pub(crate) async fn connect_to(&self, broker: &str, address: ServerAddress) -> std::io::Result<Transport> {
        let (host, port) = broker.rsplit_once(':').expect("an address has a port");
        let broker = self.network.connect(host, port.parse().expect("a port is a number")).await?;
        let (client, side) = tokio::io::duplex(256 << 10);
        tokio::spawn(meddle(side, broker, address, self.script.clone()));
        Ok(Transport::from_stream(client))
    }
}

/// Carries questions and answers until either side has enough.
async fn meddle(
    mut client: DuplexStream,
    mut broker: MemoryStream,
    address: ServerAddress,
    script: Arc<Script>,
) -> Option<()> {
    loop {
        let question = Question::read(address.clone(), read_frame(&mut client).await?)?;
        let mut answer = script(&question);
        while let Answer::After(wait, next) = answer {
            wait.await;
            answer = *next;
        }
        let bytes = match answer {
            Answer::Honest => ask(&mut broker, &question).await?.map(|frame| sized(&frame)),
            Answer::Changed(change) => ask(&mut broker, &question).await?.map(change),
            Answer::Made(bytes) => Some(bytes),
            Answer::Last(bytes) => {
                client.write_all(&bytes).await.ok()?;
                // What the client says goes nowhere, until it hangs up.
                tokio::io::copy(&mut client, &mut tokio::io::sink()).await.ok()?;
                return None;
            }
            Answer::Cut | Answer::After(..) => return None,
        };
        client.write_all(&bytes.unwrap_or_default()).await.ok()?;
    }
}

async fn ask(broker: &mut MemoryStream, question: &Question) -> Option<Option<Bytes>> {
    broker.write_all(&sized(&question.frame)).await.ok()?;
    if question.wants_answer() { read_frame(broker).await.map(Some) } else { Some(None) }
}

async fn read_frame(stream: &mut DuplexStream) -> Option<Bytes> {
    let size = stream.read_i32().await.ok()?;
    let mut frame = BytesMut::zeroed(usize::try_from(size).ok()?);
    stream.read_exact(&mut frame).await.ok()?;
    Some(frame.freeze())
}

//! Clusters and clients for tests.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use ottla::{
    Client,
    broker::{Cluster, ClusterBuilder},
    config::ServerAddress,
    embedded,
    net::{Connector, Transport},
};
use tokio::io::{AsyncRead, ReadBuf};

/// A cluster on a network within the process.
pub(crate) async fn start(build: impl FnOnce(ClusterBuilder) -> ClusterBuilder) -> Cluster {
    build(Cluster::builder().in_memory_network()).start().await.expect("the cluster starts")
}

/// A client of it.
pub(crate) fn client(cluster: &Cluster) -> Client {
    embedded::client(cluster).expect("its addresses are valid").build().expect("the defaults are valid")
}

/// A network whose connections can be cut, all at once.
#[derive(Clone)]
pub(crate) struct CuttableNetwork {
    network: ottla::broker::MemoryNetwork,
    cuts: tokio::sync::watch::Sender<u64>,
}

impl CuttableNetwork {
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let network = cluster.network().expect("the cluster is on a network within the process").clone();
        Self { network, cuts: tokio::sync::watch::Sender::new(0) }
    }

    /// Ends every connection. Bytes that the broker has sent and the client has not read are lost, so a request may have
    /// been carried out without an answer.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub(crate) fn connector(&self) -> impl Connector + use<> {
        let this = self.clone();
        move |address: ServerAddress| {
            let this = this.clone();
            async move {
                let stream = this.network.connect(&address.host, address.port).await?;
                let (read, write) = tokio::io::split(stream);
                let mut cuts = this.cuts.subscribe();
                cuts.mark_unchanged();
                let cut = Box::pin(async move {
                    // Ends when the network does, too.
                    let _ = cuts.changed().await;
                });
                Ok(Transport { read: Box::new(CuttableRead { read, cut }), write: Box::new(write) })
            }
        }
    }
}

struct CuttableRead<R> {
    read: R,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for CuttableRead<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            // A finished future must not be polled again.
            self.cut = Box::pin(std::future::ready(()));
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.read).poll_read(cx, buf)
    }
}

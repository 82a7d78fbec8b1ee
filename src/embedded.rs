//! A client for a cluster in the same process.

use ottla_broker::{Cluster, MemoryNetwork};
use ottla_client::{
    Client, ClientBuilder,
    config::{ConfigError, ServerAddress},
    net::{Connector, Transport},
};

/// Opens byte streams on a network within the process.
pub fn connector(network: MemoryNetwork) -> impl Connector {
    move |address: ServerAddress| {
        let network = network.clone();
        async move {
            let stream = network.connect(&address.host, address.port).await?;
            Ok(Transport::from_stream(stream))
        }
    }
}

/// A builder of a client for a cluster in this process, whichever network it listens on.
///
/// # Errors
/// [`ConfigError`] if an address of the cluster cannot be read, which is a bug.
pub fn client(cluster: &Cluster) -> Result<ClientBuilder, ConfigError> {
    let builder = Client::builder(&cluster.bootstrap_servers())?;
    Ok(match cluster.network() {
        Some(network) => builder.connector(connector(network.clone())),
        None => builder,
    })
}

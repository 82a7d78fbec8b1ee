//! Clusters and clients for tests.

use ottla::{
    Client,
    broker::{Cluster, ClusterBuilder},
    embedded,
};

/// A cluster on a network within the process.
pub(crate) async fn start(build: impl FnOnce(ClusterBuilder) -> ClusterBuilder) -> Cluster {
    build(Cluster::builder().in_memory_network()).start().await.expect("the cluster starts")
}

/// A client of it.
pub(crate) fn client(cluster: &Cluster) -> Client {
    embedded::client(cluster).expect("its addresses are valid").build().expect("the defaults are valid")
}

//! The brokers of the cluster.

use std::fmt;

use ottla_protocol::{
    api_key::ApiKey,
    messages::{
        describe_cluster::{DescribeClusterRequest, DescribeClusterResponse},
        metadata::{MetadataRequest, MetadataResponse},
    },
    types::NodeId,
    wire::Str,
};

use super::{
    Admin, AdminError,
    call::{Call, Route},
    rounds::Rule,
};
use crate::{config::ServerAddress, net::RequestError};

/// The subject of calls that name nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cluster;

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cluster")
    }
}

/// The cluster as one broker describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterDescription {
    /// Its id, if the broker says.
    pub cluster_id: Option<String>,
    /// A broker that takes admin requests. With KRaft that is any one, and another each time.
    pub controller: Option<NodeId>,
    /// The brokers by id.
    pub brokers: Vec<BrokerDescription>,
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerDescription {
    /// Its id.
    pub id: NodeId,
    /// Where it listens; none for a broker that is not up.
    pub address: Option<ServerAddress>,
    /// Its rack, if it has one.
    pub rack: Option<String>,
    /// Whether it is registered but may not serve, as it is not up. Brokers before 4.0 leave such out.
    pub is_fenced: bool,
}

impl BrokerDescription {
    fn from_wire(id: NodeId, host: &Str, port: i32, rack: Option<&Str>, is_fenced: bool) -> Self {
        let port = u16::try_from(port).ok().filter(|_| !host.is_empty());
        let address = port.map(|port| ServerAddress::new(host.as_str(), port));
        Self { id, address, rack: rack.map(ToString::to_string), is_fenced }
    }
}

impl Admin {
    /// Tells the cluster's id and brokers, fenced ones included. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError`] if no broker answers.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, AdminError> {
        let mut rounds = self.rounds(ApiKey::DESCRIBE_CLUSTER, Rule::READ, [Cluster]);
        while rounds.next().await.is_some() {
            let described = describe(&rounds.call).await;
            rounds.progress.settle(&Cluster, described);
        }
        rounds.finish().only("cluster")
    }
}

/// Asks with the API made for it or, of a broker that does not have that (before 2.8), with Metadata.
async fn describe(call: &Call) -> Result<ClusterDescription, AdminError> {
    match call.send(Route::Any, |version| Ok(cluster_request(version))).await {
        Ok(response) if response.error_code.is_none() => Ok(from_describe_cluster(&response)),
        Ok(response) => Err(AdminError::refused(Cluster, response.error_code, response.error_message.as_ref())),
        Err(AdminError::Request(RequestError::Unsupported { .. })) => {
            let request = MetadataRequest { topics: Some(Vec::new()), ..MetadataRequest::default() };
            Ok(from_metadata(&call.send(Route::Any, |_| Ok(request)).await?))
        }
        Err(error) => Err(error),
    }
}

fn cluster_request(version: i16) -> DescribeClusterRequest {
    DescribeClusterRequest { include_fenced_brokers: version >= 2, ..DescribeClusterRequest::default() }
}

fn from_describe_cluster(response: &DescribeClusterResponse) -> ClusterDescription {
    let broker = |b: &ottla_protocol::messages::describe_cluster::DescribeClusterBroker| {
        BrokerDescription::from_wire(b.broker_id, &b.host, b.port, b.rack.as_ref(), b.is_fenced)
    };
    described(Some(&response.cluster_id), response.controller_id, response.brokers.iter().map(broker).collect())
}

fn from_metadata(response: &MetadataResponse) -> ClusterDescription {
    let broker = |b: &ottla_protocol::messages::metadata::MetadataResponseBroker| {
        BrokerDescription::from_wire(b.node_id, &b.host, b.port, b.rack.as_ref(), false)
    };
    described(response.cluster_id.as_ref(), response.controller_id, response.brokers.iter().map(broker).collect())
}

fn described(id: Option<&Str>, controller: NodeId, mut brokers: Vec<BrokerDescription>) -> ClusterDescription {
    brokers.sort_by_key(|broker| broker.id);
    ClusterDescription {
        cluster_id: id.map(ToString::to_string).filter(|id| !id.is_empty()),
        controller: Some(controller).filter(|id| id.0 >= 0),
        brokers,
    }
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::describe_cluster::DescribeClusterBroker;

    use super::*;

    #[test]
    fn fenced_brokers_are_asked_for_where_the_version_has_them() {
        assert!(!cluster_request(1).include_fenced_brokers);
        assert!(cluster_request(2).include_fenced_brokers);
    }

    #[test]
    fn a_broker_that_is_not_up_has_no_address() {
        let broker = |id, host: &str, port| DescribeClusterBroker {
            broker_id: NodeId(id),
            host: host.into(),
            port,
            is_fenced: port < 0,
            ..DescribeClusterBroker::default()
        };
        let response = DescribeClusterResponse {
            brokers: vec![broker(2, "", -1), broker(1, "h", 9092)],
            ..DescribeClusterResponse::default()
        };
        let cluster = from_describe_cluster(&response);
        assert_eq!(cluster.brokers[0].address, Some(ServerAddress::new("h", 9092)));
        assert_eq!((cluster.brokers[1].id, &cluster.brokers[1].address), (NodeId(2), &None));
        assert_eq!((cluster.cluster_id, cluster.controller), (None, None));
    }
}

//! The quorum that keeps the cluster's metadata.

use ottla_protocol::{
    api_key::ApiKey,
    messages::describe_quorum::{
        DescribeQuorumRequest, DescribeQuorumResponse, Node, ReplicaState, RequestPartitionData, RequestTopicData,
    },
    types::{NodeId, TopicName},
    wire::Uuid,
};

use super::{Admin, AdminError, call::Route, cluster::Cluster, groups::check, rounds::Rule};

/// The state of the metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuorumDescription {
    /// The controller that leads it.
    pub leader: NodeId,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// How far the metadata log is committed.
    pub high_watermark: i64,
    /// The controllers that vote.
    pub voters: Vec<QuorumReplica>,
    /// The nodes that follow: brokers, and controllers that do not vote.
    pub observers: Vec<QuorumReplica>,
    /// Where the voters listen, if the broker says (from 3.9 on): id, listener, host and port.
    pub endpoints: Vec<QuorumEndpoint>,
}

/// How far one replica of the metadata log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuorumReplica {
    /// Its node.
    pub id: NodeId,
    /// The id of its directory; zero where the broker does not say (before 3.9).
    pub directory_id: Uuid,
    /// The offset after its last record; none if the leader does not know.
    pub log_end_offset: Option<i64>,
    /// When it fetched last, in milliseconds since 1970 by the leader's clock, if known (from 3.3 on).
    pub last_fetch_timestamp: Option<i64>,
    /// When it had everything last, in milliseconds since 1970 by the leader's clock, if known (from 3.3 on).
    pub last_caught_up_timestamp: Option<i64>,
}

/// An address of a voter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuorumEndpoint {
    /// The voter.
    pub id: NodeId,
    /// The name of the listener.
    pub listener: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl QuorumReplica {
    fn from_wire(state: &ReplicaState) -> Self {
        let known = |number: i64| Some(number).filter(|number| *number >= 0);
        Self {
            id: state.replica_id,
            directory_id: state.replica_directory_id,
            log_end_offset: known(state.log_end_offset),
            last_fetch_timestamp: known(state.last_fetch_timestamp),
            last_caught_up_timestamp: known(state.last_caught_up_timestamp),
        }
    }
}

const METADATA_TOPIC: &str = "__cluster_metadata";

impl Admin {
    /// Tells the state of the quorum that keeps the cluster's metadata, from Kafka 3.3 on with KRaft. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Request`] if the cluster has no such quorum.
    pub async fn describe_quorum(&self) -> Result<QuorumDescription, AdminError> {
        let mut rounds = self.rounds(ApiKey::DESCRIBE_QUORUM, Rule::READ, [Cluster]);
        while rounds.next().await.is_some() {
            let response = rounds.call.send(Route::Any, |_| Ok(request())).await;
            rounds.progress.settle(&Cluster, response.and_then(|response| described(&response)));
        }
        rounds.finish().only("cluster")
    }
}

fn request() -> DescribeQuorumRequest {
    let partitions = vec![RequestPartitionData { partition_index: 0 }];
    DescribeQuorumRequest {
        topics: vec![RequestTopicData { topic_name: TopicName::from_static(METADATA_TOPIC), partitions }],
    }
}

/// The quorum, or the error, of which there may be one for the request and one for the partition.
fn described(response: &DescribeQuorumResponse) -> Result<QuorumDescription, AdminError> {
    check(METADATA_TOPIC, response.error_code, response.error_message.as_ref(), || ())?;
    let partition = response.topics.iter().flat_map(|topic| &topic.partitions).next();
    let missing = || AdminError::Omitted { api: ApiKey::DESCRIBE_QUORUM, subject: METADATA_TOPIC.to_owned() };
    let partition = partition.ok_or_else(missing)?;
    check(METADATA_TOPIC, partition.error_code, partition.error_message.as_ref(), || QuorumDescription {
        leader: partition.leader_id,
        leader_epoch: partition.leader_epoch,
        high_watermark: partition.high_watermark,
        voters: partition.current_voters.iter().map(QuorumReplica::from_wire).collect(),
        observers: partition.observers.iter().map(QuorumReplica::from_wire).collect(),
        endpoints: response.nodes.iter().flat_map(endpoints).collect(),
    })
}

fn endpoints(node: &Node) -> impl Iterator<Item = QuorumEndpoint> {
    node.listeners.iter().map(|listener| QuorumEndpoint {
        id: node.node_id,
        listener: listener.name.to_string(),
        host: listener.host.to_string(),
        port: listener.port,
    })
}

#[cfg(test)]
mod tests {
    use ottla_protocol::{
        error_code::ErrorCode,
        messages::describe_quorum::{ResponsePartitionData, ResponseTopicData},
    };

    use super::*;

    fn response(partition: ResponsePartitionData) -> DescribeQuorumResponse {
        let topic = ResponseTopicData { partitions: vec![partition], ..ResponseTopicData::default() };
        DescribeQuorumResponse { topics: vec![topic], ..DescribeQuorumResponse::default() }
    }

    #[test]
    fn an_error_of_the_partition_is_an_error() {
        let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
        let refused = response(ResponsePartitionData { error_code: code, ..ResponsePartitionData::default() });
        assert_eq!(described(&refused).expect_err("refused").code(), Some(code));
        let empty = DescribeQuorumResponse::default();
        assert!(matches!(described(&empty), Err(AdminError::Omitted { .. })));
    }

    #[test]
    fn what_an_old_version_does_not_tell_is_unknown() {
        let voter = ReplicaState { replica_id: NodeId(1), log_end_offset: 5, ..ReplicaState::default() };
        let partition = ResponsePartitionData { current_voters: vec![voter], ..ResponsePartitionData::default() };
        let quorum = described(&response(partition)).expect("a quorum");
        assert_eq!((quorum.voters[0].log_end_offset, quorum.voters[0].last_fetch_timestamp), (Some(5), None));
    }
}

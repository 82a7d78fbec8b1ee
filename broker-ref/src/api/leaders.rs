//! ElectLeaders, AlterPartitionReassignments and ListPartitionReassignments: a partition stays where it is, and says so.

use std::collections::HashSet;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        alter_partition_reassignments::{
            AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition,
            ReassignablePartitionResponse, ReassignableTopicResponse,
        },
        elect_leaders::{ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult},
        list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse},
    },
    types::NodeId,
};

use crate::{
    controller::{MetadataImage, PartitionRegistration, Refusal},
    dispatch::RequestContext,
};

/// Who is to lead (KIP-460).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Election {
    /// The first replica.
    Preferred,
    /// Any replica, in sync or not.
    Unclean,
}

impl Election {
    fn parse(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Preferred),
            1 => Some(Self::Unclean),
            _ => None,
        }
    }

    /// What comes of it. The leader alone holds the data, so there is nobody else to elect.
    fn hold(self, leader: NodeId, partition: &PartitionRegistration) -> ErrorCode {
        let is_led = leader != NodeId::NONE;
        match self {
            Self::Preferred if is_led && partition.replicas.first() == Some(&leader) => ErrorCode::ELECTION_NOT_NEEDED,
            Self::Unclean if is_led => ErrorCode::ELECTION_NOT_NEEDED,
            Self::Preferred => ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
            Self::Unclean => ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE,
        }
    }

    fn hold_by_name(self, image: &MetadataImage, topic: &str, index: i32) -> PartitionResult {
        let (error_code, message) = match image.topic(topic) {
            None => (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Some(format!("there is no topic {topic}"))),
            Some(known) => match known.partition(index) {
                None => (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Some(format!("there is no partition {topic}-{index}"))),
                Some(partition) => (self.hold(image.serving(known, index, partition).leader, partition), None),
            },
        };
        PartitionResult { partition_id: index, error_code, error_message: message.map(Into::into) }
    }
}

pub(crate) async fn elect(cx: &RequestContext, request: ElectLeadersRequest) -> ElectLeadersResponse {
    let Some(election) = Election::parse(request.election_type) else {
        return ElectLeadersResponse { error_code: ErrorCode::INVALID_REQUEST, ..Default::default() };
    };
    let image = cx.node.image();
    let replica_election_results = match request.topic_partitions {
        Some(topics) => topics
            .into_iter()
            .map(|asked| ReplicaElectionResult {
                partition_result: asked
                    .partitions
                    .iter()
                    .map(|index| election.hold_by_name(&image, &asked.topic, *index))
                    .collect(),
                topic: asked.topic,
            })
            .collect(),
        // Of all partitions, those that have the leader they should have are passed over, as Kafka does.
        None => image
            .topics()
            .map(|topic| {
                let results = (0..)
                    .zip(&topic.partitions)
                    .map(|(index, _)| election.hold_by_name(&image, &topic.name, index))
                    .filter(|result| result.error_code != ErrorCode::ELECTION_NOT_NEEDED);
                ReplicaElectionResult { topic: topic.name.clone(), partition_result: results.collect() }
            })
            .collect(),
    };
    ElectLeadersResponse { replica_election_results, ..Default::default() }
}

/// A partition may be asked to be where it is, and nowhere else (KIP-455).
pub(crate) async fn alter_reassignments(
    cx: &RequestContext,
    request: AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    let image = cx.node.image();
    let may_change_factor = request.allow_replication_factor_change;
    let responses = request.topics.into_iter().map(|topic| {
        let partition = |asked: &ReassignablePartition| {
            let refusal = reassign(&image, &topic.name, asked, may_change_factor).err();
            ReassignablePartitionResponse {
                partition_index: asked.partition_index,
                error_code: refusal.as_ref().map_or(ErrorCode::NONE, |refusal| refusal.code),
                error_message: refusal.map(|refusal| refusal.message.into()),
            }
        };
        let partitions = topic.partitions.iter().map(partition).collect();
        ReassignableTopicResponse { name: topic.name, partitions }
    });
    AlterPartitionReassignmentsResponse {
        allow_replication_factor_change: may_change_factor,
        responses: responses.collect(),
        ..Default::default()
    }
}

fn reassign(
    image: &MetadataImage,
    topic: &str,
    asked: &ReassignablePartition,
    may_change_factor: bool,
) -> Result<(), Refusal> {
    let index = asked.partition_index;
    let known = image.topic(topic).and_then(|topic| topic.partition(index)).ok_or_else(|| {
        Refusal::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, format!("there is no partition {topic}-{index}"))
    })?;
    let Some(wanted) = &asked.replicas else {
        let why = "no reassignment of the partition is under way";
        return Err(Refusal::new(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS, why));
    };
    let invalid = |why: String| Err(Refusal::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, why));
    if wanted.is_empty() {
        return invalid("a partition has one replica at least".to_owned());
    }
    if let Some(node) = wanted.iter().find(|node| !image.brokers.contains_key(node)) {
        return invalid(format!("there is no broker {node}"));
    }
    let mut named = HashSet::new();
    if let Some(node) = wanted.iter().find(|node| !named.insert(**node)) {
        return invalid(format!("broker {node} is named more than once"));
    }
    if !may_change_factor && wanted.len() != known.replicas.len() {
        let why = format!("the partition has {} replicas, not {}", known.replicas.len(), wanted.len());
        return Err(Refusal::new(ErrorCode::INVALID_REPLICATION_FACTOR, why));
    }
    if *wanted != known.replicas {
        return invalid(
            "this broker does not copy partitions to other nodes: a partition stays where it is".to_owned(),
        );
    }
    Ok(())
}

/// No partition is on its way to other nodes, since none can be moved.
pub(crate) async fn list_reassignments(
    _: &RequestContext,
    _: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse::default()
}

//! ElectLeaders and ListPartitionReassignments: a partition stays where it is, and says so.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        elect_leaders::{ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult},
        list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse},
    },
    types::NodeId,
};

use crate::{
    controller::{MetadataImage, PartitionRegistration},
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
    fn hold(self, partition: &PartitionRegistration) -> ErrorCode {
        let is_led = partition.leader != NodeId::NONE;
        match self {
            Self::Preferred if is_led && partition.replicas.first() == Some(&partition.leader) => {
                ErrorCode::ELECTION_NOT_NEEDED
            }
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
                Some(partition) => (self.hold(partition), None),
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

/// No partition is on its way to other nodes, since none can be moved.
pub(crate) async fn list_reassignments(
    _: &RequestContext,
    _: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse::default()
}

//! Assigning partitions to the members of a group, as its leader.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{join_group::JoinGroupResponseMember, sync_group::SyncGroupRequestAssignment},
    types::TopicName,
};

use crate::{
    assignor::{Assignor, ClusterTopics, Member, Subscription},
    consumer::error::GroupError,
    metadata::{ClusterMetadata, PartitionMetadata},
};

/// The number of partitions by topic that an assignment was made for; 0 for a topic that is not there.
pub(super) type PartitionCounts = BTreeMap<TopicName, usize>;

/// The task of a leader.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    assignor: Arc<dyn Assignor>,
    members: Vec<Member>,
}

impl Lead {
    pub(super) fn new(assignor: Arc<dyn Assignor>, members: &[JoinGroupResponseMember]) -> Self {
        Self { assignor, members: members.iter().map(read).collect() }
    }

    /// The topics that any member subscribes to.
    pub(super) fn topics(&self) -> BTreeSet<TopicName> {
        self.members.iter().flat_map(|member| &member.subscription.topics).cloned().collect()
    }

    /// Assigns for all. It may take a while for large groups.
    pub(super) fn assign(&self, metadata: &ClusterMetadata) -> Result<Vec<SyncGroupRequestAssignment>, GroupError> {
        let assigned = self.assignor.assign(&cluster_topics(metadata, &self.topics()), &self.members);
        let members = self.members.iter().zip(assigned);
        let assignments = members.map(|(member, assignment)| {
            let assignment = assignment
                .to_bytes()
                .map_err(|error| GroupError::BadMemberData { what: "assignment", reason: error.to_string() })?;
            Ok(SyncGroupRequestAssignment { member_id: member.member_id.clone(), assignment })
        });
        assignments.collect()
    }
}

/// A member whose subscription cannot be read gets nothing, so that the others can go on.
fn read(member: &JoinGroupResponseMember) -> Member {
    let subscription = Subscription::from_bytes(member.metadata.clone()).unwrap_or_else(|error| {
        tracing::warn!(member = %member.member_id, %error, "a member's subscription cannot be read");
        Subscription::default()
    });
    Member { member_id: member.member_id.clone(), group_instance_id: member.group_instance_id.clone(), subscription }
}

/// How many partitions each topic has; a topic that is only missing from this metadata is left out.
pub(super) fn partition_counts(metadata: &ClusterMetadata, topics: &BTreeSet<TopicName>) -> PartitionCounts {
    let count = |topic: &TopicName| match metadata.topic(topic) {
        Some(known) => Some(known.partitions.len()),
        None if metadata.errors.get(topic) == Some(&ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => Some(0),
        None => None,
    };
    topics.iter().filter_map(|topic| Some((topic.clone(), count(topic)?))).collect()
}

fn cluster_topics(metadata: &ClusterMetadata, topics: &BTreeSet<TopicName>) -> ClusterTopics {
    let mut cluster = ClusterTopics::new();
    for topic in topics.iter().filter_map(|topic| metadata.topic(topic)) {
        let mut partitions: Vec<&PartitionMetadata> = topic.partitions.iter().collect();
        partitions.sort_unstable_by_key(|partition| partition.index);
        let racks = partitions.into_iter().map(|partition| {
            let brokers = partition.replicas.iter().filter_map(|replica| metadata.broker(*replica));
            brokers.filter_map(|broker| broker.rack.as_deref()).map(Into::into)
        });
        cluster.insert_with_racks(topic.name.clone(), racks);
    }
    cluster
}

//! OffsetDelete.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::offset_delete::{
        OffsetDeleteRequest, OffsetDeleteRequestTopic, OffsetDeleteResponse, OffsetDeleteResponsePartition,
        OffsetDeleteResponseTopic,
    },
    types::GroupId,
};

use super::{
    GroupCoordinator,
    classic_group::ClassicGroup,
    outcome::{Outcome, Reply, Token},
    record::CoordinatorRecord,
};

impl GroupCoordinator {
    /// Takes committed offsets away. A group that has members must be one of consumers that do not subscribe to the
    /// topic.
    pub fn offset_delete(&mut self, token: Token, request: &OffsetDeleteRequest) -> Outcome {
        let mut records = Vec::new();
        let response = match self.deletable_from(&request.group_id) {
            Err(error_code) => OffsetDeleteResponse { error_code, ..Default::default() },
            Ok(group) => {
                let topics = request.topics.iter().map(|topic| self.delete_topic(group, topic, &mut records));
                OffsetDeleteResponse { topics: topics.collect(), ..Default::default() }
            }
        };
        Outcome::with_records(records, token, Reply::OffsetDelete(response))
    }

    fn deletable_from(&self, group_id: &GroupId) -> Result<&ClassicGroup, ErrorCode> {
        let group = self.groups.get(group_id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
        if group.is_empty() || group.are_consumers() { Ok(group) } else { Err(ErrorCode::NON_EMPTY_GROUP) }
    }

    fn delete_topic(
        &self,
        group: &ClassicGroup,
        topic: &OffsetDeleteRequestTopic,
        records: &mut Vec<CoordinatorRecord>,
    ) -> OffsetDeleteResponseTopic {
        let subscribed = group.is_subscribed_to(&topic.name);
        let error_code = if subscribed { ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC } else { ErrorCode::NONE };
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for partition in &topic.partitions {
            let partition_index = partition.partition_index;
            let committed = self.offsets.of_group(&group.id).and_then(|topics| topics.get(&topic.name));
            let present = committed.is_some_and(|offsets| offsets.contains_key(&partition_index))
                || self.offsets.is_pending(&group.id, &topic.name, partition_index);
            if present && !subscribed {
                records.push(CoordinatorRecord::offset(&group.id, &topic.name, partition_index, None));
            }
            partitions.push(OffsetDeleteResponsePartition { partition_index, error_code });
        }
        OffsetDeleteResponseTopic { name: topic.name.clone(), partitions }
    }
}

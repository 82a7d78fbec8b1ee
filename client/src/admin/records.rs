//! Deleting records.

use std::{collections::HashMap, sync::Arc};

use ottla_protocol::{
    api_key::ApiKey,
    messages::delete_records::{DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic},
};

use super::{
    Admin, Outcomes,
    call::{Call, Route},
    leaders::{LeaderAnswer, by_topic, result},
    rounds::Rule,
};
use crate::TopicPartition;

/// Which records of a partition to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordsToDelete {
    /// Those before this offset.
    Before(i64),
    /// Those that are committed: up to the high watermark.
    All,
}

impl RecordsToDelete {
    fn offset(self) -> i64 {
        match self {
            // A negative offset would mean all of them.
            Self::Before(offset) => offset.max(0),
            Self::All => -1,
        }
    }
}

const DELETE: Rule = Rule { unknown_topic_attempts: 4, ..Rule::CHANGE };

impl Admin {
    /// Deletes the first records of partitions, by moving the log start offset. The outcome is the new one. Of several
    /// for one partition, the last counts.
    ///
    /// Not cancel safe: records may be deleted although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`](super::AdminError::Refused) with
    /// [`OFFSET_OUT_OF_RANGE`](ottla_protocol::error_code::ErrorCode::OFFSET_OUT_OF_RANGE) for an offset above the high
    /// watermark, [`POLICY_VIOLATION`](ottla_protocol::error_code::ErrorCode::POLICY_VIOLATION) for a topic that is
    /// compacted and not trimmed, and so on.
    pub async fn delete_records(
        &self,
        records: impl IntoIterator<Item = (TopicPartition, RecordsToDelete)>,
    ) -> Outcomes<TopicPartition, i64> {
        let records: Vec<_> = records.into_iter().collect();
        let partitions: Vec<_> = records.iter().map(|(partition, _)| partition.clone()).collect();
        let records: Arc<HashMap<_, _>> = Arc::new(records.into_iter().collect());
        let mut rounds = self.rounds(ApiKey::DELETE_RECORDS, DELETE, partitions);
        rounds.ask_leaders(|call, route, asked| delete(call, route, asked, records.clone())).await;
        rounds.finish()
    }
}

async fn delete(
    call: Call,
    route: Route,
    asked: Arc<[TopicPartition]>,
    records: Arc<HashMap<TopicPartition, RecordsToDelete>>,
) -> LeaderAnswer<i64> {
    let topics = by_topic(asked.iter()).into_iter().map(|(name, indexes)| {
        // What was not named is not deleted from.
        let partition = |partition_index: i32| {
            let records = records.get(&TopicPartition::new(&name, partition_index))?;
            Some(DeleteRecordsPartition { partition_index, offset: records.offset() })
        };
        DeleteRecordsTopic { partitions: indexes.into_iter().filter_map(partition).collect(), name: name.clone() }
    });
    let request = DeleteRecordsRequest { topics: topics.collect(), timeout_ms: call.broker_timeout_ms() };
    let response = call.send(route, |_| Ok(request)).await?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.name.detach(), partition.partition_index);
            result(key, partition.error_code, || partition.low_watermark)
        })
    });
    Ok(answered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_offset_deletes_nothing_rather_than_everything() {
        assert_eq!(RecordsToDelete::Before(-1).offset(), 0);
        assert_eq!(RecordsToDelete::All.offset(), -1);
    }
}

//! Which idempotent producers write to partitions.

use std::sync::Arc;

use ottla_protocol::{
    api_key::ApiKey,
    messages::describe_producers::{self as wire, DescribeProducersRequest},
    types::ProducerId,
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Call, Route},
    leaders::{LeaderAnswer, by_topic},
    rounds::Rule,
};
use crate::TopicPartition;

/// An idempotent producer as a partition's leader knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerState {
    /// Its id.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: i32,
    /// The sequence number of its last record; none if it has written only the ends of transactions.
    pub last_sequence: Option<i32>,
    /// When it wrote last, in milliseconds since 1970, if the broker knows.
    pub last_timestamp: Option<i64>,
    /// The epoch of its transaction coordinator, if it writes transactions.
    pub coordinator_epoch: Option<i32>,
    /// Where its open transaction begins, if it has one.
    pub transaction_start_offset: Option<i64>,
}

impl ProducerState {
    fn from_wire(state: &wire::ProducerState) -> Self {
        Self {
            producer_id: state.producer_id,
            producer_epoch: state.producer_epoch,
            last_sequence: Some(state.last_sequence).filter(|sequence| *sequence >= 0),
            last_timestamp: Some(state.last_timestamp).filter(|timestamp| *timestamp >= 0),
            coordinator_epoch: Some(state.coordinator_epoch).filter(|epoch| *epoch >= 0),
            transaction_start_offset: Some(state.current_txn_start_offset).filter(|offset| *offset >= 0),
        }
    }
}

impl Admin {
    /// Tells which idempotent producers the leaders of partitions know, from Kafka 2.8 on. Cancel safe.
    ///
    /// Errors: [`AdminError::Refused`] with
    /// [`UNKNOWN_TOPIC_OR_PARTITION`](ottla_protocol::error_code::ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) and so on.
    pub async fn describe_producers(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Outcomes<TopicPartition, Vec<ProducerState>> {
        let mut rounds = self.rounds(ApiKey::DESCRIBE_PRODUCERS, Rule::READ_LEADERS, partitions);
        rounds.ask_leaders(ask).await;
        rounds.finish()
    }
}

async fn ask(call: Call, route: Route, asked: Arc<[TopicPartition]>) -> LeaderAnswer<Vec<ProducerState>> {
    let topic = |(name, partition_indexes)| wire::TopicRequest { name, partition_indexes };
    let request = DescribeProducersRequest { topics: by_topic(asked.iter()).into_iter().map(topic).collect() };
    let response = call.send(route, |_| Ok(request)).await?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.name.detach(), partition.partition_index);
            let result = if partition.error_code.is_none() {
                Ok(partition.active_producers.iter().map(ProducerState::from_wire).collect())
            } else {
                Err(AdminError::refused(&key, partition.error_code, partition.error_message.as_ref()))
            };
            (key, result)
        })
    });
    Ok(answered.collect())
}

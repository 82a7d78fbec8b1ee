use crate::types::{ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct TransactionLogKey {
    pub transactional_id: TransactionalId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=1, flexible = 1..)]
pub struct TransactionLogValue {
    pub producer_id: ProducerId,
    #[wire(versions = 1.., tag = 0, default = -1)]
    pub previous_producer_id: ProducerId,
    #[wire(versions = 1.., tag = 1, default = -1)]
    pub next_producer_id: ProducerId,
    pub producer_epoch: i16,
    #[wire(versions = 1.., tag = 3, default = -1)]
    pub next_producer_epoch: i16,
    pub transaction_timeout_ms: i32,
    pub transaction_status: i8,
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    pub transaction_last_update_timestamp_ms: i64,
    pub transaction_start_timestamp_ms: i64,
    #[wire(versions = 1.., tag = 2)]
    pub client_transaction_version: i16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionsSchema {
    pub topic: TopicName,
    pub partition_ids: Vec<i32>,
}

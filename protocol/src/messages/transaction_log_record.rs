//! Records of `__transaction_state`.

use crate::types::{ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Wire};

/// Which transactional id.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct TransactionLogKey {
    pub transactional_id: TransactionalId,
}

/// The state of a transactional id.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=1, flexible = 1..)]
pub struct TransactionLogValue {
    pub producer_id: ProducerId,
    /// The id before the last one ran out of epochs, -1 for none; a retried request may still use it.
    #[wire(versions = 1.., tag = 0, default = -1)]
    pub previous_producer_id: ProducerId,
    /// The id that the client has been given for its next transaction, -1 when it stays the same (KIP-890).
    #[wire(versions = 1.., tag = 1, default = -1)]
    pub next_producer_id: ProducerId,
    pub producer_epoch: i16,
    #[wire(versions = 1.., tag = 3, default = -1)]
    pub next_producer_epoch: i16,
    pub transaction_timeout_ms: i32,
    /// 0 empty, 1 ongoing, 2 prepare commit, 3 prepare abort, 4 complete commit, 5 complete abort, 6 dead, 7 prepare
    /// epoch fence.
    pub transaction_status: i8,
    /// `None` when no transaction is open.
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    pub transaction_last_update_timestamp_ms: i64,
    pub transaction_start_timestamp_ms: i64,
    /// The `transaction.version` the client works by.
    #[wire(versions = 1.., tag = 2)]
    pub client_transaction_version: i16,
}

/// The partitions of one topic that belong to the transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionsSchema {
    pub topic: TopicName,
    pub partition_ids: Vec<i32>,
}

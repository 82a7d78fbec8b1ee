use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Str, Wire};

/// Asks a coordinator for the state of transactional ids (KIP-664).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 65, kind = request, versions = 0..=0, flexible = 0.., response = DescribeTransactionsResponse)]
pub struct DescribeTransactionsRequest {
    pub transactional_ids: Vec<TransactionalId>,
}

/// The state of the transactional ids.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 65, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeTransactionsResponse {
    pub throttle_time_ms: i32,
    pub transaction_states: Vec<TransactionState>,
}

/// The state of one transactional id.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TransactionState {
    pub error_code: ErrorCode,
    pub transactional_id: TransactionalId,
    /// `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, `Dead` or
    /// `PrepareEpochFence`.
    pub transaction_state: Str,
    pub transaction_timeout_ms: i32,
    /// In milliseconds since the epoch, -1 when no transaction is open.
    pub transaction_start_time_ms: i64,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub topics: Vec<TopicData>,
}

/// The partitions of one topic that belong to the transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicData {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

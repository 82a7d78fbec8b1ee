use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 65, kind = request, versions = 0..=0, flexible = 0.., response = DescribeTransactionsResponse)]
pub struct DescribeTransactionsRequest {
    pub transactional_ids: Vec<TransactionalId>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 65, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeTransactionsResponse {
    pub throttle_time_ms: i32,
    pub transaction_states: Vec<TransactionState>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TransactionState {
    pub error_code: ErrorCode,
    pub transactional_id: TransactionalId,
    pub transaction_state: Str,
    pub transaction_timeout_ms: i32,
    pub transaction_start_time_ms: i64,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub topics: Vec<TopicData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicData {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

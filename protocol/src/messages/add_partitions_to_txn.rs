use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Wire};

/// Adds partitions to a transaction before they are written to. Clients send up to version 3; brokers send later
/// versions to verify transactions (KIP-890).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 24, kind = request, versions = 0..=5, flexible = 3.., response = AddPartitionsToTxnResponse)]
pub struct AddPartitionsToTxnRequest {
    #[wire(versions = 4..)]
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    #[wire(versions = ..=3)]
    pub v3_and_below_transactional_id: TransactionalId,
    #[wire(versions = ..=3)]
    pub v3_and_below_producer_id: ProducerId,
    #[wire(versions = ..=3)]
    pub v3_and_below_producer_epoch: i16,
    #[wire(versions = ..=3)]
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

/// The partitions of one transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AddPartitionsToTxnTransaction {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// Only check that the partitions belong to the transaction.
    pub verify_only: bool,
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AddPartitionsToTxnTopic {
    pub name: TopicName,
    pub partitions: Vec<i32>,
}

/// Which partitions were added.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 24, kind = response, versions = 0..=5, flexible = 3..)]
pub struct AddPartitionsToTxnResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 4.., ignorable)]
    pub error_code: ErrorCode,
    #[wire(versions = 4..)]
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    #[wire(versions = ..=3)]
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

/// The outcome for one transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AddPartitionsToTxnResult {
    pub transactional_id: TransactionalId,
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AddPartitionsToTxnTopicResult {
    pub name: TopicName,
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AddPartitionsToTxnPartitionResult {
    pub partition_index: i32,
    pub partition_error_code: ErrorCode,
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = AddPartitionsToTxnRequest {
            transactions: vec![AddPartitionsToTxnTransaction {
                transactional_id: "ti".into(),
                producer_id: ProducerId(2),
                producer_epoch: 3,
                verify_only: true,
                topics: vec![AddPartitionsToTxnTopic { name: "n".into(), partitions: vec![6] }],
            }],
            ..Default::default()
        };
        4..=5 =>
            b"\x02"                   // transactions
                b"\x03ti"             // transactional_id
                b"\0\0\0\0\0\0\0\x02" // producer_id
                b"\0\x03"             // producer_epoch
                b"\x01"               // verify_only
                b"\x02"               // topics
                    b"\x02n"          // name
                    b"\x02\0\0\0\x06" // partitions
                    b"\0"             // no tagged fields
                b"\0"                 // no tagged fields
            b"\0";                    // no tagged fields
        request.transactions = vec![];
        request.v3_and_below_transactional_id = "vabti".into();
        request.v3_and_below_producer_id = ProducerId(8);
        request.v3_and_below_producer_epoch = 9;
        request.v3_and_below_topics = vec![AddPartitionsToTxnTopic { name: "n".into(), partitions: vec![11] }];
        3 => b"\x06vabti" b"\0\0\0\0\0\0\0\x08" b"\0\x09" b"\x02" b"\x02n" b"\x02\0\0\0\x0b" b"\0" b"\0";
        0..=2 => b"\0\x05vabti" b"\0\0\0\0\0\0\0\x08" b"\0\x09" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01\0\0\0\x0b";
    }

    literals! {
        let mut response = AddPartitionsToTxnResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            results_by_transaction: vec![AddPartitionsToTxnResult {
                transactional_id: "ti".into(),
                topic_results: vec![AddPartitionsToTxnTopicResult {
                    name: "n".into(),
                    results_by_partition: vec![AddPartitionsToTxnPartitionResult {
                        partition_index: 5,
                        partition_error_code: ErrorCode(6),
                    }],
                }],
            }],
            ..Default::default()
        };
        4..=5 =>
            b"\0\0\0\x01"             // throttle_time_ms
            b"\0\x02"                 // error_code
            b"\x02"                   // results_by_transaction
                b"\x03ti"             // transactional_id
                b"\x02"               // topic_results
                    b"\x02n"          // name
                    b"\x02"           // results_by_partition
                        b"\0\0\0\x05" // partition_index
                        b"\0\x06"     // partition_error_code
                        b"\0"         // no tagged fields
                    b"\0"             // no tagged fields
                b"\0"                 // no tagged fields
            b"\0";                    // no tagged fields
        response.error_code = ErrorCode::NONE;
        response.results_by_transaction = vec![];
        response.results_by_topic_v3_and_below = vec![AddPartitionsToTxnTopicResult { name: "n".into(), results_by_partition: vec![AddPartitionsToTxnPartitionResult { partition_index: 8, partition_error_code: ErrorCode(9) }] }];
        3 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x08" b"\0\x09" b"\0" b"\0" b"\0";
        0..=2 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x08" b"\0\x09";
    }
}

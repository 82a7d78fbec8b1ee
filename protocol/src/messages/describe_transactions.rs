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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeTransactionsRequest { transactional_ids: vec!["ti".into()] };
        0 => b"\x02\x03ti" b"\0";
    }

    literals! {
        let response = DescribeTransactionsResponse {
            throttle_time_ms: 1,
            transaction_states: vec![TransactionState {
                error_code: ErrorCode(2),
                transactional_id: "ti".into(),
                transaction_state: "ts".into(),
                transaction_timeout_ms: 5,
                transaction_start_time_ms: 6,
                producer_id: ProducerId(7),
                producer_epoch: 8,
                topics: vec![TopicData { topic: "t".into(), partitions: vec![10] }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03ti" b"\x03ts" b"\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\x08" b"\x02" b"\x02t" b"\x02\0\0\0\x0a" b"\0" b"\0" b"\0";
    }
}

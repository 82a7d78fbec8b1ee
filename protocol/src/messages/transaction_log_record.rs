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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let transaction_log_key = TransactionLogKey { transactional_id: "ti".into() };
        0 => b"\0\x02ti";
    }

    literals! {
        let mut transaction_log_value = TransactionLogValue {
            producer_id: ProducerId(1),
            previous_producer_id: ProducerId(2),
            next_producer_id: ProducerId(3),
            producer_epoch: 4,
            next_producer_epoch: 5,
            transaction_timeout_ms: 6,
            transaction_status: 7,
            transaction_partitions: Some(vec![PartitionsSchema { topic: "t".into(), partition_ids: vec![9] }]),
            transaction_last_update_timestamp_ms: 10,
            transaction_start_timestamp_ms: 11,
            client_transaction_version: 12,
        };
        1 =>
            b"\0\0\0\0\0\0\0\x01" b"\0\x04" b"\0\0\0\x06" b"\x07" b"\x02" b"\x02t" b"\x02\0\0\0\x09" b"\0"
            b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0b" b"\x04" b"\0\x08" b"\0\0\0\0\0\0\0\x02" b"\x01\x08"
            b"\0\0\0\0\0\0\0\x03" b"\x02\x02" b"\0\x0c" b"\x03\x02" b"\0\x05";
        transaction_log_value.previous_producer_id = ProducerId::NONE;
        transaction_log_value.next_producer_id = ProducerId::NONE;
        transaction_log_value.next_producer_epoch = -1;
        transaction_log_value.client_transaction_version = 0;
        0 =>
            b"\0\0\0\0\0\0\0\x01" b"\0\x04" b"\0\0\0\x06" b"\x07" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x09"
            b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0b";
    }
}

use crate::error_code::ErrorCode;
use crate::types::{GroupId, ProducerId, TransactionalId};
use crate::wire::Message;

/// Adds a group's positions to a transaction. Not needed from TxnOffsetCommit version 5 (KIP-890).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 25, kind = request, versions = 0..=4, flexible = 3.., response = AddOffsetsToTxnResponse)]
pub struct AddOffsetsToTxnRequest {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub group_id: GroupId,
}

/// Whether the group was added.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 25, kind = response, versions = 0..=4, flexible = 3..)]
pub struct AddOffsetsToTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AddOffsetsToTxnRequest {
            transactional_id: "ti".into(),
            producer_id: ProducerId(2),
            producer_epoch: 3,
            group_id: "gi".into(),
        };
        3..=4 => b"\x03ti" b"\0\0\0\0\0\0\0\x02" b"\0\x03" b"\x03gi" b"\0";
        0..=2 => b"\0\x02ti" b"\0\0\0\0\0\0\0\x02" b"\0\x03" b"\0\x02gi";
    }

    literals! {
        let response = AddOffsetsToTxnResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
        };
        3..=4 => b"\0\0\0\x01" b"\0\x02" b"\0";
        0..=2 => b"\0\0\0\x01" b"\0\x02";
    }
}

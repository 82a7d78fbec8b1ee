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

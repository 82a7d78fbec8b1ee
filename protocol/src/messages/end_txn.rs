use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::Message;

/// Commits or aborts a transaction.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 26, kind = request, versions = 0..=5, flexible = 3.., response = EndTxnResponse)]
pub struct EndTxnRequest {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// `true` commits, `false` aborts.
    pub committed: bool,
}

/// Whether the transaction's fate is decided. The markers may still be on their way.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 26, kind = response, versions = 0..=5, flexible = 3..)]
pub struct EndTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    /// The id for the next transaction; version 5 bumps the epoch every time (KIP-890). -1 when unchanged.
    #[wire(versions = 5.., default = -1, ignorable)]
    pub producer_id: ProducerId,
    /// The epoch for the next transaction, -1 when unchanged.
    #[wire(versions = 5.., default = -1, ignorable)]
    pub producer_epoch: i16,
}

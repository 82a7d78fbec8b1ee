use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::Message;

/// Obtains a producer id, or bumps the epoch of one; fences earlier producers with the same transactional id.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = request, versions = 0..=6, flexible = 2.., response = InitProducerIdResponse, unstable)]
pub struct InitProducerIdRequest {
    /// `None` for a producer that is idempotent only.
    pub transactional_id: Option<TransactionalId>,
    /// The coordinator aborts a transaction that stays open for longer.
    pub transaction_timeout_ms: i32,
    /// The id held so far, -1 at the start; a producer recovers from an error with it (KIP-360).
    #[wire(versions = 3.., default = -1)]
    pub producer_id: ProducerId,
    /// The epoch held so far, -1 at the start.
    #[wire(versions = 3.., default = -1)]
    pub producer_epoch: i16,
    /// The transactions take part in a two-phase commit and do not time out (KIP-939).
    #[wire(versions = 6..)]
    pub enable2_pc: bool,
    /// Keep the open transaction instead of aborting it (KIP-939).
    #[wire(versions = 6..)]
    pub keep_prepared_txn: bool,
}

/// The producer id and epoch to use from now on.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = response, versions = 0..=6, flexible = 2..)]
pub struct InitProducerIdResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = -1)]
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// Id of the transaction that was kept, -1 when there is none.
    #[wire(versions = 6.., default = -1)]
    pub ongoing_txn_producer_id: ProducerId,
    #[wire(versions = 6.., default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}

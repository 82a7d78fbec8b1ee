use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::{Message, Str, Wire};

/// Asks a coordinator for the transactional ids it has. Empty filters match anything.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 66, kind = request, versions = 0..=2, flexible = 0.., response = ListTransactionsResponse)]
pub struct ListTransactionsRequest {
    pub state_filters: Vec<Str>,
    pub producer_id_filters: Vec<ProducerId>,
    /// Only transactions open for longer than this many milliseconds, -1 for any (KIP-994).
    #[wire(versions = 1.., default = -1)]
    pub duration_filter: i64,
    /// A regular expression (KIP-1152).
    #[wire(versions = 2.., default = null)]
    pub transactional_id_pattern: Option<Str>,
}

/// The transactional ids that match.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 66, kind = response, versions = 0..=2, flexible = 0..)]
pub struct ListTransactionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    /// State names of the request that the broker does not know.
    pub unknown_state_filters: Vec<Str>,
    pub transaction_states: Vec<TransactionState>,
}

/// One transactional id.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TransactionState {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub transaction_state: Str,
}

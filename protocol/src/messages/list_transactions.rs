use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 66, kind = request, versions = 0..=2, flexible = 0.., response = ListTransactionsResponse)]
pub struct ListTransactionsRequest {
    pub state_filters: Vec<Str>,
    pub producer_id_filters: Vec<ProducerId>,
    #[wire(versions = 1.., default = -1)]
    pub duration_filter: i64,
    #[wire(versions = 2.., default = null)]
    pub transactional_id_pattern: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 66, kind = response, versions = 0..=2, flexible = 0..)]
pub struct ListTransactionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub unknown_state_filters: Vec<Str>,
    pub transaction_states: Vec<TransactionState>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TransactionState {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub transaction_state: Str,
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ListTransactionsRequest {
            state_filters: vec!["sf".into()],
            producer_id_filters: vec![ProducerId(2)],
            duration_filter: 3,
            transactional_id_pattern: Some("tip".into()),
        };
        2 => b"\x02\x03sf" b"\x02\0\0\0\0\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\x04tip" b"\0";
        request.transactional_id_pattern = None;
        1 => b"\x02\x03sf" b"\x02\0\0\0\0\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0";
        request.duration_filter = -1;
        0 => b"\x02\x03sf" b"\x02\0\0\0\0\0\0\0\x02" b"\0";
    }

    literals! {
        let response = ListTransactionsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            unknown_state_filters: vec!["usf".into()],
            transaction_states: vec![TransactionState {
                transactional_id: "ti".into(),
                producer_id: ProducerId(5),
                transaction_state: "ts".into(),
            }],
        };
        0..=2 => b"\0\0\0\x01" b"\0\x02" b"\x02\x04usf" b"\x02" b"\x03ti" b"\0\0\0\0\0\0\0\x05" b"\x03ts" b"\0" b"\0";
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = EndTxnRequest {
            transactional_id: "ti".into(),
            producer_id: ProducerId(2),
            producer_epoch: 3,
            committed: true,
        };
        3..=5 =>
            b"\x03ti"             // transactional_id
            b"\0\0\0\0\0\0\0\x02" // producer_id
            b"\0\x03"             // producer_epoch
            b"\x01"               // committed
            b"\0";                // no tagged fields
        0..=2 => b"\0\x02ti" b"\0\0\0\0\0\0\0\x02" b"\0\x03" b"\x01";
    }

    literals! {
        let mut response = EndTxnResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            producer_id: ProducerId(3),
            producer_epoch: 4,
        };
        5 =>
            b"\0\0\0\x01"         // throttle_time_ms
            b"\0\x02"             // error_code
            b"\0\0\0\0\0\0\0\x03" // producer_id
            b"\0\x04"             // producer_epoch
            b"\0";                // no tagged fields
        response.producer_id = ProducerId::NONE;
        response.producer_epoch = -1;
        3..=4 => b"\0\0\0\x01" b"\0\x02" b"\0";
        0..=2 => b"\0\0\0\x01" b"\0\x02";
    }
}

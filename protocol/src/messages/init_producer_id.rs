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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = InitProducerIdRequest {
            transactional_id: Some("ti".into()),
            transaction_timeout_ms: 2,
            producer_id: ProducerId(3),
            producer_epoch: 4,
            enable2_pc: true,
            keep_prepared_txn: true,
        };
        6 =>
            b"\x03ti"             // transactional_id
            b"\0\0\0\x02"         // transaction_timeout_ms
            b"\0\0\0\0\0\0\0\x03" // producer_id
            b"\0\x04"             // producer_epoch
            b"\x01"               // enable2_pc
            b"\x01"               // keep_prepared_txn
            b"\0";                // no tagged fields
        request.enable2_pc = false;
        request.keep_prepared_txn = false;
        3..=5 => b"\x03ti" b"\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0\x04" b"\0";
        request.producer_id = ProducerId::NONE;
        request.producer_epoch = -1;
        2 => b"\x03ti" b"\0\0\0\x02" b"\0";
        0..=1 => b"\0\x02ti" b"\0\0\0\x02";
    }

    literals! {
        let mut response = InitProducerIdResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            producer_id: ProducerId(3),
            producer_epoch: 4,
            ongoing_txn_producer_id: ProducerId(5),
            ongoing_txn_producer_epoch: 6,
        };
        6 =>
            b"\0\0\0\x01"         // throttle_time_ms
            b"\0\x02"             // error_code
            b"\0\0\0\0\0\0\0\x03" // producer_id
            b"\0\x04"             // producer_epoch
            b"\0\0\0\0\0\0\0\x05" // ongoing_txn_producer_id
            b"\0\x06"             // ongoing_txn_producer_epoch
            b"\0";                // no tagged fields
        response.ongoing_txn_producer_id = ProducerId::NONE;
        response.ongoing_txn_producer_epoch = -1;
        2..=5 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0\x04" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0\x04";
    }
}

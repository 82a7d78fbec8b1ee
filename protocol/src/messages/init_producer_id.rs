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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = InitProducerIdRequest {
            transactional_id: Some("x".into()),
            transaction_timeout_ms: 2,
            producer_id: ProducerId(3),
            producer_epoch: 4,
            enable2_pc: true,
            keep_prepared_txn: true,
        };
        assert_bytes(&request, 6, b"\x02x\0\0\0\x02\0\0\0\0\0\0\0\x03\0\x04\x01\x01\0");
        request.enable2_pc = false;
        request.keep_prepared_txn = false;
        assert_bytes(&request, 5, b"\x02x\0\0\0\x02\0\0\0\0\0\0\0\x03\0\x04\0");
        request.producer_id = ProducerId::NONE;
        request.producer_epoch = -1;
        assert_bytes(&request, 2, b"\x02x\0\0\0\x02\0");
        assert_bytes(&request, 1, b"\0\x01x\0\0\0\x02");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = InitProducerIdResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            producer_id: ProducerId(3),
            producer_epoch: 4,
            ongoing_txn_producer_id: ProducerId(5),
            ongoing_txn_producer_epoch: 6,
        };
        assert_bytes(&response, 6, b"\0\0\0\x01\0\x02\0\0\0\0\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\x06\0");
        response.ongoing_txn_producer_id = ProducerId::NONE;
        response.ongoing_txn_producer_epoch = -1;
        assert_bytes(&response, 5, b"\0\0\0\x01\0\x02\0\0\0\0\0\0\0\x03\0\x04\0");
        assert_bytes(&response, 1, b"\0\0\0\x01\0\x02\0\0\0\0\0\0\0\x03\0\x04");
    }
}

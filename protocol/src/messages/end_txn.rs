use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::Message;

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 26, kind = request, versions = 0..=5, flexible = 3.., response = EndTxnResponse)]
pub struct EndTxnRequest {
    pub transactional_id: TransactionalId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub committed: bool,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 26, kind = response, versions = 0..=5, flexible = 3..)]
pub struct EndTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub producer_id: ProducerId,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub producer_epoch: i16,
}

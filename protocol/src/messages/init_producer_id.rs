use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TransactionalId};
use crate::wire::Message;

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = request, versions = 0..=6, flexible = 2.., response = InitProducerIdResponse, unstable)]
pub struct InitProducerIdRequest {
    pub transactional_id: Option<TransactionalId>,
    pub transaction_timeout_ms: i32,
    #[wire(versions = 3.., default = -1)]
    pub producer_id: ProducerId,
    #[wire(versions = 3.., default = -1)]
    pub producer_epoch: i16,
    #[wire(versions = 6..)]
    pub enable2_pc: bool,
    #[wire(versions = 6..)]
    pub keep_prepared_txn: bool,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = response, versions = 0..=6, flexible = 2..)]
pub struct InitProducerIdResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = -1)]
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    #[wire(versions = 6.., default = -1)]
    pub ongoing_txn_producer_id: ProducerId,
    #[wire(versions = 6.., default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}

use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str};

/// Makes the cluster forget a broker that will not come back.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 64, kind = request, versions = 0..=0, flexible = 0.., response = UnregisterBrokerResponse)]
pub struct UnregisterBrokerRequest {
    pub broker_id: NodeId,
}

/// Whether the broker was forgotten.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 64, kind = response, versions = 0..=0, flexible = 0..)]
pub struct UnregisterBrokerResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

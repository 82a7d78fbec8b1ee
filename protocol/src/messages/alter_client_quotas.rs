use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 49, kind = request, versions = 0..=1, flexible = 1.., response = AlterClientQuotasResponse)]
pub struct AlterClientQuotasRequest {
    pub entries: Vec<RequestEntryData>,
    pub validate_only: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestEntryData {
    pub entity: Vec<EntityData>,
    pub ops: Vec<OpData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntityData {
    pub entity_type: Str,
    pub entity_name: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OpData {
    pub key: Str,
    pub value: f64,
    pub remove: bool,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 49, kind = response, versions = 0..=1, flexible = 1..)]
pub struct AlterClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub entries: Vec<ResponseEntryData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponseEntryData {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub entity: Vec<EntityData>,
}

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 48, kind = request, versions = 0..=1, flexible = 1.., response = DescribeClientQuotasResponse)]
pub struct DescribeClientQuotasRequest {
    pub components: Vec<ComponentData>,
    pub strict: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ComponentData {
    pub entity_type: Str,
    pub match_type: i8,
    pub r#match: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 48, kind = response, versions = 0..=1, flexible = 1..)]
pub struct DescribeClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub entries: Option<Vec<EntryData>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntryData {
    pub entity: Vec<EntityData>,
    pub values: Vec<ValueData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntityData {
    pub entity_type: Str,
    pub entity_name: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ValueData {
    pub key: Str,
    pub value: f64,
}

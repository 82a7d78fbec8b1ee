use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks for client quotas by user, client id or address (KIP-546).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 48, kind = request, versions = 0..=1, flexible = 1.., response = DescribeClientQuotasResponse)]
pub struct DescribeClientQuotasRequest {
    pub components: Vec<ComponentData>,
    /// Leave out quotas of entities with more parts than the filter names.
    pub strict: bool,
}

/// A condition on one part of an entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ComponentData {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str,
    /// 0 the name in `match`, 1 the default entity, 2 any name.
    pub match_type: i8,
    pub r#match: Option<Str>,
}

/// The quotas that match.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 48, kind = response, versions = 0..=1, flexible = 1..)]
pub struct DescribeClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub entries: Option<Vec<EntryData>>,
}

/// The quotas of one entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntryData {
    pub entity: Vec<EntityData>,
    pub values: Vec<ValueData>,
}

/// One part of an entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntityData {
    pub entity_type: Str,
    /// `None` stands for the default entity.
    pub entity_name: Option<Str>,
}

/// One quota, such as `producer_byte_rate`.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ValueData {
    pub key: Str,
    pub value: f64,
}

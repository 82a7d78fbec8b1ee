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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeClientQuotasRequest {
            components: vec![ComponentData {
                entity_type: "et".into(),
                match_type: 2,
                r#match: Some("m".into()),
            }],
            strict: true,
        };
        1 => b"\x02" b"\x03et" b"\x02" b"\x02m" b"\0" b"\x01" b"\0";
        0 => b"\0\0\0\x01" b"\0\x02et" b"\x02" b"\0\x01m" b"\x01";
    }

    literals! {
        let response = DescribeClientQuotasResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            entries: Some(vec![EntryData {
                entity: vec![EntityData { entity_type: "et".into(), entity_name: Some("en".into()) }],
                values: vec![ValueData { key: "k".into(), value: 1.5 }],
            }]),
        };
        1 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x02" b"\x03et" b"\x03en" b"\0" b"\x02" b"\x02k"
            b"?\xf8\0\0\0\0\0\0" b"\0" b"\0" b"\0";
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02et" b"\0\x02en" b"\0\0\0\x01"
            b"\0\x01k" b"?\xf8\0\0\0\0\0\0";
    }
}

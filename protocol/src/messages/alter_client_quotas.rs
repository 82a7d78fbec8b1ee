use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Sets and removes client quotas.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 49, kind = request, versions = 0..=1, flexible = 1.., response = AlterClientQuotasResponse)]
pub struct AlterClientQuotasRequest {
    pub entries: Vec<RequestEntryData>,
    pub validate_only: bool,
}

/// The changes for one entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestEntryData {
    pub entity: Vec<EntityData>,
    pub ops: Vec<OpData>,
}

/// One part of an entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EntityData {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str,
    /// `None` stands for the default entity.
    pub entity_name: Option<Str>,
}

/// A change to one quota.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OpData {
    pub key: Str,
    pub value: f64,
    /// Drop the quota; `value` then says nothing.
    pub remove: bool,
}

/// Which entities were changed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 49, kind = response, versions = 0..=1, flexible = 1..)]
pub struct AlterClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub entries: Vec<ResponseEntryData>,
}

/// The outcome for one entity.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponseEntryData {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub entity: Vec<EntityData>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterClientQuotasRequest {
            entries: vec![RequestEntryData {
                entity: vec![EntityData { entity_type: "et".into(), entity_name: Some("en".into()) }],
                ops: vec![OpData { key: "k".into(), value: 1.5, remove: true }],
            }],
            validate_only: true,
        };
        1 =>
            b"\x02" b"\x02" b"\x03et" b"\x03en" b"\0" b"\x02" b"\x02k" b"?\xf8\0\0\0\0\0\0" b"\x01" b"\0" b"\0" b"\x01"
            b"\0";
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02et" b"\0\x02en" b"\0\0\0\x01" b"\0\x01k" b"?\xf8\0\0\0\0\0\0" b"\x01"
            b"\x01";
    }

    literals! {
        let response = AlterClientQuotasResponse {
            throttle_time_ms: 1,
            entries: vec![ResponseEntryData {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                entity: vec![EntityData { entity_type: "et".into(), entity_name: Some("en".into()) }],
            }],
        };
        1 => b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x02" b"\x03et" b"\x03en" b"\0" b"\0" b"\0";
        0 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\0\0\0\x01" b"\0\x02et" b"\0\x02en";
    }
}

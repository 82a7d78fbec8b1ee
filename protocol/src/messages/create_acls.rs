use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Adds ACLs. The codes are those of [`describe_acls`](super::describe_acls).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 30, kind = request, versions = 1..=3, flexible = 2.., response = CreateAclsResponse)]
pub struct CreateAclsRequest {
    pub creations: Vec<AclCreation>,
}

/// An ACL to add.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AclCreation {
    pub resource_type: i8,
    pub resource_name: Str,
    #[wire(default = 3)]
    pub resource_pattern_type: i8,
    pub principal: Str,
    pub host: Str,
    pub operation: i8,
    pub permission_type: i8,
}

/// Which ACLs were added, in the order of the request.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 30, kind = response, versions = 1..=3, flexible = 2..)]
pub struct CreateAclsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AclCreationResult>,
}

/// The outcome for one ACL.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AclCreationResult {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = CreateAclsRequest {
            creations: vec![AclCreation {
                resource_type: 1,
                resource_name: "rn".into(),
                principal: "p".into(),
                host: "h".into(),
                operation: 6,
                permission_type: 7,
                ..Default::default()
            }],
        };
        2..=3 => b"\x02" b"\x01" b"\x03rn" b"\x03" b"\x02p" b"\x02h" b"\x06" b"\x07" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\x01" b"\0\x02rn" b"\x03" b"\0\x01p" b"\0\x01h" b"\x06" b"\x07";
    }

    literals! {
        let response = CreateAclsResponse {
            throttle_time_ms: 1,
            results: vec![AclCreationResult {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
            }],
        };
        2..=3 => b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em";
    }
}

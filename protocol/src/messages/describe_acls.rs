use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks for the ACLs that match a filter. The codes are those of [`AclDescription`] and its resource, with 1 for any.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 29, kind = request, versions = 1..=3, flexible = 2.., response = DescribeAclsResponse)]
pub struct DescribeAclsRequest {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<Str>,
    /// 1 any, 2 every pattern that covers the name, 3 literal, 4 prefixed (KIP-290).
    #[wire(default = 3)]
    pub pattern_type_filter: i8,
    pub principal_filter: Option<Str>,
    pub host_filter: Option<Str>,
    pub operation: i8,
    pub permission_type: i8,
}

/// The ACLs that match.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 29, kind = response, versions = 1..=3, flexible = 2..)]
pub struct DescribeAclsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resources: Vec<DescribeAclsResource>,
}

/// A resource and the ACLs bound to it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeAclsResource {
    /// 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.
    pub resource_type: i8,
    pub resource_name: Str,
    /// 3 literal, 4 prefixed.
    #[wire(default = 3)]
    pub pattern_type: i8,
    pub acls: Vec<AclDescription>,
}

/// Who may or may not do what.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AclDescription {
    /// Such as `User:alice`.
    pub principal: Str,
    /// An address, or `*`.
    pub host: Str,
    /// 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter
    /// configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit.
    pub operation: i8,
    /// 2 deny, 3 allow.
    pub permission_type: i8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeAclsRequest {
            resource_type_filter: 1,
            resource_name_filter: Some("rnf".into()),
            principal_filter: Some("pf".into()),
            host_filter: Some("hf".into()),
            operation: 6,
            permission_type: 7,
            ..Default::default()
        };
        2..=3 => b"\x01" b"\x04rnf" b"\x03" b"\x03pf" b"\x03hf" b"\x06" b"\x07" b"\0";
        1 => b"\x01" b"\0\x03rnf" b"\x03" b"\0\x02pf" b"\0\x02hf" b"\x06" b"\x07";
    }

    literals! {
        let response = DescribeAclsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            resources: vec![DescribeAclsResource {
                resource_type: 4,
                resource_name: "rn".into(),
                pattern_type: 6,
                acls: vec![AclDescription {
                    principal: "p".into(),
                    host: "h".into(),
                    operation: 9,
                    permission_type: 10,
                }],
            }],
        };
        2..=3 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x04" b"\x03rn" b"\x06" b"\x02" b"\x02p" b"\x02h" b"\x09"
            b"\x0a" b"\0" b"\0" b"\0";
        1 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\0\0\0\x01" b"\x04" b"\0\x02rn" b"\x06" b"\0\0\0\x01" b"\0\x01p"
            b"\0\x01h" b"\x09" b"\x0a";
    }
}

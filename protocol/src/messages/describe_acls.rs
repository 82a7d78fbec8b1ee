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

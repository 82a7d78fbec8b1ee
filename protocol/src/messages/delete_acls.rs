use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Removes the ACLs that match filters. The codes are those of [`describe_acls`](super::describe_acls).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 31, kind = request, versions = 1..=3, flexible = 2.., response = DeleteAclsResponse)]
pub struct DeleteAclsRequest {
    pub filters: Vec<DeleteAclsFilter>,
}

/// A filter; `None` and 1 match anything.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteAclsFilter {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<Str>,
    #[wire(default = 3)]
    pub pattern_type_filter: i8,
    pub principal_filter: Option<Str>,
    pub host_filter: Option<Str>,
    pub operation: i8,
    pub permission_type: i8,
}

/// Which ACLs were removed, in the order of the filters.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 31, kind = response, versions = 1..=3, flexible = 2..)]
pub struct DeleteAclsResponse {
    pub throttle_time_ms: i32,
    pub filter_results: Vec<DeleteAclsFilterResult>,
}

/// The outcome for one filter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteAclsFilterResult {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
}

/// An ACL that matched.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteAclsMatchingAcl {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resource_type: i8,
    pub resource_name: Str,
    #[wire(default = 3)]
    pub pattern_type: i8,
    pub principal: Str,
    pub host: Str,
    pub operation: i8,
    pub permission_type: i8,
}

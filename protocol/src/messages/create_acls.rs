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

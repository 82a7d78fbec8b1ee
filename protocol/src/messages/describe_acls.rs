use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 29, kind = request, versions = 1..=3, flexible = 2.., response = DescribeAclsResponse)]
pub struct DescribeAclsRequest {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<Str>,
    #[wire(default = 3)]
    pub pattern_type_filter: i8,
    pub principal_filter: Option<Str>,
    pub host_filter: Option<Str>,
    pub operation: i8,
    pub permission_type: i8,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 29, kind = response, versions = 1..=3, flexible = 2..)]
pub struct DescribeAclsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resources: Vec<DescribeAclsResource>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeAclsResource {
    pub resource_type: i8,
    pub resource_name: Str,
    #[wire(default = 3)]
    pub pattern_type: i8,
    pub acls: Vec<AclDescription>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AclDescription {
    pub principal: Str,
    pub host: Str,
    pub operation: i8,
    pub permission_type: i8,
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DeleteAclsRequest {
            filters: vec![DeleteAclsFilter {
                resource_type_filter: 1,
                resource_name_filter: Some("rnf".into()),
                principal_filter: Some("pf".into()),
                host_filter: Some("hf".into()),
                operation: 6,
                permission_type: 7,
                ..Default::default()
            }],
        };
        2..=3 => b"\x02" b"\x01" b"\x04rnf" b"\x03" b"\x03pf" b"\x03hf" b"\x06" b"\x07" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\x01" b"\0\x03rnf" b"\x03" b"\0\x02pf" b"\0\x02hf" b"\x06" b"\x07";
    }

    literals! {
        let response = DeleteAclsResponse {
            throttle_time_ms: 1,
            filter_results: vec![DeleteAclsFilterResult {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                matching_acls: vec![DeleteAclsMatchingAcl {
                    error_code: ErrorCode(4),
                    error_message: Some("em".into()),
                    resource_type: 6,
                    resource_name: "rn".into(),
                    pattern_type: 8,
                    principal: "p".into(),
                    host: "h".into(),
                    operation: 11,
                    permission_type: 12,
                }],
            }],
        };
        2..=3 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x02" b"\0\x04" b"\x03em" b"\x06" b"\x03rn" b"\x08" b"\x02p"
            b"\x02h" b"\x0b" b"\x0c" b"\0" b"\0" b"\0";
        1 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\0\0\0\x01" b"\0\x04" b"\0\x02em" b"\x06" b"\0\x02rn"
            b"\x08" b"\0\x01p" b"\0\x01h" b"\x0b" b"\x0c";
    }
}

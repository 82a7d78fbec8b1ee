use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks for the settings of topics, brokers, groups or client metrics subscriptions.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 32, kind = request, versions = 1..=4, flexible = 4.., response = DescribeConfigsResponse)]
pub struct DescribeConfigsRequest {
    pub resources: Vec<DescribeConfigsResource>,
    pub include_synonyms: bool,
    #[wire(versions = 3..)]
    pub include_documentation: bool,
}

/// The resource to describe.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResource {
    /// 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.
    pub resource_type: i8,
    pub resource_name: Str,
    /// `None` means every setting.
    pub configuration_keys: Option<Vec<Str>>,
}

/// The settings of the resources.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 32, kind = response, versions = 1..=4, flexible = 4..)]
pub struct DescribeConfigsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

/// The settings of one resource.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResult {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resource_type: i8,
    pub resource_name: Str,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

/// One setting in force.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResourceResult {
    pub name: Str,
    /// `None` also when it is sensitive.
    pub value: Option<Str>,
    pub read_only: bool,
    /// Who set it: 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 the built-in default, 6 broker logger, 7
    /// client metrics, 8 group.
    #[wire(default = -1, ignorable)]
    pub config_source: i8,
    pub is_sensitive: bool,
    #[wire(ignorable)]
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password (KIP-569).
    #[wire(versions = 3.., ignorable)]
    pub config_type: i8,
    #[wire(versions = 3.., ignorable)]
    pub documentation: Option<Str>,
}

/// A setting that would apply in place of this one, strongest first.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsSynonym {
    pub name: Str,
    pub value: Option<Str>,
    pub source: i8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: 1,
                resource_name: "rn".into(),
                configuration_keys: Some(vec!["ck".into()]),
            }],
            include_synonyms: true,
            include_documentation: true,
        };
        assert_bytes(&request, 4, b"\x02\x01\x03rn\x02\x03ck\0\x01\x01\0");
        assert_bytes(&request, 3, b"\0\0\0\x01\x01\0\x02rn\0\0\0\x01\0\x02ck\x01\x01");
        request.include_documentation = false;
        assert_bytes(&request, 2, b"\0\0\0\x01\x01\0\x02rn\0\0\0\x01\0\x02ck\x01");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = DescribeConfigsResponse {
            throttle_time_ms: 1,
            results: vec![DescribeConfigsResult {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                resource_type: 4,
                resource_name: "rn".into(),
                configs: vec![DescribeConfigsResourceResult {
                    name: "n".into(),
                    value: Some("v".into()),
                    read_only: true,
                    config_source: 9,
                    is_sensitive: true,
                    synonyms: vec![DescribeConfigsSynonym { name: "n".into(), value: Some("v".into()), source: 13 }],
                    config_type: 14,
                    documentation: Some("d".into()),
                }],
            }],
        };
        assert_bytes(
            &response,
            4,
            b"\0\0\0\x01\x02\0\x02\x03em\x04\x03rn\x02\x02n\x02v\x01\x09\x01\x02\x02n\x02v\x0d\0\x0e\x02d\0\0\
             \0",
        );
        assert_bytes(
            &response,
            3,
            b"\0\0\0\x01\0\0\0\x01\0\x02\0\x02em\x04\0\x02rn\0\0\0\x01\0\x01n\0\x01v\x01\x09\x01\0\0\0\x01\0\
             \x01n\0\x01v\x0d\x0e\0\x01d",
        );
        response.results[0].configs[0].config_type = 0;
        response.results[0].configs[0].documentation = Some(Default::default());
        assert_bytes(
            &response,
            2,
            b"\0\0\0\x01\0\0\0\x01\0\x02\0\x02em\x04\0\x02rn\0\0\0\x01\0\x01n\0\x01v\x01\x09\x01\0\0\0\x01\0\
             \x01n\0\x01v\x0d",
        );
    }
}

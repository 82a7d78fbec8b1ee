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
    use crate::messages::literal::literals;

    literals! {
        let mut request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: 1,
                resource_name: "rn".into(),
                configuration_keys: Some(vec!["ck".into()]),
            }],
            include_synonyms: true,
            include_documentation: true,
        };
        4 =>
            b"\x02"           // resources
                b"\x01"       // resource_type
                b"\x03rn"     // resource_name
                b"\x02\x03ck" // configuration_keys
                b"\0"         // no tagged fields
            b"\x01"           // include_synonyms
            b"\x01"           // include_documentation
            b"\0";            // no tagged fields
        3 => b"\0\0\0\x01" b"\x01" b"\0\x02rn" b"\0\0\0\x01\0\x02ck" b"\x01" b"\x01";
        request.include_documentation = false;
        1..=2 => b"\0\0\0\x01" b"\x01" b"\0\x02rn" b"\0\0\0\x01\0\x02ck" b"\x01";
    }

    literals! {
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
                    synonyms: vec![DescribeConfigsSynonym {
                        name: "n".into(),
                        value: Some("v".into()),
                        source: 13,
                    }],
                    config_type: 14,
                    documentation: Some("d".into()),
                }],
            }],
        };
        4 =>
            b"\0\0\0\x01"        // throttle_time_ms
            b"\x02"              // results
                b"\0\x02"        // error_code
                b"\x03em"        // error_message
                b"\x04"          // resource_type
                b"\x03rn"        // resource_name
                b"\x02"          // configs
                    b"\x02n"     // name
                    b"\x02v"     // value
                    b"\x01"      // read_only
                    b"\x09"      // config_source
                    b"\x01"      // is_sensitive
                    b"\x02"      // synonyms
                        b"\x02n" // name
                        b"\x02v" // value
                        b"\x0d"  // source
                        b"\0"    // no tagged fields
                    b"\x0e"      // config_type
                    b"\x02d"     // documentation
                    b"\0"        // no tagged fields
                b"\0"            // no tagged fields
            b"\0";               // no tagged fields
        3 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\x04" b"\0\x02rn" b"\0\0\0\x01" b"\0\x01n" b"\0\x01v"
            b"\x01" b"\x09" b"\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\x01v" b"\x0d" b"\x0e" b"\0\x01d";
        response.results[0].configs[0].config_type = 0;
        response.results[0].configs[0].documentation = Some("".into());
        1..=2 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\x04" b"\0\x02rn" b"\0\0\0\x01" b"\0\x01n" b"\0\x01v"
            b"\x01" b"\x09" b"\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\x01v" b"\x0d";
    }
}

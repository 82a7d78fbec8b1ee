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

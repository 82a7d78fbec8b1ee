use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 60, kind = request, versions = 0..=2, flexible = 0.., response = DescribeClusterResponse)]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    #[wire(versions = 1.., default = 1)]
    pub endpoint_type: i8,
    #[wire(versions = 2..)]
    pub include_fenced_brokers: bool,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 60, kind = response, versions = 0..=2, flexible = 0..)]
pub struct DescribeClusterResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    #[wire(versions = 1.., default = 1)]
    pub endpoint_type: i8,
    pub cluster_id: Str,
    #[wire(default = -1)]
    pub controller_id: NodeId,
    pub brokers: Vec<DescribeClusterBroker>,
    #[wire(default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeClusterBroker {
    pub broker_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
    #[wire(versions = 2..)]
    pub is_fenced: bool,
}

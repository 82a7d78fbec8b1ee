use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Wire};

/// Asks for the brokers or the controllers of a cluster. For admin clients.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 60, kind = request, versions = 0..=2, flexible = 0.., response = DescribeClusterResponse)]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    /// 1 brokers, 2 controllers (KIP-919).
    #[wire(versions = 1.., default = 1)]
    pub endpoint_type: i8,
    /// List brokers too that are registered but may not serve (KIP-1073).
    #[wire(versions = 2..)]
    pub include_fenced_brokers: bool,
}

/// The nodes of the cluster.
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
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
}

/// The address of a node.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = DescribeClusterRequest {
            include_cluster_authorized_operations: true,
            endpoint_type: 2,
            include_fenced_brokers: true,
        };
        2 => b"\x01" b"\x02" b"\x01" b"\0";
        request.include_fenced_brokers = false;
        1 => b"\x01" b"\x02" b"\0";
        request.endpoint_type = 1;
        0 => b"\x01" b"\0";
    }

    literals! {
        let mut response = DescribeClusterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            endpoint_type: 4,
            cluster_id: "ci".into(),
            controller_id: NodeId(6),
            brokers: vec![DescribeClusterBroker {
                broker_id: NodeId(7),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
                is_fenced: true,
            }],
            cluster_authorized_operations: 12,
        };
        2 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x04" b"\x03ci" b"\0\0\0\x06" b"\x02" b"\0\0\0\x07" b"\x02h"
            b"\0\0#\x84" b"\x02r" b"\x01" b"\0" b"\0\0\0\x0c" b"\0";
        response.brokers[0].is_fenced = false;
        1 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x04" b"\x03ci" b"\0\0\0\x06" b"\x02" b"\0\0\0\x07" b"\x02h"
            b"\0\0#\x84" b"\x02r" b"\0" b"\0\0\0\x0c" b"\0";
        response.endpoint_type = 1;
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x03ci" b"\0\0\0\x06" b"\x02" b"\0\0\0\x07" b"\x02h" b"\0\0#\x84"
            b"\x02r" b"\0" b"\0\0\0\x0c" b"\0";
    }
}

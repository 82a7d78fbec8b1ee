use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for brokers, topics, partitions and their leaders. The first thing every client needs.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = request, versions = 0..=13, flexible = 9.., response = MetadataResponse)]
pub struct MetadataRequest {
    /// `None` means all topics. In version 0, which has no null, an empty list does.
    #[wire(nullable = 1..)]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Whether a missing topic may be created, if the broker's settings allow it too.
    #[wire(versions = 4.., default = true)]
    pub allow_auto_topic_creation: bool,
    #[wire(versions = 8..=10)]
    pub include_cluster_authorized_operations: bool,
    #[wire(versions = 8..)]
    pub include_topic_authorized_operations: bool,
}

/// One topic, by name or (from version 12) by id.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// Zero when the topic is named.
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(nullable = 10..)]
    pub name: Option<TopicName>,
}

/// The cluster as the answering broker knows it.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = response, versions = 0..=13, flexible = 9..)]
pub struct MetadataResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    #[wire(versions = 2.., default = null, ignorable)]
    pub cluster_id: Option<Str>,
    /// A broker that takes admin requests, -1 when there is none.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub controller_id: NodeId,
    pub topics: Vec<MetadataResponseTopic>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(versions = 8..=10, default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
    /// [`ErrorCode::REBOOTSTRAP_REQUIRED`] tells the client to start over (KIP-1102).
    #[wire(versions = 13.., ignorable)]
    pub error_code: ErrorCode,
}

/// The address of a broker on the listener that was asked.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseBroker {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(versions = 1.., default = null, ignorable)]
    pub rack: Option<Str>,
}

/// One topic and its partitions.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: ErrorCode,
    /// `None` when an id was asked for that the broker does not know.
    #[wire(nullable = 12..)]
    pub name: Option<TopicName>,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(versions = 1.., ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(versions = 8.., default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

/// One partition and its replicas.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    /// -1 when there is no leader.
    pub leader_id: NodeId,
    #[wire(versions = 7.., default = -1, ignorable)]
    pub leader_epoch: i32,
    /// Every replica, the preferred leader first.
    pub replica_nodes: Vec<NodeId>,
    /// The replicas that are in sync.
    pub isr_nodes: Vec<NodeId>,
    /// The replicas whose broker or disk is down.
    #[wire(versions = 5.., ignorable)]
    pub offline_replicas: Vec<NodeId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = MetadataRequest {
            topics: Some(vec![MetadataRequestTopic {
                topic_id: Uuid(*b"topic_id.......1"),
                name: Some("n".into()),
            }]),
            include_topic_authorized_operations: true,
            ..Default::default()
        };
        11..=13 =>
            b"\x02"                 // topics
                b"topic_id.......1" // topic_id
                b"\x02n"            // name
                b"\0"               // no tagged fields
            b"\x01"                 // allow_auto_topic_creation
            b"\x01"                 // include_topic_authorized_operations
            b"\0";                  // no tagged fields
        request.include_cluster_authorized_operations = true;
        10 => b"\x02" b"topic_id.......1" b"\x02n" b"\0" b"\x01" b"\x01" b"\x01" b"\0";
        request.topics.as_mut().unwrap()[0].name = None;
        10 => b"\x02" b"topic_id.......1" b"\0" b"\0" b"\x01" b"\x01" b"\x01" b"\0";
        request.topics.as_mut().unwrap()[0].topic_id = Uuid::ZERO;
        request.topics.as_mut().unwrap()[0].name = Some("n".into());
        9 => b"\x02" b"\x02n" b"\0" b"\x01" b"\x01" b"\x01" b"\0";
        8 => b"\0\0\0\x01" b"\0\x01n" b"\x01" b"\x01" b"\x01";
        request.include_cluster_authorized_operations = false;
        request.include_topic_authorized_operations = false;
        4..=7 => b"\0\0\0\x01" b"\0\x01n" b"\x01";
        1..=3 => b"\0\0\0\x01" b"\0\x01n";
        request.topics = None;
        1..=3 => b"\xff\xff\xff\xff";
        request.topics = Some(vec![MetadataRequestTopic { name: Some("n".into()), ..Default::default() }]);
        0 => b"\0\0\0\x01" b"\0\x01n";
    }

    literals! {
        let mut response = MetadataResponse {
            throttle_time_ms: 1,
            brokers: vec![MetadataResponseBroker {
                node_id: NodeId(2),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
            }],
            cluster_id: Some("ci".into()),
            controller_id: NodeId(7),
            topics: vec![MetadataResponseTopic {
                error_code: ErrorCode(8),
                name: Some("n".into()),
                topic_id: Uuid(*b"topic_id......10"),
                is_internal: true,
                partitions: vec![MetadataResponsePartition {
                    error_code: ErrorCode(12),
                    partition_index: 13,
                    leader_id: NodeId(14),
                    leader_epoch: 15,
                    replica_nodes: vec![NodeId(16)],
                    isr_nodes: vec![NodeId(17)],
                    offline_replicas: vec![NodeId(18)],
                }],
                topic_authorized_operations: 19,
            }],
            error_code: ErrorCode(21),
            ..Default::default()
        };
        13 =>
            b"\0\0\0\x01"             // throttle_time_ms
            b"\x02"                   // brokers
                b"\0\0\0\x02"         // node_id
                b"\x02h"              // host
                b"\0\0#\x84"          // port
                b"\x02r"              // rack
                b"\0"                 // no tagged fields
            b"\x03ci"                 // cluster_id
            b"\0\0\0\x07"             // controller_id
            b"\x02"                   // topics
                b"\0\x08"             // error_code
                b"\x02n"              // name
                b"topic_id......10"   // topic_id
                b"\x01"               // is_internal
                b"\x02"               // partitions
                    b"\0\x0c"         // error_code
                    b"\0\0\0\x0d"     // partition_index
                    b"\0\0\0\x0e"     // leader_id
                    b"\0\0\0\x0f"     // leader_epoch
                    b"\x02\0\0\0\x10" // replica_nodes
                    b"\x02\0\0\0\x11" // isr_nodes
                    b"\x02\0\0\0\x12" // offline_replicas
                    b"\0"             // no tagged fields
                b"\0\0\0\x13"         // topic_authorized_operations
                b"\0"                 // no tagged fields
            b"\0\x15"                 // error_code
            b"\0";                    // no tagged fields
        response.error_code = ErrorCode::NONE;
        12 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x02" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0" b"\x03ci" b"\0\0\0\x07" b"\x02"
            b"\0\x08" b"\x02n" b"topic_id......10" b"\x01" b"\x02" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x0f"
            b"\x02\0\0\0\x10" b"\x02\0\0\0\x11" b"\x02\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\0" b"\0";
        response.topics[0].name = None;
        12 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x02" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0" b"\x03ci" b"\0\0\0\x07" b"\x02"
            b"\0\x08" b"\0" b"topic_id......10" b"\x01" b"\x02" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x0f"
            b"\x02\0\0\0\x10" b"\x02\0\0\0\x11" b"\x02\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\0" b"\0";
        response.topics[0].name = Some("n".into());
        11 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x02" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0" b"\x03ci" b"\0\0\0\x07" b"\x02"
            b"\0\x08" b"\x02n" b"topic_id......10" b"\x01" b"\x02" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x0f"
            b"\x02\0\0\0\x10" b"\x02\0\0\0\x11" b"\x02\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\0" b"\0";
        response.cluster_authorized_operations = 20;
        10 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x02" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0" b"\x03ci" b"\0\0\0\x07" b"\x02"
            b"\0\x08" b"\x02n" b"topic_id......10" b"\x01" b"\x02" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x0f"
            b"\x02\0\0\0\x10" b"\x02\0\0\0\x11" b"\x02\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\0" b"\0\0\0\x14" b"\0";
        response.topics[0].topic_id = Uuid::ZERO;
        9 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x02" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0" b"\x03ci" b"\0\0\0\x07" b"\x02"
            b"\0\x08" b"\x02n" b"\x01" b"\x02" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x0f" b"\x02\0\0\0\x10"
            b"\x02\0\0\0\x11" b"\x02\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\0" b"\0\0\0\x14" b"\0";
        8 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\x02ci" b"\0\0\0\x07"
            b"\0\0\0\x01" b"\0\x08" b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e"
            b"\0\0\0\x0f" b"\0\0\0\x01\0\0\0\x10" b"\0\0\0\x01\0\0\0\x11" b"\0\0\0\x01\0\0\0\x12" b"\0\0\0\x13"
            b"\0\0\0\x14";
        response.topics[0].topic_authorized_operations = -2147483648;
        response.cluster_authorized_operations = -2147483648;
        7 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\x02ci" b"\0\0\0\x07"
            b"\0\0\0\x01" b"\0\x08" b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e"
            b"\0\0\0\x0f" b"\0\0\0\x01\0\0\0\x10" b"\0\0\0\x01\0\0\0\x11" b"\0\0\0\x01\0\0\0\x12";
        response.topics[0].partitions[0].leader_epoch = -1;
        5..=6 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\x02ci" b"\0\0\0\x07"
            b"\0\0\0\x01" b"\0\x08" b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e"
            b"\0\0\0\x01\0\0\0\x10" b"\0\0\0\x01\0\0\0\x11" b"\0\0\0\x01\0\0\0\x12";
        response.topics[0].partitions[0].offline_replicas = vec![];
        3..=4 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\x02ci" b"\0\0\0\x07"
            b"\0\0\0\x01" b"\0\x08" b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e"
            b"\0\0\0\x01\0\0\0\x10" b"\0\0\0\x01\0\0\0\x11";
        response.throttle_time_ms = 0;
        2 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\x02ci" b"\0\0\0\x07" b"\0\0\0\x01"
            b"\0\x08" b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x01\0\0\0\x10"
            b"\0\0\0\x01\0\0\0\x11";
        response.cluster_id = None;
        1 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\x01r" b"\0\0\0\x07" b"\0\0\0\x01" b"\0\x08"
            b"\0\x01n" b"\x01" b"\0\0\0\x01" b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x01\0\0\0\x10"
            b"\0\0\0\x01\0\0\0\x11";
        response.brokers[0].rack = None;
        response.controller_id = NodeId::NONE;
        response.topics[0].is_internal = false;
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\0\x01h" b"\0\0#\x84" b"\0\0\0\x01" b"\0\x08" b"\0\x01n" b"\0\0\0\x01"
            b"\0\x0c" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\x01\0\0\0\x10" b"\0\0\0\x01\0\0\0\x11";
    }
}

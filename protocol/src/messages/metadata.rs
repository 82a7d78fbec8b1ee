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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = MetadataRequest {
            topics: Some(vec![MetadataRequestTopic { topic_id: Uuid([0xa1; 16]), name: Some("n".into()) }]),
            allow_auto_topic_creation: true,
            include_topic_authorized_operations: true,
            ..Default::default()
        };
        assert_bytes(
            &request,
            13,
            b"\x02\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\x02n\0\x01\x01\0",
        );
        request.include_cluster_authorized_operations = true;
        assert_bytes(
            &request,
            10,
            b"\x02\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\x02n\0\x01\x01\x01\0",
        );
        request.topics.as_mut().unwrap()[0].topic_id = Uuid::ZERO;
        assert_bytes(&request, 9, b"\x02\x02n\0\x01\x01\x01\0");
        assert_bytes(&request, 8, b"\0\0\0\x01\0\x01n\x01\x01\x01");
        request.include_cluster_authorized_operations = false;
        request.include_topic_authorized_operations = false;
        assert_bytes(&request, 7, b"\0\0\0\x01\0\x01n\x01");
        request.allow_auto_topic_creation = true;
        assert_bytes(&request, 3, b"\0\0\0\x01\0\x01n");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
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
                topic_id: Uuid([0xaa; 16]),
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
        assert_bytes(
            &response,
            13,
            b"\0\0\0\x01\x02\0\0\0\x02\x02h\0\0#\x84\x02r\0\x03ci\0\0\0\x07\x02\0\x08\x02n\xaa\xaa\xaa\xaa\xaa\
             \xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\x01\x02\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\x02\0\0\
             \0\x10\x02\0\0\0\x11\x02\0\0\0\x12\0\0\0\0\x13\0\0\x15\0",
        );
        response.error_code = ErrorCode::NONE;
        assert_bytes(
            &response,
            12,
            b"\0\0\0\x01\x02\0\0\0\x02\x02h\0\0#\x84\x02r\0\x03ci\0\0\0\x07\x02\0\x08\x02n\xaa\xaa\xaa\xaa\xaa\
             \xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\x01\x02\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\x02\0\0\
             \0\x10\x02\0\0\0\x11\x02\0\0\0\x12\0\0\0\0\x13\0\0",
        );
        response.cluster_authorized_operations = 20;
        assert_bytes(
            &response,
            10,
            b"\0\0\0\x01\x02\0\0\0\x02\x02h\0\0#\x84\x02r\0\x03ci\0\0\0\x07\x02\0\x08\x02n\xaa\xaa\xaa\xaa\xaa\
             \xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\x01\x02\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\x02\0\0\
             \0\x10\x02\0\0\0\x11\x02\0\0\0\x12\0\0\0\0\x13\0\0\0\0\x14\0",
        );
        response.topics[0].topic_id = Uuid::ZERO;
        assert_bytes(
            &response,
            9,
            b"\0\0\0\x01\x02\0\0\0\x02\x02h\0\0#\x84\x02r\0\x03ci\0\0\0\x07\x02\0\x08\x02n\x01\x02\0\x0c\0\0\0\
             \x0d\0\0\0\x0e\0\0\0\x0f\x02\0\0\0\x10\x02\0\0\0\x11\x02\0\0\0\x12\0\0\0\0\x13\0\0\0\0\x14\0",
        );
        assert_bytes(
            &response,
            8,
            b"\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\x02ci\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\
             \x01\0\0\0\x01\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11\0\0\0\
             \x01\0\0\0\x12\0\0\0\x13\0\0\0\x14",
        );
        response.topics[0].topic_authorized_operations = i32::MIN;
        response.cluster_authorized_operations = i32::MIN;
        assert_bytes(
            &response,
            7,
            b"\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\x02ci\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\
             \x01\0\0\0\x01\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11\0\0\0\
             \x01\0\0\0\x12",
        );
        response.topics[0].partitions[0].leader_epoch = -1;
        assert_bytes(
            &response,
            6,
            b"\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\x02ci\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\
             \x01\0\0\0\x01\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11\0\0\0\x01\0\0\0\
             \x12",
        );
        response.topics[0].partitions[0].offline_replicas = vec![];
        assert_bytes(
            &response,
            4,
            b"\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\x02ci\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\
             \x01\0\0\0\x01\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11",
        );
        response.throttle_time_ms = 0;
        assert_bytes(
            &response,
            2,
            b"\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\x02ci\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\x01\0\0\0\
             \x01\0\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11",
        );
        response.cluster_id = None;
        assert_bytes(
            &response,
            1,
            b"\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\x01r\0\0\0\x07\0\0\0\x01\0\x08\0\x01n\x01\0\0\0\x01\0\x0c\
             \0\0\0\x0d\0\0\0\x0e\0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11",
        );
        response.brokers[0].rack = None;
        response.controller_id = NodeId::NONE;
        response.topics[0].is_internal = false;
        assert_bytes(
            &response,
            0,
            b"\0\0\0\x01\0\0\0\x02\0\x01h\0\0#\x84\0\0\0\x01\0\x08\0\x01n\0\0\0\x01\0\x0c\0\0\0\x0d\0\0\0\x0e\
             \0\0\0\x01\0\0\0\x10\0\0\0\x01\0\0\0\x11",
        );
    }
}

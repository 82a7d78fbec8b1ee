use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Creates topics. For admin clients, Streams and Connect.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = request, versions = 2..=7, flexible = 5.., response = CreateTopicsResponse)]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    /// How long the broker may take until the topics exist everywhere.
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    /// Checks everything and creates nothing.
    pub validate_only: bool,
}

/// A topic to create.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopic {
    pub name: TopicName,
    /// -1 for the broker's default, or when `assignments` is given.
    pub num_partitions: i32,
    /// -1 for the broker's default, or when `assignments` is given.
    pub replication_factor: i16,
    /// Places the replicas by hand; empty leaves it to the broker.
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

/// The brokers of one partition, the preferred leader first.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<NodeId>,
}

/// One topic setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    pub name: Str,
    pub value: Option<Str>,
}

/// Which topics were created, and with what settings (KIP-525).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = response, versions = 2..=7, flexible = 5..)]
pub struct CreateTopicsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    pub name: TopicName,
    #[wire(versions = 7.., ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
    /// Set when the client may not see `configs`, which is then `None`.
    #[wire(versions = 5.., tag = 0, ignorable)]
    pub topic_config_error_code: ErrorCode,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub num_partitions: i32,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub replication_factor: i16,
    #[wire(versions = 5.., ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

/// One setting in force.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    pub name: Str,
    pub value: Option<Str>,
    pub read_only: bool,
    /// Who set it: 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 the built-in default.
    #[wire(default = -1, ignorable)]
    pub config_source: i8,
    /// The value is a secret, and not sent.
    pub is_sensitive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let request = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: "n".into(),
                num_partitions: 2,
                replication_factor: 3,
                assignments: vec![CreatableReplicaAssignment { partition_index: 4, broker_ids: vec![NodeId(5)] }],
                configs: vec![CreatableTopicConfig { name: "n".into(), value: Some("v".into()) }],
            }],
            timeout_ms: 30000,
            validate_only: true,
        };
        assert_bytes(
            &request,
            7,
            b"\x02\x02n\0\0\0\x02\0\x03\x02\0\0\0\x04\x02\0\0\0\x05\0\x02\x02n\x02v\0\0\0\0u0\x01\0",
        );
        assert_bytes(
            &request,
            4,
            b"\0\0\0\x01\0\x01n\0\0\0\x02\0\x03\0\0\0\x01\0\0\0\x04\0\0\0\x01\0\0\0\x05\0\0\0\x01\0\x01n\0\x01\
             v\0\0u0\x01",
        );
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = CreateTopicsResponse {
            throttle_time_ms: 1,
            topics: vec![CreatableTopicResult {
                name: "n".into(),
                topic_id: Uuid([0xa3; 16]),
                error_code: ErrorCode(4),
                error_message: Some("em".into()),
                topic_config_error_code: ErrorCode(6),
                num_partitions: 7,
                replication_factor: 8,
                configs: Some(vec![CreatableTopicConfigs {
                    name: "n".into(),
                    value: Some("v".into()),
                    read_only: true,
                    config_source: 12,
                    is_sensitive: true,
                }]),
            }],
        };
        assert_bytes(
            &response,
            7,
            b"\0\0\0\x01\x02\x02n\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\0\x04\x03em\
             \0\0\0\x07\0\x08\x02\x02n\x02v\x01\x0c\x01\0\x01\0\x02\0\x06\0",
        );
        response.topics[0].topic_id = Uuid::ZERO;
        assert_bytes(
            &response,
            6,
            b"\0\0\0\x01\x02\x02n\0\x04\x03em\0\0\0\x07\0\x08\x02\x02n\x02v\x01\x0c\x01\0\x01\0\x02\0\x06\0",
        );
        response.topics[0].topic_config_error_code = ErrorCode::NONE;
        response.topics[0].num_partitions = -1;
        response.topics[0].replication_factor = -1;
        response.topics[0].configs = Some(vec![]);
        assert_bytes(&response, 4, b"\0\0\0\x01\0\0\0\x01\0\x01n\0\x04\0\x02em");
    }
}

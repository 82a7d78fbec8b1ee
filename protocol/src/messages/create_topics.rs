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
    use crate::messages::literal::literals;

    literals! {
        let request = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: "n".into(),
                num_partitions: 2,
                replication_factor: 3,
                assignments: vec![CreatableReplicaAssignment {
                    partition_index: 4,
                    broker_ids: vec![NodeId(5)],
                }],
                configs: vec![CreatableTopicConfig { name: "n".into(), value: Some("v".into()) }],
            }],
            timeout_ms: 8,
            validate_only: true,
        };
        5..=7 =>
            b"\x02"                   // topics
                b"\x02n"              // name
                b"\0\0\0\x02"         // num_partitions
                b"\0\x03"             // replication_factor
                b"\x02"               // assignments
                    b"\0\0\0\x04"     // partition_index
                    b"\x02\0\0\0\x05" // broker_ids
                    b"\0"             // no tagged fields
                b"\x02"               // configs
                    b"\x02n"          // name
                    b"\x02v"          // value
                    b"\0"             // no tagged fields
                b"\0"                 // no tagged fields
            b"\0\0\0\x08"             // timeout_ms
            b"\x01"                   // validate_only
            b"\0";                    // no tagged fields
        2..=4 =>
            b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x02" b"\0\x03" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\0\0\x01\0\0\0\x05"
            b"\0\0\0\x01" b"\0\x01n" b"\0\x01v" b"\0\0\0\x08" b"\x01";
    }

    literals! {
        let mut response = CreateTopicsResponse {
            throttle_time_ms: 1,
            topics: vec![CreatableTopicResult {
                name: "n".into(),
                topic_id: Uuid(*b"topic_id.......3"),
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
        7 =>
            b"\0\0\0\x01"           // throttle_time_ms
            b"\x02"                 // topics
                b"\x02n"            // name
                b"topic_id.......3" // topic_id
                b"\0\x04"           // error_code
                b"\x03em"           // error_message
                b"\0\0\0\x07"       // num_partitions
                b"\0\x08"           // replication_factor
                b"\x02"             // configs
                    b"\x02n"        // name
                    b"\x02v"        // value
                    b"\x01"         // read_only
                    b"\x0c"         // config_source
                    b"\x01"         // is_sensitive
                    b"\0"           // no tagged fields
                b"\x01"             // one tagged field
                b"\0\x02"           // tag 0, 2 bytes: topic_config_error_code
                    b"\0\x06"       // topic_config_error_code
            b"\0";                  // no tagged fields
        response.topics[0].topic_id = Uuid::ZERO;
        5..=6 =>
            b"\0\0\0\x01" b"\x02" b"\x02n" b"\0\x04" b"\x03em" b"\0\0\0\x07" b"\0\x08" b"\x02" b"\x02n" b"\x02v"
            b"\x01" b"\x0c" b"\x01" b"\0" b"\x01" b"\0\x02" b"\0\x06" b"\0";
        response.topics[0].topic_config_error_code = ErrorCode::NONE;
        response.topics[0].num_partitions = -1;
        response.topics[0].replication_factor = -1;
        response.topics[0].configs = Some(vec![]);
        2..=4 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\x04" b"\0\x02em";
    }
}

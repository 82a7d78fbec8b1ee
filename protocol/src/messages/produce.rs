use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName, TransactionalId};
use crate::wire::{Message, Records, Str, Uuid, Wire};

/// Appends record batches to partitions that the receiving broker leads. Sent by producers.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = request, versions = 3..=13, flexible = 9.., response = ProduceResponse)]
pub struct ProduceRequest {
    /// Present when the batches belong to a transaction.
    #[wire(default = null)]
    pub transactional_id: Option<TransactionalId>,
    /// Replicas that must have the records before the response: 0 none (and no response at all), 1 the leader, -1 every
    /// replica in sync.
    pub acks: i16,
    /// How long the broker may wait for `acks`.
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

/// The batches for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicProduceData {
    /// Replaced by `topic_id` from version 13.
    #[wire(versions = ..=12, ignorable)]
    pub name: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData>,
}

/// The batch for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionProduceData {
    pub index: i32,
    /// Exactly one v2 batch since version 3.
    pub records: Option<Records>,
}

/// Where the batches of a [`ProduceRequest`] ended up. Not sent when `acks` is 0.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = response, versions = 3..=13, flexible = 9..)]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    /// Addresses of the leaders that `current_leader` names, so that no metadata request is needed (KIP-951).
    #[wire(versions = 10.., tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicProduceResponse {
    #[wire(versions = ..=12, ignorable)]
    pub name: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: ErrorCode,
    /// Offset of the batch's first record. A batch that was written before keeps its first offset.
    pub base_offset: i64,
    /// The broker's timestamp when the topic uses log append time, else -1.
    #[wire(default = -1, ignorable)]
    pub log_append_time_ms: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    /// The records that made the broker reject the whole batch (KIP-467).
    #[wire(versions = 8.., ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    #[wire(versions = 8.., default = null, ignorable)]
    pub error_message: Option<Str>,
    /// Set with [`ErrorCode::NOT_LEADER_OR_FOLLOWER`] and [`ErrorCode::FENCED_LEADER_EPOCH`] (KIP-951).
    #[wire(versions = 10.., tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// Why one record was rejected.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct BatchIndexAndErrorMessage {
    /// Position of the record within its batch.
    pub batch_index: i32,
    #[wire(default = null)]
    pub batch_index_error_message: Option<Str>,
}

/// A partition's leader as the answering broker knows it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// -1 when unknown.
    #[wire(default = -1)]
    pub leader_id: NodeId,
    #[wire(default = -1)]
    pub leader_epoch: i32,
}

/// The address of a broker.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct NodeEndpoint {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = ProduceRequest {
            transactional_id: Some("x".into()),
            acks: 2,
            timeout_ms: 30000,
            topic_data: vec![TopicProduceData {
                topic_id: Uuid([0xa5; 16]),
                partition_data: vec![PartitionProduceData {
                    index: 6,
                    records: Some(Records(Bytes::from_static(b"batch"))),
                }],
                ..Default::default()
            }],
        };
        assert_bytes(
            &request,
            13,
            b"\x02x\0\x02\0\0u0\x02\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5\x02\0\0\0\
             \x06\x06batch\0\0\0",
        );
        request.topic_data[0].name = "n".into();
        request.topic_data[0].topic_id = Uuid::ZERO;
        assert_bytes(&request, 12, b"\x02x\0\x02\0\0u0\x02\x02n\x02\0\0\0\x06\x06batch\0\0\0");
        assert_bytes(&request, 8, b"\0\x01x\0\x02\0\0u0\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x06\0\0\0\x05batch");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = ProduceResponse {
            responses: vec![TopicProduceResponse {
                topic_id: Uuid([0xa2; 16]),
                partition_responses: vec![PartitionProduceResponse {
                    index: 3,
                    error_code: ErrorCode(4),
                    base_offset: 5,
                    log_append_time_ms: 6,
                    log_start_offset: 7,
                    record_errors: vec![BatchIndexAndErrorMessage {
                        batch_index: 8,
                        batch_index_error_message: Some("biem".into()),
                    }],
                    error_message: Some("em".into()),
                    current_leader: LeaderIdAndEpoch { leader_id: NodeId(11), leader_epoch: 12 },
                }],
                ..Default::default()
            }],
            throttle_time_ms: 13,
            node_endpoints: vec![NodeEndpoint {
                node_id: NodeId(14),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
            }],
        };
        assert_bytes(
            &response,
            13,
            b"\x02\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2\x02\0\0\0\x03\0\x04\0\0\0\0\
             \0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\x02\0\0\0\x08\x05biem\0\x03em\x01\0\x09\0\0\0\x0b\
             \0\0\0\x0c\0\0\0\0\0\x0d\x01\0\x0e\x02\0\0\0\x0e\x02h\0\0#\x84\x02r\0",
        );
        response.responses[0].name = "n".into();
        response.responses[0].topic_id = Uuid::ZERO;
        assert_bytes(
            &response,
            12,
            b"\x02\x02n\x02\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\x02\0\0\0\
             \x08\x05biem\0\x03em\x01\0\x09\0\0\0\x0b\0\0\0\x0c\0\0\0\0\0\x0d\x01\0\x0e\x02\0\0\0\x0e\x02h\0\
             \0#\x84\x02r\0",
        );
        response.responses[0].partition_responses[0].current_leader = Default::default();
        response.node_endpoints = vec![];
        assert_bytes(
            &response,
            9,
            b"\x02\x02n\x02\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\x02\0\0\0\
             \x08\x05biem\0\x03em\0\0\0\0\0\x0d\0",
        );
        assert_bytes(
            &response,
            8,
            b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\
             \x07\0\0\0\x01\0\0\0\x08\0\x04biem\0\x02em\0\0\0\x0d",
        );
        response.responses[0].partition_responses[0].record_errors = vec![];
        response.responses[0].partition_responses[0].error_message = None;
        assert_bytes(
            &response,
            7,
            b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\
             \x07\0\0\0\x0d",
        );
        response.responses[0].partition_responses[0].log_start_offset = -1;
        assert_bytes(
            &response,
            4,
            b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\x0d",
        );
    }
}

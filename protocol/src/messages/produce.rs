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
    use crate::messages::literal::literals;

    literals! {
        let mut request = ProduceRequest {
            transactional_id: Some("ti".into()),
            acks: 2,
            timeout_ms: 3,
            topic_data: vec![TopicProduceData {
                topic_id: Uuid(*b"topic_id.......5"),
                partition_data: vec![PartitionProduceData {
                    index: 6,
                    records: Some(Records(Bytes::from_static(b"batches"))),
                }],
                ..Default::default()
            }],
        };
        13 =>
            b"\x03ti"               // transactional_id
            b"\0\x02"               // acks
            b"\0\0\0\x03"           // timeout_ms
            b"\x02"                 // topic_data
                b"topic_id.......5" // topic_id
                b"\x02"             // partition_data
                    b"\0\0\0\x06"   // index
                    b"\x08batches"  // records
                    b"\0"           // no tagged fields
                b"\0"               // no tagged fields
            b"\0";                  // no tagged fields
        request.topic_data[0].name = "n".into();
        request.topic_data[0].topic_id = Uuid::ZERO;
        9..=12 =>
            b"\x03ti" b"\0\x02" b"\0\0\0\x03" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06" b"\x08batches" b"\0" b"\0" b"\0";
        3..=8 =>
            b"\0\x02ti" b"\0\x02" b"\0\0\0\x03" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x06"
            b"\0\0\0\x07batches";
    }

    literals! {
        let mut response = ProduceResponse {
            responses: vec![TopicProduceResponse {
                topic_id: Uuid(*b"topic_id.......2"),
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
        13 =>
            b"\x02"                       // responses
                b"topic_id.......2"       // topic_id
                b"\x02"                   // partition_responses
                    b"\0\0\0\x03"         // index
                    b"\0\x04"             // error_code
                    b"\0\0\0\0\0\0\0\x05" // base_offset
                    b"\0\0\0\0\0\0\0\x06" // log_append_time_ms
                    b"\0\0\0\0\0\0\0\x07" // log_start_offset
                    b"\x02"               // record_errors
                        b"\0\0\0\x08"     // batch_index
                        b"\x05biem"       // batch_index_error_message
                        b"\0"             // no tagged fields
                    b"\x03em"             // error_message
                    b"\x01"               // one tagged field
                    b"\0\x09"             // tag 0, 9 bytes: current_leader
                        b"\0\0\0\x0b"     // leader_id
                        b"\0\0\0\x0c"     // leader_epoch
                        b"\0"             // no tagged fields
                b"\0"                     // no tagged fields
            b"\0\0\0\x0d"                 // throttle_time_ms
            b"\x01"                       // one tagged field
            b"\0\x0e"                     // tag 0, 14 bytes: node_endpoints
                b"\x02"                   // node_endpoints
                    b"\0\0\0\x0e"         // node_id
                    b"\x02h"              // host
                    b"\0\0#\x84"          // port
                    b"\x02r"              // rack
                    b"\0";                // no tagged fields
        response.responses[0].name = "n".into();
        response.responses[0].topic_id = Uuid::ZERO;
        10..=12 =>
            b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\x02" b"\0\0\0\x08" b"\x05biem" b"\0" b"\x03em" b"\x01" b"\0\x09" b"\0\0\0\x0b"
            b"\0\0\0\x0c" b"\0" b"\0" b"\0\0\0\x0d" b"\x01" b"\0\x0e" b"\x02" b"\0\0\0\x0e" b"\x02h" b"\0\0#\x84"
            b"\x02r" b"\0";
        response.responses[0].partition_responses[0].current_leader = Default::default();
        response.node_endpoints = vec![];
        9 =>
            b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\x02" b"\0\0\0\x08" b"\x05biem" b"\0" b"\x03em" b"\0" b"\0" b"\0\0\0\x0d" b"\0";
        8 =>
            b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\x01" b"\0\0\0\x08" b"\0\x04biem" b"\0\x02em" b"\0\0\0\x0d";
        response.responses[0].partition_responses[0].record_errors = vec![];
        response.responses[0].partition_responses[0].error_message = None;
        5..=7 =>
            b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\x0d";
        response.responses[0].partition_responses[0].log_start_offset = -1;
        3..=4 =>
            b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\x0d";
    }
}

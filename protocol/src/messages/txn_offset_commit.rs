use crate::error_code::ErrorCode;
use crate::types::{GroupId, ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Str, Wire};

/// Stores a group's positions as part of a transaction: they count when it commits.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 28, kind = request, versions = 0..=5, flexible = 3.., response = TxnOffsetCommitResponse)]
pub struct TxnOffsetCommitRequest {
    pub transactional_id: TransactionalId,
    pub group_id: GroupId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// The generation or member epoch of the consumer, -1 to skip the check (KIP-447).
    #[wire(versions = 3.., default = -1)]
    pub generation_id: i32,
    #[wire(versions = 3..)]
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

/// The positions in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestTopic {
    pub name: TopicName,
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

/// The position in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    pub partition_index: i32,
    /// Offset of the next record to read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read, -1 when not known.
    #[wire(versions = 2.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<Str>,
}

/// Which positions were accepted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 28, kind = response, versions = 0..=5, flexible = 3..)]
pub struct TxnOffsetCommitResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = TxnOffsetCommitRequest {
            transactional_id: "ti".into(),
            group_id: "gi".into(),
            producer_id: ProducerId(3),
            producer_epoch: 4,
            generation_id: 5,
            member_id: "mi".into(),
            group_instance_id: Some("gii".into()),
            topics: vec![TxnOffsetCommitRequestTopic {
                name: "n".into(),
                partitions: vec![TxnOffsetCommitRequestPartition {
                    partition_index: 9,
                    committed_offset: 10,
                    committed_leader_epoch: 11,
                    committed_metadata: Some("cm".into()),
                }],
            }],
        };
        3..=5 =>
            b"\x03ti"                     // transactional_id
            b"\x03gi"                     // group_id
            b"\0\0\0\0\0\0\0\x03"         // producer_id
            b"\0\x04"                     // producer_epoch
            b"\0\0\0\x05"                 // generation_id
            b"\x03mi"                     // member_id
            b"\x04gii"                    // group_instance_id
            b"\x02"                       // topics
                b"\x02n"                  // name
                b"\x02"                   // partitions
                    b"\0\0\0\x09"         // partition_index
                    b"\0\0\0\0\0\0\0\x0a" // committed_offset
                    b"\0\0\0\x0b"         // committed_leader_epoch
                    b"\x03cm"             // committed_metadata
                    b"\0"                 // no tagged fields
                b"\0"                     // no tagged fields
            b"\0";                        // no tagged fields
        request.generation_id = -1;
        request.member_id = "".into();
        request.group_instance_id = None;
        2 =>
            b"\0\x02ti" b"\0\x02gi" b"\0\0\0\0\0\0\0\x03" b"\0\x04" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01"
            b"\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\x0b" b"\0\x02cm";
        request.topics[0].partitions[0].committed_leader_epoch = -1;
        0..=1 =>
            b"\0\x02ti" b"\0\x02gi" b"\0\0\0\0\0\0\0\x03" b"\0\x04" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01"
            b"\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\0\x02cm";
    }

    literals! {
        let response = TxnOffsetCommitResponse {
            throttle_time_ms: 1,
            topics: vec![TxnOffsetCommitResponseTopic {
                name: "n".into(),
                partitions: vec![TxnOffsetCommitResponsePartition {
                    partition_index: 3,
                    error_code: ErrorCode(4),
                }],
            }],
        };
        3..=5 =>
            b"\0\0\0\x01"         // throttle_time_ms
            b"\x02"               // topics
                b"\x02n"          // name
                b"\x02"           // partitions
                    b"\0\0\0\x03" // partition_index
                    b"\0\x04"     // error_code
                    b"\0"         // no tagged fields
                b"\0"             // no tagged fields
            b"\0";                // no tagged fields
        0..=2 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04";
    }
}

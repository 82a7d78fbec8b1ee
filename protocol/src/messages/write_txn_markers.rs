use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName};
use crate::wire::{Message, Wire};

/// Ends transactions in the partitions they wrote to. Sent by transaction coordinators, and by admin tools to abort a
/// hanging transaction.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 27, kind = request, versions = 1..=2, flexible = 1.., response = WriteTxnMarkersResponse)]
pub struct WriteTxnMarkersRequest {
    pub markers: Vec<WritableTxnMarker>,
}

/// The end of one transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarker {
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// `true` commits, `false` aborts.
    pub transaction_result: bool,
    pub topics: Vec<WritableTxnMarkerTopic>,
    /// Leader epoch of the coordinator's partition; a lower one is fenced.
    pub coordinator_epoch: i32,
    /// From 2 the producer epoch must be above the transaction's own (KIP-1228).
    #[wire(versions = 2.., ignorable)]
    pub transaction_version: i8,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerTopic {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

/// Where the markers were written.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 27, kind = response, versions = 1..=2, flexible = 1..)]
pub struct WriteTxnMarkersResponse {
    pub markers: Vec<WritableTxnMarkerResult>,
}

/// The outcome for one transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerResult {
    pub producer_id: ProducerId,
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerTopicResult {
    pub name: TopicName,
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerPartitionResult {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = WriteTxnMarkersRequest {
            markers: vec![WritableTxnMarker {
                producer_id: ProducerId(1),
                producer_epoch: 2,
                transaction_result: true,
                topics: vec![WritableTxnMarkerTopic { name: "n".into(), partition_indexes: vec![5] }],
                coordinator_epoch: 6,
                transaction_version: 7,
            }],
        };
        2 =>
            b"\x02" b"\0\0\0\0\0\0\0\x01" b"\0\x02" b"\x01" b"\x02" b"\x02n" b"\x02\0\0\0\x05" b"\0" b"\0\0\0\x06"
            b"\x07" b"\0" b"\0";
        request.markers[0].transaction_version = 0;
        1 =>
            b"\x02" b"\0\0\0\0\0\0\0\x01" b"\0\x02" b"\x01" b"\x02" b"\x02n" b"\x02\0\0\0\x05" b"\0" b"\0\0\0\x06"
            b"\0" b"\0";
    }

    literals! {
        let response = WriteTxnMarkersResponse {
            markers: vec![WritableTxnMarkerResult {
                producer_id: ProducerId(1),
                topics: vec![WritableTxnMarkerTopicResult {
                    name: "n".into(),
                    partitions: vec![WritableTxnMarkerPartitionResult {
                        partition_index: 3,
                        error_code: ErrorCode(4),
                    }],
                }],
            }],
        };
        1..=2 => b"\x02" b"\0\0\0\0\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\x04" b"\0" b"\0" b"\0" b"\0";
    }
}

use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName};
use crate::wire::{Message, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 27, kind = request, versions = 1..=2, flexible = 1.., response = WriteTxnMarkersResponse)]
pub struct WriteTxnMarkersRequest {
    pub markers: Vec<WritableTxnMarker>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarker {
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub transaction_result: bool,
    pub topics: Vec<WritableTxnMarkerTopic>,
    pub coordinator_epoch: i32,
    #[wire(versions = 2.., ignorable)]
    pub transaction_version: i8,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerTopic {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 27, kind = response, versions = 1..=2, flexible = 1..)]
pub struct WriteTxnMarkersResponse {
    pub markers: Vec<WritableTxnMarkerResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerResult {
    pub producer_id: ProducerId,
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerTopicResult {
    pub name: TopicName,
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct WritableTxnMarkerPartitionResult {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

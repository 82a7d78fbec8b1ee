use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 34, kind = request, versions = 1..=2, flexible = 2.., response = AlterReplicaLogDirsResponse)]
pub struct AlterReplicaLogDirsRequest {
    pub dirs: Vec<AlterReplicaLogDir>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDir {
    pub path: Str,
    pub topics: Vec<AlterReplicaLogDirTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirTopic {
    pub name: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 34, kind = response, versions = 1..=2, flexible = 2..)]
pub struct AlterReplicaLogDirsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterReplicaLogDirTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirTopicResult {
    pub topic_name: TopicName,
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirPartitionResult {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

/// Moves replicas on a broker to other log directories.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 34, kind = request, versions = 1..=2, flexible = 2.., response = AlterReplicaLogDirsResponse)]
pub struct AlterReplicaLogDirsRequest {
    pub dirs: Vec<AlterReplicaLogDir>,
}

/// The replicas to move to one directory.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDir {
    pub path: Str,
    pub topics: Vec<AlterReplicaLogDirTopic>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirTopic {
    pub name: TopicName,
    pub partitions: Vec<i32>,
}

/// Which moves have begun.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 34, kind = response, versions = 1..=2, flexible = 2..)]
pub struct AlterReplicaLogDirsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterReplicaLogDirTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirTopicResult {
    pub topic_name: TopicName,
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterReplicaLogDirPartitionResult {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterReplicaLogDirsRequest {
            dirs: vec![AlterReplicaLogDir {
                path: "p".into(),
                topics: vec![AlterReplicaLogDirTopic { name: "n".into(), partitions: vec![3] }],
            }],
        };
        2 => b"\x02" b"\x02p" b"\x02" b"\x02n" b"\x02\0\0\0\x03" b"\0" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\x01p" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01\0\0\0\x03";
    }

    literals! {
        let response = AlterReplicaLogDirsResponse {
            throttle_time_ms: 1,
            results: vec![AlterReplicaLogDirTopicResult {
                topic_name: "tn".into(),
                partitions: vec![AlterReplicaLogDirPartitionResult {
                    partition_index: 3,
                    error_code: ErrorCode(4),
                }],
            }],
        };
        2 => b"\0\0\0\x01" b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x03" b"\0\x04" b"\0" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02tn" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04";
    }
}

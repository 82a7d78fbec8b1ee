use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Adds partitions to topics.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = request, versions = 0..=3, flexible = 2.., response = CreatePartitionsResponse)]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// The topic to grow.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopic {
    pub name: TopicName,
    /// The number of partitions afterwards.
    pub count: i32,
    /// Replicas of the new partitions, in order; `None` leaves it to the broker.
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// The brokers of one new partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<NodeId>,
}

/// Which topics have grown.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = response, versions = 0..=3, flexible = 2..)]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopicResult {
    pub name: TopicName,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic {
                name: "n".into(),
                count: 2,
                assignments: Some(vec![CreatePartitionsAssignment { broker_ids: vec![NodeId(3)] }]),
            }],
            timeout_ms: 4,
            validate_only: true,
        };
        2..=3 => b"\x02" b"\x02n" b"\0\0\0\x02" b"\x02" b"\x02\0\0\0\x03" b"\0" b"\0" b"\0\0\0\x04" b"\x01" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x02" b"\0\0\0\x01" b"\0\0\0\x01\0\0\0\x03" b"\0\0\0\x04" b"\x01";
    }

    literals! {
        let response = CreatePartitionsResponse {
            throttle_time_ms: 1,
            results: vec![CreatePartitionsTopicResult {
                name: "n".into(),
                error_code: ErrorCode(3),
                error_message: Some("em".into()),
            }],
        };
        2..=3 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\0\x03" b"\x03em" b"\0" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\x03" b"\0\x02em";
    }
}

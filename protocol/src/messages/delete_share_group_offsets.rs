use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Makes a share group without members forget topics.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 92, kind = request, versions = 0..=0, flexible = 0.., response = DeleteShareGroupOffsetsResponse)]
pub struct DeleteShareGroupOffsetsRequest {
    pub group_id: GroupId,
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic>,
}

/// A topic to forget.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteShareGroupOffsetsRequestTopic {
    pub topic_name: TopicName,
}

/// Which topics were forgotten.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 92, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DeleteShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteShareGroupOffsetsResponseTopic {
    pub topic_name: TopicName,
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DeleteShareGroupOffsetsRequest {
            group_id: "gi".into(),
            topics: vec![DeleteShareGroupOffsetsRequestTopic { topic_name: "tn".into() }],
        };
        0 => b"\x03gi" b"\x02" b"\x03tn" b"\0" b"\0";
    }

    literals! {
        let response = DeleteShareGroupOffsetsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            responses: vec![DeleteShareGroupOffsetsResponseTopic {
                topic_name: "tn".into(),
                topic_id: Uuid(*b"topic_id.......5"),
                error_code: ErrorCode(6),
                error_message: Some("em".into()),
            }],
        };
        0 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x03tn" b"topic_id.......5" b"\0\x06" b"\x03em" b"\0" b"\0";
    }
}

use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Uuid, Wire};

/// Deletes topics, by name or (from version 6) by id.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = request, versions = 1..=6, flexible = 4.., response = DeleteTopicsResponse)]
pub struct DeleteTopicsRequest {
    /// From version 6; `topic_names` before.
    #[wire(versions = 6..)]
    pub topics: Vec<DeleteTopicState>,
    #[wire(versions = ..=5, ignorable)]
    pub topic_names: Vec<TopicName>,
    pub timeout_ms: i32,
}

/// One topic, by name or by id.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteTopicState {
    #[wire(default = null)]
    pub name: Option<TopicName>,
    /// Zero when the topic is named.
    pub topic_id: Uuid,
}

/// Which topics were deleted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = response, versions = 1..=6, flexible = 4..)]
pub struct DeleteTopicsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeletableTopicResult {
    #[wire(nullable = 6..)]
    pub name: Option<TopicName>,
    #[wire(versions = 6.., ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[wire(versions = 5.., default = null, ignorable)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = DeleteTopicsRequest {
            topics: vec![DeleteTopicState {
                name: Some("n".into()),
                topic_id: Uuid(*b"topic_id.......2"),
            }],
            timeout_ms: 4,
            ..Default::default()
        };
        6 => b"\x02" b"\x02n" b"topic_id.......2" b"\0" b"\0\0\0\x04" b"\0";
        request.topics = vec![];
        request.topic_names = vec!["tn".into()];
        4..=5 => b"\x02\x03tn" b"\0\0\0\x04" b"\0";
        1..=3 => b"\0\0\0\x01\0\x02tn" b"\0\0\0\x04";
    }

    literals! {
        let mut response = DeleteTopicsResponse {
            throttle_time_ms: 1,
            responses: vec![DeletableTopicResult {
                name: Some("n".into()),
                topic_id: Uuid(*b"topic_id.......3"),
                error_code: ErrorCode(4),
                error_message: Some("em".into()),
            }],
        };
        6 => b"\0\0\0\x01" b"\x02" b"\x02n" b"topic_id.......3" b"\0\x04" b"\x03em" b"\0" b"\0";
        response.responses[0].name = None;
        6 => b"\0\0\0\x01" b"\x02" b"\0" b"topic_id.......3" b"\0\x04" b"\x03em" b"\0" b"\0";
        response.responses[0].name = Some("n".into());
        response.responses[0].topic_id = Uuid::ZERO;
        5 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\0\x04" b"\x03em" b"\0" b"\0";
        response.responses[0].error_message = None;
        4 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\0\x04" b"\0" b"\0";
        1..=3 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\x04";
    }
}

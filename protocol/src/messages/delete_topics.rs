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

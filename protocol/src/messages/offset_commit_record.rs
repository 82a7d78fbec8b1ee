use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct LegacyOffsetCommitKey {
    pub group: GroupId,
    pub topic: TopicName,
    pub partition: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct LegacyOffsetCommitValue {
    pub offset: i64,
    pub metadata: Str,
    pub commit_timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = none)]
pub struct OffsetCommitKey {
    pub group: GroupId,
    pub topic: TopicName,
    pub partition: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=4, flexible = 4..)]
pub struct OffsetCommitValue {
    pub offset: i64,
    #[wire(versions = 3.., default = -1, ignorable)]
    pub leader_epoch: i32,
    pub metadata: Str,
    pub commit_timestamp: i64,
    #[wire(versions = 1..=1, default = -1, ignorable)]
    pub expire_timestamp: i64,
    #[wire(versions = 4.., tag = 0, ignorable)]
    pub topic_id: Uuid,
}

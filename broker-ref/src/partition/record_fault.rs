//! Records that a topic does not take. The producer is told of each of them, and may send the rest of the batch again.

use std::{borrow::Cow, ops::RangeInclusive};

use ottla_protocol::{
    error_code::ErrorCode,
    record::{RecordRef, TimestampType},
};

use crate::config::TopicConfig;

/// How many are told of one batch.
const MAX_FAULTS: usize = 1000;
/// Of all batches of a request: each takes more memory than the record that it is about.
pub(super) const MAX_FAULTS_PER_REQUEST: usize = 10_000;

/// A record that is to blame for the refusal of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordFault {
    /// Its index in the batch.
    pub(crate) index: i32,
    pub(crate) why: Cow<'static, str>,
}

/// What a topic asks of single records.
#[derive(Debug)]
pub(super) struct RecordRules {
    pub(super) needs_keys: bool,
    /// The create times that are allowed, besides none.
    pub(super) timestamps: RangeInclusive<i64>,
    /// The batch claims that its times are the broker's, and the topic wants the producer's.
    pub(super) claims_append_time: bool,
}

impl RecordRules {
    pub(super) fn new(topic: &TopicConfig, timestamps: RangeInclusive<i64>, claimed: TimestampType) -> Self {
        let create_time = topic.message_timestamp_type == TimestampType::CreateTime;
        Self {
            needs_keys: topic.cleanup_policy.compact,
            timestamps,
            claims_append_time: create_time && claimed == TimestampType::LogAppendTime,
        }
    }

    /// The faults of a batch's records in their order, and the code for all of them: one bad timestamp makes it that.
    pub(super) fn judge<'r>(&self, records: impl Iterator<Item = RecordRef<'r>>) -> (ErrorCode, Vec<RecordFault>) {
        let mut code = ErrorCode::INVALID_RECORD;
        let mut faults = Vec::new();
        for (record, index) in records.zip(0..) {
            let Some((fault, why)) = self.fault(&record) else { continue };
            if fault == ErrorCode::INVALID_TIMESTAMP {
                code = fault;
            }
            if faults.len() < MAX_FAULTS {
                faults.push(RecordFault { index, why });
            }
        }
        (code, faults)
    }

    /// A record has one fault at most: a missing key comes before a bad time.
    fn fault(&self, record: &RecordRef<'_>) -> Option<(ErrorCode, Cow<'static, str>)> {
        let timestamp = record.timestamp;
        if self.needs_keys && record.key.is_none() {
            Some((ErrorCode::INVALID_RECORD, "a record in a compacted topic must have a key".into()))
        } else if self.claims_append_time {
            let why = "a producer may not set the timestamp type to LogAppendTime";
            Some((ErrorCode::INVALID_TIMESTAMP, why.into()))
        } else if timestamp != -1 && !self.timestamps.contains(&timestamp) {
            let why = format!("timestamp {timestamp} is further from now than the topic allows");
            Some((ErrorCode::INVALID_TIMESTAMP, why.into()))
        } else {
            None
        }
    }
}

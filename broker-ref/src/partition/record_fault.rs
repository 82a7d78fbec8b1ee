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
    /// What is wrong with the time that the batch claims a broker gave its records.
    pub(super) bad_claim: Option<Cow<'static, str>>,
}

impl RecordRules {
    /// `claimed` is the time of a broker that the batch has for all its records.
    pub(super) fn new(topic: &TopicConfig, timestamps: RangeInclusive<i64>, claimed: Option<i64>) -> Self {
        let bad_claim = claimed.and_then(|claimed| claim_fault(topic, &timestamps, claimed));
        Self { needs_keys: topic.cleanup_policy.compact, timestamps, bad_claim }
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
        } else if let Some(why) = &self.bad_claim {
            Some((ErrorCode::INVALID_TIMESTAMP, why.clone()))
        } else if timestamp != -1 && !self.timestamps.contains(&timestamp) {
            Some((ErrorCode::INVALID_TIMESTAMP, too_far(timestamp)))
        } else {
            None
        }
    }
}

/// Kafka takes a batch of which a broker's time is claimed, as whoever copies from a log may send it, where the topic
/// would have taken that time from a producer. The records get their own times back, which are judged as well.
fn claim_fault(topic: &TopicConfig, timestamps: &RangeInclusive<i64>, claimed: i64) -> Option<Cow<'static, str>> {
    if topic.message_timestamp_type == TimestampType::LogAppendTime || claimed == -1 {
        return Some("a producer may not set the timestamp type to LogAppendTime".into());
    }
    (!timestamps.contains(&claimed)).then(|| too_far(claimed))
}

fn too_far(timestamp: i64) -> Cow<'static, str> {
    format!("timestamp {timestamp} is further from now than the topic allows").into()
}

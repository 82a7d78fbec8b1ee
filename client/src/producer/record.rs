//! A record on its way to a topic.

use bytes::Bytes;
use ottla_protocol::types::TopicName;

/// A record to send. It borrows its parts: they are encoded when it is sent, and not needed after that.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: Option<i32>,
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: &'a [Header<'a>],
}

/// A header: a name and a value that may be null. Names may repeat.
pub type Header<'a> = (&'a str, Option<&'a [u8]>);

impl<'a> Record<'a> {
    /// A record for this topic without key and value: a null value is a tombstone in a compacted topic.
    pub fn to(topic: &'a str) -> Self {
        Self { topic, partition: None, timestamp_ms: None, key: None, value: None, headers: &[] }
    }

    /// The key: records with equal keys go to the same partition.
    #[must_use]
    pub fn key<K: AsRef<[u8]> + ?Sized>(mut self, key: &'a K) -> Self {
        self.key = Some(key.as_ref());
        self
    }

    /// The value.
    #[must_use]
    pub fn value<V: AsRef<[u8]> + ?Sized>(mut self, value: &'a V) -> Self {
        self.value = Some(value.as_ref());
        self
    }

    /// The headers.
    #[must_use]
    pub fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// The partition; without it the partitioner chooses.
    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// The create time in milliseconds since the epoch; without it, the time of sending.
    #[must_use]
    pub fn timestamp_ms(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }
}

/// A record that could not be delivered, given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRecord {
    /// The topic.
    pub topic: TopicName,
    /// The partition that it was meant for.
    pub partition: i32,
    /// Its create time in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Vec<(String, Option<Bytes>)>,
}

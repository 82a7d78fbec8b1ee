//! The names of directories and files in a log directory.

use std::fmt;
use std::sync::Arc;

use super::LogError;

/// The longest name that file systems take.
const MAX_NAME_LEN: usize = 255;
/// The longest legal topic name.
const MAX_TOPIC_LEN: usize = 249;
const DELETE_SUFFIX: &str = "-delete";
const FUTURE_SUFFIX: &str = "-future";
const STRAY_SUFFIX: &str = "-stray";

/// Appended to the name of a file that waits for its deletion.
pub(crate) const DELETED: &str = ".deleted";
/// Appended to the name of a file that compaction has not finished.
pub(crate) const CLEANED: &str = ".cleaned";
/// Appended to the name of a file that compaction has finished, until it has replaced the old ones.
pub(crate) const SWAP: &str = ".swap";

pub(crate) const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
pub(crate) const PARTITION_METADATA: &str = "partition.metadata";
pub(crate) const RECOVERY_POINT_CHECKPOINT: &str = "recovery-point-offset-checkpoint";
pub(crate) const LOG_START_OFFSET_CHECKPOINT: &str = "log-start-offset-checkpoint";
pub(crate) const HIGH_WATERMARK_CHECKPOINT: &str = "replication-offset-checkpoint";
pub(crate) const COMPACTION_CHECKPOINT: &str = "cleaner-offset-checkpoint";
pub(crate) const META_PROPERTIES: &str = "meta.properties";
pub(crate) const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
pub(crate) const LOCK: &str = ".lock";
/// Kafka's own metadata log lies beside the partitions, but it is none of ours.
pub(crate) const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";

/// One partition of one topic; its name is known to be legal, so it is safe as the name of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    topic: Arc<str>,
    partition: i32,
}

impl TopicPartition {
    /// A partition of a topic.
    ///
    /// # Errors
    /// [`LogError::InvalidTopicName`] if the name is not legal or the partition is negative.
    pub fn new(topic: &str, partition: i32) -> Result<Self, LogError> {
        if is_legal_topic(topic) && partition >= 0 {
            return Ok(Self { topic: topic.into(), partition });
        }
        Err(LogError::InvalidTopicName { name: topic.chars().take(MAX_TOPIC_LEN).collect() })
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition's index.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The name of its directory.
    pub(crate) fn dir_name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }

    /// The name of its directory once it is deleted; the id keeps it apart from a later one of the same name.
    pub(crate) fn deleted_dir_name(&self, unique: u128) -> String {
        self.renamed(unique, DELETE_SUFFIX)
    }

    /// The name of its directory once no topic is known for it.
    pub(crate) fn stray_dir_name(&self, unique: u128) -> String {
        self.renamed(unique, STRAY_SUFFIX)
    }

    fn renamed(&self, unique: u128, suffix: &str) -> String {
        let tail = format!("-{}.{unique:032x}{suffix}", self.partition);
        let keep = self.topic.len().min(MAX_NAME_LEN - tail.len());
        // A legal topic name is ASCII, so every length is a character boundary.
        format!("{}{tail}", self.topic.get(..keep).unwrap_or_default())
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

fn is_legal_topic(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= MAX_TOPIC_LEN && name != "." && name != ".." && name.bytes().all(legal)
}

/// What a directory in a log directory is, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DirKind {
    /// The log of a partition.
    Partition(TopicPartition),
    /// A partition that waits for its deletion.
    Deleted,
    /// A partition that no topic is known for.
    Stray,
    /// A copy in the making by a broker that moves replicas between directories.
    Future,
    /// None of ours.
    Other,
}

impl DirKind {
    pub(crate) fn of(name: &str) -> Self {
        if name.ends_with(DELETE_SUFFIX) && name.contains('.') {
            return Self::Deleted;
        }
        if name.ends_with(STRAY_SUFFIX) && name.contains('.') {
            return Self::Stray;
        }
        if name.ends_with(FUTURE_SUFFIX) && name.contains('.') {
            return Self::Future;
        }
        name.rsplit_once('-')
            .and_then(|(topic, partition)| {
                let index = partition.parse().ok()?;
                let parsed = TopicPartition::new(topic, index).ok()?;
                // "t-01" and "t-1" must not become the same partition.
                (parsed.dir_name() == name && topic != CLUSTER_METADATA_TOPIC).then_some(parsed)
            })
            .map_or(Self::Other, Self::Partition)
    }
}

/// The files that a segment can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    Log,
    OffsetIndex,
    TimeIndex,
    TransactionIndex,
    ProducerSnapshot,
}

impl FileKind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Log, Self::OffsetIndex, Self::TimeIndex, Self::TransactionIndex, Self::ProducerSnapshot];

    fn extension(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::OffsetIndex => "index",
            Self::TimeIndex => "timeindex",
            Self::TransactionIndex => "txnindex",
            Self::ProducerSnapshot => "snapshot",
        }
    }

    /// The name of this file of the segment that begins at `base_offset`.
    pub(crate) fn name(self, base_offset: i64) -> String {
        format!("{base_offset:020}.{}", self.extension())
    }
}

/// The name of a segment's file, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentFile<'a> {
    pub(crate) base_offset: i64,
    pub(crate) kind: FileKind,
    /// Empty, or one of [`DELETED`], [`CLEANED`] and [`SWAP`].
    pub(crate) suffix: &'a str,
}

impl<'a> SegmentFile<'a> {
    /// Takes a name apart, if it is that of a segment's file.
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let (digits, rest) = name.split_once('.')?;
        if digits.len() != 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let base_offset = digits.parse().ok()?;
        let (extension, suffix) = match rest.find('.') {
            Some(dot) => rest.split_at(dot),
            None => (rest, ""),
        };
        if !matches!(suffix, "" | DELETED | CLEANED | SWAP) {
            return None;
        }
        let kind = FileKind::ALL.into_iter().find(|kind| kind.extension() == extension)?;
        Some(Self { base_offset, kind, suffix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_names_are_told_apart() {
        let partition = |topic, index| DirKind::Partition(TopicPartition::new(topic, index).unwrap());
        assert_eq!(DirKind::of("orders-0"), partition("orders", 0));
        assert_eq!(DirKind::of("a-b-12"), partition("a-b", 12));
        assert_eq!(DirKind::of("orders--1"), partition("orders-", 1), "a name may end in a dash");
        assert_eq!(DirKind::of("orders-0.0123456789abcdef0123456789abcdef-delete"), DirKind::Deleted);
        assert_eq!(DirKind::of("orders-0.0123456789abcdef0123456789abcdef-stray"), DirKind::Stray);
        assert_eq!(DirKind::of("orders-0.0123456789abcdef0123456789abcdef-future"), DirKind::Future);
        for other in ["orders", "orders-", "-0", "orders-01", "..-0x", "lost+found", "__cluster_metadata-0"] {
            assert_eq!(DirKind::of(other), DirKind::Other, "{other}");
        }
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for name in ["", ".", "..", "../up", "a/b", "a\\b", "a\0", "é", &"a".repeat(250)] {
            assert!(TopicPartition::new(name, 0).is_err(), "{name:?}");
        }
        assert!(TopicPartition::new("t", -1).is_err());
    }

    #[test]
    fn a_deleted_directory_of_the_longest_topic_still_has_a_name_that_fits() {
        let name = TopicPartition::new(&"x".repeat(249), 123).unwrap().deleted_dir_name(7);
        assert_eq!(name.len(), 255);
        assert!(name.ends_with("-123.00000000000000000000000000000007-delete"));
        assert_eq!(DirKind::of(&name), DirKind::Deleted);
    }

    #[test]
    fn segment_file_names_round_trip() {
        for kind in FileKind::ALL {
            let name = kind.name(368_769);
            assert_eq!(SegmentFile::parse(&name), Some(SegmentFile { base_offset: 368_769, kind, suffix: "" }));
            let name = format!("{name}.deleted");
            assert_eq!(SegmentFile::parse(&name), Some(SegmentFile { base_offset: 368_769, kind, suffix: ".deleted" }));
        }
        for other in
            ["1.log", "99999999999999999999.log", "00000000000000000000.lag", "00000000000000000000.log.x", "x"]
        {
            assert_eq!(SegmentFile::parse(other), None, "{other}");
        }
    }
}

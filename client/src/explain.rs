//! What a producer or consumer is waiting for.

use std::{borrow::Cow, fmt, time::Duration};

use ottla_protocol::types::NodeId;
use tokio::time::Instant;

use crate::TopicPartition;

/// One thing that is being waited for: what it concerns, why, and since when.
///
/// A list of these is a picture of one moment, for people and logs; nothing is waiting where the list is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// What the wait concerns.
    pub subject: WaitSubject,
    /// Why it waits, in words.
    pub reason: Cow<'static, str>,
    /// Since when.
    pub since: Instant,
}

/// What a [`Wait`] concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WaitSubject {
    /// The cluster as a whole, when no broker answers.
    Cluster,
    /// A group, or its coordinator.
    Group(String),
    /// A broker.
    Broker(NodeId),
    /// A partition.
    Partition(TopicPartition),
    /// The application itself.
    Application,
}

impl Wait {
    pub(crate) fn new(subject: WaitSubject, reason: impl Into<Cow<'static, str>>, since: Instant) -> Self {
        Self { subject, reason: reason.into(), since }
    }

    /// How long it has lasted at `now`.
    pub fn lasting(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

impl fmt::Display for Wait {
    /// Writes `orders-3 for 1.2s: the partition has no leader`.
    #[expect(clippy::disallowed_methods, reason = "`lasting` is for those who have a `now`")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {:.1?}: {}", self.subject, self.since.elapsed(), self.reason)
    }
}

impl fmt::Display for WaitSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Broker(node) => write!(f, "broker {node}"),
            Self::Partition(partition) => partition.fmt(f),
            Self::Application => f.write_str("application"),
        }
    }
}

//! What the handle of a consumer and its tasks share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ottla_protocol::types::GroupId;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{TopicPartition, client::Inner, config::ConsumerConfig, net::ConsumerNumber};

use super::{
    assignment::{Assignment, Start},
    commit::CommitUnderWay,
    group::{Identity, Member},
    metrics::ConsumerCounters,
};

pub(super) struct Shared {
    pub(super) inner: Arc<Inner>,
    pub(super) config: ConsumerConfig,
    pub(super) group: Option<GroupId>,
    /// Tells its connections from those of the client's other consumers.
    pub(super) number: ConsumerNumber,
    pub(super) counters: ConsumerCounters,
    assignment: Mutex<Assignment>,
    member: Mutex<Member>,
    committing: Mutex<Option<CommitUnderWay>>,
    /// Something may be ready for the application.
    pub(super) ready: Notify,
    /// There may be something to look up, or another broker to fetch from.
    pub(super) work: Notify,
    /// The member may have something to send.
    pub(super) group_work: Notify,
    /// Counts the changes after which there may be something to fetch.
    pub(super) fetch: watch::Sender<u64>,
    /// Whether the consumer is closed: nothing is fetched any more, and brokers are told so.
    pub(super) closing: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(inner: Arc<Inner>, config: ConsumerConfig, assignment: Assignment, member: Member) -> Self {
        Self {
            group: config.group_id.as_deref().map(GroupId::from),
            number: inner.pool.next_consumer(),
            inner,
            config,
            counters: ConsumerCounters::default(),
            assignment: Mutex::new(assignment),
            member: Mutex::new(member),
            committing: Mutex::default(),
            ready: Notify::new(),
            work: Notify::new(),
            group_work: Notify::new(),
            fetch: watch::Sender::new(0),
            closing: watch::Sender::new(false),
        }
    }

    /// The assignment. No other lock is taken while it is held, and nothing is awaited.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        // Its methods leave it consistent at every point where they could panic.
        self.assignment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The member of the group. No other lock is taken while it is held, and nothing is awaited.
    pub(super) fn member(&self) -> MutexGuard<'_, Member> {
        self.member.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the commit under way, to be explained.
    pub(super) fn note_committing(&self, committing: Option<CommitUnderWay>) {
        *self.committing.lock().unwrap_or_else(PoisonError::into_inner) = committing;
    }

    pub(super) fn committing(&self) -> Option<CommitUnderWay> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long a commit may take that partitions wait for to be given up. After the time that a rebalance waits for this
    /// member, it would be refused.
    pub(super) fn handover_timeout(&self) -> Duration {
        self.inner.config.default_api_timeout.min(self.config.max_poll_interval)
    }

    pub(super) fn identity(&self) -> Option<Identity> {
        self.member().identity()
    }

    /// Begins with partitions at their committed offsets.
    #[expect(clippy::disallowed_methods, reason = "the application begins now")]
    pub(super) fn begin_with(&self, partitions: &[TopicPartition]) {
        let now = Instant::now();
        let mut assignment = self.assignment();
        partitions.iter().for_each(|partition| assignment.add(now, partition, Start::Committed));
        drop(assignment);
        self.wake_all();
    }

    /// How often to tell that topics are of interest, for metadata forgets those that nobody asks for.
    pub(super) fn interest_interval(&self) -> Duration {
        self.inner.config.metadata_max_idle / 3
    }

    /// Lets every task look at the assignment again.
    pub(super) fn wake_all(&self) {
        self.work.notify_one();
        self.group_work.notify_one();
        self.wake_fetchers();
        self.ready.notify_one();
    }

    pub(super) fn wake_fetchers(&self) {
        self.fetch.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

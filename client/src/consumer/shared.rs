//! What the handle of a consumer and its tasks share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_protocol::{types::GroupId, wire::Str};
use tokio::sync::{Notify, watch};

use crate::{client::Inner, config::ConsumerConfig};

use super::assignment::Assignment;

pub(super) struct Shared {
    pub(super) inner: Arc<Inner>,
    pub(super) config: ConsumerConfig,
    pub(super) group: Option<GroupId>,
    assignment: Mutex<Assignment>,
    membership: Mutex<Option<Membership>>,
    /// Something may be ready for the application.
    pub(super) ready: Notify,
    /// There may be something to look up, or another broker to fetch from.
    pub(super) work: Notify,
    /// Counts the changes after which there may be something to fetch.
    pub(super) fetch: watch::Sender<u64>,
}

/// Who this consumer is in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) member_id: Str,
    pub(super) generation: i32,
}

impl Shared {
    pub(super) fn new(inner: Arc<Inner>, config: ConsumerConfig, assignment: Assignment) -> Self {
        Self {
            group: config.group_id.as_deref().map(GroupId::from),
            inner,
            config,
            assignment: Mutex::new(assignment),
            membership: Mutex::default(),
            ready: Notify::new(),
            work: Notify::new(),
            fetch: watch::Sender::new(0),
        }
    }

    /// The assignment. No other lock is taken while it is held, and nothing is awaited.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        // Its methods leave it consistent at every point where they could panic.
        self.assignment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn membership(&self) -> Option<Membership> {
        self.membership.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_membership(&self, membership: Option<Membership>) {
        *self.membership.lock().unwrap_or_else(PoisonError::into_inner) = membership;
    }

    /// Lets every task look at the assignment again.
    pub(super) fn wake_all(&self) {
        self.work.notify_one();
        self.wake_fetchers();
        self.ready.notify_one();
    }

    pub(super) fn wake_fetchers(&self) {
        self.fetch.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

//! Deadlines by what they are for.

use std::collections::{BTreeMap, BTreeSet};

use ottla_protocol::{types::GroupId, wire::Str};

/// What a deadline is for. There is one deadline for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimerKey {
    /// The end of a group's join phase.
    Join(GroupId),
    /// The last moment for the members of a group to ask for their assignment.
    Sync(GroupId),
    /// A member's next heartbeat, or a pending member's join.
    Heartbeat(GroupId, Str),
}

/// The deadlines of a coordinator, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    by_key: BTreeMap<TimerKey, i64>,
    by_time: BTreeSet<(i64, TimerKey)>,
}

impl Timers {
    /// Sets the deadline, in place of the one there may be.
    pub(super) fn schedule(&mut self, key: TimerKey, deadline_ms: i64) {
        self.cancel(&key);
        self.by_key.insert(key.clone(), deadline_ms);
        self.by_time.insert((deadline_ms, key));
    }

    pub(super) fn cancel(&mut self, key: &TimerKey) {
        if let Some((key, deadline_ms)) = self.by_key.remove_entry(key) {
            self.by_time.remove(&(deadline_ms, key));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<i64> {
        self.by_time.first().map(|(deadline_ms, _)| *deadline_ms)
    }

    /// Takes out the earliest deadline that has come.
    pub(super) fn pop_due(&mut self, now_ms: i64) -> Option<TimerKey> {
        if self.next_deadline()? > now_ms {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &TimerKey> {
        self.by_key.keys()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(group: &str) -> TimerKey {
        TimerKey::Join(group.into())
    }

    #[test]
    fn deadlines_come_due_in_order_and_once() {
        let mut timers = Timers::default();
        timers.schedule(join("late"), 20);
        timers.schedule(join("early"), 10);
        assert_eq!(timers.next_deadline(), Some(10));
        assert_eq!(timers.pop_due(9), None);
        assert_eq!(timers.pop_due(30), Some(join("early")));
        assert_eq!(timers.pop_due(30), Some(join("late")));
        assert_eq!(timers.pop_due(30), None);
    }

    #[test]
    fn a_deadline_can_be_moved_and_cancelled() {
        let mut timers = Timers::default();
        timers.schedule(join("g"), 10);
        timers.schedule(join("g"), 20);
        assert_eq!(timers.pop_due(10), None);
        timers.cancel(&join("g"));
        assert_eq!(timers.next_deadline(), None);
    }
}

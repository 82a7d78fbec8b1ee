//! Which leader epoch began at which offset.

use super::LogError;
use super::checkpoint;
use super::layout::LEADER_EPOCH_CHECKPOINT;
use super::storage::Dir;

/// A leader epoch and the offset of its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: i32,
    /// The first offset written in it.
    pub start_offset: i64,
}

/// The answer to "where does this leader epoch end?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEndOffset {
    /// The largest known epoch that is not larger than the one asked for, or -1.
    pub epoch: i32,
    /// Where it ends (exclusive), or -1.
    pub end_offset: i64,
}

impl EpochEndOffset {
    /// The answer where nothing is known.
    pub const UNDEFINED: Self = Self { epoch: -1, end_offset: -1 };
}

/// The leader epochs of a log, in order; both fields grow from entry to entry. Kept in `leader-epoch-checkpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaderEpochs {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochs {
    /// Reads the checkpoint; `None` if it is damaged, so that it has to be made again from the log.
    pub(crate) fn load(dir: &Dir) -> Result<Option<Self>, LogError> {
        let parse = |[epoch, start]: [&str; 2]| {
            Some(EpochEntry { epoch: epoch.parse().ok()?, start_offset: start.parse().ok()? })
        };
        let mut epochs = Self::default();
        match checkpoint::read(dir, LEADER_EPOCH_CHECKPOINT, parse) {
            Ok(entries) => entries.unwrap_or_default().into_iter().for_each(|entry| {
                epochs.assign(entry);
            }),
            Err(damaged @ LogError::Corrupt { .. }) => {
                tracing::warn!("{damaged}; it is made again from the log");
                return Ok(None);
            }
            Err(other) => return Err(other),
        }
        Ok(Some(epochs))
    }

    pub(crate) fn save(&self, dir: &Dir) -> Result<(), LogError> {
        let line = |entry: &EpochEntry| format!("{} {}", entry.epoch, entry.start_offset);
        checkpoint::write(dir, LEADER_EPOCH_CHECKPOINT, self.entries.iter().map(line))
    }

    pub(crate) fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    pub(crate) fn latest(&self) -> Option<i32> {
        self.entries.last().map(|entry| entry.epoch)
    }

    /// Notes that an epoch begins at an offset; whether that is news.
    pub(crate) fn assign(&mut self, entry: EpochEntry) -> bool {
        if entry.epoch < 0 || entry.start_offset < 0 || self.latest().is_some_and(|latest| latest >= entry.epoch) {
            return false;
        }
        self.truncate_from_end(entry.start_offset);
        self.entries.push(entry);
        true
    }

    /// Forgets epochs that begin at or behind the end of the log; whether there were any.
    pub(crate) fn truncate_from_end(&mut self, end_offset: i64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.start_offset < end_offset);
        self.entries.len() != before
    }

    /// Forgets epochs that end before the log begins, and lets the first one begin with it; whether that changes any.
    pub(crate) fn truncate_from_start(&mut self, start_offset: i64) -> bool {
        let ended = self.entries.iter().rposition(|entry| entry.start_offset <= start_offset);
        let Some(first) = ended else { return false };
        self.entries.drain(..first);
        match self.entries.first_mut() {
            Some(entry) if entry.start_offset < start_offset => entry.start_offset = start_offset,
            _ => return first > 0,
        }
        true
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The epoch of the record at an offset.
    pub(crate) fn epoch_of(&self, offset: i64) -> Option<i32> {
        self.entries.iter().rfind(|entry| entry.start_offset <= offset).map(|entry| entry.epoch)
    }

    /// Where an epoch ends: a follower that has records behind it cuts them off.
    pub(crate) fn end_offset_for(&self, epoch: i32, log_end_offset: i64) -> EpochEndOffset {
        if epoch >= 0 && self.latest() == Some(epoch) {
            return EpochEndOffset { epoch, end_offset: log_end_offset };
        }
        let after = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let Some(next) = self.entries.get(after).filter(|_| epoch >= 0) else { return EpochEndOffset::UNDEFINED };
        let floor = after.checked_sub(1).and_then(|i| self.entries.get(i));
        EpochEndOffset { epoch: floor.map_or(epoch, |floor| floor.epoch), end_offset: next.start_offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(entries: &[(i32, i64)]) -> LeaderEpochs {
        let mut epochs = LeaderEpochs::default();
        for &(epoch, start_offset) in entries {
            epochs.assign(EpochEntry { epoch, start_offset });
        }
        epochs
    }

    #[test]
    fn the_end_of_an_epoch_is_the_start_of_the_next() {
        let epochs = epochs(&[(2, 10), (4, 20), (7, 30)]);
        let end = |epoch| {
            let EpochEndOffset { epoch, end_offset } = epochs.end_offset_for(epoch, 99);
            (epoch, end_offset)
        };
        assert_eq!(end(7), (7, 99), "the latest ends with the log");
        assert_eq!(end(8), (-1, -1), "unknown and higher");
        assert_eq!(end(-1), (-1, -1));
        assert_eq!(end(1), (1, 10), "before the first");
        assert_eq!(end(2), (2, 20));
        assert_eq!(end(3), (2, 20), "between two: the one below");
        assert_eq!(end(6), (4, 30));
        assert_eq!(LeaderEpochs::default().end_offset_for(0, 5), EpochEndOffset::UNDEFINED);
    }

    #[test]
    fn an_epoch_that_begins_earlier_replaces_those_behind_it() {
        let epochs = epochs(&[(1, 0), (2, 10), (3, 10), (2, 50), (5, 5)]);
        assert_eq!(
            epochs.entries(),
            [EpochEntry { epoch: 1, start_offset: 0 }, EpochEntry { epoch: 5, start_offset: 5 }]
        );
    }

    #[test]
    fn truncation_keeps_the_epoch_that_the_first_offset_belongs_to() {
        let mut cut = epochs(&[(1, 0), (2, 10), (3, 20)]);
        assert!(cut.truncate_from_start(15));
        assert_eq!(cut, epochs(&[(2, 15), (3, 20)]));
        assert!(!cut.truncate_from_start(15));
        assert!(cut.truncate_from_start(100));
        assert_eq!(cut, epochs(&[(3, 100)]));
        let mut cut = epochs(&[(1, 0), (2, 10)]);
        assert!(cut.truncate_from_end(10));
        assert_eq!(cut, epochs(&[(1, 0)]));
        assert!(!cut.truncate_from_end(1));
    }
}

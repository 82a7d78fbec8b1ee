//! A segment's file, to be read without the log's lock, whatever state it is in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;

use super::batches::{BatchAt, BatchScanner, Defect, HEADER_BLOCK, ScanError, Span, WHOLE_BLOCK};
use super::error::LogError;
use super::index::IndexEntry;
use super::layout::FileKind;
use super::storage::{Dir, StorageFile};

/// What has been said of a segment's damage: it is said once, not to every reader.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    log: AtomicBool,
    index: AtomicBool,
}

impl Reported {
    /// Says that records cannot be read.
    pub(crate) fn damage(&self, damage: &LogError) {
        if !self.log.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %damage, "a log is damaged, what is sound of it is served");
        }
    }

    /// Says that an index leads to a wrong place.
    pub(crate) fn index(&self, dir: &Dir, file: &str, reason: &dyn std::fmt::Display) {
        if !self.index.swap(true, Ordering::Relaxed) {
            let file = dir.path_of(file);
            tracing::error!(
                "{file} is damaged and not used: {reason}; stop the broker, delete the file, and start it again to \
                 have it rebuilt"
            );
        }
    }
}

/// How often a log has been cut, so that who reads without its lock knows that what he sees may be gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truncations(Arc<AtomicU64>);

impl Truncations {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// A segment's file as it was when this was made.
#[derive(Clone, Debug)]
pub(crate) struct Extent {
    pub(crate) file: Arc<dyn StorageFile>,
    pub(crate) base_offset: i64,
    /// All offsets are smaller.
    pub(crate) end_offset: i64,
    /// Bytes of the file that hold batches.
    pub(crate) size: u64,
    /// Whether there is a segment behind it.
    pub(crate) sealed: bool,
    /// Where to begin; at the start of the file if it is `None`.
    pub(crate) entry: Option<IndexEntry>,
    pub(crate) reported: Arc<Reported>,
    pub(crate) truncations: (Truncations, u64),
}

impl Extent {
    pub(crate) fn log_name(&self) -> String {
        FileKind::Log.name(self.base_offset)
    }

    /// The same without the help of the index.
    pub(crate) fn without_index(&self) -> Self {
        Self { entry: None, ..self.clone() }
    }

    /// Reads the batches from the index entry on.
    pub(crate) fn batches<'a>(&'a self, dir: &'a Dir) -> ExtentBatches<'a> {
        ExtentBatches { extent: self, dir, scanner: self.scanner(self.entry), index_defect: None }
    }

    /// Reads all batches with their checksums, and ends at damage.
    pub(crate) fn checked_batches(&self) -> BatchScanner<'_> {
        let span =
            Span { position: 0, end: self.size, from: self.base_offset, to: self.end_offset, first_ends_with: None };
        BatchScanner::new(&*self.file, span, WHOLE_BLOCK)
    }

    fn scanner(&self, entry: Option<IndexEntry>) -> BatchScanner<'_> {
        let span = Span {
            position: entry.map_or(0, |entry| u64::from(entry.position)),
            end: self.size,
            from: self.base_offset,
            to: self.end_offset,
            first_ends_with: entry.map(|entry| entry.last_offset),
        };
        BatchScanner::new(&*self.file, span, HEADER_BLOCK)
    }

    pub(crate) fn is_outdated(&self) -> bool {
        self.truncations.0.count() != self.truncations.1
    }
}

/// The sound batches of an extent, one after the other.
#[derive(Debug)]
pub(crate) struct ExtentBatches<'a> {
    extent: &'a Extent,
    dir: &'a Dir,
    scanner: BatchScanner<'a>,
    /// What was wrong where the index led to, until it is known whether the index or the batch is to blame.
    index_defect: Option<Defect>,
}

impl ExtentBatches<'_> {
    /// The next sound batch. Damage is passed over and said once, unless it hides the offset that is needed.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] if what is needed lies in the damage, and those of the storage.
    pub(crate) fn next(&mut self, needed: Option<i64>) -> Result<Option<BatchAt>, LogError> {
        loop {
            let defect = match self.scanner.next() {
                Ok(batch) => {
                    self.blame_index(batch.as_ref());
                    return Ok(batch);
                }
                Err(ScanError::Io(e)) => return Err(self.io(e)),
                // What was cut off is no longer looked for.
                Err(ScanError::Defect(_)) if self.extent.is_outdated() => return Ok(None),
                Err(ScanError::Defect(defect)) => defect,
            };
            if self.is_at_entry() && self.index_defect.is_none() {
                // Seen from the start of the file, it shows whether the index or the batch is wrong.
                self.scanner = self.extent.scanner(None);
                self.index_defect = Some(defect);
                continue;
            }
            self.index_defect = None;
            if !self.pass_over(&defect, needed)? {
                return Ok(None);
            }
        }
    }

    /// All bytes of a batch that was returned.
    ///
    /// # Errors
    /// Those of the storage.
    pub(crate) fn bytes(&mut self, batch: &BatchAt) -> Result<Bytes, LogError> {
        self.scanner.bytes(batch).map_err(|e| self.io(e))
    }

    fn io(&self, source: std::io::Error) -> LogError {
        self.dir.error("read", &self.extent.log_name(), source)
    }

    fn is_at_entry(&self) -> bool {
        self.extent.entry.is_some_and(|entry| u64::from(entry.position) == self.scanner.position())
    }

    /// The log is sound up to where the index led: then it led to a wrong place.
    fn blame_index(&mut self, batch: Option<&BatchAt>) {
        let led_to = self.extent.entry.map_or(0, |entry| u64::from(entry.position));
        if batch.is_none_or(|batch| batch.position >= led_to)
            && let Some(defect) = self.index_defect.take()
        {
            let file = FileKind::OffsetIndex.name(self.extent.base_offset);
            self.extent.reported.index(self.dir, &file, &defect);
        }
    }

    /// Goes behind the damage; whether there is something.
    fn pass_over(&mut self, defect: &Defect, needed: Option<i64>) -> Result<bool, LogError> {
        let from = self.scanner.next_offset();
        let resumed = self.scanner.resume().map_err(|e| self.io(e))?;
        let to = if resumed { self.scanner.next_offset() } else { self.extent.end_offset };
        let damage = damage(self.dir, &self.extent.log_name(), defect, from, to);
        self.extent.reported.damage(&damage);
        // A sealed file that was cut short has just ended: readers go on in the next one, as Kafka's do.
        let cut_short = !resumed && self.extent.sealed && matches!(defect, Defect::Torn { .. });
        if !cut_short && needed.is_some_and(|offset| (from..to).contains(&offset)) {
            return Err(damage);
        }
        Ok(resumed)
    }
}

/// Names the file, the place, and the offsets that cannot be read.
pub(crate) fn damage(dir: &Dir, file: &str, defect: &Defect, from: i64, to: i64) -> LogError {
    let behind = if to == i64::MAX { "on".to_owned() } else { format!("to before {to}") };
    LogError::Corrupt {
        path: dir.path_of(file),
        reason: format!("{defect}; the records from offset {from} {behind} cannot be read"),
        remedy: "stop the broker and restore the file from a copy, or let readers seek behind the damage",
    }
}

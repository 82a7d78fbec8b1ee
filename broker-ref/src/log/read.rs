//! Reading batches from a log.

use bytes::Bytes;
use ottla_protocol::record::RecordBatch;

use super::batches::join;
use super::error::{LogError, ReadError};
use super::extent::Extent;
use super::partition_log::{Log, LogOffsets};
use super::storage::Dir;
use super::tail::{Limits, Order, Slice};

/// A read looks for its offset in so many segments that have batches.
const SEGMENTS_AT_ONCE: usize = 2;

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Begin with the batch that holds this offset.
    pub offset: i64,
    /// Return no more bytes than this.
    pub max_bytes: usize,
    /// Return the first batch even if it is larger.
    pub min_one_message: bool,
    /// Return no batch that begins at or behind this offset: the high watermark, the last stable offset, or the end.
    pub upper_bound: i64,
}

/// Whole batches, byte for byte as they are in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The batches, in the pieces of memory that they lie in; a batch is never split.
    pub records: Vec<Bytes>,
    /// Bytes of all pieces.
    pub size: usize,
    /// The offset that the first batch begins with, which can be smaller than the one asked for.
    pub base_offset: Option<i64>,
    /// The offset to read next: the one asked for, if there was nothing.
    pub next_offset: i64,
    /// The log's offsets when the read was planned.
    pub offsets: LogOffsets,
}

impl Fetched {
    /// Whether there were no batches.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// All batches in one buffer. Copies only if they lie in several.
    pub fn into_bytes(self) -> Bytes {
        join(self.records)
    }

    fn of(slice: Slice, request: &Read, offsets: LogOffsets) -> Self {
        let next_offset = if slice.base_offset.is_some() { slice.next_offset } else { request.offset };
        Self { records: slice.pieces, size: slice.bytes, base_offset: slice.base_offset, next_offset, offsets }
    }
}

/// A read that has found what to do: run it after the log's lock is released.
#[derive(Debug)]
pub enum ReadPlan {
    /// There is nothing to read, or all of it is in memory.
    Ready(Fetched),
    /// A file is to be read.
    File(FileRead),
}

impl ReadPlan {
    /// Reads. Blocks if it is [`ReadPlan::File`].
    ///
    /// # Errors
    /// Those of the storage, and [`LogError::Corrupt`] if there is no batch where there should be one.
    pub fn run(self) -> Result<Fetched, LogError> {
        match self {
            Self::Ready(fetched) => Ok(fetched),
            Self::File(read) => read.run(),
        }
    }
}

/// A read from a segment's file, which needs the log no more.
#[derive(Debug)]
pub struct FileRead {
    dir: Dir,
    request: Read,
    limits: Limits,
    offsets: LogOffsets,
    /// Where the offset is, and the segments behind in case it lies in a gap at the end of the first.
    extents: Vec<Extent>,
    /// Whether to go on behind damage, and not to fail.
    passes_over_damage: bool,
}

impl FileRead {
    /// Reads the headers up to the batch that holds the offset, then all batches with one read into a new buffer.
    ///
    /// # Errors
    /// As for [`ReadPlan::run`].
    pub fn run(self) -> Result<Fetched, LogError> {
        let mut slice = Slice::default();
        let mut found = false;
        for extent in &self.extents {
            found = self.read_extent(extent, &mut slice)?;
            if found {
                break;
            }
        }
        let nothing_up_to_the_end = !found && !self.extents.iter().any(Extent::is_outdated);
        if nothing_up_to_the_end && !self.passes_over_damage {
            return Ok(self.gap());
        }
        let mut fetched = Fetched::of(slice, &self.request, self.offsets);
        if nothing_up_to_the_end {
            fetched.next_offset = self.limits.upper_bound;
        }
        Ok(fetched)
    }

    /// Where the last records of a log are gone, who reads there would wait for the next one to be written. A batch of
    /// no records takes him to the end.
    fn gap(&self) -> Fetched {
        let Limits { max_bytes, min_one_message, upper_bound } = self.limits;
        // Behind those that were looked at there may be more.
        let looked_at = self.extents.get(SEGMENTS_AT_ONCE - 1).map_or(upper_bound, |extent| extent.end_offset);
        let known_to = looked_at.min(upper_bound);
        let batch = RecordBatch::empty(self.request.offset, known_to - 1);
        let mut slice = Slice::default();
        if batch.size_bytes() <= max_bytes || min_one_message {
            slice = Slice {
                bytes: batch.size_bytes(),
                base_offset: Some(batch.base_offset()),
                next_offset: batch.next_offset(),
                pieces: vec![batch.into_bytes()],
            };
        }
        Fetched::of(slice, &self.request, self.offsets)
    }

    /// Returns whether the batch that holds the offset, or the first one behind it, is in this extent.
    fn read_extent(&self, extent: &Extent, slice: &mut Slice) -> Result<bool, LogError> {
        let offset = self.request.offset;
        // Of a later segment, its beginning: what is lost there is not passed over in silence.
        let needed = (!self.passes_over_damage).then_some(offset.max(extent.base_offset));
        let mut batches = extent.batches(&self.dir);
        let batch = loop {
            match batches.next(needed)? {
                Some(batch) if batch.header.last_offset() >= offset => break batch,
                Some(_) => {}
                None => return Ok(false),
            }
        };
        let Limits { max_bytes, min_one_message, .. } = self.limits;
        let first = batch.header.size();
        if first > max_bytes && !min_one_message {
            return Ok(true);
        }
        let left = usize::try_from(extent.size - batch.position).unwrap_or(usize::MAX);
        let pieces = extent.file.read_at(batch.position, max_bytes.max(first).min(left));
        let mut order = Order { next_offset: batch.header.base_offset, end_offset: extent.end_offset };
        for piece in pieces.map_err(|e| self.dir.error("read", &extent.log_name(), e))? {
            if !slice.take_in_order(&piece, offset, &self.limits, &mut order) {
                break;
            }
        }
        Ok(true)
    }
}

impl Log {
    /// Reads whole batches from the one on that holds an offset. May block; see [`Log::plan_read`].
    ///
    /// # Errors
    /// [`ReadError::OffsetOutOfRange`] if the log does not hold the offset and does not end there.
    pub fn read(&self, request: Read) -> Result<Fetched, ReadError> {
        Ok(self.plan_read(request)?.run()?)
    }

    /// Finds out where to read. Never blocks: with the plan in hand, the log's lock can be released before the file is
    /// read. Batches near the end of the log come from memory and need no file.
    ///
    /// # Errors
    /// As for [`Log::read`].
    pub fn plan_read(&self, request: Read) -> Result<ReadPlan, ReadError> {
        let offsets = self.offsets();
        let Read { offset, max_bytes, min_one_message, .. } = request;
        if offset < self.log_start_offset || offset > self.end_offset {
            let (log_start_offset, end_offset) = (self.log_start_offset, self.end_offset);
            return Err(ReadError::OffsetOutOfRange { offset, log_start_offset, end_offset });
        }
        let upper_bound = request.upper_bound.min(self.end_offset);
        let limits = Limits { max_bytes, min_one_message, upper_bound };
        if offset >= upper_bound {
            return Ok(ReadPlan::Ready(Fetched::of(Slice::default(), &request, offsets)));
        }
        if let Some(slice) = self.tail.read(offset, &limits) {
            return Ok(ReadPlan::Ready(Fetched::of(slice, &request, offsets)));
        }
        let extents = self.extents(offset).take(SEGMENTS_AT_ONCE).collect();
        let dir = self.dir.clone();
        Ok(ReadPlan::File(FileRead { dir, request, limits, offsets, extents, passes_over_damage: false }))
    }

    /// The same for one who takes in all that is sound, up to the end of the log: damage is said once and passed over.
    /// What is read has a next offset behind the one asked for, unless the log is cut meanwhile. Of the batches, as
    /// always, only the headers are checked.
    ///
    /// # Errors
    /// As for [`Log::read`].
    pub fn plan_replay(&self, offset: i64, max_bytes: usize) -> Result<ReadPlan, ReadError> {
        let request = Read { offset, max_bytes, min_one_message: true, upper_bound: self.end_offset };
        Ok(match self.plan_read(request)? {
            ReadPlan::Ready(fetched) => ReadPlan::Ready(fetched),
            ReadPlan::File(read) => {
                let extents = self.extents(offset).collect();
                ReadPlan::File(FileRead { extents, passes_over_damage: true, ..read })
            }
        })
    }

    fn extents(&self, offset: i64) -> impl Iterator<Item = Extent> {
        self.extents_from(offset, move |segment| segment.entry_before(offset)).filter(|e| e.size > 0)
    }
}

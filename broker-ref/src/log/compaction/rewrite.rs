//! Writing a segment anew.

use bytes::{Bytes, BytesMut};

use super::super::batches::header_of;
use super::super::error::{CompactionError, LogError};
use super::super::layout::{CLEANED, FileKind};
use super::super::segment::Segment;
use super::super::storage::Dir;
use super::Compaction;

/// The files that are written; the others of a segment stay.
pub(super) const KINDS: [FileKind; 3] = [FileKind::Log, FileKind::OffsetIndex, FileKind::TimeIndex];
/// Written at once.
const BLOCK: usize = 1024 * 1024;

/// A segment that is being written, under names that a start of the broker removes.
pub(super) struct Rewrite<'a> {
    dir: &'a Dir,
    segment: Segment,
    index_interval_bytes: u32,
    /// Where the block goes that is being gathered.
    position: u64,
    block: BytesMut,
}

impl<'a> Rewrite<'a> {
    pub(super) fn begin(compaction: &'a Compaction, base_offset: i64) -> Result<Self, LogError> {
        let Compaction { dir, limits, index_interval_bytes, .. } = compaction;
        let name = cleaned(FileKind::Log, base_offset);
        let file = dir.open(&name)?;
        file.truncate(0).map_err(|e| dir.error("truncate", &name, e))?;
        let segment = Segment::empty(file, base_offset, limits.now_ms);
        Ok(Self { dir, segment, index_interval_bytes: *index_interval_bytes, position: 0, block: BytesMut::new() })
    }

    pub(super) fn push(&mut self, batch: Bytes) -> Result<(), CompactionError> {
        let name = cleaned(FileKind::Log, self.segment.base_offset);
        let path = || self.dir.path_of(&name);
        // A few bytes may be added to a record, but hardly to a whole segment.
        if u64::from(self.segment.size) + batch.len() as u64 > u64::from(i32::MAX.unsigned_abs()) {
            return Err(CompactionError::TooLarge { path: path() });
        }
        let header = header_of(&batch);
        let header = header.map_err(|e| CompactionError::Unreadable { path: path(), reason: e.to_string() })?;
        self.segment.note(&header, self.index_interval_bytes);
        self.block.extend_from_slice(&batch);
        if self.block.len() >= BLOCK { Ok(self.write()?) } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), LogError> {
        let block = self.block.split().freeze();
        let (position, len) = (self.position, block.len() as u64);
        let written = self.segment.file.write_at(position, block);
        written.map_err(|e| self.dir.error("write", &cleaned(FileKind::Log, self.segment.base_offset), e))?;
        self.position += len;
        Ok(())
    }

    /// Makes it durable.
    pub(super) fn end(mut self) -> Result<Segment, CompactionError> {
        self.write()?;
        self.segment.seal();
        let base_offset = self.segment.base_offset;
        for (kind, index) in self.segment.encode_indexes() {
            self.dir.write(&cleaned(kind, base_offset), index)?;
        }
        for kind in KINDS {
            self.dir.sync(&cleaned(kind, base_offset))?;
        }
        Ok(self.segment)
    }
}

fn cleaned(kind: FileKind, base_offset: i64) -> String {
    format!("{}{CLEANED}", kind.name(base_offset))
}

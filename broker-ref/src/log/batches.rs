//! Walking over record batches, in a buffer and in a file, by their headers.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use ottla_protocol::record::{BatchError, BatchHeader, CRC_START, HEADER_LEN};

use super::storage::StorageFile;

/// Read at once where only headers are wanted.
pub(crate) const HEADER_BLOCK: usize = 8 * 1024;
/// Read at once where everything is wanted.
pub(crate) const WHOLE_BLOCK: usize = 1024 * 1024;

/// A batch and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchAt {
    pub(crate) position: u64,
    pub(crate) header: BatchHeader,
}

impl BatchAt {
    /// The position after the batch.
    pub(crate) fn end(&self) -> u64 {
        self.position + self.header.size() as u64
    }
}

/// Why bytes in a log are not the next batch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Defect {
    #[error("the batch at byte {position} ends {missing} bytes after the file does")]
    Torn { position: u64, missing: u64 },
    #[error("there is no batch at byte {position}: {source}")]
    Header { position: u64, source: BatchError },
    #[error("the batch at byte {position} counts {records} records up to offset delta {last_offset_delta}")]
    Count { position: u64, records: i32, last_offset_delta: i32 },
    #[error("the checksum of the batch at byte {position} does not match")]
    Checksum { position: u64 },
    #[error("the batch at byte {position} has offset {found}, which does not follow {expected}")]
    Offset { position: u64, found: i64, expected: i64 },
}

impl Defect {
    /// Whether it is a batch of the format before Kafka 0.11, which is not damage.
    pub(crate) fn is_legacy(&self) -> bool {
        matches!(self, Self::Header { source: BatchError::UnsupportedMagic(0 | 1), .. })
    }
}

/// Why a scan ended before the end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Defect(#[from] Defect),
}

/// The headers of a buffer that holds whole batches and nothing else.
pub(crate) fn split(records: &[u8]) -> Result<Vec<BatchAt>, BatchError> {
    let mut batches = Vec::with_capacity(1);
    let mut position = 0;
    while let Some(rest) = records.get(position..).filter(|rest| !rest.is_empty()) {
        let header = BatchHeader::read(rest)?;
        if header.size() > rest.len() {
            return Err(BatchError::Truncated { needed: header.size(), available: rest.len() });
        }
        if header.last_offset_delta < 0 {
            return Err(BatchError::BadLength(header.last_offset_delta));
        }
        batches.push(BatchAt { position: position as u64, header });
        position += header.size();
    }
    Ok(batches)
}

/// Whether the checksum of a whole batch matches.
pub(crate) fn checksum_matches(batch: &[u8], header: &BatchHeader) -> bool {
    batch.get(CRC_START..).is_some_and(|covered| crc32c::crc32c(covered) == header.crc)
}

/// Reads batches one after the other from a part of a file.
///
/// A batch is never larger than what is left of the file, so nothing is allocated on the word of a damaged length.
#[derive(Debug)]
pub(crate) struct BatchScanner<'a> {
    file: &'a dyn StorageFile,
    position: u64,
    end: u64,
    block: Bytes,
    block_position: u64,
    block_len: usize,
}

impl<'a> BatchScanner<'a> {
    /// From `position`, where a batch begins, to `end`, reading `block_len` bytes at once.
    pub(crate) fn new(file: &'a dyn StorageFile, position: u64, end: u64, block_len: usize) -> Self {
        Self { file, position, end, block: Bytes::new(), block_position: 0, block_len }
    }

    /// The header of the next batch, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<BatchAt>, ScanError> {
        let position = self.position;
        let left = self.end.saturating_sub(position);
        if left == 0 {
            return Ok(None);
        }
        let bytes = self.fetch(position, HEADER_LEN.min(usize::try_from(left).unwrap_or(usize::MAX)))?;
        let header = BatchHeader::read(&bytes).map_err(|source| Defect::Header { position, source })?;
        let size = header.size() as u64;
        if size > left {
            return Err(Defect::Torn { position, missing: size - left }.into());
        }
        let BatchHeader { base_offset, last_offset_delta, record_count: records, .. } = header;
        if last_offset_delta < 0 || records < 0 {
            return Err(Defect::Count { position, records, last_offset_delta }.into());
        }
        if base_offset < 0 || base_offset.checked_add(i64::from(last_offset_delta)).is_none_or(|last| last == i64::MAX) {
            return Err(Defect::Offset { position, found: base_offset, expected: 0 }.into());
        }
        self.position += size;
        Ok(Some(BatchAt { position, header }))
    }

    /// All bytes of a batch that [`BatchScanner::next`] returned.
    pub(crate) fn bytes(&mut self, batch: &BatchAt) -> io::Result<Bytes> {
        self.fetch(batch.position, batch.header.size())
    }

    /// `len` bytes, which lie before the end; fewer if the file was cut in the meantime.
    fn fetch(&mut self, position: u64, len: usize) -> io::Result<Bytes> {
        if let Some(held) = self.held(position, len) {
            return Ok(held);
        }
        let left = usize::try_from(self.end - position).unwrap_or(usize::MAX);
        self.block = join(self.file.read_at(position, self.block_len.max(len).min(left))?);
        self.block_position = position;
        Ok(self.block.slice(..len.min(self.block.len())))
    }

    fn held(&self, position: u64, len: usize) -> Option<Bytes> {
        let from = usize::try_from(position.checked_sub(self.block_position)?).ok()?;
        let to = from.checked_add(len)?;
        (to <= self.block.len()).then(|| self.block.slice(from..to))
    }
}

/// One buffer of several; no copy if there is only one.
pub(crate) fn join(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() == 1 {
        return pieces.swap_remove(0);
    }
    let mut all = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    pieces.iter().for_each(|piece| all.extend_from_slice(piece));
    all.freeze()
}

/// The end of a transaction, as a control batch tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TransactionMarker {
    pub(crate) committed: bool,
    pub(crate) coordinator_epoch: i32,
}

impl TransactionMarker {
    /// Reads the marker of a control batch, or `None` if it is another control record (a leader change, say).
    ///
    /// ```text
    /// record  length varint | attributes i8 | timestamp delta varint | offset delta varint
    ///         | key length varint | version i16, type i16 (0 abort, 1 commit)
    ///         | value length varint | version i16, coordinator epoch i32 | ...
    /// ```
    pub(crate) fn of(batch: &[u8]) -> Option<Self> {
        let mut record = batch.get(HEADER_LEN..)?;
        varint(&mut record)?;
        record.try_get_i8().ok()?;
        varint(&mut record)?;
        varint(&mut record)?;
        if varint(&mut record)? < 4 {
            return None;
        }
        record.try_get_i16().ok()?;
        let committed = match record.try_get_i16().ok()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        if varint(&mut record)? < 6 {
            return None;
        }
        record.try_get_i16().ok()?;
        Some(Self { committed, coordinator_epoch: record.try_get_i32().ok()? })
    }
}

/// A zigzag varint of up to 64 bits.
pub(crate) fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.try_get_u8().ok()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

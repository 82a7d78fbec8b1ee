//! Walking over record batches, in a buffer and in a file, by their headers.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{BatchError, BatchHeader, CRC_START, HEADER_LEN, LOG_OVERHEAD, RecordBatch};

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

/// Why bytes in a log are not the next batch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Defect {
    #[error("the batch at byte {position} ends {missing} bytes after the file does")]
    Torn { position: u64, missing: u64 },
    #[error("there is no batch at byte {position}: {source}")]
    Header { position: u64, source: BatchError },
    #[error("the messages from byte {position} on are of a format before Kafka 0.11")]
    Legacy { position: u64 },
    #[error("the batch at byte {position} counts {records} records up to offset delta {last_offset_delta}")]
    Count { position: u64, records: i32, last_offset_delta: i32 },
    #[error("the checksum of the batch at byte {position} does not match")]
    Checksum { position: u64 },
    #[error("the batch at byte {position} has offset {found}, which does not follow {expected}")]
    Offset { position: u64, found: i64, expected: i64 },
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
            return Err(BatchError::BadLastOffsetDelta(header.last_offset_delta));
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
        let header = match BatchHeader::read(&bytes) {
            Ok(header) => header,
            Err(source) => return Err(self.not_a_batch(source)?.into()),
        };
        let size = header.size() as u64;
        if size > left {
            return Err(Defect::Torn { position, missing: size - left }.into());
        }
        let BatchHeader { base_offset, last_offset_delta, record_count: records, .. } = header;
        if last_offset_delta < 0 || records < 0 {
            return Err(Defect::Count { position, records, last_offset_delta }.into());
        }
        if base_offset < 0 || base_offset.checked_add(i64::from(last_offset_delta)).is_none_or(|last| last == i64::MAX)
        {
            return Err(Defect::Offset { position, found: base_offset, expected: 0 }.into());
        }
        self.position += size;
        Ok(Some(BatchAt { position, header }))
    }

    /// Tells damage from a sound message of an old format, which must not be cut off.
    fn not_a_batch(&mut self, source: BatchError) -> io::Result<Defect> {
        let position = self.position;
        let damage = Defect::Header { position, source };
        if !matches!(damage, Defect::Header { source: BatchError::UnsupportedMagic(0 | 1), .. }) {
            return Ok(damage);
        }
        let left = usize::try_from(self.end - position).unwrap_or(usize::MAX);
        let start = self.fetch(position, LEGACY_HEADER_LEN.min(left))?;
        let len = start.get(8..12).and_then(|len| <[u8; 4]>::try_from(len).ok()).map_or(0, u32::from_be_bytes);
        let message = self.fetch(position, (len as usize).saturating_add(LOG_OVERHEAD).min(left))?;
        let stored = message.get(12..16).and_then(|crc| <[u8; 4]>::try_from(crc).ok()).map(u32::from_be_bytes);
        let sound = stored.is_some() && stored == message.get(16..).map(legacy_crc);
        Ok(if sound { Defect::Legacy { position } } else { damage })
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

/// Offset, length, checksum and format of a message before Kafka 0.11.
const LEGACY_HEADER_LEN: usize = 17;

/// CRC-32 as in IEEE 802.3, bit by bit: it is wanted for one message of a log at most.
fn legacy_crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
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
    pub(crate) coordinator_epoch: i32,
}

impl TransactionMarker {
    /// Reads the marker of a control batch, or `None` if it is another control record (a leader change, say).
    ///
    /// ```text
    /// key    version i16 | type i16: 0 abort, 1 commit
    /// value  version i16 | coordinator epoch i32 | ...
    /// ```
    pub(crate) fn of(batch: Bytes) -> Option<Self> {
        let records = RecordBatch::parse(batch).ok()?.records(&mut Decompressor::default()).ok()?;
        let record = records.iter().next()?.ok()?;
        let (mut key, mut value) = (record.key?, record.value?);
        key.try_get_i16().ok()?;
        if !matches!(key.try_get_i16().ok()?, 0 | 1) {
            return None;
        }
        value.try_get_i16().ok()?;
        Some(Self { coordinator_epoch: value.try_get_i32().ok()? })
    }
}

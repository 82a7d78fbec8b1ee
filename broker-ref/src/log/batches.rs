//! Walking over record batches, in a buffer and in a file, by their headers.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{
    Attributes, BatchError, BatchHeader, CRC_START, HEADER_LEN, LOG_OVERHEAD, LegacyBatch, RecordBatch,
};

use super::storage::StorageFile;

/// Read at once where only headers are wanted.
pub(crate) const HEADER_BLOCK: usize = 8 * 1024;
/// Read at once where everything is wanted.
pub(crate) const WHOLE_BLOCK: usize = 1024 * 1024;
/// Where the format of a batch is told, in all formats.
const MAGIC_AT: usize = 16;
/// No old message is larger: the largest request that brokers take by default.
const MAX_LEGACY_LEN: usize = 100 * 1024 * 1024;
/// How often the bytes behind damage may be read, in all, to tell batches from what only looks like one.
const RESUME_PASSES: u64 = 8;

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
    #[error("the batch at byte {position} counts {records} records up to offset delta {last_offset_delta}")]
    Count { position: u64, records: i32, last_offset_delta: i32 },
    #[error("the checksum of the batch at byte {position} does not match")]
    Checksum { position: u64 },
    #[error("the batch at byte {position} has offsets {base} to {last}, which do not fit between {from} and {to}")]
    Offset { position: u64, base: i64, last: i64, from: i64, to: i64 },
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

/// Whether these bytes begin with a message of a format before Kafka 0.11, if they begin with a batch at all.
pub(crate) fn is_legacy(bytes: &[u8]) -> bool {
    matches!(bytes.get(MAGIC_AT), Some(0 | 1))
}

/// The header of the batch at the front of a buffer, whatever its format. Of an old message the whole of it must be
/// there, and its checksum must match: its few fields alone would not tell it from damage.
pub(crate) fn header_of(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
    let Some(size) = legacy_size(bytes) else { return BatchHeader::read(bytes) };
    let message = LegacyBatch::take(&mut Bytes::copy_from_slice(bytes.get(..size).unwrap_or(bytes)))?;
    message.verify_crc()?;
    Ok(legacy_header(&message))
}

/// The bytes of the old message that these bytes begin, if they begin one.
fn legacy_size(bytes: &[u8]) -> Option<usize> {
    if !is_legacy(bytes) {
        return None;
    }
    let len = bytes.get(8..LOG_OVERHEAD).map_or(0, |mut len| len.get_i32());
    Some(LOG_OVERHEAD + usize::try_from(len).unwrap_or(0).min(MAX_LEGACY_LEN))
}

/// An old message in the terms of the present format: a batch of one offset, which of a compressed one is the last.
fn legacy_header(message: &LegacyBatch) -> BatchHeader {
    BatchHeader {
        base_offset: message.last_offset(),
        batch_length: i32::try_from(message.bytes().len().saturating_sub(LOG_OVERHEAD)).unwrap_or(i32::MAX),
        partition_leader_epoch: -1,
        magic: message.magic(),
        crc: 0,
        attributes: Attributes(i16::from(message.compression().id())).with_timestamp_type(message.timestamp_type()),
        last_offset_delta: 0,
        base_timestamp: message.max_timestamp(),
        max_timestamp: message.max_timestamp(),
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 1,
    }
}

/// Whether the checksum of a whole batch matches. That of an old message was compared when its header was read.
pub(crate) fn checksum_matches(batch: &[u8], header: &BatchHeader) -> bool {
    header.magic < 2 || batch.get(CRC_START..).is_some_and(|covered| crc32c::crc32c(covered) == header.crc)
}

/// The batches of a file from one on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The byte at which the first batch begins.
    pub(crate) position: u64,
    /// The byte at which the last one ends.
    pub(crate) end: u64,
    /// No offset is smaller.
    pub(crate) from: i64,
    /// All offsets are smaller.
    pub(crate) to: i64,
    /// The last offset of the first batch, where an index says it.
    pub(crate) first_ends_with: Option<i64>,
}

/// Reads batches one after the other from a part of a file, by their headers alone.
///
/// The offsets that they say must follow one another, and a batch behind which there is not another is held against
/// its checksum, so what is returned is where it should be. A batch is never larger than what is left of the file, so
/// nothing is allocated on the word of a damaged length.
#[derive(Debug)]
pub(crate) struct BatchScanner<'a> {
    file: &'a dyn StorageFile,
    span: Span,
    block: Bytes,
    block_position: u64,
    block_len: usize,
}

impl<'a> BatchScanner<'a> {
    /// Reads `block_len` bytes at once.
    pub(crate) fn new(file: &'a dyn StorageFile, span: Span, block_len: usize) -> Self {
        Self { file, span, block: Bytes::new(), block_position: 0, block_len }
    }

    /// Where the next batch begins.
    pub(crate) fn position(&self) -> u64 {
        self.span.position
    }

    /// The smallest offset that the next batch can have.
    pub(crate) fn next_offset(&self) -> i64 {
        self.span.from
    }

    /// The header of the next batch, or `None` at the end. After a defect it is tried again.
    pub(crate) fn next(&mut self) -> Result<Option<BatchAt>, ScanError> {
        let Some(batch) = self.look()? else { return Ok(None) };
        self.advance(&batch);
        Ok(Some(batch))
    }

    /// The same, with the checksum of each batch compared, and only if its offsets fit for the caller too.
    pub(crate) fn next_checked(&mut self, fits: impl Fn(&BatchHeader) -> bool) -> Result<Option<BatchAt>, ScanError> {
        let Some(batch) = self.look()? else { return Ok(None) };
        if !fits(&batch.header) {
            return Err(self.out_of_order(batch.position, &batch.header).into());
        }
        if !checksum_matches(&self.bytes(&batch)?, &batch.header) {
            return Err(Defect::Checksum { position: batch.position }.into());
        }
        self.advance(&batch);
        Ok(Some(batch))
    }

    fn look(&mut self) -> Result<Option<BatchAt>, ScanError> {
        let position = self.span.position;
        if position >= self.span.end {
            return Ok(None);
        }
        let header = self.header_at(position)?;
        self.check_order(position, &header)?;
        let batch = BatchAt { position, header };
        self.check_against_next(&batch)?;
        Ok(Some(batch))
    }

    fn advance(&mut self, batch: &BatchAt) {
        self.span.first_ends_with = None;
        self.span.position = batch.position + batch.header.size() as u64;
        self.span.from = batch.header.last_offset() + 1;
    }

    /// The header at a position before the end, if it can be one.
    fn header_at(&mut self, position: u64) -> Result<BatchHeader, ScanError> {
        let left = self.left(position);
        let bytes = self.fetch(position, HEADER_LEN.min(left))?;
        let bytes = match legacy_size(&bytes) {
            Some(size) => self.fetch(position, size.min(left))?,
            None => bytes,
        };
        self.interpret(position, &bytes)
    }

    /// The same, but what is held in memory stays.
    fn peek_at(&self, position: u64) -> Result<BatchHeader, ScanError> {
        let left = self.left(position);
        let read = |len: usize| match self.held(position, len) {
            Some(held) => Ok(held),
            None => self.file.read_at(position, len).map(join),
        };
        let bytes = read(HEADER_LEN.min(left))?;
        let bytes = match legacy_size(&bytes) {
            Some(size) => read(size.min(left))?,
            None => bytes,
        };
        self.interpret(position, &bytes)
    }

    fn left(&self, position: u64) -> usize {
        usize::try_from(self.span.end.saturating_sub(position)).unwrap_or(usize::MAX)
    }

    fn interpret(&self, position: u64, bytes: &Bytes) -> Result<BatchHeader, ScanError> {
        let left = self.span.end.saturating_sub(position);
        let header = header_of(bytes).map_err(|source| match source {
            // The file ends within it; how much of it is missing is known only if its length is there.
            BatchError::Truncated { needed, available } => {
                Defect::Torn { position, missing: needed.saturating_sub(available) as u64 }
            }
            source => Defect::Header { position, source },
        })?;
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
            return Err(self.out_of_order(position, &header).into());
        }
        Ok(header)
    }

    fn check_order(&self, position: u64, header: &BatchHeader) -> Result<(), Defect> {
        let (base, last) = (header.base_offset, header.last_offset());
        // Brokers before Kafka 3 wrote the last offset of all that was appended at once, so it may lie further on.
        let indexed = self.span.first_ends_with.is_none_or(|indexed| last <= indexed);
        if base < self.span.from || last >= self.span.to || !indexed {
            return Err(self.out_of_order(position, header));
        }
        Ok(())
    }

    fn out_of_order(&self, position: u64, header: &BatchHeader) -> Defect {
        let Span { from, to, .. } = self.span;
        Defect::Offset { position, base: header.base_offset, last: header.last_offset(), from, to }
    }

    /// What the checksum does not cover, and what it does but nobody has compared, shows in the batch behind: if that
    /// one does not follow, one of the two is damaged, and this tells whether it is this one.
    fn check_against_next(&mut self, batch: &BatchAt) -> Result<(), ScanError> {
        let BatchAt { position, header } = *batch;
        let behind = position + header.size() as u64;
        // Within one that the index names there is no telling what comes before.
        let gap_before = self.span.first_ends_with.is_none() && header.base_offset > self.span.from;
        let gap_behind = self.span.first_ends_with.is_some_and(|indexed| header.last_offset() < indexed);
        if behind < self.span.end {
            match self.peek_at(behind) {
                Ok(next) if next.base_offset > header.last_offset() => {
                    let continues = next.base_offset == header.last_offset() + 1;
                    return if gap_behind && !continues {
                        Err(self.out_of_order(position, &header).into())
                    } else {
                        Ok(())
                    };
                }
                Ok(_) if gap_before => return Err(self.out_of_order(position, &header).into()),
                Ok(_) | Err(ScanError::Defect(_)) => {}
                Err(io) => return Err(io),
            }
            if !checksum_matches(&self.bytes(batch)?, &header) {
                return Err(Defect::Checksum { position }.into());
            }
        } else if gap_behind {
            return Err(self.out_of_order(position, &header).into());
        }
        Ok(())
    }

    /// All bytes of a batch that the scanner returned.
    pub(crate) fn bytes(&mut self, batch: &BatchAt) -> io::Result<Bytes> {
        self.fetch(batch.position, batch.header.size())
    }

    /// After a defect: goes to the next batch of the present format whose offsets fit and whose checksum matches.
    /// Whether there is one.
    pub(crate) fn resume(&mut self) -> io::Result<bool> {
        let mut budget = (self.span.end - self.span.position).saturating_mul(RESUME_PASSES);
        let mut start = self.span.position + 1;
        while start < self.span.end {
            let block = self.fetch(start, WHOLE_BLOCK.min(self.left(start)))?;
            if block.len() <= MAGIC_AT {
                break;
            }
            for (at, magic) in block.iter().skip(MAGIC_AT).enumerate() {
                if *magic != 2 {
                    continue;
                }
                let position = start + at as u64;
                let Some(header) = self.sound_at(position, &mut budget)? else { continue };
                self.span.position = position;
                self.span.from = header.base_offset;
                self.span.first_ends_with = None;
                return Ok(true);
            }
            // The last bytes are too few to tell, so they are looked at again with those behind them.
            start += (block.len() - MAGIC_AT) as u64;
        }
        Ok(false)
    }

    fn sound_at(&mut self, position: u64, budget: &mut u64) -> io::Result<Option<BatchHeader>> {
        let header = match self.header_at(position) {
            Ok(header) if self.check_order(position, &header).is_ok() => header,
            Ok(_) | Err(ScanError::Defect(_)) => return Ok(None),
            Err(ScanError::Io(io)) => return Err(io),
        };
        let Some(rest) = budget.checked_sub(header.size() as u64) else { return Ok(None) };
        *budget = rest;
        let bytes = self.bytes(&BatchAt { position, header })?;
        Ok(checksum_matches(&bytes, &header).then_some(header))
    }

    /// `len` bytes, which lie before the end; fewer if the file was cut in the meantime.
    fn fetch(&mut self, position: u64, len: usize) -> io::Result<Bytes> {
        if let Some(held) = self.held(position, len) {
            return Ok(held);
        }
        self.block = join(self.file.read_at(position, self.block_len.max(len).min(self.left(position)))?);
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

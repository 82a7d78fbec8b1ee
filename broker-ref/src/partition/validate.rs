//! What a leader checks in a producer's batch and changes in it before it appends it.

use std::{borrow::Cow, ops::RangeInclusive, sync::Arc};

use bytes::{Bytes, BytesMut};
use ottla_protocol::{
    compression::{CompressionSettings, Compressor, DecompressError, Decompressor},
    error_code::ErrorCode,
    record::{
        BatchError, Compression, RecordBatch, RecordError, TimestampType,
        rebuild::recompress,
        stamp,
        validate::{BatchSummary, InvalidBatch, validate},
    },
};

use super::{
    checking::Codecs,
    record_fault::{RecordFault, RecordRules},
};
use crate::config::{CompressionType, TopicConfig};

/// The most bytes of a batch without compression that are checked at once.
const SMALL_PLAIN_BYTES: usize = 1024 * 1024;
/// The same of a compressed batch: an honest one that is longer is hardly small when decompressed.
const SMALL_COMPRESSED_BYTES: usize = 64 * 1024;
/// The same of a batch that has to be compressed, which is slower by far.
const SMALL_TO_COMPRESS_BYTES: usize = 16 * 1024;
/// The first version of Produce whose clients know zstd.
const ZSTD_FROM_VERSION: i16 = 7;

/// Why a batch was refused: what the producer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProduceRefusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// The records that are to blame.
    pub(crate) faults: Vec<RecordFault>,
}

impl ProduceRefusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), faults: Vec::new() }
    }

    fn of_records(code: ErrorCode, faults: Vec<RecordFault>) -> Self {
        let first = faults.first().map_or("", |fault| &*fault.why);
        let message = format!("{} of the records are to blame; the first: {first}", faults.len());
        Self { code, message, faults }
    }
}

impl From<InvalidBatch> for ProduceRefusal {
    fn from(error: InvalidBatch) -> Self {
        let code = match &error {
            InvalidBatch::CountMismatch { .. } | InvalidBatch::Control | InvalidBatch::NoSequence { .. } => {
                ErrorCode::INVALID_RECORD
            }
            InvalidBatch::Batch(error) => code_of(error),
            // A producer that hears this divides the batch, or gives up.
            InvalidBatch::Record(RecordError::Decompress(DecompressError::TooLarge { .. })) => {
                ErrorCode::MESSAGE_TOO_LARGE
            }
            InvalidBatch::Record(RecordError::Decompress(DecompressError::WindowTooLarge { .. })) => {
                ErrorCode::UNSUPPORTED_COMPRESSION_TYPE
            }
            // The checksum is right, so it is not the way here that damaged them, and sending them again is no use.
            InvalidBatch::Record(_) => ErrorCode::INVALID_RECORD,
            _ => ErrorCode::CORRUPT_MESSAGE,
        };
        Self::new(code, error.to_string())
    }
}

impl From<BatchError> for ProduceRefusal {
    fn from(error: BatchError) -> Self {
        Self::new(code_of(&error), error.to_string())
    }
}

fn code_of(error: &BatchError) -> ErrorCode {
    match error {
        // A request carries exactly one batch of the present format for each partition, and all of it.
        BatchError::TrailingBytes(_)
        | BatchError::UnsupportedMagic(0 | 1)
        | BatchError::Truncated { .. }
        | BatchError::BadRecordCount { .. }
        | BatchError::BadLastOffsetDelta(_) => ErrorCode::INVALID_RECORD,
        BatchError::UnknownCompression(_) => ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
        _ => ErrorCode::CORRUPT_MESSAGE,
    }
}

/// A batch that may be appended.
#[derive(Debug)]
pub(super) struct ValidBatch {
    pub(super) bytes: BytesMut,
    /// The time that the broker gave the records, if the topic wants it to.
    pub(super) log_append_time: Option<i64>,
    pub(super) is_transactional: bool,
}

/// A batch whose header is in order, as far as it can be told without a look at the records.
#[derive(Debug)]
pub(super) struct Unchecked {
    batch: RecordBatch,
    topic: Arc<TopicConfig>,
    now_ms: i64,
}

impl Unchecked {
    /// Reads the header of a batch in a Produce request of this version.
    pub(super) fn parse(
        records: Bytes,
        version: i16,
        topic: Arc<TopicConfig>,
        now_ms: i64,
    ) -> Result<Self, ProduceRefusal> {
        if records.is_empty() {
            return Err(ProduceRefusal::new(ErrorCode::INVALID_RECORD, "there is no record batch"));
        }
        let batch = RecordBatch::parse(records)?;
        check_envelope(&batch, version, &topic)?;
        Ok(Self { batch, topic, now_ms })
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.batch.size_bytes()
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.batch.compression() != Compression::None
    }

    /// Whether its size alone says that it takes longer than other tasks should wait.
    pub(super) fn is_large(&self) -> bool {
        let small = match (new_codec(&self.batch, &self.topic), self.batch.compression()) {
            (Some(_), _) => SMALL_TO_COMPRESS_BYTES,
            (None, Compression::None) => SMALL_PLAIN_BYTES,
            (None, _) => SMALL_COMPRESSED_BYTES,
        };
        self.batch.size_bytes() > small
    }

    /// Goes through the records, which may take so many bytes when decompressed.
    pub(super) fn inspect(&self, limit: usize, codecs: &mut Codecs) -> Result<BatchSummary, InvalidBatch> {
        validate(&self.batch, timestamp_bounds(&self.topic, self.now_ms), codecs.limited(limit))
    }

    /// Checks what was found in the records, and gives the batch the timestamps and the codec that the topic wants.
    pub(super) fn finish(self, summary: BatchSummary, codecs: &mut Codecs) -> Result<ValidBatch, ProduceRefusal> {
        let Self { batch, topic, now_ms } = self;
        let is_transactional = batch.is_transactional();
        // It was decompressed once, within the limit.
        codecs.limited(summary.size_bytes);
        let Codecs { compressor, decompressor } = codecs;
        let claimed = claimed_append_time(&batch);
        let rules = RecordRules::new(&topic, timestamp_bounds(&topic, now_ms), claimed);
        let batch = if claimed.is_some() { with_own_times(batch, &summary)? } else { batch };
        check_records(&batch, &summary, &rules, decompressor)?;
        let batch = with_topic_codec(batch, &topic, compressor, decompressor)?;
        let log_append_time = (topic.message_timestamp_type == TimestampType::LogAppendTime).then_some(now_ms);
        let bytes = with_timestamps(batch, &summary, log_append_time)?;
        Ok(ValidBatch { bytes, log_append_time, is_transactional })
    }
}

fn check_envelope(batch: &RecordBatch, version: i16, topic: &TopicConfig) -> Result<(), ProduceRefusal> {
    if batch.base_offset() != 0 {
        let why = format!("the base offset from a producer must be 0, not {}", batch.base_offset());
        return Err(ProduceRefusal::new(ErrorCode::INVALID_RECORD, why));
    }
    if batch.compression() == Compression::Zstd && version < ZSTD_FROM_VERSION {
        let why = format!("zstd needs Produce version {ZSTD_FROM_VERSION}, the request has {version}");
        return Err(ProduceRefusal::new(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, why));
    }
    check_size(batch.size_bytes(), topic)
}

fn check_size(size: usize, topic: &TopicConfig) -> Result<(), ProduceRefusal> {
    let max = usize::try_from(topic.max_message_bytes).unwrap_or(0);
    if size <= max {
        return Ok(());
    }
    let why = format!("a batch of {size} bytes is larger than max.message.bytes, {max}");
    Err(ProduceRefusal::new(ErrorCode::MESSAGE_TOO_LARGE, why))
}

/// The create times that the topic takes. With log append time they do not matter.
fn timestamp_bounds(topic: &TopicConfig, now_ms: i64) -> RangeInclusive<i64> {
    match topic.message_timestamp_type {
        TimestampType::LogAppendTime => i64::MIN..=i64::MAX,
        TimestampType::CreateTime => {
            let earliest = now_ms.saturating_sub(topic.message_timestamp_before_max_ms);
            earliest..=now_ms.saturating_add(topic.message_timestamp_after_max_ms)
        }
    }
}

/// The time that a broker gave all records of the batch, if its producer says so.
fn claimed_append_time(batch: &RecordBatch) -> Option<i64> {
    let claims = batch.attributes().timestamp_type() == TimestampType::LogAppendTime;
    claims.then_some(batch.header().max_timestamp)
}

/// The batch without such a claim, so that its records have their own times again.
fn with_own_times(batch: RecordBatch, summary: &BatchSummary) -> Result<RecordBatch, BatchError> {
    let bytes = stamp::with_timestamp(batch.into_bytes(), TimestampType::CreateTime, summary.max_timestamp)?;
    RecordBatch::parse(bytes)
}

fn check_records(
    batch: &RecordBatch,
    summary: &BatchSummary,
    rules: &RecordRules,
    decompressor: &mut Decompressor,
) -> Result<(), ProduceRefusal> {
    let has_faults = rules.bad_claim.is_some()
        || summary.first_bad_timestamp.is_some()
        || (rules.needs_keys && summary.first_keyless.is_some());
    if has_faults {
        // A second pass, in which they are found one by one: good batches, which are nearly all, do without.
        let records = batch.records(decompressor).map_err(InvalidBatch::from)?;
        let (code, faults) = rules.judge(records.iter().map_while(Result::ok));
        return Err(ProduceRefusal::of_records(code, faults));
    }
    if let Some(index) = summary.first_bad_offset_delta {
        let why = Cow::Borrowed("the records' offsets must count from 0 without gaps");
        return Err(ProduceRefusal::of_records(ErrorCode::INVALID_RECORD, vec![RecordFault { index, why }]));
    }
    Ok(())
}

/// The codec that the batch must get because the topic wants another one than it has.
fn new_codec(batch: &RecordBatch, topic: &TopicConfig) -> Option<Compression> {
    match topic.compression_type {
        CompressionType::Codec(codec) => Some(codec).filter(|codec| *codec != batch.compression()),
        CompressionType::Producer => None,
    }
}

fn with_topic_codec(
    batch: RecordBatch,
    topic: &TopicConfig,
    compressor: &mut Compressor,
    decompressor: &mut Decompressor,
) -> Result<RecordBatch, ProduceRefusal> {
    let Some(codec) = new_codec(&batch, topic) else { return Ok(batch) };
    let failed = |error: &dyn std::fmt::Display| {
        ProduceRefusal::new(ErrorCode::UNKNOWN_SERVER_ERROR, format!("the batch cannot be recompressed: {error}"))
    };
    let settings = codec_settings(codec, topic).map_err(|error| failed(&error))?;
    let bytes = recompress(&batch, &settings, compressor, decompressor).map_err(|error| failed(&error))?;
    check_size(bytes.len(), topic)?;
    Ok(RecordBatch::parse(bytes)?)
}

fn codec_settings(
    codec: Compression,
    topic: &TopicConfig,
) -> Result<CompressionSettings, ottla_protocol::compression::LevelError> {
    let settings = CompressionSettings::new(codec);
    match codec {
        // -1 is the codec's own default.
        Compression::Gzip if topic.compression_gzip_level != -1 => settings.with_level(topic.compression_gzip_level),
        Compression::Lz4 => settings.with_level(topic.compression_lz4_level),
        Compression::Zstd => settings.with_level(topic.compression_zstd_level),
        _ => Ok(settings),
    }
}

/// The header's largest timestamp is the producer's word; readers search by it, so it must be true.
fn with_timestamps(
    batch: RecordBatch,
    summary: &BatchSummary,
    log_append_time: Option<i64>,
) -> Result<BytesMut, ProduceRefusal> {
    let stored = (batch.attributes().timestamp_type(), batch.header().max_timestamp);
    let wanted = match log_append_time {
        Some(now) => (TimestampType::LogAppendTime, now),
        None => (TimestampType::CreateTime, summary.max_timestamp),
    };
    let mut bytes = owned(batch.into_bytes());
    if stored != wanted {
        stamp::set_timestamp(&mut bytes, wanted.0, wanted.1)?;
    }
    Ok(bytes)
}

/// The request's frame itself, if this batch is all that is left of it; otherwise a copy. So is a small batch, which the log
/// may keep for long, and which may lie in many times as much memory.
fn owned(bytes: Bytes) -> BytesMut {
    match bytes.try_into_mut() {
        Ok(frame) if frame.capacity() <= 2 * frame.len() => frame,
        Ok(roomy) => BytesMut::from(&roomy[..]),
        Err(shared) => BytesMut::from(&shared[..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_batch_does_not_keep_the_memory_that_it_was_read_into_and_a_large_one_is_not_copied() {
        let read = |len: usize| {
            let mut buffer = BytesMut::with_capacity(8 * 1024);
            buffer.resize(len, 7);
            buffer.freeze()
        };
        assert!(owned(read(100)).capacity() < 200);
        let large = read(6000);
        let place = large.as_ptr();
        assert_eq!(owned(large).as_ptr(), place);
        let shared = read(6000);
        assert_ne!(owned(shared.clone()).as_ptr(), shared.as_ptr());
    }
}

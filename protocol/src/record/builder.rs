//! Writing a batch: records are encoded straight into the buffer that is sent.

use bytes::{Bytes, BytesMut};

use super::header::write_crc;
use super::varint::{self, Prefix};
use super::{Attributes, BatchHeader, Compression, HEADER_LEN, LOG_OVERHEAD, TimestampType};
use crate::compression::{CompressError, CompressionSettings, Compressor};

/// Smallest encoded record: seven one-byte fields.
pub(super) const MIN_RECORD_LEN: usize = 7;

/// Who produced a batch, for idempotence and transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerStamp {
    /// The producer id, or -1.
    pub producer_id: i64,
    /// The producer epoch, or -1.
    pub producer_epoch: i16,
    /// Sequence of the batch's first record, or -1.
    pub base_sequence: i32,
}

impl ProducerStamp {
    /// No idempotence.
    pub const NONE: Self = Self { producer_id: -1, producer_epoch: -1, base_sequence: -1 };
}

impl Default for ProducerStamp {
    fn default() -> Self {
        Self::NONE
    }
}

/// What is known about a batch before its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSettings {
    /// Codec and level, applied when the batch is sealed.
    pub compression: CompressionSettings,
    /// Who sets the timestamps; a producer leaves this at create time.
    pub timestamp_type: TimestampType,
    /// Producer id, epoch and sequence; [`RecordBatchBuilder::set_producer`] can set them until the seal.
    pub producer: ProducerStamp,
    /// Whether the batch is part of a transaction.
    pub transactional: bool,
    /// Whether the batch is a control batch.
    pub control: bool,
    /// Offset of the first record: 0 for a producer.
    pub base_offset: i64,
    /// Leader epoch: -1 for a producer.
    pub partition_leader_epoch: i32,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            compression: CompressionSettings::default(),
            timestamp_type: TimestampType::CreateTime,
            producer: ProducerStamp::NONE,
            transactional: false,
            control: false,
            base_offset: 0,
            partition_leader_epoch: -1,
        }
    }
}

/// Why a record does not fit into a batch; the batch is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The record or the batch would exceed the 2 GiB that the format has room for.
    #[error("a record batch cannot grow to {size} bytes")]
    TooLarge {
        /// Size in bytes that the batch would have had, uncompressed.
        size: usize,
    },
    /// The batch would hold more records than its count has room for.
    #[error("a record batch cannot hold more than {} records", i32::MAX)]
    TooManyRecords,
}

/// Writes one v2 batch after another.
///
/// [`append`](Self::append) encodes a record behind the others at once: nothing is kept per record, and nothing is
/// allocated but what the buffer needs to grow. [`seal`](Self::seal) fills in the header, compresses if the settings
/// ask for it, and leaves the builder empty for the next batch.
#[derive(Debug)]
pub struct RecordBatchBuilder {
    settings: BatchSettings,
    /// Room for the header, then the records, uncompressed. Empty until the first record, so that a builder that is
    /// dropped after a seal has not prepared for nothing.
    buf: BytesMut,
    record_count: i32,
    base_timestamp: i64,
    max_timestamp: i64,
    compression_ratio: f32,
}

impl RecordBatchBuilder {
    /// An empty batch.
    pub fn new(settings: BatchSettings) -> Self {
        Self::with_capacity(settings, 0)
    }

    /// An empty batch whose buffer has room for `capacity` bytes, header included.
    pub fn with_capacity(settings: BatchSettings, capacity: usize) -> Self {
        Self::with_buffer(settings, BytesMut::with_capacity(capacity.max(HEADER_LEN)))
    }

    /// An empty batch that writes into `buf`, whose contents are dropped.
    pub fn with_buffer(settings: BatchSettings, buf: BytesMut) -> Self {
        let mut builder =
            Self { settings, buf, record_count: 0, base_timestamp: -1, max_timestamp: -1, compression_ratio: 1.0 };
        builder.clear();
        builder
    }

    /// What the batch was made with.
    pub fn settings(&self) -> &BatchSettings {
        &self.settings
    }

    /// Sets who produces the batch: sequences are known when a batch is drained, not when it is opened.
    pub fn set_producer(&mut self, producer: ProducerStamp) {
        self.settings.producer = producer;
    }

    /// Sets whether the batch is part of a transaction.
    pub fn set_transactional(&mut self, transactional: bool) {
        self.settings.transactional = transactional;
    }

    /// Sets what share of its uncompressed size a compressed batch is expected to take, for
    /// [`estimated_size_with`](Self::estimated_size_with). Without it, 1.
    pub fn set_compression_ratio(&mut self, ratio: f32) {
        self.compression_ratio = ratio.clamp(0.0, 1.0);
    }

    /// Records in the batch.
    pub fn record_count(&self) -> i32 {
        self.record_count
    }

    /// Whether there are no records yet.
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }

    /// Size of the batch in bytes, header included, before compression.
    #[inline]
    pub fn size_bytes(&self) -> usize {
        self.buf.len().max(HEADER_LEN)
    }

    /// The largest timestamp so far in milliseconds, -1 when empty.
    pub fn max_timestamp(&self) -> i64 {
        self.max_timestamp
    }

    /// Size in bytes that the sealed batch would have with this record: exact without compression, by the expected
    /// ratio with it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate; casts of floats saturate"
    )]
    pub fn estimated_size_with<'h>(
        &self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> usize {
        let mut count = 0;
        let headers_len = headers.into_iter().fold(0usize, |len, header| {
            count += 1;
            len.saturating_add(header_len(header))
        });
        let record = RecordLayout::new(self.delta(timestamp), self.record_count, key, value, count, headers_len);
        let records = (self.size_bytes() - HEADER_LEN).saturating_add(record.total);
        match self.settings.compression.compression() {
            Compression::None => HEADER_LEN.saturating_add(records),
            _ => HEADER_LEN + (records as f64 * f64::from(self.compression_ratio)).ceil() as usize,
        }
    }

    /// Appends a record and returns its offset delta, the number of records before it.
    ///
    /// `timestamp` is in milliseconds since the epoch. `headers` is walked twice: first for its size. Pass `[]` for
    /// no headers.
    ///
    /// # Errors
    /// [`AppendError`] if the format has no room for it; the batch is as it was.
    #[inline]
    pub fn append<'h, H>(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<i32, AppendError>
    where
        H: IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let headers = headers.into_iter();
        let layout = self.layout(timestamp, key, value, headers.clone())?;
        Ok(self.write(timestamp, &layout, key, value, headers))
    }

    /// As [`append`](Self::append), but appends nothing and returns `None` if that made the batch, uncompressed,
    /// larger than `max_bytes`. The first record is always taken: a batch has to hold one.
    ///
    /// # Errors
    /// [`AppendError`] if the format has no room for it; the batch is as it was.
    #[inline]
    pub fn append_within<'h, H>(
        &mut self,
        max_bytes: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<Option<i32>, AppendError>
    where
        H: IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let headers = headers.into_iter();
        let layout = self.layout(timestamp, key, value, headers.clone())?;
        if self.record_count > 0 && self.size_bytes() + layout.total > max_bytes {
            return Ok(None);
        }
        Ok(Some(self.write(timestamp, &layout, key, value, headers)))
    }

    /// Fills in the header and returns the batch; the builder is left empty with the same settings.
    ///
    /// Without compression nothing is copied. With it the records are compressed into a new buffer, and this one is
    /// kept for the next batch. As in Kafka, a result that is larger than its input is sent all the same. A batch
    /// without records is legal in a log only; a broker refuses it from a producer.
    ///
    /// # Errors
    /// [`CompressError`] if the codec fails; the records are still in the builder.
    pub fn seal(&mut self, compressor: &mut Compressor) -> Result<Bytes, CompressError> {
        self.reserve_header(0);
        let sealed = match self.settings.compression.compression() {
            Compression::None => self.buf.split(),
            _ => self.compressed(compressor)?,
        };
        Ok(self.finish(sealed))
    }

    /// As [`seal`](Self::seal) for settings without compression, which cannot fail.
    pub fn seal_uncompressed(&mut self) -> Bytes {
        self.settings.compression = CompressionSettings::default();
        self.reserve_header(0);
        let sealed = self.buf.split();
        self.finish(sealed)
    }

    fn finish(&mut self, mut sealed: BytesMut) -> Bytes {
        self.header(sealed.len()).write_into(&mut sealed);
        write_crc(&mut sealed);
        self.clear();
        sealed.freeze()
    }

    /// Drops the records.
    pub fn clear(&mut self) {
        self.buf.clear();
        self.record_count = 0;
        self.base_timestamp = -1;
        self.max_timestamp = -1;
    }

    /// Makes room for the header, if that has not been done, and for `more` bytes behind it.
    fn reserve_header(&mut self, more: usize) {
        if self.buf.is_empty() {
            self.buf.reserve(HEADER_LEN + more);
            self.buf.resize(HEADER_LEN, 0);
        }
    }

    fn compressed(&self, compressor: &mut Compressor) -> Result<BytesMut, CompressError> {
        let records =
            compressor.compress(&self.settings.compression, self.buf.get(HEADER_LEN..).unwrap_or_default())?;
        if HEADER_LEN + records.len() > i32::MAX as usize {
            let reason = "the result is larger than a batch can be".to_owned();
            return Err(CompressError { codec: self.settings.compression.compression(), reason });
        }
        let mut sealed = BytesMut::with_capacity(HEADER_LEN + records.len());
        sealed.resize(HEADER_LEN, 0);
        sealed.extend_from_slice(records);
        Ok(sealed)
    }

    fn header(&self, size: usize) -> BatchHeader {
        let settings = &self.settings;
        BatchHeader {
            base_offset: settings.base_offset,
            batch_length: saturated(size - LOG_OVERHEAD),
            partition_leader_epoch: settings.partition_leader_epoch,
            magic: 2,
            crc: 0,
            attributes: Attributes::default()
                .with_compression(settings.compression.compression())
                .with_timestamp_type(settings.timestamp_type)
                .with_transactional(settings.transactional)
                .with_control(settings.control),
            last_offset_delta: (self.record_count - 1).max(0),
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: settings.producer.producer_id,
            producer_epoch: settings.producer.producer_epoch,
            base_sequence: settings.producer.base_sequence,
            record_count: self.record_count,
        }
    }

    #[inline(always)]
    fn delta(&self, timestamp: i64) -> i64 {
        if self.record_count == 0 { 0 } else { timestamp.wrapping_sub(self.base_timestamp) }
    }

    #[inline(always)]
    fn layout<'h>(
        &self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl Iterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> Result<RecordLayout, AppendError> {
        let mut count = 0usize;
        let mut headers_len = 0usize;
        for header in headers {
            count += 1;
            headers_len = headers_len.saturating_add(header_len(header));
        }
        let layout = RecordLayout::new(self.delta(timestamp), self.record_count, key, value, count, headers_len);
        let size = self.size_bytes().saturating_add(layout.total);
        if size > i32::MAX as usize {
            return Err(AppendError::TooLarge { size });
        }
        if self.record_count == i32::MAX {
            return Err(AppendError::TooManyRecords);
        }
        Ok(layout)
    }

    #[inline(always)]
    fn write<'h>(
        &mut self,
        timestamp: i64,
        layout: &RecordLayout,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl Iterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> i32 {
        let offset_delta = self.record_count;
        if offset_delta == 0 {
            self.reserve_header(layout.total);
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.record_count += 1;
        self.buf.reserve(layout.total);
        let mut prefix = Prefix::new();
        prefix.put_i32(saturated(layout.body));
        prefix.put_u8(0);
        prefix.put_i64(layout.timestamp_delta);
        prefix.put_i32(offset_delta);
        prefix.put_i32(len_or_null(key));
        if let Some(key) = key {
            self.buf.extend_from_slice(prefix.as_slice());
            self.buf.extend_from_slice(key);
            prefix = Prefix::new();
        }
        prefix.put_i32(len_or_null(value));
        self.buf.extend_from_slice(prefix.as_slice());
        if let Some(value) = value {
            self.buf.extend_from_slice(value);
        }
        let mut count = Prefix::new();
        count.put_i32(layout.header_count);
        self.buf.extend_from_slice(count.as_slice());
        for (key, value) in headers {
            write_header(&mut self.buf, key, value);
        }
        offset_delta
    }
}

/// The sizes of a record, known before its first byte is written.
struct RecordLayout {
    timestamp_delta: i64,
    header_count: i32,
    /// Bytes after the length field.
    body: usize,
    /// Bytes with the length field.
    total: usize,
}

impl RecordLayout {
    #[inline(always)]
    fn new(
        timestamp_delta: i64,
        offset_delta: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        header_count: usize,
        headers_len: usize,
    ) -> Self {
        let header_count = saturated(header_count);
        let body = (1 + varint::len_i64(timestamp_delta) + varint::len_i32(offset_delta))
            .saturating_add(nullable_len(key))
            .saturating_add(nullable_len(value))
            .saturating_add(varint::len_i32(header_count))
            .saturating_add(headers_len);
        let total = body.saturating_add(varint::len_i32(saturated(body)));
        Self { timestamp_delta, header_count, body, total }
    }
}

fn write_header(buf: &mut BytesMut, key: &str, value: Option<&[u8]>) {
    let mut prefix = Prefix::new();
    prefix.put_i32(saturated(key.len()));
    buf.extend_from_slice(prefix.as_slice());
    buf.extend_from_slice(key.as_bytes());
    let mut prefix = Prefix::new();
    prefix.put_i32(len_or_null(value));
    buf.extend_from_slice(prefix.as_slice());
    if let Some(value) = value {
        buf.extend_from_slice(value);
    }
}

#[inline(always)]
fn header_len((key, value): (&str, Option<&[u8]>)) -> usize {
    nullable_len(Some(key.as_bytes())).saturating_add(nullable_len(value))
}

#[inline(always)]
fn nullable_len(bytes: Option<&[u8]>) -> usize {
    let len = bytes.map_or(0, <[u8]>::len);
    len.saturating_add(varint::len_i32(len_or_null(bytes)))
}

#[inline(always)]
fn len_or_null(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| saturated(bytes.len()))
}

/// A length as the format has it. What does not fit is refused before it is written.
#[inline(always)]
fn saturated(len: usize) -> i32 {
    i32::try_from(len).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::compression::Decompressor;
    use crate::record::{BatchError, RecordBatch};

    type Sample = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

    fn append(builder: &mut RecordBatchBuilder, (timestamp, key, value, headers): &Sample) {
        let headers = headers.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
        builder.append(*timestamp, key.as_deref(), value.as_deref(), headers).unwrap();
    }

    fn read(bytes: Bytes) -> Vec<Sample> {
        let batch = RecordBatch::parse(bytes).unwrap();
        batch.verify_crc().unwrap();
        let records = batch.records(&mut Decompressor::default()).unwrap();
        let mut read = Vec::new();
        for (offset, record) in (batch.base_offset()..).zip(&records) {
            let record = record.unwrap();
            assert_eq!(record.offset, offset);
            let headers = record.headers().map(|header| header.unwrap());
            read.push((
                record.timestamp,
                record.key.map(<[u8]>::to_vec),
                record.value.map(<[u8]>::to_vec),
                headers.map(|h| (h.key_str().into_owned(), h.value.map(<[u8]>::to_vec))).collect(),
            ));
        }
        assert_eq!(read.len() as i32, batch.record_count());
        read
    }

    fn sample() -> impl Strategy<Value = Sample> {
        let bytes = || option::of(vec(any::<u8>(), 0..200));
        (any::<i64>(), bytes(), bytes(), vec((".{0,20}", bytes()), 0..4))
    }

    proptest! {
        #[test]
        fn what_is_appended_is_read_back(samples in vec(sample(), 1..20), base_offset in 0..1i64 << 60) {
            let mut builder = RecordBatchBuilder::new(BatchSettings { base_offset, ..Default::default() });
            for sample in &samples {
                let headers = sample.3.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
                let size = builder.estimated_size_with(sample.0, sample.1.as_deref(), sample.2.as_deref(), headers);
                append(&mut builder, sample);
                prop_assert_eq!(builder.size_bytes(), size);
            }
            let max = samples.iter().map(|sample| sample.0).max().unwrap();
            let sealed = builder.seal(&mut Compressor::default()).unwrap();
            prop_assert_eq!(RecordBatch::parse(sealed.clone()).unwrap().header().max_timestamp, max);
            prop_assert_eq!(read(sealed), samples);
            prop_assert!(builder.is_empty());
        }
    }

    #[test]
    fn a_sealed_batch_has_the_bytes_that_the_format_asks_for() {
        let producer = ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence: 5 };
        let mut builder = RecordBatchBuilder::new(BatchSettings { transactional: true, ..Default::default() });
        builder.append(1000, Some(b"k"), Some(b"v"), []).unwrap();
        builder.append(1002, None, None, [("h", None)]).unwrap();
        builder.set_producer(producer);
        let sealed = builder.seal(&mut Compressor::default()).unwrap();
        let expected = [
            &b"\0\0\0\0\0\0\0\0"[..],               // base offset
            b"\0\0\0\x44",                          // length
            b"\xff\xff\xff\xff",                    // leader epoch
            b"\x02",                                // magic
            &sealed[17..21],                        // checksum
            b"\0\x10",                              // attributes: transactional
            b"\0\0\0\x01",                          // last offset delta
            b"\0\0\0\0\0\0\x03\xe8",                // base timestamp
            b"\0\0\0\0\0\0\x03\xea",                // max timestamp
            b"\0\0\0\0\0\0\0\x09",                  // producer id
            b"\0\x01",                              // producer epoch
            b"\0\0\0\x05",                          // base sequence
            b"\0\0\0\x02",                          // count
            b"\x10\0\0\0\x02k\x02v\0",              // first record
            b"\x12\0\x04\x02\x01\x01\x02\x02h\x01", // second record
        ]
        .concat();
        assert_eq!(sealed, expected);
        assert_eq!(sealed[17..21], crc32c::crc32c(&sealed[21..]).to_be_bytes());
    }

    #[test]
    fn a_builder_goes_on_after_a_seal_with_an_empty_batch() {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        let mut compressor = Compressor::default();
        let one = (5, None, Some(b"one".to_vec()), vec![]);
        let two = (6, None, Some(b"two".to_vec()), vec![]);
        append(&mut builder, &one);
        let first = builder.seal(&mut compressor).unwrap();
        append(&mut builder, &two);
        let second = builder.seal(&mut compressor).unwrap();
        assert_eq!(read(first), [one]);
        assert_eq!(read(second), [two]);
    }

    #[test]
    fn a_batch_without_records_is_a_header_alone() {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        assert_eq!(builder.size_bytes(), HEADER_LEN);
        let sealed = builder.seal(&mut Compressor::default()).unwrap();
        assert_eq!(sealed.len(), HEADER_LEN);
        assert_eq!(read(sealed), []);
    }

    #[test]
    fn a_full_batch_takes_no_more_but_an_empty_one_takes_any_record() {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        assert_eq!(builder.append_within(100, 0, None, Some(&[0; 1000]), []), Ok(Some(0)));
        let size = builder.size_bytes();
        assert_eq!(builder.append_within(size + 7, 0, None, Some(b"1"), []), Ok(None));
        assert_eq!(builder.append_within(size + 8, 0, None, Some(b"1"), []), Ok(Some(1)));
        assert_eq!(builder.size_bytes(), size + 8);
    }

    #[test]
    fn a_flipped_bit_anywhere_after_the_checksum_is_noticed() {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        builder.append(1, Some(b"key"), Some(b"value"), []).unwrap();
        let sealed = builder.seal(&mut Compressor::default()).unwrap();
        for at in crate::record::CRC_START - 4..sealed.len() {
            let mut bytes = sealed.to_vec();
            bytes[at] ^= 1;
            // Some flips make the structure bad, which is as good.
            if let Ok(batch) = RecordBatch::parse(bytes.into()) {
                assert!(matches!(batch.verify_crc(), Err(BatchError::BadCrc { .. })), "byte {at}");
            }
        }
    }
}

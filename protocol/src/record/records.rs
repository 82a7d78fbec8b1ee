//! The records of a batch, decoded one at a time.

use bytes::Bytes;

use super::legacy::{self, LegacyContext};
use super::varint::{take_i32, take_i64, take_u8};
use super::{BatchHeader, RecordError};

/// The records of one batch, decompressed but not decoded.
///
/// Cheap to clone. [`iter`](Self::iter) borrows from it; [`into_iter`](IntoIterator::into_iter) gives records that
/// share its memory and outlive it.
#[derive(Clone, Debug)]
pub struct Records {
    encoded: Bytes,
    context: Context,
}

/// What the header says that a record is relative to.
#[derive(Clone, Copy, Debug)]
enum Context {
    V2(V2Context),
    Legacy(LegacyContext),
}

#[derive(Clone, Copy, Debug)]
struct V2Context {
    base_offset: i64,
    base_timestamp: i64,
    append_time: Option<i64>,
    count: i32,
}

impl Records {
    pub(super) fn v2(encoded: Bytes, header: &BatchHeader) -> Self {
        let context = V2Context {
            base_offset: header.base_offset,
            base_timestamp: header.base_timestamp,
            append_time: header.append_time(),
            count: header.record_count,
        };
        Self { encoded, context: Context::V2(context) }
    }

    pub(super) fn legacy(encoded: Bytes, context: LegacyContext) -> Self {
        Self { encoded, context: Context::Legacy(context) }
    }

    /// The encoded records.
    pub fn encoded(&self) -> &Bytes {
        &self.encoded
    }

    /// Iterates without copying or sharing anything.
    pub fn iter(&self) -> RecordIter<'_> {
        RecordIter { encoded: &self.encoded, rest: &self.encoded, context: self.context, remaining: self.len() }
    }

    /// Iterates from a place that [`RecordCursor`] has reached.
    fn iter_at(&self, position: usize, remaining: i32) -> RecordIter<'_> {
        let rest = self.encoded.get(position..).unwrap_or_default();
        RecordIter { encoded: &self.encoded, rest, context: self.context, remaining }
    }

    fn len(&self) -> i32 {
        match self.context {
            Context::V2(context) => context.count,
            Context::Legacy(context) => context.count,
        }
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = Result<RecordRef<'a>, RecordError>;
    type IntoIter = RecordIter<'a>;

    fn into_iter(self) -> RecordIter<'a> {
        self.iter()
    }
}

impl IntoIterator for Records {
    type Item = Result<Record, RecordError>;
    type IntoIter = RecordCursor;

    fn into_iter(self) -> RecordCursor {
        RecordCursor { position: 0, remaining: self.len(), records: self }
    }
}

/// Iterates over [`Records`] by reference. Ends after the first error.
#[derive(Clone, Debug)]
pub struct RecordIter<'a> {
    encoded: &'a Bytes,
    rest: &'a [u8],
    context: Context,
    remaining: i32,
}

impl<'a> Iterator for RecordIter<'a> {
    type Item = Result<RecordRef<'a>, RecordError>;

    /// In its place, a record is used from registers; put together in memory and taken apart again, it takes twice as
    /// long. What is rare is elsewhere, and leaves no reference behind.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.remaining <= 0 {
            return self.check_end();
        }
        let Context::V2(context) = self.context else { return self.next_legacy() };
        let mut rest = self.rest;
        let record = RawRecord::take(&mut rest);
        self.remaining = if record.is_ok() { self.remaining - 1 } else { 0 };
        self.rest = if record.is_ok() { rest } else { &[] };
        Some(record.map(|raw| raw.in_batch(context, self.encoded)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = usize::try_from(self.remaining).unwrap_or_default();
        // One more, because an error may take the place of the end.
        (0, Some(remaining + 1))
    }
}

impl std::iter::FusedIterator for RecordIter<'_> {}

impl<'a> RecordIter<'a> {
    #[cold]
    #[inline(never)]
    fn next_legacy(&mut self) -> Option<Result<RecordRef<'a>, RecordError>> {
        let Context::Legacy(context) = self.context else { return None };
        let record = legacy::next_record(&mut self.rest, self.encoded, context);
        self.remaining = if record.is_ok() { self.remaining - 1 } else { self.fuse() };
        Some(record)
    }

    /// What is left over after the last record is an error, once.
    #[cold]
    #[inline(never)]
    fn check_end(&mut self) -> Option<Result<RecordRef<'a>, RecordError>> {
        let left = self.rest.len();
        self.fuse();
        (left > 0).then_some(Err(RecordError::TrailingBytes(left, "record of a batch")))
    }

    fn fuse(&mut self) -> i32 {
        self.rest = &[];
        0
    }
}

/// Iterates over [`Records`] and owns them, so that it can be kept between calls.
#[derive(Clone, Debug)]
pub struct RecordCursor {
    records: Records,
    position: usize,
    remaining: i32,
}

impl RecordCursor {
    /// The next record, borrowed from the cursor: cheaper than [`next`](Iterator::next), which shares memory.
    #[inline]
    pub fn next_ref(&mut self) -> Option<Result<RecordRef<'_>, RecordError>> {
        self.advance(Iterator::next)
    }

    /// Lets `walk` take records borrowed from the cursor, which stands where it stopped afterwards: cheaper than one
    /// [`next_ref`](Self::next_ref) after the other.
    #[inline]
    pub fn advance<'a, R>(&'a mut self, walk: impl FnOnce(&mut RecordIter<'a>) -> R) -> R {
        let mut iter = self.records.iter_at(self.position, self.remaining);
        let result = walk(&mut iter);
        self.position = self.records.encoded.len() - iter.rest.len();
        self.remaining = iter.remaining;
        result
    }

    /// Iterates over the records that are left without moving the cursor.
    pub fn iter(&self) -> RecordIter<'_> {
        self.records.iter_at(self.position, self.remaining)
    }
}

impl Iterator for RecordCursor {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_ref().map(|record| record.map(|r| r.to_record()))
    }
}

/// A record whose key, value and headers are slices of its batch.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Position in the partition.
    pub offset: i64,
    /// Milliseconds since the epoch; -1 in a message of format 0, which has none.
    pub timestamp: i64,
    /// The key, if there is one.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone in a compacted topic.
    pub value: Option<&'a [u8]>,
    headers: Headers<'a>,
    encoded: &'a Bytes,
}

impl<'a> RecordRef<'a> {
    pub(super) fn without_headers(
        offset: i64,
        timestamp: i64,
        key: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
        encoded: &'a Bytes,
    ) -> Self {
        Self { offset, timestamp, key, value, headers: Headers::default(), encoded }
    }

    /// The headers, decoded as they are iterated over.
    pub fn headers(&self) -> Headers<'a> {
        self.headers
    }

    /// The key, sharing the batch's memory.
    pub fn key_bytes(&self) -> Option<Bytes> {
        self.key.map(|key| share(self.encoded, key))
    }

    /// The value, sharing the batch's memory.
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.value.map(|value| share(self.encoded, value))
    }

    /// The record, sharing the batch's memory.
    pub fn to_record(&self) -> Record {
        Record {
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key_bytes(),
            value: self.value_bytes(),
            headers: RecordHeaders { count: self.headers.count, encoded: share(self.encoded, self.headers.rest) },
        }
    }
}

/// A record that shares the memory of its batch.
#[derive(Clone, Debug)]
pub struct Record {
    /// Position in the partition.
    pub offset: i64,
    /// Milliseconds since the epoch; -1 in a message of format 0, which has none.
    pub timestamp: i64,
    /// The key, if there is one.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone in a compacted topic.
    pub value: Option<Bytes>,
    /// The headers, not decoded.
    pub headers: RecordHeaders,
}

/// The headers of a [`Record`].
#[derive(Clone, Debug, Default)]
pub struct RecordHeaders {
    count: u32,
    encoded: Bytes,
}

impl RecordHeaders {
    /// Iterates over the headers in the order in which they were added.
    pub fn iter(&self) -> Headers<'_> {
        Headers { count: self.count, rest: &self.encoded }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A header's key or value, sharing the record's memory. A slice of something else is copied.
    pub fn share(&self, slice: &[u8]) -> Bytes {
        share(&self.encoded, slice)
    }
}

/// The headers of a record, decoded one at a time. Ends after the first error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    count: u32,
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    /// How many are left.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether none are left.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The value of the last header with this key, as Kafka's `lastHeader`. A malformed header ends the search.
    pub fn last(self, key: &str) -> Option<HeaderRef<'a>> {
        self.map_while(Result::ok).filter(|header| header.key == key.as_bytes()).last()
    }

    fn next_header(&mut self) -> Result<HeaderRef<'a>, RecordError> {
        let key = take_nullable(&mut self.rest, "header key length")?.ok_or(RecordError::BadLength {
            field: "header key length",
            value: -1,
            available: self.rest.len(),
        })?;
        let value = take_nullable(&mut self.rest, "header value length")?;
        if self.count == 1 && !self.rest.is_empty() {
            return Err(RecordError::TrailingBytes(self.rest.len(), "header of a record"));
        }
        Ok(HeaderRef { key, value })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<HeaderRef<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.count == 0 {
            return None;
        }
        let header = self.next_header();
        self.count = if header.is_ok() { self.count - 1 } else { 0 };
        Some(header)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.count as usize))
    }
}

/// A header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderRef<'a> {
    /// The key: UTF-8 by Kafka's rules, but nobody checks that on the way, so it may be anything.
    pub key: &'a [u8],
    /// The value, if there is one.
    pub value: Option<&'a [u8]>,
}

impl<'a> HeaderRef<'a> {
    /// The key as a string; what is not UTF-8 is replaced, as Kafka's own client does.
    pub fn key_str(&self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.key)
    }
}

/// `slice` as a part of `whole` if it is one, else a copy.
fn share(whole: &Bytes, slice: &[u8]) -> Bytes {
    let (outer, inner) = (whole.as_ptr_range(), slice.as_ptr_range());
    if outer.start <= inner.start && inner.end <= outer.end {
        whole.slice_ref(slice)
    } else {
        Bytes::copy_from_slice(slice)
    }
}

/// The fields of a v2 record.
pub(super) struct RawRecord<'a> {
    pub(super) timestamp_delta: i64,
    pub(super) offset_delta: i32,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: Headers<'a>,
}

impl<'a> RawRecord<'a> {
    /// Takes a record from the front of `input`.
    #[inline(always)]
    pub(super) fn take(input: &mut &'a [u8]) -> Result<Self, RecordError> {
        let len = take_i32(input)?;
        let mut body = take_slice(input, len, "record length")?;
        // The record's attributes: no bit of them is in use.
        take_u8(&mut body)?;
        let timestamp_delta = take_i64(&mut body)?;
        let offset_delta = take_i32(&mut body)?;
        let key = take_nullable(&mut body, "key length")?;
        let value = take_nullable(&mut body, "value length")?;
        let headers = take_headers(body)?;
        Ok(Self { timestamp_delta, offset_delta, key, value, headers })
    }

    #[inline(always)]
    fn in_batch(self, context: V2Context, encoded: &'a Bytes) -> RecordRef<'a> {
        RecordRef {
            offset: context.base_offset.wrapping_add(i64::from(self.offset_delta)),
            timestamp: context.append_time.unwrap_or_else(|| context.base_timestamp.wrapping_add(self.timestamp_delta)),
            key: self.key,
            value: self.value,
            headers: self.headers,
            encoded,
        }
    }
}

#[inline(always)]
fn take_headers(mut body: &[u8]) -> Result<Headers<'_>, RecordError> {
    let count = take_i32(&mut body)?;
    match u32::try_from(count) {
        Ok(0) if !body.is_empty() => Err(RecordError::TrailingBytes(body.len(), "field of a record")),
        // The smallest header is two lengths.
        Ok(count) if (count as usize).saturating_mul(2) <= body.len() => Ok(Headers { count, rest: body }),
        _ => Err(bad_length("header count", count, body.len())),
    }
}

/// Takes bytes with their length before them; -1 is null, and nothing else below zero is legal.
#[inline(always)]
fn take_nullable<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Option<&'a [u8]>, RecordError> {
    match take_i32(input)? {
        -1 => Ok(None),
        len => take_slice(input, len, field).map(Some),
    }
}

#[inline(always)]
pub(super) fn take_slice<'a>(input: &mut &'a [u8], len: i32, field: &'static str) -> Result<&'a [u8], RecordError> {
    let slice = usize::try_from(len).ok().and_then(|len| input.split_at_checked(len));
    let Some((slice, rest)) = slice else { return Err(bad_length(field, len, input.len())) };
    *input = rest;
    Ok(slice)
}

#[cold]
#[inline(never)]
fn bad_length(field: &'static str, value: i32, available: usize) -> RecordError {
    RecordError::BadLength { field, value: value.into(), available }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::compression::{Compressor, Decompressor};
    use crate::record::{Batch, BatchSettings, RecordBatch, RecordBatchBuilder};

    fn sealed() -> Bytes {
        let mut builder = RecordBatchBuilder::new(BatchSettings { base_offset: 10, ..Default::default() });
        builder.append(100, Some(b"key"), Some(b"value"), [("a", Some(&b"1"[..])), ("b", None), ("a", None)]).unwrap();
        builder.append(99, None, Some(b""), []).unwrap();
        builder.append(101, Some(b""), None, []).unwrap();
        builder.seal(&mut Compressor::default()).unwrap()
    }

    fn records(bytes: Bytes) -> Records {
        RecordBatch::parse(bytes).unwrap().records(&mut Decompressor::default()).unwrap()
    }

    /// The record's first error, if there is one, and how many records come before it.
    fn first_error(bytes: Vec<u8>) -> (usize, Option<RecordError>) {
        let records = records(bytes.into());
        let good = records.iter().take_while(Result::is_ok).count();
        (good, records.iter().find_map(Result::err))
    }

    #[test]
    fn null_and_empty_are_not_the_same() {
        let records = records(sealed());
        let read: Vec<_> = records.iter().map(|record| record.map(|r| (r.key, r.value)).unwrap()).collect();
        assert_eq!(read, [(Some(&b"key"[..]), Some(&b"value"[..])), (None, Some(&b""[..])), (Some(&b""[..]), None)]);
    }

    #[test]
    fn a_kept_record_shares_the_memory_of_its_batch() {
        let bytes = sealed();
        let range = bytes.as_ptr_range();
        let kept: Vec<_> = records(bytes).into_iter().map(Result::unwrap).collect();
        assert_eq!(kept.iter().map(|record| record.offset).collect::<Vec<_>>(), [10, 11, 12]);
        assert_eq!(kept.iter().map(|record| record.timestamp).collect::<Vec<_>>(), [100, 99, 101]);
        let value = kept[0].value.as_ref().unwrap();
        assert_eq!(value, "value");
        assert!(range.contains(&value.as_ptr()));
        let headers: Vec<_> = kept[0].headers.iter().map(Result::unwrap).collect();
        assert_eq!(headers.len(), kept[0].headers.len());
        assert_eq!(kept[0].headers.iter().last("a"), Some(HeaderRef { key: b"a", value: None }));
        let shared = kept[0].headers.share(headers[0].value.unwrap());
        assert!(range.contains(&shared.as_ptr()));
        assert_eq!(kept[0].headers.share(b"elsewhere"), "elsewhere");
    }

    #[test]
    fn a_cursor_goes_on_where_it_stopped() {
        let mut cursor = records(sealed()).into_iter();
        assert_eq!(cursor.next_ref().unwrap().unwrap().offset, 10);
        assert_eq!(cursor.next().unwrap().unwrap().offset, 11);
        assert_eq!(cursor.next_ref().unwrap().unwrap().offset, 12);
        assert!(cursor.next_ref().is_none() && cursor.next().is_none());
    }

    #[test]
    fn lengths_that_cannot_be_right_are_errors_and_the_records_before_are_good() {
        // The second record begins after the first: length, attributes, timestamp, offset, key length.
        let first_len = 2 + usize::from(sealed()[61] >> 1) - 1;
        let second = 61 + first_len;
        for (at, byte, error) in [
            (0, 0x7e, RecordError::BadLength { field: "record length", value: 63, available: 13 }),
            (0, 0x01, RecordError::BadLength { field: "record length", value: -1, available: 13 }),
            (4, 0x03, RecordError::BadLength { field: "key length", value: -2, available: 2 }),
            (4, 0x06, RecordError::BadLength { field: "key length", value: 3, available: 2 }),
            (6, 0x02, RecordError::BadLength { field: "header count", value: 1, available: 0 }),
            (6, 0x01, RecordError::BadLength { field: "header count", value: -1, available: 0 }),
        ] {
            let mut bytes = sealed().to_vec();
            bytes[second + at] = byte;
            assert_eq!(first_error(bytes), (1, Some(error)), "byte {at}");
        }
    }

    #[test]
    fn offsets_and_timestamps_that_overflow_wrap() {
        let mut bytes = sealed().to_vec();
        bytes[0..8].copy_from_slice(&i64::MAX.to_be_bytes());
        bytes[27..35].copy_from_slice(&i64::MAX.to_be_bytes());
        let records = records(bytes.into());
        let read: Vec<_> = records.iter().map(|record| record.map(|r| (r.offset, r.timestamp)).unwrap()).collect();
        assert_eq!(read, [(i64::MAX, i64::MAX), (i64::MIN, i64::MAX - 1), (i64::MIN + 1, i64::MIN)]);
    }

    proptest! {
        #[test]
        fn damaged_batches_never_panic_and_never_yield_more_than_they_say(
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), magic in 0..3u8
        ) {
            let mut bytes = sealed().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes[16] = magic;
            if let Ok(batch) = Batch::take(&mut bytes.into())
                && let Ok(records) = batch.records(&mut Decompressor::default())
            {
                let count = batch.as_v2().map_or(1, RecordBatch::record_count);
                let mut read = 0;
                for record in &records {
                    let Ok(record) = record else { break };
                    let _ = record.to_record();
                    let _ = record.headers().count();
                    read += 1;
                }
                prop_assert!(read <= count);
            }
        }
    }
}

//! The two sparse indexes of a segment.
//!
//! Both are held in memory whole and written when the segment is sealed or the log closed. Kafka preallocates the
//! indexes of its active segment, so a file may end in zeros; what an index says is checked before it is believed,
//! and one that cannot be right is rebuilt from the log.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes of an entry in `.index`.
pub(crate) const OFFSET_ENTRY_LEN: usize = 8;
/// Bytes of an entry in `.timeindex`.
pub(crate) const TIME_ENTRY_LEN: usize = 12;

/// Why an index is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IndexDefect {
    #[error("it is missing")]
    Missing,
    #[error("it ends before its segment does")]
    Short,
    #[error("its last entry is not that of a batch")]
    Foreign,
    #[error("its {0} bytes are not a whole number of entries")]
    Length(usize),
    #[error("entry {0} does not follow the one before")]
    Order(usize),
    #[error("entry {0} points behind the end of the segment")]
    Range(usize),
}

/// "The batch that ends with this offset begins at that byte."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OffsetEntry {
    relative_offset: u32,
    position: u32,
}

/// The batch that an index leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    /// The last offset of the batch.
    pub(crate) last_offset: i64,
    /// The byte at which it begins.
    pub(crate) position: u32,
}

/// From offsets to bytes, one entry per `index.interval.bytes` or more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OffsetIndex {
    entries: Vec<OffsetEntry>,
}

impl OffsetIndex {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds an entry, unless it would not follow the last.
    pub(crate) fn push(&mut self, relative_offset: u32, position: u32) {
        if self.entries.last().is_none_or(|last| last.relative_offset < relative_offset && last.position < position) {
            self.entries.push(OffsetEntry { relative_offset, position });
        }
    }

    /// The last entry that is at or before the batch that holds the offset, in a segment that begins at `base_offset`.
    pub(crate) fn entry_before(&self, relative_offset: u32, base_offset: i64) -> Option<IndexEntry> {
        let after = self.entries.partition_point(|entry| entry.relative_offset <= relative_offset);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        Some(IndexEntry {
            last_offset: base_offset.saturating_add(i64::from(entry.relative_offset)),
            position: entry.position,
        })
    }

    /// Drops what lies at or behind the position.
    pub(crate) fn truncate(&mut self, position: u32) {
        self.entries.truncate(self.entries.partition_point(|entry| entry.position < position));
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.entries.len() * OFFSET_ENTRY_LEN);
        for entry in &self.entries {
            out.put_u32(entry.relative_offset);
            out.put_u32(entry.position);
        }
        out.freeze()
    }

    /// Reads the file of a segment of `segment_size` bytes.
    pub(crate) fn decode(mut bytes: &[u8], segment_size: u32) -> Result<Self, IndexDefect> {
        if !bytes.len().is_multiple_of(OFFSET_ENTRY_LEN) {
            return Err(IndexDefect::Length(bytes.len()));
        }
        bytes = trim_zeros(bytes, OFFSET_ENTRY_LEN);
        let mut index = Self { entries: Vec::with_capacity(bytes.len() / OFFSET_ENTRY_LEN) };
        while bytes.has_remaining() {
            let entry = OffsetEntry { relative_offset: bytes.get_u32(), position: bytes.get_u32() };
            let number = index.entries.len();
            if entry.position >= segment_size || entry.relative_offset > i32::MAX.unsigned_abs() {
                return Err(IndexDefect::Range(number));
            }
            index.push(entry.relative_offset, entry.position);
            if index.entries.len() == number {
                return Err(IndexDefect::Order(number));
            }
        }
        Ok(index)
    }
}

/// "Up to this offset, no timestamp is larger than that."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub(crate) timestamp: i64,
    pub(crate) relative_offset: u32,
}

/// From timestamps to offsets, one entry with each of the offset index at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeIndex {
    entries: Vec<TimeEntry>,
}

impl TimeIndex {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds an entry, unless the timestamp is not larger than the last.
    pub(crate) fn push(&mut self, timestamp: i64, relative_offset: u32) {
        let follows = |last: &TimeEntry| last.timestamp < timestamp && last.relative_offset <= relative_offset;
        if timestamp >= 0 && self.entries.last().is_none_or(follows) {
            self.entries.push(TimeEntry { timestamp, relative_offset });
        }
    }

    pub(crate) fn last(&self) -> Option<TimeEntry> {
        self.entries.last().copied()
    }

    /// The last entry whose timestamp is smaller than the target: so are all up to its offset.
    pub(crate) fn entry_before(&self, target: i64) -> Option<TimeEntry> {
        let not_before = self.entries.partition_point(|entry| entry.timestamp < target);
        self.entries.get(not_before.checked_sub(1)?).copied()
    }

    /// Drops what is said of offsets from this one on.
    pub(crate) fn truncate(&mut self, relative_offset: u32) {
        self.entries.truncate(self.entries.partition_point(|entry| entry.relative_offset < relative_offset));
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.entries.len() * TIME_ENTRY_LEN);
        for entry in &self.entries {
            out.put_i64(entry.timestamp);
            out.put_u32(entry.relative_offset);
        }
        out.freeze()
    }

    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, IndexDefect> {
        if !bytes.len().is_multiple_of(TIME_ENTRY_LEN) {
            return Err(IndexDefect::Length(bytes.len()));
        }
        bytes = trim_zeros(bytes, TIME_ENTRY_LEN);
        let mut index = Self { entries: Vec::with_capacity(bytes.len() / TIME_ENTRY_LEN) };
        while bytes.has_remaining() {
            let (timestamp, relative_offset) = (bytes.get_i64(), bytes.get_u32());
            let number = index.entries.len();
            if relative_offset > i32::MAX.unsigned_abs() {
                return Err(IndexDefect::Range(number));
            }
            index.push(timestamp, relative_offset);
            if index.entries.len() == number {
                return Err(IndexDefect::Order(number));
            }
        }
        Ok(index)
    }
}

/// Without the entries at the end that are all zeros: an entry at position 0 says nothing, so none is ever written.
fn trim_zeros(bytes: &[u8], entry_len: usize) -> &[u8] {
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last / entry_len + 1);
    bytes.get(..used * entry_len).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(entries: &[(u32, u32)]) -> OffsetIndex {
        let mut index = OffsetIndex::default();
        entries.iter().for_each(|(offset, position)| index.push(*offset, *position));
        index
    }

    #[test]
    fn an_offset_index_is_eight_bytes_an_entry() {
        let index = offsets(&[(0x11, 0x2222), (0x33, 0x4444)]);
        assert_eq!(index.encode(), &b"\0\0\0\x11\0\0\x22\x22\0\0\0\x33\0\0\x44\x44"[..]);
        assert_eq!(OffsetIndex::decode(&index.encode(), 0x4445), Ok(index));
    }

    #[test]
    fn a_time_index_is_twelve_bytes_an_entry() {
        let mut index = TimeIndex::default();
        index.push(0x1122, 0x33);
        assert_eq!(index.encode(), &b"\0\0\0\0\0\0\x11\x22\0\0\0\x33"[..]);
        assert_eq!(TimeIndex::decode(&index.encode()), Ok(index));
    }

    #[test]
    fn a_lookup_finds_the_last_entry_that_is_not_behind() {
        let index = offsets(&[(9, 100), (19, 200)]);
        let found =
            [0, 8, 9, 18, 19, 1000].map(|offset| index.entry_before(offset, 50).map(|e| (e.last_offset, e.position)));
        let (first, second) = (Some((59, 100)), Some((69, 200)));
        assert_eq!(found, [None, None, first, first, second, second]);
    }

    #[test]
    fn a_preallocated_tail_of_zeros_is_no_entry() {
        let index = offsets(&[(9, 100), (19, 256)]);
        let mut file = index.encode().to_vec();
        file.resize(10 * 1024, 0);
        assert_eq!(OffsetIndex::decode(&file, 1000), Ok(index));
        assert_eq!(OffsetIndex::decode(&[0; 80], 0), Ok(OffsetIndex::default()));
    }

    #[test]
    fn an_index_that_cannot_be_right_is_refused() {
        assert_eq!(OffsetIndex::decode(&[1; 7], 9), Err(IndexDefect::Length(7)));
        assert_eq!(OffsetIndex::decode(b"\0\0\0\x01\0\0\0\x09", 9), Err(IndexDefect::Range(0)));
        assert_eq!(OffsetIndex::decode(b"\xff\0\0\x01\0\0\0\x01", 9), Err(IndexDefect::Range(0)));
        assert_eq!(OffsetIndex::decode(b"\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0\x03", 9), Err(IndexDefect::Order(1)));
        assert_eq!(TimeIndex::decode(b"\xff\0\0\0\0\0\0\0\0\0\0\0"), Err(IndexDefect::Order(0)));
    }
}

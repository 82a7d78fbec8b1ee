//! The end of a log, kept in memory for readers that keep up.

use std::collections::VecDeque;

use bytes::Bytes;
use ottla_protocol::record::BatchHeader;

use super::batches::header_of;

/// What one append wrote.
#[derive(Debug)]
struct Appended {
    base_offset: i64,
    end_offset: i64,
    bytes: Bytes,
}

/// The last appends, up to a number of bytes; reading them shares them.
#[derive(Debug)]
pub(crate) struct TailCache {
    appends: VecDeque<Appended>,
    bytes: usize,
    limit: usize,
}

impl TailCache {
    /// Keeps up to `limit` bytes; nothing if that is 0.
    pub(crate) fn new(limit: usize) -> Self {
        Self { appends: VecDeque::new(), bytes: 0, limit }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.trim();
    }

    /// Takes what was appended; it follows what is here, or replaces it.
    pub(crate) fn push(&mut self, base_offset: i64, end_offset: i64, bytes: Bytes) {
        if self.limit == 0 {
            return;
        }
        if self.appends.back().is_some_and(|last| last.end_offset > base_offset) {
            self.clear();
        }
        self.bytes += bytes.len();
        self.appends.push_back(Appended { base_offset, end_offset, bytes });
        self.trim();
    }

    fn trim(&mut self) {
        while self.bytes > self.limit {
            match self.appends.pop_front() {
                Some(first) => self.bytes -= first.bytes.len(),
                None => break,
            }
        }
    }

    /// Lets go of what begins before an offset: it has been compacted since.
    pub(crate) fn drop_before(&mut self, offset: i64) {
        let dropped = self.appends.partition_point(|append| append.base_offset < offset);
        self.bytes -= self.appends.drain(..dropped).map(|append| append.bytes.len()).sum::<usize>();
    }

    pub(crate) fn clear(&mut self) {
        self.appends.clear();
        self.bytes = 0;
    }

    /// The batches from the one that holds `offset` on, up to `max_bytes` and below `upper_bound`; the first even if
    /// it is larger, if `min_one_message`. `None` if the cache begins after the offset.
    pub(crate) fn read(&self, offset: i64, limits: &Limits) -> Option<Slice> {
        if self.appends.front().is_none_or(|first| first.base_offset > offset) {
            return None;
        }
        let first = self.appends.partition_point(|append| append.end_offset <= offset);
        let mut slice = Slice::default();
        for append in self.appends.iter().skip(first) {
            if !slice.take(&append.bytes, offset, limits) {
                break;
            }
        }
        Some(slice)
    }
}

/// How much a read may return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_bytes: usize,
    pub(crate) min_one_message: bool,
    pub(crate) upper_bound: i64,
}

/// Whole batches, as the pieces of memory they lie in.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) bytes: usize,
    pub(crate) base_offset: Option<i64>,
    pub(crate) next_offset: i64,
}

/// Where the next batch of a file may lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// The smallest offset that it can begin with.
    pub(crate) next_offset: i64,
    /// All offsets are smaller.
    pub(crate) end_offset: i64,
}

impl Order {
    /// Whether a batch follows; `behind` begins with the one after it. One behind a gap does only if that is known to
    /// follow in turn, as its offset may be damaged, which no checksum covers.
    fn admits(&self, header: &BatchHeader, behind: &[u8]) -> bool {
        let last = header.last_offset();
        if header.base_offset < self.next_offset || last >= self.end_offset || last < header.base_offset {
            return false;
        }
        header.base_offset == self.next_offset || header_of(behind).is_ok_and(|next| next.base_offset > last)
    }
}

impl Slice {
    /// Adds the batches of a buffer, from the one on that holds `offset`; whether there may be more to add.
    pub(crate) fn take(&mut self, buffer: &Bytes, offset: i64, limits: &Limits) -> bool {
        self.take_if(buffer, offset, limits, |_, _| true)
    }

    /// The same of a buffer that was read from a file: ends before what does not follow.
    pub(crate) fn take_in_order(&mut self, buffer: &Bytes, offset: i64, limits: &Limits, order: &mut Order) -> bool {
        self.take_if(buffer, offset, limits, |header, behind| {
            let admitted = order.admits(header, behind);
            order.next_offset = header.last_offset().saturating_add(1);
            admitted
        })
    }

    fn take_if(
        &mut self,
        buffer: &Bytes,
        offset: i64,
        limits: &Limits,
        mut admits: impl FnMut(&BatchHeader, &[u8]) -> bool,
    ) -> bool {
        let mut from = None;
        let mut at = 0;
        let mut more = true;
        while let Some(rest) = buffer.get(at..).filter(|rest| !rest.is_empty()) {
            let Ok(header) = header_of(rest) else {
                more = false;
                break;
            };
            let size = header.size();
            if header.last_offset() < offset {
                at += size;
                continue;
            }
            let fits = self.bytes + size <= limits.max_bytes || (limits.min_one_message && self.bytes == 0);
            let whole = size <= rest.len() && header.base_offset < limits.upper_bound;
            if !whole || !fits || !admits(&header, rest.get(size..).unwrap_or_default()) {
                more = false;
                break;
            }
            from.get_or_insert(at);
            at += size;
            self.bytes += size;
            self.base_offset.get_or_insert(header.base_offset);
            self.next_offset = header.last_offset() + 1;
        }
        if let Some(from) = from {
            self.pieces.push(buffer.slice(from..at.min(buffer.len())));
        }
        more
    }
}

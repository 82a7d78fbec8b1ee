//! The bit stream that both entropy coders write: from the lowest bit up, to be read from the end.
#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

pub(super) struct BitWriter<'o> {
    out: &'o mut Vec<u8>,
    bits: u64,
    len: u32,
}

impl<'o> BitWriter<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, bits: 0, len: 0 }
    }

    /// Adds the lowest `len` bits of `value`, at most 32. The others have to be 0.
    #[inline(always)]
    pub(super) fn add(&mut self, value: u32, len: u32) {
        self.bits |= u64::from(value) << self.len;
        self.len += len;
        if self.len >= 32 {
            self.out.extend_from_slice(&(self.bits as u32).to_le_bytes());
            self.bits >>= 32;
            self.len -= 32;
        }
    }

    /// Ends a stream that is read from its end: a set bit tells where that is.
    pub(super) fn finish_with_mark(mut self) {
        self.add(1, 1);
        self.finish();
    }

    /// Ends a stream that is read from its beginning.
    pub(super) fn finish(self) {
        let bytes = self.len.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.bits.to_le_bytes()[..bytes]);
    }
}

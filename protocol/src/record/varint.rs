//! Zigzag variable-length integers, as records use them: seven bits a byte, least significant first.
//!
//! They may have zeros to spare, such as `80 00` for 0, because Kafka reads those. Kafka also reads a last byte with more
//! bits than there is room for and drops them; that is an error here, for nobody means it.

use super::RecordError;

/// Most bytes that a 32-bit value takes.
pub(super) const MAX_LEN_32: usize = 5;
/// Most bytes that a 64-bit value takes.
pub(super) const MAX_LEN_64: usize = 10;

const fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

const fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Bytes that `value` takes as a varint.
pub(super) const fn len_i32(value: i32) -> usize {
    len_u64(zigzag32(value) as u64)
}

/// Bytes that `value` takes as a varlong.
pub(super) const fn len_i64(value: i64) -> usize {
    len_u64(zigzag64(value))
}

const fn len_u64(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// A few fields put together on the stack, so that a record costs the batch's buffer one bounds check a part
/// instead of one a byte.
///
/// The array is a power of two long and every position is masked by that, which lets the compiler drop the checks.
pub(super) struct Prefix {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Prefix {
    /// Room for every fixed field of a record: four varints, a varlong and a byte, with slack.
    pub(super) const CAPACITY: usize = 64;

    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "masked by the length of the array")]
    pub(super) fn put_u8(&mut self, byte: u8) {
        self.bytes[self.len & (Self::CAPACITY - 1)] = byte;
        self.len += 1;
    }

    #[inline(always)]
    pub(super) fn put_i32(&mut self, value: i32) {
        let mut rest = zigzag32(value);
        while rest >= 0x80 {
            self.put_u8((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.put_u8((rest & 0x7f) as u8);
    }

    #[inline(always)]
    pub(super) fn put_i64(&mut self, value: i64) {
        let mut rest = zigzag64(value);
        while rest >= 0x80 {
            self.put_u8((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.put_u8((rest & 0x7f) as u8);
    }

    #[inline(always)]
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

/// Takes a byte from the front of `input`.
#[inline(always)]
pub(super) fn take_u8(input: &mut &[u8]) -> Result<u8, RecordError> {
    let (&first, rest) = input.split_first().ok_or(RecordError::Truncated)?;
    *input = rest;
    Ok(first)
}

/// Takes a varint from the front of `input`.
#[inline(always)]
pub(super) fn take_i32(input: &mut &[u8]) -> Result<i32, RecordError> {
    let raw = u32::try_from(take_raw(input, MAX_LEN_32)?).map_err(|_| RecordError::VarintOverflow)?;
    Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

/// Takes a varlong from the front of `input`.
#[inline(always)]
pub(super) fn take_i64(input: &mut &[u8]) -> Result<i64, RecordError> {
    let raw = take_raw(input, MAX_LEN_64)?;
    Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

/// Nearly all have one byte or two, and those stay in registers: what is longer is read elsewhere, and by value, for a
/// reference to `input` would have it put in memory for all.
#[inline(always)]
fn take_raw(input: &mut &[u8], max_len: usize) -> Result<u64, RecordError> {
    let (raw, rest) = match *input {
        [first, rest @ ..] if *first < 0x80 => (u64::from(*first), rest),
        [first, second, rest @ ..] if *second < 0x80 => (u64::from(*first & 0x7f) | u64::from(*second) << 7, rest),
        longer => take_long(longer, max_len)?,
    };
    *input = rest;
    Ok(raw)
}

#[cold]
#[inline(never)]
fn take_long(mut input: &[u8], max_len: usize) -> Result<(u64, &[u8]), RecordError> {
    let mut value = 0;
    for shift in (0..7 * max_len).step_by(7) {
        let byte = take_u8(&mut input)?;
        // The tenth byte of a varlong has room for a single bit.
        if shift == 63 && byte > 1 {
            return Err(RecordError::VarintOverflow);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value, input));
        }
    }
    Err(RecordError::VarintOverflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: i64) -> Vec<u8> {
        let mut prefix = Prefix::new();
        prefix.put_i64(value);
        prefix.as_slice().to_vec()
    }

    #[test]
    fn varints_match_the_bytes_of_kafkas_byte_utils() {
        let cases: [(i32, &[u8]); 9] = [
            (0, b"\x00"),
            (-1, b"\x01"),
            (1, b"\x02"),
            (63, b"\x7e"),
            (-64, b"\x7f"),
            (64, b"\x80\x01"),
            (8191, b"\xfe\x7f"),
            (i32::MAX, b"\xfe\xff\xff\xff\x0f"),
            (i32::MIN, b"\xff\xff\xff\xff\x0f"),
        ];
        for (value, bytes) in cases {
            let mut prefix = Prefix::new();
            prefix.put_i32(value);
            assert_eq!(prefix.as_slice(), bytes, "{value}");
            assert_eq!(len_i32(value), bytes.len(), "{value}");
            assert_eq!(take_i32(&mut &bytes[..]), Ok(value));
        }
    }

    #[test]
    fn varlongs_round_trip_at_every_length() {
        for shift in 0..64 {
            for value in [1i64 << shift, (1i64 << shift).wrapping_sub(1), (1i64 << shift).wrapping_neg()] {
                let bytes = encoded(value);
                assert_eq!(bytes.len(), len_i64(value), "{value}");
                let mut input = &bytes[..];
                assert_eq!(take_i64(&mut input), Ok(value));
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn a_varint_that_is_too_long_or_too_large_is_refused() {
        assert_eq!(take_i32(&mut &b"\xff\xff\xff\xff\x1f"[..]), Err(RecordError::VarintOverflow));
        assert_eq!(take_i32(&mut &b"\x80\x80\x80\x80\x80\x00"[..]), Err(RecordError::VarintOverflow));
        assert_eq!(take_i64(&mut &[0xff; 11][..]), Err(RecordError::VarintOverflow));
        assert_eq!(take_i64(&mut &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"[..]), Err(RecordError::VarintOverflow));
    }

    #[test]
    fn a_varint_with_zeros_to_spare_is_read_as_kafka_reads_it() {
        assert_eq!(take_i32(&mut &b"\x80\x00"[..]), Ok(0));
        assert_eq!(take_i32(&mut &b"\x81\x80\x80\x80\x00"[..]), Ok(-1));
        assert_eq!(take_i64(&mut &b"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"[..]), Ok(-1));
    }

    #[test]
    fn a_varint_that_ends_early_is_truncated() {
        assert_eq!(take_i32(&mut &b""[..]), Err(RecordError::Truncated));
        assert_eq!(take_i32(&mut &b"\x80\x80"[..]), Err(RecordError::Truncated));
    }
}

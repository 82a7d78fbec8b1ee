//! How much memory reading may take.

use allocation_counter::measure;

/// What a decode may take however small the input is, in bytes.
pub const FIXED_BYTES: u64 = 64 << 10;
/// What a decode may take per byte of input, whatever the input is.
pub const MOST_PER_BYTE: u64 = 16;
/// What a decode may take per byte of input if only its counts lie, and the rest is like what brokers and clients send.
pub const HONEST_PER_BYTE: u64 = 4;

/// The result of `f`, and the most bytes that it held at a time beyond those that were there before.
pub fn peak<T>(f: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let info = measure(|| result = Some(f()));
    (result.expect("`measure` calls what it is given"), info.bytes_max)
}

/// Most that a decode of `len` bytes may take, whatever they are.
pub fn most_for(len: usize) -> u64 {
    FIXED_BYTES + MOST_PER_BYTE * len as u64
}

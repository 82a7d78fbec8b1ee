//! Message sets of formats 0 and 1 out of any bytes: the checksums that damage never gets right by itself.

use ottla_protocol::compression::Compressor;
use ottla_protocol::record::Compression;

/// Where the fields of a message are.
const SIZE_AT: usize = 8;
const CRC_AT: usize = 12;
const MAGIC_AT: usize = 16;

/// Puts the checksum of each message in `set` right, as far as its messages can be told apart.
pub(crate) fn fix_checksums(mut set: &mut [u8]) {
    while let Some(size) = set.get(SIZE_AT..CRC_AT).and_then(|size| size.first_chunk().copied()) {
        let end = usize::try_from(i32::from_be_bytes(size)).unwrap_or(usize::MAX).saturating_add(CRC_AT);
        let Some((message, rest)) = set.split_at_mut_checked(end) else { return };
        fix_checksum(message);
        set = rest;
    }
}

fn fix_checksum(message: &mut [u8]) {
    let Some((head, covered)) = message.split_at_mut_checked(MAGIC_AT) else { return };
    let mut crc = flate2::Crc::new();
    crc.update(covered);
    head[CRC_AT..].copy_from_slice(&crc.sum().to_be_bytes());
}

/// A message.
pub(crate) fn message(magic: u8, attributes: u8, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Vec<u8> {
    let mut message = offset.to_be_bytes().to_vec();
    // Size and checksum come last.
    message.extend([0; 8]);
    message.extend([magic, attributes]);
    if magic == 1 {
        message.extend(1_700_000_000_000i64.to_be_bytes());
    }
    for field in [key, value] {
        let len = field.map_or(-1, |field| field.len() as i32);
        message.extend(len.to_be_bytes());
        message.extend(field.unwrap_or_default());
    }
    let size = (message.len() - CRC_AT) as i32;
    message[SIZE_AT..CRC_AT].copy_from_slice(&size.to_be_bytes());
    fix_checksum(&mut message);
    message
}

/// A message that has `set` as its value, compressed.
pub(crate) fn wrapper(magic: u8, codec: Compression, set: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new();
    let value = compressor.compress(&codec.into(), set).expect("anything can be compressed");
    message(magic, codec.id(), 100, None, Some(value))
}

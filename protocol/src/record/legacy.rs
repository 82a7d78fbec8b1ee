//! Message formats 0 and 1, read only.

use bytes::Bytes;

use super::{RecordError, RecordRef};

/// What the messages of one wrapper are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct LegacyContext {
    pub(super) count: i32,
}

pub(super) fn next_record<'a>(
    _rest: &mut &'a [u8],
    _encoded: &'a Bytes,
    _context: LegacyContext,
) -> Result<RecordRef<'a>, RecordError> {
    Err(RecordError::BadNesting)
}

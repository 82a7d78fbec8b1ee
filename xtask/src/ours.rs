//! Our own messages, as the checks see them.

use bytes::Bytes;
use ottla_protocol::messages::MessageType;

/// Reads a message and writes it again.
///
/// # Errors
/// What is wrong with the bytes, or why the message cannot be written.
pub(crate) fn recode(message: &MessageType, bytes: Bytes, version: i16) -> Result<Bytes, String> {
    let message = message.decode(bytes, version).map_err(|error| error.to_string())?;
    message.encode(version).map_err(|error| error.to_string())
}

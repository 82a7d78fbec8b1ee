//! Every message, for code that treats them all alike.

use std::fmt;

use bytes::Bytes;

#[cfg(test)]
use super::literal::Literals as Registered;
#[cfg(not(test))]
use crate::wire::Message as Registered;
use crate::wire::{self, DecodeError, EncodeError, Message, schema::MessageSchema};

/// One kind of message: what parity checks, fuzzing and frame printers need to know of it.
#[derive(Clone, Copy)]
pub struct MessageType {
    /// Its name, versions and fields.
    pub schema: MessageSchema,
    decode: fn(Bytes, i16) -> Result<Box<dyn DynMessage>, DecodeError>,
    new: fn() -> Box<dyn DynMessage>,
}

impl MessageType {
    /// Under test, only of a message that has byte literals.
    const fn of<M: Registered + fmt::Debug + 'static>() -> Self {
        Self {
            schema: M::SCHEMA,
            decode: |bytes, version| Ok(Box::new(wire::decode::<M>(bytes, version)?)),
            new: || Box::new(M::default()),
        }
    }

    /// The message with Kafka's name `name`, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|message| message.schema.name == name)
    }

    /// Reads such a message, which must be all of `bytes`.
    ///
    /// # Errors
    /// If it has no such version or the bytes are not one.
    pub fn decode(&self, bytes: Bytes, version: i16) -> Result<Box<dyn DynMessage>, DecodeError> {
        (self.decode)(bytes, version)
    }

    /// Such a message with Kafka's defaults.
    pub fn default_message(&self) -> Box<dyn DynMessage> {
        (self.new)()
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageType").field(&self.schema.name).finish()
    }
}

/// A message of a kind known at run time only.
pub trait DynMessage: fmt::Debug {
    /// Its bytes in a version.
    ///
    /// # Errors
    /// If it has no such version or the version cannot express its fields.
    fn encode(&self, version: i16) -> Result<Bytes, EncodeError>;
}

impl<M: Message + fmt::Debug> DynMessage for M {
    fn encode(&self, version: i16) -> Result<Bytes, EncodeError> {
        wire::encode(self, version)
    }
}

macro_rules! types_of_apis {
    ($($api:ident: $module:ident::{$request:ident, $response:ident};)+) => {
        const APIS: &[MessageType] = &[$(
            MessageType::of::<super::$module::$request>(),
            MessageType::of::<super::$module::$response>(),
        )+];
    };
}

macro_rules! types_of_data {
    ($($module:ident::{$($message:ident),+};)+) => {
        const DATA: &[MessageType] = &[$($(MessageType::of::<super::$module::$message>(),)+)+];
    };
}

for_each_api!(types_of_apis);

types_of_data! {
    header::{RequestHeader, ResponseHeader};
    consumer_protocol::{ConsumerProtocolSubscription, ConsumerProtocolAssignment};
    control_record::{ControlRecordTypeSchema, EndTxnMarker, KRaftVersionRecord, LeaderChangeMessage, SnapshotFooterRecord, SnapshotHeaderRecord, VotersRecord};
    offset_commit_record::{LegacyOffsetCommitKey, LegacyOffsetCommitValue, OffsetCommitKey, OffsetCommitValue};
    group_metadata_record::{GroupMetadataKey, GroupMetadataValue};
    consumer_group_record::{ConsumerGroupMetadataKey, ConsumerGroupMetadataValue, ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue, ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue, ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue, ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue, ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue};
    share_group_record::{ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue, ShareGroupMetadataKey, ShareGroupMetadataValue, ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue, ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue, ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue, ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue};
    streams_group_record::{StreamsGroupMetadataKey, StreamsGroupMetadataValue, StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue, StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue, StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue, StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue, StreamsGroupTopologyKey, StreamsGroupTopologyValue};
    transaction_log_record::{TransactionLogKey, TransactionLogValue};
    share_state_record::{ShareSnapshotKey, ShareSnapshotValue, ShareUpdateKey, ShareUpdateValue};
}

/// Every message: requests and responses by API key, then headers and stored data.
#[expect(clippy::indexing_slicing, reason = "it is evaluated when it is compiled")]
pub const ALL: &[MessageType] = &{
    let mut all = [MessageType::of::<super::header::RequestHeader>(); APIS.len() + DATA.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < APIS.len() { APIS[i] } else { DATA[i - APIS.len()] };
        i += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = ALL.iter().map(|message| message.schema.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn a_message_of_defaults_survives_every_version() {
        for message in ALL {
            for version in message.schema.versions.iter() {
                let bytes = match message.default_message().encode(version) {
                    Ok(bytes) => bytes,
                    Err(error) => panic!("{}: {error}", message.schema.name),
                };
                let read = message.decode(bytes.clone(), version).unwrap();
                assert_eq!(read.encode(version).unwrap(), bytes, "{} version {version}", message.schema.name);
            }
        }
    }

    #[test]
    fn tags_are_unique_within_a_struct() {
        for message in ALL {
            let tags: Vec<u32> = message.schema.body.fields.iter().filter_map(|field| field.tag).collect();
            let unique: HashSet<_> = tags.iter().collect();
            assert_eq!(unique.len(), tags.len(), "{}", message.schema.name);
        }
    }
}

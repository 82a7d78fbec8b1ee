//! The error codes that responses carry.

use std::fmt;

use crate::wire::{DecodeError, Decoder, EncodeError, Encoder, Wire, derived::FromLiteral, schema::TypeSchema};

/// What a response says about one request, topic, partition or member: 0 is success.
///
/// Open on purpose: a newer broker may answer with a code that is not listed here. It decodes, compares and prints
/// as its number, and counts as not retriable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i16);

/// How a client may react to a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// The same request would fail again.
    Final,
    /// The same request may succeed later.
    Retry,
    /// The same request may succeed once topic metadata has been fetched again.
    Refresh,
}

macro_rules! error_codes {
    ($($name:ident = $code:literal, $reaction:ident, $message:literal;)+) => {
        impl ErrorCode {
            /// Every code this crate knows, in ascending order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            $(#[doc = concat!("Code ", $code, ": ", $message, ".")]
            pub const $name: Self = Self($code);)+

            /// Kafka's name of the code, or `None` when this crate does not know it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)+
                    _ => None,
                }
            }

            /// One clause that says what went wrong, without a final period.
            pub const fn message(self) -> &'static str {
                match self.0 {
                    $($code => $message,)+
                    _ => "the broker answered with a code this version does not know",
                }
            }

            const fn reaction(self) -> Reaction {
                match self.0 {
                    $($code => Reaction::$reaction,)+
                    _ => Reaction::Final,
                }
            }
        }
    };
}

impl ErrorCode {
    /// Whether the code means success.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether Kafka's own clients send the same request again after this code.
    pub const fn is_retriable(self) -> bool {
        matches!(self.reaction(), Reaction::Retry | Reaction::Refresh)
    }

    /// Whether the code shows that what the client believes about topics and leaders is out of date.
    ///
    /// [`NOT_COORDINATOR`](Self::NOT_COORDINATOR) and its like are not among them: they ask for a new coordinator
    /// lookup, not for new metadata.
    pub const fn invalidates_metadata(self) -> bool {
        matches!(self.reaction(), Reaction::Refresh)
    }
}

impl From<i16> for ErrorCode {
    fn from(code: i16) -> Self {
        Self(code)
    }
}

impl FromLiteral<i16> for ErrorCode {
    fn from_literal(literal: i16) -> Self {
        Self(literal)
    }
}

impl Wire for ErrorCode {
    const TYPE: TypeSchema = TypeSchema::Int16;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        self.0.encode(e)
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        Wire::decode(d).map(Self)
    }
    fn min_size(version: i16, flexible: bool) -> usize {
        i16::min_size(version, flexible)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error code {}", self.0),
        }
    }
}

error_codes! {
    UNKNOWN_SERVER_ERROR = -1, Final, "the broker failed in a way that has no code of its own; its log says more";
    NONE = 0, Final, "no error";
    OFFSET_OUT_OF_RANGE = 1, Final, "the offset lies outside of what the partition's log holds";
    CORRUPT_MESSAGE = 2, Retry, "a record batch is damaged: its CRC, length or layout is wrong";
    UNKNOWN_TOPIC_OR_PARTITION = 3, Refresh, "the broker does not have this topic or partition";
    INVALID_FETCH_SIZE = 4, Final, "the number of bytes asked for is not valid";
    LEADER_NOT_AVAILABLE = 5, Refresh, "the partition has no leader at the moment";
    NOT_LEADER_OR_FOLLOWER = 6, Refresh, "the broker does not lead this partition, or does not replicate it";
    REQUEST_TIMED_OUT = 7, Retry, "the broker did not finish within the time the request allows";
    BROKER_NOT_AVAILABLE = 8, Final, "the broker is not available";
    REPLICA_NOT_AVAILABLE = 9, Refresh, "the replica is not available on this broker";
    MESSAGE_TOO_LARGE = 10, Final, "a record batch is larger than max.message.bytes allows";
    STALE_CONTROLLER_EPOCH = 11, Final, "the controller that asked has been replaced";
    OFFSET_METADATA_TOO_LARGE = 12, Final, "the text stored with a committed offset is too long";
    NETWORK_EXCEPTION = 13, Refresh, "the connection closed before the response arrived";
    COORDINATOR_LOAD_IN_PROGRESS = 14, Retry, "the coordinator is still loading its state";
    COORDINATOR_NOT_AVAILABLE = 15, Retry, "there is no coordinator for this key at the moment";
    NOT_COORDINATOR = 16, Retry, "the broker does not coordinate this group or transactional id";
    INVALID_TOPIC_EXCEPTION = 17, Final, "the topic name is not valid, or the topic may not be used this way";
    RECORD_LIST_TOO_LARGE = 18, Final, "a record batch is larger than a whole log segment";
    NOT_ENOUGH_REPLICAS = 19, Retry, "fewer replicas are in sync than min.insync.replicas; nothing was written";
    NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20, Retry, "written, but on fewer replicas than min.insync.replicas";
    INVALID_REQUIRED_ACKS = 21, Final, "acks is none of -1, 0 and 1";
    ILLEGAL_GENERATION = 22, Final, "the group has moved on to another generation";
    INCONSISTENT_GROUP_PROTOCOL = 23, Final, "the member shares no protocol with the rest of its group";
    INVALID_GROUP_ID = 24, Final, "the group id is not valid";
    UNKNOWN_MEMBER_ID = 25, Final, "the group has no such member (any more)";
    INVALID_SESSION_TIMEOUT = 26, Final, "the session timeout is outside of the bounds the broker sets";
    REBALANCE_IN_PROGRESS = 27, Final, "the group is rebalancing and the member must join again";
    INVALID_COMMIT_OFFSET_SIZE = 28, Final, "the offsets to commit do not fit into one record batch";
    TOPIC_AUTHORIZATION_FAILED = 29, Final, "the principal may not do this with the topic";
    GROUP_AUTHORIZATION_FAILED = 30, Final, "the principal may not do this with the group";
    CLUSTER_AUTHORIZATION_FAILED = 31, Final, "the principal may not do this with the cluster";
    INVALID_TIMESTAMP = 32, Final, "a record's timestamp is further from now than the topic allows";
    UNSUPPORTED_SASL_MECHANISM = 33, Final, "the broker does not offer this SASL mechanism";
    ILLEGAL_SASL_STATE = 34, Final, "the request is out of place in the SASL exchange";
    UNSUPPORTED_VERSION = 35, Final, "the broker does not serve this version of the API";
    TOPIC_ALREADY_EXISTS = 36, Final, "a topic of this name exists already";
    INVALID_PARTITIONS = 37, Final, "the number of partitions is not valid";
    INVALID_REPLICATION_FACTOR = 38, Final, "the replication factor is below 1 or above the number of brokers";
    INVALID_REPLICA_ASSIGNMENT = 39, Final, "the assignment of replicas to brokers is not valid";
    INVALID_CONFIG = 40, Final, "a configuration value is not valid";
    NOT_CONTROLLER = 41, Retry, "the node is not the active controller";
    INVALID_REQUEST = 42, Final, "the request is malformed or contradicts itself";
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43, Final, "the log's record format cannot express what was asked";
    POLICY_VIOLATION = 44, Final, "a policy of the cluster forbids it";
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45, Final, "a batch's sequence does not follow the producer's last one";
    DUPLICATE_SEQUENCE_NUMBER = 46, Final, "a batch with this sequence was written before";
    INVALID_PRODUCER_EPOCH = 47, Final, "the producer epoch is older than the current one";
    INVALID_TXN_STATE = 48, Final, "the transaction is not in a state that allows this";
    INVALID_PRODUCER_ID_MAPPING = 49, Final, "the producer id does not belong to this transactional id";
    INVALID_TRANSACTION_TIMEOUT = 50, Final, "the transaction timeout is outside of the bounds the broker sets";
    CONCURRENT_TRANSACTIONS = 51, Retry, "the previous transaction of this transactional id is still being completed";
    TRANSACTION_COORDINATOR_FENCED = 52, Final, "the markers come from a coordinator that has been replaced";
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53, Final, "the principal may not use this transactional id";
    SECURITY_DISABLED = 54, Final, "the cluster has no authorizer";
    OPERATION_NOT_ATTEMPTED = 55, Final, "an earlier part of the request failed, so this part was not tried";
    KAFKA_STORAGE_ERROR = 56, Refresh, "the broker could not read or write its disk";
    LOG_DIR_NOT_FOUND = 57, Final, "the broker has no such log directory";
    SASL_AUTHENTICATION_FAILED = 58, Final, "the credentials were not accepted";
    UNKNOWN_PRODUCER_ID = 59, Final, "the broker no longer remembers this producer id";
    REASSIGNMENT_IN_PROGRESS = 60, Final, "the partition is being reassigned";
    DELEGATION_TOKEN_AUTH_DISABLED = 61, Final, "the cluster does not use delegation tokens";
    DELEGATION_TOKEN_NOT_FOUND = 62, Final, "there is no such delegation token";
    DELEGATION_TOKEN_OWNER_MISMATCH = 63, Final, "the principal neither owns nor may renew the token";
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED = 64, Final, "delegation tokens cannot be requested over this connection";
    DELEGATION_TOKEN_AUTHORIZATION_FAILED = 65, Final, "the principal may not do this with the delegation token";
    DELEGATION_TOKEN_EXPIRED = 66, Final, "the delegation token has expired";
    INVALID_PRINCIPAL_TYPE = 67, Final, "the type of the principal is not supported";
    NON_EMPTY_GROUP = 68, Final, "the group still has members";
    GROUP_ID_NOT_FOUND = 69, Final, "there is no such group";
    FETCH_SESSION_ID_NOT_FOUND = 70, Retry, "the broker no longer has this fetch session";
    INVALID_FETCH_SESSION_EPOCH = 71, Retry, "the fetch session is at another epoch";
    LISTENER_NOT_FOUND = 72, Refresh, "the leader does not have the listener that the client is connected to";
    TOPIC_DELETION_DISABLED = 73, Final, "the cluster does not allow topics to be deleted";
    FENCED_LEADER_EPOCH = 74, Refresh, "the client's leader epoch is older than the broker's";
    UNKNOWN_LEADER_EPOCH = 75, Retry, "the client's leader epoch is newer than the broker's";
    UNSUPPORTED_COMPRESSION_TYPE = 76, Final, "the codec of the records is not available to this API version";
    STALE_BROKER_EPOCH = 77, Final, "the broker has registered again since";
    OFFSET_NOT_AVAILABLE = 78, Retry, "the new leader does not know its high watermark yet";
    MEMBER_ID_REQUIRED = 79, Final, "the member must join again with the member id in this response";
    PREFERRED_LEADER_NOT_AVAILABLE = 80, Refresh, "the preferred leader is not in sync or not running";
    GROUP_MAX_SIZE_REACHED = 81, Final, "the group has as many members as the broker allows";
    FENCED_INSTANCE_ID = 82, Final, "another member has taken over this group instance id";
    ELIGIBLE_LEADERS_NOT_AVAILABLE = 83, Refresh, "no replica that could lead the partition is running";
    ELECTION_NOT_NEEDED = 84, Refresh, "the partition already has the leader that the election would give it";
    NO_REASSIGNMENT_IN_PROGRESS = 85, Final, "the partition is not being reassigned";
    GROUP_SUBSCRIBED_TO_TOPIC = 86, Final, "the group is subscribed to the topic, so its offsets cannot be deleted";
    INVALID_RECORD = 87, Final, "a record was rejected by the broker's validation";
    UNSTABLE_OFFSET_COMMIT = 88, Retry, "a transaction with offsets for this partition is still open";
    THROTTLING_QUOTA_EXCEEDED = 89, Retry, "the quota for controller mutations is used up";
    PRODUCER_FENCED = 90, Final, "another producer with this transactional id has taken over";
    RESOURCE_NOT_FOUND = 91, Final, "the request names something that does not exist";
    DUPLICATE_RESOURCE = 92, Final, "the request names the same thing twice";
    UNACCEPTABLE_CREDENTIAL = 93, Final, "the credential does not meet the broker's requirements";
    INCONSISTENT_VOTER_SET = 94, Final, "sender or receiver is not one of the expected voters";
    INVALID_UPDATE_VERSION = 95, Final, "the version of the update is not valid";
    FEATURE_UPDATE_FAILED = 96, Final, "the feature levels could not be changed";
    PRINCIPAL_DESERIALIZATION_FAILURE = 97, Final, "the controller could not read a forwarded request's principal";
    SNAPSHOT_NOT_FOUND = 98, Final, "there is no such snapshot";
    POSITION_OUT_OF_RANGE = 99, Final, "the position lies outside of the snapshot";
    UNKNOWN_TOPIC_ID = 100, Refresh, "the broker has no topic with this id";
    DUPLICATE_BROKER_REGISTRATION = 101, Final, "another running broker has this node id";
    BROKER_ID_NOT_REGISTERED = 102, Final, "no broker with this node id is registered";
    INCONSISTENT_TOPIC_ID = 103, Refresh, "the topic id differs from the one in the partition's log";
    INCONSISTENT_CLUSTER_ID = 104, Final, "the request is meant for another cluster";
    TRANSACTIONAL_ID_NOT_FOUND = 105, Final, "there is no such transactional id";
    FETCH_SESSION_TOPIC_ID_ERROR = 106, Retry, "the fetch session mixes topic names and topic ids";
    INELIGIBLE_REPLICA = 107, Final, "the proposed in-sync replicas include one that may not be among them";
    NEW_LEADER_ELECTED = 108, Final, "the partition was changed, and so was its leader";
    OFFSET_MOVED_TO_TIERED_STORAGE = 109, Final, "the offset is only in tiered storage";
    FENCED_MEMBER_EPOCH = 110, Final, "the member was fenced: it must give up its partitions and join again";
    UNRELEASED_INSTANCE_ID = 111, Final, "another member still holds this instance id";
    UNSUPPORTED_ASSIGNOR = 112, Final, "the group cannot use this assignor";
    STALE_MEMBER_EPOCH = 113, Final, "the member epoch is out of date; the next heartbeat brings the new one";
    MISMATCHED_ENDPOINT_TYPE = 114, Final, "the request belongs on the other kind of endpoint (broker or controller)";
    UNSUPPORTED_ENDPOINT_TYPE = 115, Final, "the kind of endpoint asked for is not supported";
    UNKNOWN_CONTROLLER_ID = 116, Final, "there is no controller with this id";
    UNKNOWN_SUBSCRIPTION_ID = 117, Final, "the telemetry subscription is out of date";
    TELEMETRY_TOO_LARGE = 118, Final, "the telemetry is larger than the broker accepts";
    INVALID_REGISTRATION = 119, Final, "the controller refused the broker's registration";
    TRANSACTION_ABORTABLE = 120, Final, "the transaction must be aborted; the producer can then go on";
    INVALID_RECORD_STATE = 121, Final, "the record is not in a state in which it can be acknowledged";
    SHARE_SESSION_NOT_FOUND = 122, Retry, "the broker no longer has this share session";
    INVALID_SHARE_SESSION_EPOCH = 123, Retry, "the share session is at another epoch";
    FENCED_STATE_EPOCH = 124, Final, "the share group's state epoch is out of date";
    INVALID_VOTER_KEY = 125, Final, "the voter's id and directory id do not match the receiver's";
    DUPLICATE_VOTER = 126, Final, "the node is a voter already";
    VOTER_NOT_FOUND = 127, Final, "the node is not a voter";
    INVALID_REGULAR_EXPRESSION = 128, Final, "the regular expression cannot be compiled";
    REBOOTSTRAP_REQUIRED = 129, Final, "the client should start over from its bootstrap servers";
    STREAMS_INVALID_TOPOLOGY = 130, Final, "the topology is not valid";
    STREAMS_INVALID_TOPOLOGY_EPOCH = 131, Final, "the topology epoch is not valid";
    STREAMS_TOPOLOGY_FENCED = 132, Final, "the group uses a newer topology";
    SHARE_SESSION_LIMIT_REACHED = 133, Retry, "the broker has as many share sessions as it allows";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_contiguous_and_unique() {
        let codes: Vec<i16> = ErrorCode::ALL.iter().map(|code| code.0).collect();
        assert_eq!(codes, (-1..=133).collect::<Vec<_>>());
    }

    #[test]
    fn known_code_prints_as_its_name() {
        assert_eq!(ErrorCode(6).to_string(), "NOT_LEADER_OR_FOLLOWER");
    }

    #[test]
    fn unknown_code_prints_as_its_number_and_is_final() {
        let code = ErrorCode(999);
        assert_eq!(code.to_string(), "error code 999");
        assert_eq!(code.name(), None);
        assert!(!code.is_retriable());
    }

    #[test]
    fn coordinator_move_is_retriable_without_new_metadata() {
        assert!(ErrorCode::NOT_COORDINATOR.is_retriable());
        assert!(!ErrorCode::NOT_COORDINATOR.invalidates_metadata());
        assert!(ErrorCode::FENCED_LEADER_EPOCH.invalidates_metadata());
    }
}

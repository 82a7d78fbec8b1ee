//! The settings of the coordinator.

use crate::config::BrokerConfig;

/// What a broker's settings say about groups. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// How long the first rebalance of an empty group waits for more members.
    pub initial_rebalance_delay_ms: i64,
    /// The shortest session timeout a member may ask for.
    pub min_session_timeout_ms: i32,
    /// The longest session timeout a member may ask for.
    pub max_session_timeout_ms: i32,
    /// The most members of a group.
    pub max_size: usize,
    /// The longest metadata of a committed offset, in UTF-16 code units.
    pub offset_metadata_max_size: usize,
    /// How long the offsets of a group without members are kept.
    pub offsets_retention_ms: i64,
    /// How long a member that has never had a reply to its join may wait for one. It has no member id yet and cannot
    /// send heartbeats, so this keeps a client that went away meanwhile from staying in the group.
    pub new_member_join_timeout_ms: i64,
}

impl From<&BrokerConfig> for GroupConfig {
    fn from(broker: &BrokerConfig) -> Self {
        Self {
            initial_rebalance_delay_ms: broker.group_initial_rebalance_delay_ms.max(0).into(),
            min_session_timeout_ms: broker.group_min_session_timeout_ms,
            max_session_timeout_ms: broker.group_max_session_timeout_ms,
            max_size: usize::try_from(broker.group_max_size).unwrap_or(usize::MAX),
            offset_metadata_max_size: usize::try_from(broker.offset_metadata_max_bytes).unwrap_or(0),
            offsets_retention_ms: i64::from(broker.offsets_retention_minutes) * 60_000,
            new_member_join_timeout_ms: NEW_MEMBER_JOIN_TIMEOUT_MS,
        }
    }
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self::from(&BrokerConfig::default())
    }
}

const NEW_MEMBER_JOIN_TIMEOUT_MS: i64 = 5 * 60 * 1000;

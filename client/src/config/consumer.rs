//! Settings of a consumer.

use std::{fmt, str::FromStr, time::Duration};

use ottla_protocol::duration::parse_iso_8601;

use super::{ClientConfig, ConfigError, InvalidValue, check_bytes, check_name, check_time, names::named};

/// Settings of a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerConfig {
    /// `group.id`: the group to share partitions and commit offsets with. Needed to subscribe and to commit. Default
    /// none.
    pub group_id: Option<String>,
    /// `group.instance.id`: names a static member, which may restart within the session timeout without a rebalance.
    /// Default none.
    pub group_instance_id: Option<String>,
    /// `session.timeout.ms`: the coordinator removes a member that it has not heard of for this long. Default 45 s.
    pub session_timeout: Duration,
    /// `heartbeat.interval.ms`: how often a member shows that it lives; at most a third of the session timeout is wise.
    /// Default 3 s.
    pub heartbeat_interval: Duration,
    /// `max.poll.interval.ms`: a member that takes no records for this long leaves its group; also how long a rebalance
    /// waits for it. Default 5 min.
    pub max_poll_interval: Duration,
    /// `partition.assignment.strategy`: assignors in order of preference; the group uses the first that all members have.
    /// Default range, cooperative-sticky.
    pub assignors: Vec<AssignorName>,

    /// `auto.offset.reset`: where to begin without a committed offset, or when it is gone. Default latest. It does not
    /// concern a topic that is deleted and created anew under a consumer: nothing of the new one has been read, so it is
    /// read from its beginning, unless this is set to be an error. (Java goes on from the old offset if the new log has
    /// it already, and else resets as set, which with latest skips what was written before it took notice.)
    pub auto_offset_reset: OffsetReset,
    /// `enable.auto.commit`: commit the positions of records handed out, now and then and on close. Default true.
    pub enable_auto_commit: bool,
    /// `auto.commit.interval.ms`: how often. Default 5 s.
    pub auto_commit_interval: Duration,
    /// `isolation.level`: whether to hand out records of transactions that are open or aborted. Default
    /// read_uncommitted.
    pub isolation_level: IsolationLevel,

    /// `fetch.min.bytes`: a broker waits until it has this many bytes to answer a fetch. Default 1.
    pub fetch_min_bytes: usize,
    /// `fetch.max.wait.ms`: but no longer than this. Default 500 ms.
    pub fetch_max_wait: Duration,
    /// `fetch.max.bytes`: the most bytes in one fetch response; a first batch larger than it still comes whole. Of a broker
    /// that answers quickly less is asked at once, 4 MiB, so that records are still in the processor's caches when they
    /// are read. Default 50 MiB.
    pub fetch_max_bytes: usize,
    /// `max.partition.fetch.bytes`: the same for one partition. Default 1 MiB.
    pub max_partition_fetch_bytes: usize,
    /// `queued.max.messages.kbytes` (librdkafka): bytes, as fetched, that may wait to be taken by the application.
    /// Default 64 MiB.
    pub max_buffered_bytes: usize,
    /// `max.poll.records`: the most records handed out at once. Default 500.
    pub max_poll_records: usize,
    /// `check.crcs`: check that batches arrive as they were written. Default true.
    pub check_crcs: bool,
    /// `exclude.internal.topics`: a pattern does not match internal topics such as `__consumer_offsets`. Default true.
    pub exclude_internal_topics: bool,
}

impl Default for ConsumerConfig {
    fn default() -> Self {
        Self {
            group_id: None,
            group_instance_id: None,
            session_timeout: Duration::from_secs(45),
            heartbeat_interval: Duration::from_secs(3),
            max_poll_interval: Duration::from_secs(5 * 60),
            assignors: vec![AssignorName::Range, AssignorName::CooperativeSticky],
            auto_offset_reset: OffsetReset::Latest,
            enable_auto_commit: true,
            auto_commit_interval: Duration::from_secs(5),
            isolation_level: IsolationLevel::ReadUncommitted,
            fetch_min_bytes: 1,
            fetch_max_wait: Duration::from_millis(500),
            fetch_max_bytes: 50 << 20,
            max_partition_fetch_bytes: 1 << 20,
            max_buffered_bytes: 64 << 20,
            max_poll_records: 500,
            check_crcs: true,
            exclude_internal_topics: true,
        }
    }
}

impl ConsumerConfig {
    /// Checks that the settings can work, alone, together and with the client's.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot.
    pub fn validate(&self, client: &ClientConfig) -> Result<(), ConfigError> {
        self.validate_group()?;
        self.validate_fetch(client)?;
        check_time("auto.commit.interval.ms", self.auto_commit_interval, Duration::from_millis(1))
    }

    fn validate_group(&self) -> Result<(), ConfigError> {
        check_name("group.id", self.group_id.as_deref())?;
        check_name("group.instance.id", self.group_instance_id.as_deref())?;
        if self.group_instance_id.is_some() && self.group_id.is_none() {
            let reason = "a static member needs a group; set the latter";
            return Err(ConfigError::Conflict { setting: "group.instance.id", other: "group.id", reason });
        }
        let millisecond = Duration::from_millis(1);
        check_time("session.timeout.ms", self.session_timeout, millisecond)?;
        check_time("heartbeat.interval.ms", self.heartbeat_interval, millisecond)?;
        check_time("max.poll.interval.ms", self.max_poll_interval, millisecond)?;
        if self.heartbeat_interval >= self.session_timeout {
            return Err(ConfigError::Conflict {
                setting: "heartbeat.interval.ms",
                other: "session.timeout.ms",
                reason: "a member must show that it lives within its session; lower the former to a third of the latter",
            });
        }
        if self.assignors.is_empty() {
            return Err(ConfigError::Missing { setting: "partition.assignment.strategy" });
        }
        Ok(())
    }

    fn validate_fetch(&self, client: &ClientConfig) -> Result<(), ConfigError> {
        check_bytes("fetch.min.bytes", self.fetch_min_bytes, 0)?;
        check_time("fetch.max.wait.ms", self.fetch_max_wait, Duration::ZERO)?;
        check_bytes("fetch.max.bytes", self.fetch_max_bytes, 1)?;
        check_bytes("max.partition.fetch.bytes", self.max_partition_fetch_bytes, 1)?;
        if self.max_buffered_bytes == 0 || self.max_poll_records == 0 {
            let setting = if self.max_poll_records == 0 { "max.poll.records" } else { "queued.max.messages.kbytes" };
            return Err(ConfigError::OutOfRange { setting, value: "0".into(), valid: "at least 1".into() });
        }
        if self.fetch_max_wait >= client.request_timeout {
            return Err(ConfigError::Conflict {
                setting: "fetch.max.wait.ms",
                other: "request.timeout.ms",
                reason: "a fetch that waits for records would time out; lower the former",
            });
        }
        if client.max_response_bytes < self.least_max_response_bytes() {
            return Err(ConfigError::Conflict {
                setting: "fetch.max.bytes",
                other: "receive.message.max.bytes",
                reason: "a fetch response would be refused; lower the former or raise the latter",
            });
        }
        Ok(())
    }

    /// The least `max_response_bytes` that lets a full fetch response through: no response is longer than a 32-bit length says.
    pub(crate) fn least_max_response_bytes(&self) -> usize {
        self.fetch_max_bytes.saturating_add(Self::RESPONSE_OVERHEAD).min(i32::MAX as usize)
    }

    /// Bytes of a fetch response beside its records, as librdkafka reckons.
    const RESPONSE_OVERHEAD: usize = 512;
}

/// Which records of transactions a consumer sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IsolationLevel {
    /// All, of open and aborted transactions too.
    #[default]
    ReadUncommitted,
    /// Those of committed transactions; reading stops before the first open one.
    ReadCommitted,
}

impl IsolationLevel {
    /// The value of a request's `isolation_level`.
    pub fn code(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

named!(IsolationLevel, "isolation.level", "read_uncommitted, read_committed", {
    ReadUncommitted: "read_uncommitted", ReadCommitted: "read_committed",
});

/// The assignors that come with this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssignorName {
    /// Ranges of each topic, so that topics with as many partitions go together.
    Range,
    /// One partition after the other to one member after the other.
    RoundRobin,
    /// Balanced, with as few moves as can be; every member stops for a rebalance.
    Sticky,
    /// The same, where only the members stop whose partitions move, and only for these.
    CooperativeSticky,
}

named!(AssignorName, "partition.assignment.strategy", "range, roundrobin, sticky, cooperative-sticky", {
    Range: "range" | "org.apache.kafka.clients.consumer.rangeassignor",
    RoundRobin: "roundrobin" | "org.apache.kafka.clients.consumer.roundrobinassignor",
    Sticky: "sticky" | "org.apache.kafka.clients.consumer.stickyassignor",
    CooperativeSticky: "cooperative-sticky" | "org.apache.kafka.clients.consumer.cooperativestickyassignor",
});

/// Where to begin without a committed offset, or when it is out of the log's range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OffsetReset {
    /// At the first record there is.
    Earliest,
    /// After the last record there is.
    #[default]
    Latest,
    /// At the first record that is not older than this.
    ByDuration(Duration),
    /// Nowhere: it is an error that the application decides on (`none` in Java).
    Error,
}

impl FromStr for OffsetReset {
    type Err = InvalidValue;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value.trim().to_ascii_lowercase().as_str() {
            "earliest" | "beginning" | "smallest" => Some(Self::Earliest),
            "latest" | "end" | "largest" => Some(Self::Latest),
            "none" | "error" => Some(Self::Error),
            other => other.strip_prefix("by_duration:").and_then(parse_iso_8601).map(Self::ByDuration),
        }
        .ok_or_else(|| InvalidValue {
            setting: "auto.offset.reset",
            value: value.to_owned(),
            valid: "earliest, latest, none, by_duration:PnDTnHnMnS",
        })
    }
}

impl fmt::Display for OffsetReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::ByDuration(duration) => {
                write!(f, "by_duration:PT{}.{:09}S", duration.as_secs(), duration.subsec_nanos())
            }
            Self::Error => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerAddress;

    fn validate(consumer: &ConsumerConfig) -> Result<(), String> {
        let client = ClientConfig::new([ServerAddress::new("broker", 9092)]);
        consumer.validate(&client).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_valid() {
        assert_eq!(validate(&ConsumerConfig::default()), Ok(()));
    }

    #[test]
    fn a_heartbeat_must_fit_its_session() {
        let config = ConsumerConfig { session_timeout: Duration::from_secs(3), ..Default::default() };
        assert!(validate(&config).unwrap_err().starts_with("heartbeat.interval.ms conflicts with session.timeout.ms"));
    }

    #[test]
    fn a_static_member_needs_a_group() {
        let config = ConsumerConfig { group_instance_id: Some("a".into()), ..Default::default() };
        assert!(validate(&config).unwrap_err().starts_with("group.instance.id conflicts with group.id"));
        let config = ConsumerConfig { group_id: Some("g".into()), ..config };
        assert_eq!(validate(&config), Ok(()));
    }

    #[test]
    fn an_empty_group_id_is_out_of_range() {
        let config = ConsumerConfig { group_id: Some(String::new()), ..Default::default() };
        assert!(validate(&config).unwrap_err().starts_with("group.id is 0 bytes long"));
    }

    #[test]
    fn a_fetch_response_must_fit_the_largest_response() {
        let config = ConsumerConfig { fetch_max_bytes: 100 << 20, ..Default::default() };
        assert!(validate(&config).unwrap_err().starts_with("fetch.max.bytes conflicts with receive.message.max.bytes"));
    }

    #[test]
    fn offset_resets_are_read_by_either_clients_name() {
        for (text, reset) in [
            ("earliest", OffsetReset::Earliest),
            ("smallest", OffsetReset::Earliest),
            ("Latest", OffsetReset::Latest),
            ("end", OffsetReset::Latest),
            ("none", OffsetReset::Error),
            ("error", OffsetReset::Error),
            ("by_duration:P1DT2H3M4.5S", OffsetReset::ByDuration(Duration::from_millis(93_784_500))),
            ("by_duration:PT0.000000001S", OffsetReset::ByDuration(Duration::from_nanos(1))),
            ("by_duration:P7D", OffsetReset::ByDuration(Duration::from_secs(604_800))),
        ] {
            assert_eq!(text.parse(), Ok(reset), "{text}");
            assert_eq!(reset.to_string().parse(), Ok(reset), "{reset}");
        }
    }

    #[test]
    fn malformed_offset_resets_name_the_valid_ones() {
        for text in
            ["", "first", "by_duration:", "by_duration:P", "by_duration:PT", "by_duration:P1H", "by_duration:PT-1S"]
                .into_iter()
                .chain([
                    "by_duration:P99999999999999999999D",
                    "by_duration:P1DT1",
                    "by_duration:PT1S2H",
                    "by_duration:P1D2",
                ])
        {
            let error = text.parse::<OffsetReset>().unwrap_err();
            assert!(error.to_string().contains("earliest, latest, none, by_duration"), "{text}: {error}");
        }
    }

    #[test]
    fn assignors_are_read_by_name_and_class() {
        assert_eq!("org.apache.kafka.clients.consumer.StickyAssignor".parse(), Ok(AssignorName::Sticky));
        assert_eq!("cooperative-sticky".parse(), Ok(AssignorName::CooperativeSticky));
        assert!("com.example.Mine".parse::<AssignorName>().is_err());
    }
}

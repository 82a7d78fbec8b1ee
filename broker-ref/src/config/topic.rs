//! The settings of a topic.

use ottla_protocol::record::TimestampType;

use super::{
    BrokerLayers, CleanupPolicy, CompressionType, ConfigMap,
    definition::{
        Synonym::{Hours, Milliseconds, Minutes, Same},
        settings,
    },
    error::ConfigError,
    table::topic_definition,
    value::ConfigValue,
};

settings! {
/// The settings in force for one topic: its own, else the broker's, else the default.
pub struct TopicConfig {
    /// What happens to old segments: `delete` drops them by age or size, `compact` keeps the latest record of each key.
    /// Empty keeps everything.
    #[setting("cleanup.policy", default("delete"), synonyms_are(&[Same("log.cleanup.policy")]))]
    pub cleanup_policy: CleanupPolicy,
    /// The level for batches that the broker compresses with gzip; -1 is the library's own choice.
    #[setting(
        "compression.gzip.level",
        default("-1"),
        between_or(1, 9, -1),
        synonyms_are(&[Same("compression.gzip.level")])
    )]
    pub compression_gzip_level: i32,
    /// The level for batches that the broker compresses with lz4.
    #[setting("compression.lz4.level", default("9"), between(1, 17), synonyms_are(&[Same("compression.lz4.level")]))]
    pub compression_lz4_level: i32,
    /// The codec of stored batches; `producer` keeps what the producer chose.
    #[setting("compression.type", default("producer"), synonyms_are(&[Same("compression.type")]))]
    pub compression_type: CompressionType,
    /// The level for batches that the broker compresses with zstd.
    #[setting(
        "compression.zstd.level",
        default("3"),
        between(-131_072, 22),
        synonyms_are(&[Same("compression.zstd.level")])
    )]
    pub compression_zstd_level: i32,
    /// How long compaction keeps a tombstone, so that slow readers still see the deletion.
    #[setting(
        "delete.retention.ms",
        default("86400000"),
        at_least(0),
        synonyms_are(&[Same("log.cleaner.delete.retention.ms")])
    )]
    pub delete_retention_ms: i64,
    /// How long a deleted segment stays on disk under its `.deleted` name.
    #[setting(
        "file.delete.delay.ms",
        default("60000"),
        at_least(0),
        synonyms_are(&[Same("log.segment.delete.delay.ms")])
    )]
    pub file_delete_delay_ms: i64,
    /// Flush to disk after this many records.
    #[setting(
        "flush.messages",
        default("9223372036854775807"),
        at_least(1),
        synonyms_are(&[Same("log.flush.interval.messages")])
    )]
    pub flush_messages: i64,
    /// Flush to disk when the oldest unflushed record has waited this long.
    #[setting(
        "flush.ms",
        default("9223372036854775807"),
        at_least(0),
        synonyms_are(&[Same("log.flush.interval.ms"), Same("log.flush.scheduler.interval.ms")])
    )]
    pub flush_ms: i64,
    /// The replicas whose fetching is throttled, as `partition:broker` pairs, or `*` for all.
    #[setting("follower.replication.throttled.replicas", default(""), throttled_replicas())]
    pub follower_replication_throttled_replicas: Vec<String>,
    /// The bytes appended between two entries of the offset index.
    #[setting("index.interval.bytes", default("4096"), at_least(0), synonyms_are(&[Same("log.index.interval.bytes")]))]
    pub index_interval_bytes: i32,
    /// A segment size below the public minimum, for tests. It wins over `segment.bytes`.
    #[setting("internal.segment.bytes", at_least(1), internal())]
    pub internal_segment_bytes: Option<i32>,
    /// The replicas to which serving is throttled, as `partition:broker` pairs, or `*` for all.
    #[setting("leader.replication.throttled.replicas", default(""), throttled_replicas())]
    pub leader_replication_throttled_replicas: Vec<String>,
    /// With tiered storage, the bytes kept on local disk per partition; -2 follows `retention.bytes`.
    #[setting(
        "local.retention.bytes",
        default("-2"),
        at_least(-2),
        synonyms_are(&[Same("log.local.retention.bytes")])
    )]
    pub local_retention_bytes: i64,
    /// With tiered storage, how long segments stay on local disk; -2 follows `retention.ms`.
    #[setting("local.retention.ms", default("-2"), at_least(-2), synonyms_are(&[Same("log.local.retention.ms")]))]
    pub local_retention_ms: i64,
    /// The longest a record may wait before it becomes eligible for compaction.
    #[setting(
        "max.compaction.lag.ms",
        default("9223372036854775807"),
        at_least(1),
        synonyms_are(&[Same("log.cleaner.max.compaction.lag.ms")])
    )]
    pub max_compaction_lag_ms: i64,
    /// The largest record batch the topic accepts, as it is stored.
    #[setting("max.message.bytes", default("1048588"), at_least(0), synonyms_are(&[Same("message.max.bytes")]))]
    pub max_message_bytes: i32,
    /// How far ahead of the broker's clock a create time may be.
    #[setting(
        "message.timestamp.after.max.ms",
        default("3600000"),
        at_least(0),
        synonyms_are(&[Same("log.message.timestamp.after.max.ms")])
    )]
    pub message_timestamp_after_max_ms: i64,
    /// How far behind the broker's clock a create time may be.
    #[setting(
        "message.timestamp.before.max.ms",
        default("9223372036854775807"),
        at_least(0),
        synonyms_are(&[Same("log.message.timestamp.before.max.ms")])
    )]
    pub message_timestamp_before_max_ms: i64,
    /// Whether a record's timestamp is the producer's create time or the broker's append time.
    #[setting("message.timestamp.type", default("CreateTime"), synonyms_are(&[Same("log.message.timestamp.type")]))]
    pub message_timestamp_type: TimestampType,
    /// The share of uncompacted bytes at which compaction runs.
    #[setting(
        "min.cleanable.dirty.ratio",
        default("0.5"),
        ratio(0.0, 1.0),
        synonyms_are(&[Same("log.cleaner.min.cleanable.ratio")])
    )]
    pub min_cleanable_dirty_ratio: f64,
    /// The shortest time a record stays uncompacted.
    #[setting(
        "min.compaction.lag.ms",
        default("0"),
        at_least(0),
        synonyms_are(&[Same("log.cleaner.min.compaction.lag.ms")])
    )]
    pub min_compaction_lag_ms: i64,
    /// How many replicas must be in sync for a produce with acks=all to be accepted.
    #[setting("min.insync.replicas", default("1"), at_least(1), synonyms_are(&[Same("min.insync.replicas")]))]
    pub min_insync_replicas: i32,
    /// Whether a new segment file takes its full size at once.
    #[setting("preallocate", default("false"), synonyms_are(&[Same("log.preallocate")]))]
    pub preallocate: bool,
    /// With tiered storage, stops copying further segments to it.
    #[setting("remote.log.copy.disable", default("false"))]
    pub remote_log_copy_disable: bool,
    /// With tiered storage, deletes the remote data when it is turned off.
    #[setting("remote.log.delete.on.disable", default("false"))]
    pub remote_log_delete_on_disable: bool,
    /// Whether segments move to tiered storage. This broker has none, so only `false` is accepted.
    #[setting("remote.storage.enable", default("false"))]
    pub remote_storage_enable: bool,
    /// The bytes kept per partition before old segments are deleted; -1 is without limit.
    #[setting("retention.bytes", default("-1"), synonyms_are(&[Same("log.retention.bytes")]))]
    pub retention_bytes: i64,
    /// How long records are kept before their segment is deleted; -1 is without limit.
    #[setting(
        "retention.ms",
        default("604800000"),
        at_least(-1),
        synonyms_are(&[Milliseconds("log.retention.ms"), Minutes("log.retention.minutes"), Hours("log.retention.hours")])
    )]
    pub retention_ms: i64,
    /// The size at which a segment is closed and a new one begins.
    #[setting("segment.bytes", default("1073741824"), at_least(1_048_576), synonyms_are(&[Same("log.segment.bytes")]))]
    pub segment_bytes: i32,
    /// The largest size of a segment's offset index.
    #[setting(
        "segment.index.bytes",
        default("10485760"),
        at_least(4),
        synonyms_are(&[Same("log.index.size.max.bytes")])
    )]
    pub segment_index_bytes: i32,
    /// The largest random time taken off `segment.ms`, so that partitions do not all roll at once.
    #[setting(
        "segment.jitter.ms",
        default("0"),
        at_least(0),
        synonyms_are(&[Same("log.roll.jitter.ms"), Hours("log.roll.jitter.hours")])
    )]
    pub segment_jitter_ms: i64,
    /// The age at which a segment is closed even when it is not full.
    #[setting(
        "segment.ms",
        default("604800000"),
        at_least(1),
        synonyms_are(&[Same("log.roll.ms"), Hours("log.roll.hours")])
    )]
    pub segment_ms: i64,
    /// Whether a replica out of sync may become leader when no other is left, at the price of lost records.
    #[setting(
        "unclean.leader.election.enable",
        default("false"),
        synonyms_are(&[Same("unclean.leader.election.enable")])
    )]
    pub unclean_leader_election_enable: bool,
}
}

impl TopicConfig {
    /// The settings of a topic with these of its own on a broker with those layers.
    ///
    /// # Errors
    /// An own setting that is unknown, invalid, or contradicts another one.
    pub fn new(layers: &BrokerLayers, own: &ConfigMap) -> Result<Self, ConfigError> {
        let unknown = |name: &&String| topic_definition(name).is_none();
        if let Some(name) = own.keys().find(unknown) {
            return Err(ConfigError::UnknownTopicConfig { name: name.clone() });
        }
        let config = Self::read(|name| match topic_definition(name) {
            Some(definition) => definition.in_force(layers, own),
            None => Ok(ConfigValue::Null),
        })?;
        config.check()
    }

    /// The size at which a segment is closed, in bytes.
    pub fn segment_size(&self) -> i32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }

    /// The settings in force for a topic that is there already. A value that is not valid any more is passed over, and
    /// a contradiction with what the broker's settings have become stays: neither may cost the topic its others.
    pub fn of_existing(layers: &BrokerLayers, own: &ConfigMap) -> Self {
        let valid = |name: &str| {
            let Some(definition) = topic_definition(name) else { return Ok(ConfigValue::Null) };
            let nothing = (BrokerLayers::default(), ConfigMap::new());
            definition.in_force(layers, own).or_else(|error| {
                tracing::error!(%error, "a setting of a topic is not valid any more, it gets the broker's");
                definition.in_force(layers, &nothing.1).or_else(|_| definition.in_force(&nothing.0, &nothing.1))
            })
        };
        Self::read(valid).unwrap_or_default()
    }

    fn check(self) -> Result<Self, ConfigError> {
        if self.remote_storage_enable {
            return Err(ConfigError::TieredStorage);
        }
        if self.min_compaction_lag_ms > self.max_compaction_lag_ms {
            return Err(ConfigError::Conflict {
                name: "min.compaction.lag.ms",
                value: self.min_compaction_lag_ms,
                limit_name: "max.compaction.lag.ms",
                limit: self.max_compaction_lag_ms,
            });
        }
        Ok(self)
    }
}

impl Default for TopicConfig {
    fn default() -> Self {
        Self::new(&BrokerLayers::default(), &ConfigMap::new()).expect("the defaults are valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map<const N: usize>(pairs: [(&str, &str); N]) -> ConfigMap {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn on_broker<const N: usize>(file: [(&str, &str); N]) -> TopicConfig {
        TopicConfig::new(&BrokerLayers::from_file(map(file)), &ConfigMap::new()).expect("valid settings")
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = TopicConfig::default();
        assert_eq!(config.retention_ms, 604_800_000);
        assert_eq!(config.segment_size(), 1 << 30);
        assert_eq!(config.max_message_bytes, 1_048_588);
        assert_eq!(config.cleanup_policy, CleanupPolicy { compact: false, delete: true });
        assert_eq!(config.compression_type, CompressionType::Producer);
        assert_eq!(config.message_timestamp_type, TimestampType::CreateTime);
        assert_eq!(config.message_timestamp_after_max_ms, 3_600_000);
    }

    #[test]
    fn every_topic_default_equals_that_of_its_broker_settings() {
        for definition in TopicConfig::DEFINITIONS {
            let from_broker = definition.in_force(&BrokerLayers::default(), &ConfigMap::new());
            assert_eq!(from_broker, Ok(definition.default_value().expect("valid")), "{}", definition.name());
        }
    }

    #[test]
    fn retention_in_ms_wins_over_minutes_and_minutes_over_hours() {
        assert_eq!(on_broker([("log.retention.hours", "2")]).retention_ms, 7_200_000);
        let minutes = [("log.retention.hours", "2"), ("log.retention.minutes", "3")];
        assert_eq!(on_broker(minutes).retention_ms, 180_000);
        let ms = [("log.retention.hours", "2"), ("log.retention.minutes", "3"), ("log.retention.ms", "4")];
        assert_eq!(on_broker(ms).retention_ms, 4);
    }

    /// Kafka 4.3.1 reads each of them so, and refuses to start with none, or with segments of no time at all.
    #[test]
    fn retention_below_zero_is_without_limit_in_every_unit_and_none_is_refused() {
        for name in ["log.retention.ms", "log.retention.minutes", "log.retention.hours"] {
            for unlimited in ["-1", "-7"] {
                assert_eq!(on_broker([(name, unlimited)]).retention_ms, -1, "{name}={unlimited}");
            }
        }
        assert_eq!(on_broker([("log.retention.ms", "-9223372036854775808")]).retention_ms, -1);
        for (name, value) in [
            ("log.retention.ms", "0"),
            ("log.retention.minutes", "0"),
            ("log.retention.hours", "0"),
            ("log.roll.ms", "0"),
            ("log.roll.ms", "-1"),
            ("log.roll.jitter.ms", "-4"),
        ] {
            let layers = BrokerLayers::from_file(map([(name, value)]));
            assert!(TopicConfig::new(&layers, &ConfigMap::new()).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn a_topics_own_retention_is_without_limit_by_minus_one_alone() {
        let own = |value| TopicConfig::new(&BrokerLayers::default(), &map([("retention.ms", value)]));
        assert_eq!(own("-1").map(|config| config.retention_ms), Ok(-1));
        assert!(own("-5").is_err());
    }

    #[test]
    fn roll_time_and_jitter_follow_the_same_rule() {
        let hours = on_broker([("log.roll.hours", "1"), ("log.roll.jitter.hours", "2")]);
        assert_eq!((hours.segment_ms, hours.segment_jitter_ms), (3_600_000, 7_200_000));
        assert_eq!(on_broker([("log.roll.hours", "1"), ("log.roll.ms", "5")]).segment_ms, 5);
    }

    #[test]
    fn the_flush_interval_falls_back_to_the_schedulers() {
        assert_eq!(on_broker([("log.flush.scheduler.interval.ms", "9")]).flush_ms, 9);
    }

    #[test]
    fn the_topics_own_setting_wins() {
        let layers = BrokerLayers::from_file(map([("log.segment.bytes", "2000000")]));
        let own = map([("segment.bytes", "3000000"), ("cleanup.policy", "compact,delete")]);
        let config = TopicConfig::new(&layers, &own).expect("valid settings");
        assert_eq!(config.segment_size(), 3_000_000);
        assert_eq!(config.cleanup_policy, CleanupPolicy { compact: true, delete: true });
    }

    #[test]
    fn tests_may_have_small_segments_by_the_internal_setting() {
        let config = TopicConfig::new(&BrokerLayers::default(), &map([("internal.segment.bytes", "100")]));
        assert_eq!(config.map(|config| config.segment_size()), Ok(100));
    }

    /// A setting of the broker may be changed to what contradicts one of a topic: the topic keeps all of its own.
    #[test]
    fn a_topic_that_is_there_keeps_its_settings_whatever_becomes_of_the_brokers() {
        let own = map([("retention.ms", "-1"), ("min.compaction.lag.ms", "100"), ("max.message.bytes", "5000000")]);
        let layers = BrokerLayers::from_file(map([("log.cleaner.max.compaction.lag.ms", "50")]));
        assert!(TopicConfig::new(&layers, &own).is_err());
        let config = TopicConfig::of_existing(&layers, &own);
        assert_eq!((config.retention_ms, config.max_message_bytes), (-1, 5_000_000));
        assert_eq!((config.min_compaction_lag_ms, config.max_compaction_lag_ms), (100, 50));
    }

    #[test]
    fn a_value_that_is_not_valid_any_more_costs_a_topic_no_other() {
        let layers = BrokerLayers::from_file(map([("log.segment.bytes", "2000000"), ("log.roll.ms", "nonsense")]));
        let own = map([("retention.ms", "-1"), ("segment.bytes", "1"), ("nosuch", "1")]);
        let config = TopicConfig::of_existing(&layers, &own);
        assert_eq!((config.retention_ms, config.segment_bytes, config.segment_ms), (-1, 2_000_000, 604_800_000));
    }

    #[test]
    fn contradictions_and_unknown_names_are_errors() {
        let error = |own| TopicConfig::new(&BrokerLayers::default(), &own).expect_err("invalid settings").to_string();
        assert_eq!(
            error(map([("min.compaction.lag.ms", "100"), ("max.compaction.lag.ms", "50")])),
            "min.compaction.lag.ms (100) must not be above max.compaction.lag.ms (50)"
        );
        assert_eq!(error(map([("nosuch", "1")])), "Unknown topic config name: nosuch");
        assert!(error(map([("remote.storage.enable", "true")])).contains("Tiered storage"));
    }
}

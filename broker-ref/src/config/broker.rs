//! The settings of a broker that this broker acts on. Those that it only knows are in [`known`](super::known).

use super::{
    BrokerLayers,
    definition::settings,
    error::ConfigError,
    listener::{InvalidListener, Listener},
};

settings! {
/// The settings in force for one broker.
///
/// The defaults that it gives to topics are not among them: they are in [`TopicConfig`](super::TopicConfig).
pub struct BrokerConfig {
    /// The addresses clients are told to connect to; those of `listeners` where absent.
    #[setting("advertised.listeners", non_empty())]
    pub advertised_listeners: Option<Vec<String>>,
    /// Whether asking for the metadata of a topic that does not exist may create it.
    #[setting("auto.create.topics.enable", default("true"))]
    pub auto_create_topics_enable: bool,
    /// The node's id, under its older name. Same as `node.id`.
    #[setting("broker.id", default("-1"))]
    pub broker_id: i32,
    /// The rack of the node, for rack-aware placement and for reading from the nearest replica.
    #[setting("broker.rack")]
    pub broker_rack: Option<String>,
    /// A connection silent for this long is closed; below zero never.
    #[setting("connections.max.idle.ms", default("600000"))]
    pub connections_max_idle_ms: i64,
    /// The listeners of the controller. This broker's has none, and passes them over.
    #[setting("controller.listener.names", non_empty())]
    pub controller_listener_names: Option<Vec<String>>,
    /// Replicas of a topic created without a number of its own.
    #[setting("default.replication.factor", default("1"))]
    pub default_replication_factor: i32,
    /// Whether topics may be deleted.
    #[setting("delete.topic.enable", default("true"))]
    pub delete_topic_enable: bool,
    /// The most a fetch response carries, whatever the client asks for.
    #[setting("fetch.max.bytes", default("57671680"), at_least(1_024))]
    pub fetch_max_bytes: i32,
    /// How long the first rebalance of an empty group waits for more members.
    #[setting("group.initial.rebalance.delay.ms", default("3000"))]
    pub group_initial_rebalance_delay_ms: i32,
    /// The longest session timeout a member of a classic group may ask for.
    #[setting("group.max.session.timeout.ms", default("1800000"))]
    pub group_max_session_timeout_ms: i32,
    /// The most members a classic group may have.
    #[setting("group.max.size", default("2147483647"), at_least(1))]
    pub group_max_size: i32,
    /// The shortest session timeout a member of a classic group may ask for.
    #[setting("group.min.session.timeout.ms", default("6000"))]
    pub group_min_session_timeout_ms: i32,
    /// The listener that brokers use among themselves.
    #[setting("inter.broker.listener.name")]
    pub inter_broker_listener_name: Option<String>,
    /// The security protocol of each listener name.
    #[setting(
        "listener.security.protocol.map",
        default("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"),
        security_protocols(),
        non_empty(),
        per_broker()
    )]
    pub listener_security_protocol_map: String,
    /// The addresses to listen on, as `NAME://host:port`.
    #[setting("listeners", default("PLAINTEXT://:9092"), non_empty(), per_broker())]
    pub listeners: Vec<String>,
    /// The pause between looks for a log to compact.
    #[setting("log.cleaner.backoff.ms", default("15000"), at_least(0), cluster_wide())]
    pub log_cleaner_backoff_ms: i64,
    /// The memory for the keys of a compaction, in bytes.
    #[setting("log.cleaner.dedupe.buffer.size", default("134217728"), cluster_wide())]
    pub log_cleaner_dedupe_buffer_size: i64,
    /// Whether logs are compacted.
    #[setting("log.cleaner.enable", default("true"))]
    pub log_cleaner_enable: bool,
    /// The data directory, where `log.dirs` is absent.
    #[setting("log.dir", default("/tmp/kafka-logs"), non_empty())]
    pub log_dir: Vec<String>,
    /// The data directories.
    #[setting("log.dirs", non_empty())]
    pub log_dirs: Option<Vec<String>>,
    /// How often the recovery points of the logs are written.
    #[setting("log.flush.offset.checkpoint.interval.ms", default("60000"), at_least(0))]
    pub log_flush_offset_checkpoint_interval_ms: i32,
    /// How often the log start offsets are written.
    #[setting("log.flush.start.offset.checkpoint.interval.ms", default("60000"), at_least(0))]
    pub log_flush_start_offset_checkpoint_interval_ms: i32,
    /// How often the logs are looked over for segments to delete.
    #[setting("log.retention.check.interval.ms", default("300000"), at_least(1))]
    pub log_retention_check_interval_ms: i64,
    /// The most connections to the broker at a time.
    #[setting("max.connections", default("2147483647"), at_least(1), cluster_wide())]
    pub max_connections: i32,
    /// The most connections from one address at a time.
    #[setting("max.connections.per.ip", default("2147483647"), at_least(0), cluster_wide())]
    pub max_connections_per_ip: i32,
    /// Other limits for some addresses, as `host:count` pairs.
    #[setting("max.connections.per.ip.overrides", default(""), host_counts(), cluster_wide())]
    pub max_connections_per_ip_overrides: String,
    /// The most fetch sessions kept at a time.
    #[setting("max.incremental.fetch.session.cache.slots", default("1000"), at_least(0))]
    pub max_incremental_fetch_session_cache_slots: i32,
    /// The most partitions one request may ask to be described.
    #[setting("max.request.partition.size.limit", default("2000"), at_least(1))]
    pub max_request_partition_size_limit: i32,
    /// The node's id.
    #[setting("node.id", at_least(0))]
    pub node_id: Option<i32>,
    /// Partitions of a topic created without a number of its own.
    #[setting("num.partitions", default("1"), at_least(1))]
    pub num_partitions: i32,
    /// The longest metadata a committed offset may carry.
    #[setting("offset.metadata.max.bytes", default("4096"))]
    pub offset_metadata_max_bytes: i32,
    /// How long an offset commit waits for its replicas.
    #[setting("offsets.commit.timeout.ms", default("5000"), at_least(1))]
    pub offsets_commit_timeout_ms: i32,
    /// How often committed offsets are looked over for expired ones.
    #[setting("offsets.retention.check.interval.ms", default("600000"), at_least(1))]
    pub offsets_retention_check_interval_ms: i64,
    /// How long offsets are kept after their group became empty.
    #[setting("offsets.retention.minutes", default("10080"), at_least(1))]
    pub offsets_retention_minutes: i32,
    /// Partitions of the topic of committed offsets. Not to be changed later.
    #[setting("offsets.topic.num.partitions", default("50"), at_least(1))]
    pub offsets_topic_num_partitions: i32,
    /// Replicas of the topic of committed offsets.
    #[setting("offsets.topic.replication.factor", default("3"), at_least(1))]
    pub offsets_topic_replication_factor: i16,
    /// The segment size of the topic of committed offsets.
    #[setting("offsets.topic.segment.bytes", default("104857600"), at_least(1))]
    pub offsets_topic_segment_bytes: i32,
    /// How often producer ids are looked over for expired ones.
    #[setting("producer.id.expiration.check.interval.ms", default("600000"), at_least(1), internal())]
    pub producer_id_expiration_check_interval_ms: i32,
    /// How long a partition remembers a producer that writes nothing.
    #[setting("producer.id.expiration.ms", default("86400000"), at_least(1), cluster_wide())]
    pub producer_id_expiration_ms: i32,
    /// The most requests waiting to be handled before connections are read no further.
    #[setting("queued.max.requests", default("500"), at_least(1))]
    pub queued_max_requests: i32,
    /// The bytes a follower asks for per partition.
    #[setting("replica.fetch.max.bytes", default("1048576"), at_least(0))]
    pub replica_fetch_max_bytes: i32,
    /// The bytes a follower's fetch waits for.
    #[setting("replica.fetch.min.bytes", default("1"))]
    pub replica_fetch_min_bytes: i32,
    /// The bytes a follower asks for per fetch.
    #[setting("replica.fetch.response.max.bytes", default("10485760"), at_least(0))]
    pub replica_fetch_response_max_bytes: i32,
    /// The longest a follower's fetch waits at the leader.
    #[setting("replica.fetch.wait.max.ms", default("500"))]
    pub replica_fetch_wait_max_ms: i32,
    /// How often the high watermarks are written.
    #[setting("replica.high.watermark.checkpoint.interval.ms", default("5000"))]
    pub replica_high_watermark_checkpoint_interval_ms: i64,
    /// A follower that has not caught up for this long leaves the in-sync replicas.
    #[setting("replica.lag.time.max.ms", default("30000"))]
    pub replica_lag_time_max_ms: i64,
    /// The most connections waiting to be accepted.
    #[setting("socket.listen.backlog.size", default("50"), at_least(1))]
    pub socket_listen_backlog_size: i32,
    /// The receive buffer of a connection; -1 is the system's own.
    #[setting("socket.receive.buffer.bytes", default("102400"))]
    pub socket_receive_buffer_bytes: i32,
    /// The largest request accepted.
    #[setting("socket.request.max.bytes", default("104857600"), at_least(1))]
    pub socket_request_max_bytes: i32,
    /// The send buffer of a connection; -1 is the system's own.
    #[setting("socket.send.buffer.bytes", default("102400"))]
    pub socket_send_buffer_bytes: i32,
    /// How often transactions are looked over for ones past their timeout.
    #[setting("transaction.abort.timed.out.transaction.cleanup.interval.ms", default("10000"), at_least(1))]
    pub transaction_abort_timed_out_transaction_cleanup_interval_ms: i32,
    /// The longest transaction timeout a producer may ask for.
    #[setting("transaction.max.timeout.ms", default("900000"), at_least(1))]
    pub transaction_max_timeout_ms: i32,
    /// Whether a transactional append is checked with the coordinator.
    #[setting("transaction.partition.verification.enable", default("true"), cluster_wide())]
    pub transaction_partition_verification_enable: bool,
    /// How often transactional ids are looked over for expired ones.
    #[setting("transaction.remove.expired.transaction.cleanup.interval.ms", default("3600000"), at_least(1))]
    pub transaction_remove_expired_transaction_cleanup_interval_ms: i32,
    /// Replicas that must be in sync for the transaction topic to accept writes.
    #[setting("transaction.state.log.min.isr", default("2"), at_least(1))]
    pub transaction_state_log_min_isr: i32,
    /// Partitions of the transaction topic. Not to be changed later.
    #[setting("transaction.state.log.num.partitions", default("50"), at_least(1))]
    pub transaction_state_log_num_partitions: i32,
    /// Replicas of the transaction topic.
    #[setting("transaction.state.log.replication.factor", default("3"), at_least(1))]
    pub transaction_state_log_replication_factor: i16,
    /// The segment size of the transaction topic.
    #[setting("transaction.state.log.segment.bytes", default("104857600"), at_least(1))]
    pub transaction_state_log_segment_bytes: i32,
    /// How long an unused transactional id is remembered.
    #[setting("transactional.id.expiration.ms", default("604800000"), at_least(1))]
    pub transactional_id_expiration_ms: i32,
}
}

impl BrokerConfig {
    /// The settings of a broker with those layers.
    ///
    /// # Errors
    /// A value that is invalid or contradicts another one.
    pub fn new(layers: &BrokerLayers) -> Result<Self, ConfigError> {
        Self::read(|name| layers.effective(name))?.check()
    }

    /// The settings in force of a broker that was started with a valid file. A setting that was made while it ran and is
    /// not valid any more is passed over, and a contradiction stays: neither may cost the broker its others.
    pub fn of_running(layers: &BrokerLayers) -> Self {
        let file = BrokerLayers::from_file(layers.file().clone());
        let valid = |name: &str| {
            layers.effective(name).or_else(|error| {
                tracing::error!(%error, "a setting of the broker is not valid any more, it gets the one of its file");
                file.effective(name)
            })
        };
        Self::read(valid).or_else(|_| Self::new(&file)).unwrap_or_default()
    }

    /// The data directories: `log.dirs`, or `log.dir` where that is absent.
    pub fn data_dirs(&self) -> &[String] {
        self.log_dirs.as_deref().unwrap_or(&self.log_dir)
    }

    /// The addresses to listen on.
    ///
    /// # Errors
    /// An address that is not of the form `NAME://host:port`, or a name that is there twice.
    pub fn parsed_listeners(&self) -> Result<Vec<Listener>, InvalidListener> {
        Listener::parse_all(&self.listeners)
    }

    /// The addresses that clients are told to connect to.
    ///
    /// # Errors
    /// As for [`parsed_listeners`](Self::parsed_listeners).
    pub fn parsed_advertised_listeners(&self) -> Result<Vec<Listener>, InvalidListener> {
        Listener::parse_all(self.advertised_listeners.as_deref().unwrap_or(&self.listeners))
    }

    fn check(self) -> Result<Self, ConfigError> {
        let (low, high) = (self.group_min_session_timeout_ms, self.group_max_session_timeout_ms);
        if low > high {
            return Err(ConfigError::Conflict {
                name: "group.min.session.timeout.ms",
                value: low.into(),
                limit_name: "group.max.session.timeout.ms",
                limit: high.into(),
            });
        }
        Ok(self)
    }
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self::new(&BrokerLayers::default()).expect("the defaults are valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<BrokerConfig, ConfigError> {
        let file = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        BrokerConfig::new(&BrokerLayers::from_file(file))
    }

    #[test]
    fn defaults_are_kafkas() {
        let config = BrokerConfig::default();
        assert_eq!(config.num_partitions, 1);
        assert_eq!(config.offsets_topic_num_partitions, 50);
        assert_eq!(config.offsets_topic_replication_factor, 3);
        assert_eq!(config.group_initial_rebalance_delay_ms, 3000);
        assert_eq!(config.socket_request_max_bytes, 104_857_600);
        assert_eq!(config.fetch_max_bytes, 57_671_680);
        assert!(config.auto_create_topics_enable);
    }

    #[test]
    fn a_setting_that_is_not_valid_any_more_costs_a_broker_no_other() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let mut layers = BrokerLayers::from_file(map(&[("num.partitions", "4"), ("max.connections", "9")]));
        layers.set_cluster(map(&[("max.connections", "0"), ("max.connections.per.ip", "77")]));
        assert!(BrokerConfig::new(&layers).is_err());
        let config = BrokerConfig::of_running(&layers);
        assert_eq!((config.num_partitions, config.max_connections, config.max_connections_per_ip), (4, 9, 77));
    }

    #[test]
    fn log_dirs_win_over_log_dir() {
        assert_eq!(with(&[("log.dir", "a")]).expect("valid").data_dirs(), ["a"]);
        assert_eq!(with(&[("log.dir", "a"), ("log.dirs", "b, c")]).expect("valid").data_dirs(), ["b", "c"]);
    }

    #[test]
    fn the_smallest_session_timeout_is_not_above_the_largest() {
        assert_eq!(
            with(&[("group.min.session.timeout.ms", "10"), ("group.max.session.timeout.ms", "9")])
                .expect_err("a conflict")
                .to_string(),
            "group.min.session.timeout.ms (10) must not be above group.max.session.timeout.ms (9)"
        );
    }

    #[test]
    fn advertised_listeners_default_to_the_listeners() {
        let config = with(&[("listeners", "PLAINTEXT://:9092")]).expect("valid");
        assert_eq!(config.parsed_listeners(), config.parsed_advertised_listeners());
    }
}

//! Settings of a producer.

use std::{collections::HashMap, time::Duration};

use ottla_protocol::{compression::level_range, record::Compression};

use super::{ClientConfig, ConfigError, check_bytes, check_name, check_time, names::named};

/// Settings of a producer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerConfig {
    /// `acks`: who must have a batch before it counts as delivered. Default all.
    pub acks: Acks,
    /// `enable.idempotence`: write each record once, in order, whatever is retried. `None`, the default, turns it on
    /// unless `acks`, `retries` or `max_in_flight` forbid it; see [`is_idempotent`](Self::is_idempotent).
    pub enable_idempotence: Option<bool>,
    /// `max.in.flight.requests.per.connection`: produce requests that may be under way to one broker; at most 5 with
    /// idempotence. Default 5.
    pub max_in_flight: usize,
    /// `retries`: how often a batch may be sent again within `delivery_timeout`. Default 2147483647.
    pub retries: u32,
    /// `delivery.timeout.ms`: how long a record may take from `send` until it is delivered or has failed. Default 2 min.
    pub delivery_timeout: Duration,

    /// `batch.size`: bytes a batch is filled up to before another is begun; 0 puts each record in its own. Default
    /// 16 KiB.
    pub batch_size: usize,
    /// `linger.ms`: how long a batch that is not full waits for more records. Default 5 ms. While a request is under way
    /// to the same broker, it also waits for its answer, or until 1 ms after it was sent, so that small requests do not
    /// crowd the broker.
    pub linger: Duration,
    /// `buffer.memory`: bytes of records that may wait to be delivered. Default 32 MiB.
    pub buffer_memory: usize,
    /// `max.block.ms`: how long `send` waits for metadata and for room in that memory. Default 60 s.
    pub max_block: Duration,
    /// `max.request.size`: the largest produce request, and so the largest record, in bytes before compression. Default
    /// 1 MiB.
    pub max_request_size: usize,

    /// `compression.type` with its level: the codec of all topics but those below. Default none.
    pub compression: CompressionConfig,
    /// Codecs of single topics, by name. No Kafka property. Default none.
    pub topic_compression: HashMap<String, CompressionConfig>,

    /// `partitioner.class` (Java), `partitioner` (librdkafka): how a record without a partition gets one. Default
    /// murmur2 as in Java.
    pub partitioner: PartitionerName,
    /// `partitioner.ignore.keys`: choose as if no record had a key. Default false.
    pub partitioner_ignore_keys: bool,
    /// `partitioner.adaptive.partitioning.enable`: give fewer keyless records to partitions whose broker is slow, by the
    /// length of their queues. Default true.
    pub partitioner_adaptive: bool,
    /// `partitioner.availability.timeout.ms`: give no keyless records to a partition whose broker took no batch for this
    /// long though some waited for it; `None` (0 in Java) does not look. Needs `partitioner_adaptive`. Default `None`.
    pub partitioner_availability_timeout: Option<Duration>,

    /// `transactional.id`: names this producer across restarts, for transactions. Default none.
    pub transactional_id: Option<String>,
    /// `transaction.timeout.ms`: the coordinator aborts a transaction that is open longer. Default 60 s.
    pub transaction_timeout: Duration,
}

impl Default for ProducerConfig {
    fn default() -> Self {
        Self {
            acks: Acks::All,
            enable_idempotence: None,
            max_in_flight: Self::MAX_IDEMPOTENT_IN_FLIGHT,
            retries: i32::MAX as u32,
            delivery_timeout: Duration::from_secs(120),
            batch_size: 16 << 10,
            linger: Duration::from_millis(5),
            buffer_memory: 32 << 20,
            max_block: Duration::from_secs(60),
            max_request_size: 1 << 20,
            compression: CompressionConfig::NONE,
            topic_compression: HashMap::new(),
            partitioner: PartitionerName::Murmur2,
            partitioner_ignore_keys: false,
            partitioner_adaptive: true,
            partitioner_availability_timeout: None,
            transactional_id: None,
            transaction_timeout: Duration::from_secs(60),
        }
    }
}

impl ProducerConfig {
    /// Batches of one producer and partition whose sequences a broker remembers, and so the most that may be in flight
    /// with idempotence.
    pub const MAX_IDEMPOTENT_IN_FLIGHT: usize = 5;

    /// Whether the producer is idempotent: as set, and else whenever the other settings let it.
    pub fn is_idempotent(&self) -> bool {
        self.enable_idempotence.unwrap_or_else(|| self.idempotence_conflict().is_none())
    }

    /// The codec for a topic: its own, or the producer's.
    pub fn compression_for(&self, topic: &str) -> CompressionConfig {
        // Most producers have no codec per topic, and then need not hash the name.
        if self.topic_compression.is_empty() {
            return self.compression;
        }
        self.topic_compression.get(topic).copied().unwrap_or(self.compression)
    }

    /// Checks that the settings can work, alone, together and with the client's.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that cannot.
    pub fn validate(&self, client: &ClientConfig) -> Result<(), ConfigError> {
        self.validate_idempotence()?;
        self.validate_times(client)?;
        if self.max_in_flight == 0 || self.max_in_flight > i32::MAX as usize {
            return Err(ConfigError::OutOfRange {
                setting: "max.in.flight.requests.per.connection",
                value: self.max_in_flight.to_string(),
                valid: format!("1 to {}", i32::MAX),
            });
        }
        check_bytes("batch.size", self.batch_size, 0)?;
        check_bytes("max.request.size", self.max_request_size, 1)?;
        if self.buffer_memory == 0 {
            let valid = "at least 1 byte".into();
            return Err(ConfigError::OutOfRange { setting: "buffer.memory", value: "0".into(), valid });
        }
        self.compression.validate()?;
        self.topic_compression.values().try_for_each(CompressionConfig::validate)
    }

    fn validate_idempotence(&self) -> Result<(), ConfigError> {
        check_name("transactional.id", self.transactional_id.as_deref())?;
        let setting = if self.transactional_id.is_some() { "transactional.id" } else { "enable.idempotence" };
        let wanted = self.transactional_id.is_some() || self.enable_idempotence == Some(true);
        match self.idempotence_conflict() {
            Some((other, reason)) if wanted => Err(ConfigError::Conflict { setting, other, reason }),
            _ if self.transactional_id.is_some() && self.enable_idempotence == Some(false) => {
                let reason = "transactions need an idempotent producer; leave it on";
                Err(ConfigError::Conflict { setting, other: "enable.idempotence", reason })
            }
            _ => Ok(()),
        }
    }

    /// The setting that an idempotent producer cannot have, and what it needs instead.
    fn idempotence_conflict(&self) -> Option<(&'static str, &'static str)> {
        if self.acks != Acks::All {
            Some(("acks", "an idempotent producer needs acks=all"))
        } else if self.retries == 0 {
            Some(("retries", "an idempotent producer needs at least 1 retry"))
        } else if self.max_in_flight > Self::MAX_IDEMPOTENT_IN_FLIGHT {
            Some(("max.in.flight.requests.per.connection", "an idempotent producer may have at most 5 in flight"))
        } else {
            None
        }
    }

    fn validate_times(&self, client: &ClientConfig) -> Result<(), ConfigError> {
        check_time("linger.ms", self.linger, Duration::ZERO)?;
        check_time("max.block.ms", self.max_block, Duration::ZERO)?;
        check_time("delivery.timeout.ms", self.delivery_timeout, Duration::from_millis(1))?;
        check_time("transaction.timeout.ms", self.transaction_timeout, Duration::from_millis(1))?;
        if let Some(timeout) = self.partitioner_availability_timeout {
            check_time("partitioner.availability.timeout.ms", timeout, Duration::from_millis(1))?;
        }
        if self.delivery_timeout < self.linger.saturating_add(client.request_timeout) {
            return Err(ConfigError::Conflict {
                setting: "delivery.timeout.ms",
                other: "request.timeout.ms",
                reason: "a record must have time for linger.ms and one request; raise the former",
            });
        }
        Ok(())
    }
}

/// Who must have a batch before it counts as delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acks {
    /// Nobody: the broker sends no answer. A batch is delivered when it is written to the socket, which is all that
    /// `flush` and `close` can wait for; one lost after that goes unnoticed.
    None,
    /// The leader: a batch is lost if it fails before a follower has it.
    Leader,
    /// All replicas in sync.
    #[default]
    All,
}

impl Acks {
    /// The value of a produce request's `acks`.
    pub fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

named!(Acks, "acks", "all, -1, 0, 1", { None: "0", Leader: "1", All: "all" | "-1" });

/// How a record without a partition gets one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartitionerName {
    /// murmur2 of the key, as Java; keyless records stick to a partition for a batch's worth of bytes.
    #[default]
    Murmur2,
    /// CRC-32 of the key, as librdkafka's default `consistent_random`; keyless records as with `Murmur2`. An empty key
    /// counts as none.
    Crc32,
    /// One partition after the other, whatever the key.
    RoundRobin,
}

named!(PartitionerName, "partitioner", "murmur2_random, consistent_random, round_robin", {
    Murmur2: "murmur2_random" | "org.apache.kafka.clients.producer.internals.defaultpartitioner",
    Crc32: "consistent_random",
    RoundRobin: "round_robin" | "org.apache.kafka.clients.producer.roundrobinpartitioner" | "roundrobinpartitioner",
});

/// A codec and how hard it tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CompressionConfig {
    /// The codec.
    pub codec: Compression,
    /// Its level: gzip 1 to 9, lz4 1 to 17, zstd -131072 to 22. `None` is the codec's default.
    pub level: Option<i32>,
}

impl CompressionConfig {
    /// Records as they are.
    pub const NONE: Self = Self { codec: Compression::None, level: None };

    /// A codec at its default level.
    pub const fn new(codec: Compression) -> Self {
        Self { codec, level: None }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let Some(level) = self.level else { return Ok(()) };
        let setting = match self.codec {
            Compression::Gzip => "compression.gzip.level",
            Compression::Lz4 => "compression.lz4.level",
            Compression::Zstd => "compression.zstd.level",
            Compression::None | Compression::Snappy => "compression.level",
        };
        let Some(range) = level_range(self.codec) else {
            let reason = "this codec has no levels; leave it unset";
            return Err(ConfigError::Conflict { setting, other: "compression.type", reason });
        };
        if range.contains(&level) {
            return Ok(());
        }
        let valid = format!("{} to {}", range.start(), range.end());
        Err(ConfigError::OutOfRange { setting, value: level.to_string(), valid })
    }
}

impl From<Compression> for CompressionConfig {
    fn from(codec: Compression) -> Self {
        Self::new(codec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerAddress;

    fn validate(producer: &ProducerConfig) -> Result<(), String> {
        let client = ClientConfig::new([ServerAddress::new("broker", 9092)]);
        producer.validate(&client).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_valid_and_idempotent() {
        assert_eq!(validate(&ProducerConfig::default()), Ok(()));
        assert!(ProducerConfig::default().is_idempotent());
    }

    #[test]
    fn idempotence_gives_way_unless_asked_for() {
        for config in [
            ProducerConfig { acks: Acks::Leader, ..Default::default() },
            ProducerConfig { max_in_flight: 6, ..Default::default() },
            ProducerConfig { retries: 0, ..Default::default() },
        ] {
            assert_eq!(validate(&config), Ok(()));
            assert!(!config.is_idempotent());
            let asked = ProducerConfig { enable_idempotence: Some(true), ..config.clone() };
            assert!(validate(&asked).unwrap_err().starts_with("enable.idempotence conflicts with "));
            let transactional = ProducerConfig { transactional_id: Some("t".into()), ..config };
            assert!(validate(&transactional).unwrap_err().starts_with("transactional.id conflicts with "));
        }
    }

    #[test]
    fn transactions_do_not_go_without_idempotence() {
        let transactional_id = Some("t".to_owned());
        let config = ProducerConfig { transactional_id, enable_idempotence: Some(false), ..Default::default() };
        assert!(validate(&config).unwrap_err().contains("enable.idempotence"));
    }

    #[test]
    fn a_delivery_must_have_time_for_one_request() {
        let config = ProducerConfig { delivery_timeout: Duration::from_millis(30_004), ..Default::default() };
        assert!(validate(&config).unwrap_err().starts_with("delivery.timeout.ms conflicts with request.timeout.ms"));
        let config = ProducerConfig { delivery_timeout: Duration::from_millis(30_005), ..Default::default() };
        assert_eq!(validate(&config), Ok(()));
    }

    #[test]
    fn a_level_must_suit_its_codec() {
        let with = |codec, level| {
            let compression = CompressionConfig { codec, level: Some(level) };
            validate(&ProducerConfig { compression, ..Default::default() })
        };
        assert_eq!(with(Compression::Gzip, 9), Ok(()));
        assert_eq!(with(Compression::Gzip, 10), Err("compression.gzip.level is 10, but must be 1 to 9".into()));
        assert_eq!(with(Compression::Zstd, -131_072), Ok(()));
        assert!(with(Compression::Zstd, 23).is_err());
        assert!(with(Compression::Snappy, 1).is_err());
    }

    #[test]
    fn a_topic_has_its_own_codec_or_the_producers() {
        let mut config = ProducerConfig { compression: Compression::Lz4.into(), ..Default::default() };
        config.topic_compression.insert("pictures".into(), CompressionConfig::NONE);
        assert_eq!(config.compression_for("pictures").codec, Compression::None);
        assert_eq!(config.compression_for("orders").codec, Compression::Lz4);
    }

    #[test]
    fn acks_are_read_by_name_and_number() {
        for (text, acks, code) in
            [("all", Acks::All, -1), ("-1", Acks::All, -1), ("0", Acks::None, 0), ("1", Acks::Leader, 1)]
        {
            assert_eq!(text.parse(), Ok(acks));
            assert_eq!(acks.code(), code);
        }
        let error = "2".parse::<Acks>().unwrap_err();
        assert_eq!(error.to_string(), "\"2\" is not a valid acks: expected one of all, -1, 0, 1");
    }
}

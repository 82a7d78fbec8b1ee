//! The settings of a broker that are nothing but defaults of topic settings.

use super::definition::{Definition, definitions};

pub(super) const DEFINITIONS: &[Definition] = definitions! {
    /// The default of the topic setting `compression.gzip.level`.
    "compression.gzip.level": Int, default("-1"), between_or(1, 9, -1), cluster_wide();
    /// The default of the topic setting `compression.lz4.level`.
    "compression.lz4.level": Int, default("9"), between(1, 17), cluster_wide();
    /// The default of the topic setting `compression.type`.
    "compression.type": String,
        default("producer"),
        one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        cluster_wide();
    /// The default of the topic setting `compression.zstd.level`.
    "compression.zstd.level": Int, default("3"), between(-131_072, 22), cluster_wide();
    /// The default of the topic setting `delete.retention.ms`.
    "log.cleaner.delete.retention.ms": Long, default("86400000"), at_least(0), cluster_wide();
    /// The default of the topic setting `max.compaction.lag.ms`.
    "log.cleaner.max.compaction.lag.ms": Long, default("9223372036854775807"), at_least(1), cluster_wide();
    /// The default of the topic setting `min.cleanable.dirty.ratio`.
    "log.cleaner.min.cleanable.ratio": Double, default("0.5"), ratio(0.0, 1.0), cluster_wide();
    /// The default of the topic setting `min.compaction.lag.ms`.
    "log.cleaner.min.compaction.lag.ms": Long, default("0"), at_least(0), cluster_wide();
    /// The default of the topic setting `cleanup.policy`.
    "log.cleanup.policy": List, default("delete"), one_of(&["compact", "delete"]), cluster_wide();
    /// The default of the topic setting `flush.messages`.
    "log.flush.interval.messages": Long, default("9223372036854775807"), at_least(1), cluster_wide();
    /// The default of the topic setting `flush.ms`; `log.flush.scheduler.interval.ms` where absent.
    "log.flush.interval.ms": Long, cluster_wide();
    /// The default of the topic setting `flush.ms` where `log.flush.interval.ms` is absent.
    "log.flush.scheduler.interval.ms": Long, default("9223372036854775807");
    /// The default of the topic setting `index.interval.bytes`.
    "log.index.interval.bytes": Int, default("4096"), at_least(0), cluster_wide();
    /// The default of the topic setting `segment.index.bytes`.
    "log.index.size.max.bytes": Int, default("10485760"), at_least(4), cluster_wide();
    /// The default of the topic setting `local.retention.bytes`.
    "log.local.retention.bytes": Long, default("-2"), at_least(-2), cluster_wide();
    /// The default of the topic setting `local.retention.ms`.
    "log.local.retention.ms": Long, default("-2"), at_least(-2), cluster_wide();
    /// The default of the topic setting `message.timestamp.after.max.ms`.
    "log.message.timestamp.after.max.ms": Long, default("3600000"), at_least(0), cluster_wide();
    /// The default of the topic setting `message.timestamp.before.max.ms`.
    "log.message.timestamp.before.max.ms": Long, default("9223372036854775807"), at_least(0), cluster_wide();
    /// The default of the topic setting `message.timestamp.type`.
    "log.message.timestamp.type": String,
        default("CreateTime"),
        one_of(&["CreateTime", "LogAppendTime"]),
        cluster_wide();
    /// The default of the topic setting `preallocate`.
    "log.preallocate": Boolean, default("false"), cluster_wide();
    /// The default of the topic setting `retention.bytes`.
    "log.retention.bytes": Long, default("-1"), cluster_wide();
    /// The default of the topic setting `retention.ms`, in hours, where neither minutes nor milliseconds are given.
    "log.retention.hours": Int, default("168"), not_zero();
    /// The default of the topic setting `retention.ms`, in minutes; `log.retention.hours` where absent.
    "log.retention.minutes": Int, not_zero();
    /// The default of the topic setting `retention.ms`; `log.retention.minutes` where absent.
    "log.retention.ms": Long, not_zero(), cluster_wide();
    /// The default of the topic setting `segment.ms`, in hours, where `log.roll.ms` is absent.
    "log.roll.hours": Int, default("168"), at_least(1);
    /// The default of the topic setting `segment.jitter.ms`, in hours, where `log.roll.jitter.ms` is absent.
    "log.roll.jitter.hours": Int, default("0"), at_least(0);
    /// The default of the topic setting `segment.jitter.ms`; `log.roll.jitter.hours` where absent.
    "log.roll.jitter.ms": Long, at_least(0), cluster_wide();
    /// The default of the topic setting `segment.ms`; `log.roll.hours` where absent.
    "log.roll.ms": Long, at_least(1), cluster_wide();
    /// The default of the topic setting `segment.bytes`.
    "log.segment.bytes": Int, default("1073741824"), at_least(1_048_576), cluster_wide();
    /// The default of the topic setting `file.delete.delay.ms`.
    "log.segment.delete.delay.ms": Long, default("60000"), at_least(0), cluster_wide();
    /// The default of the topic setting `max.message.bytes`.
    "message.max.bytes": Int, default("1048588"), at_least(0), cluster_wide();
    /// The default of the topic setting `min.insync.replicas`.
    "min.insync.replicas": Int, default("1"), at_least(1), cluster_wide();
    /// The default of the topic setting `unclean.leader.election.enable`.
    "unclean.leader.election.enable": Boolean, default("false"), cluster_wide();
};

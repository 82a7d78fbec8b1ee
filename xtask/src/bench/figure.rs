//! The names of figures, and how they are shown.

/// Records for each second of the client process's time on a processor.
pub(super) const PER_CPU: &str = "records per CPU-second";
/// Records for each second that passed.
pub(super) const PER_SECOND: &str = "records per second";
/// The share of the client's processor time that the kernel took.
pub(super) const KERNEL: &str = "kernel share";
/// Processor time of the broker for a million records.
pub(super) const BROKER_CPU: &str = "broker CPU-seconds per million records";
/// The most memory that the client process had.
pub(super) const PEAK_RSS: &str = "peak MB";
/// Allocations of the client process for each record.
pub(super) const ALLOCATIONS: &str = "allocations per record";
/// Bytes over the client's sockets for each byte in a value.
pub(super) const WIRE: &str = "wire bytes per value byte";
/// Half of all take no longer.
pub(super) const P50: &str = "p50 ms";
/// 99 of 100 take no longer.
pub(super) const P99: &str = "p99 ms";
/// 999 of 1000 take no longer.
pub(super) const P999: &str = "p99.9 ms";

/// Records a second where both brokers have some.
pub(super) const NONE_IDLE: &str = "records per second, none idle";
/// Records a second where one has none.
pub(super) const ONE_IDLE: &str = "records per second, one idle";
/// The latter in terms of the former.
pub(super) const IDLE_SHARE: &str = "one idle / none idle";

/// Processor time of the broker for a million records that Java's producer-perf writes.
pub(super) const BROKER_PRODUCE: &str = "broker CPU-seconds per million produced";
/// Processor time of the broker for a million records that Java's consumer-perf reads.
pub(super) const BROKER_CONSUME: &str = "broker CPU-seconds per million consumed";
/// Of Java's producer-perf, from send to acknowledgement.
pub(super) const PRODUCE_P99_50K: &str = "p99 ms of produce at 50,000/s";
/// The same.
pub(super) const PRODUCE_P99_10K: &str = "p99 ms of produce at 10,000/s";
/// What one thread writes into a socket and another reads from it.
pub(super) const LOOPBACK: &str = "loopback MB/s";
/// What one thread appends to a file.
pub(super) const APPEND: &str = "page cache append MB/s";
/// What a broker appends.
pub(super) const BROKER_MB: &str = "produced MB/s";
/// In terms of the lower of the two.
pub(super) const CEILING_SHARE: &str = "share of the ceiling";
/// From the call that starts a cluster until a record is acknowledged.
pub(super) const FIRST_RECORD: &str = "ms to the first acknowledged record";
/// From starting the process until it says that it is ready.
pub(super) const READY: &str = "ms to ready";
/// Memory of an idle broker.
pub(super) const IDLE_RSS: &str = "idle MB";
/// Of one processor.
pub(super) const IDLE_CPU: &str = "idle CPU %";

/// A number as people read it: three digits that count, and no more than that behind the point.
pub(super) fn shown(value: f64) -> String {
    let magnitude = value.abs();
    match magnitude {
        _ if !value.is_finite() => "-".to_owned(),
        _ if magnitude >= 1e6 => format!("{:.2} M", value / 1e6),
        _ if magnitude >= 1e4 => format!("{:.0} k", value / 1e3),
        _ if magnitude >= 100.0 => format!("{value:.0}"),
        _ if magnitude >= 10.0 => format!("{value:.1}"),
        _ if magnitude >= 0.1 || magnitude == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.00123, 0.5, 12.34, 123.4, 5678.0, 56789.0, 5_678_900.0, f64::NAN].map(shown);
        assert_eq!(texts, ["0.00", "0.0012", "0.50", "12.3", "123", "5678", "57 k", "5.68 M", "-"]);
    }
}

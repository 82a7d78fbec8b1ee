//! Percentiles of many times, in bounded memory.

use std::time::Duration;

/// A power of two is split into so many buckets, so a bucket is at most 1.6 % wide.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2^44 ns, almost five hours; longer ones count as that.
const MAX_BITS: u32 = 44;

/// Counts times in buckets whose width grows with the time.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
    sum: Duration,
    max: Duration,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        let buckets = bucket(u64::MAX) + 1;
        Self { counts: vec![0; buckets], count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }

    pub(crate) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
        }
        self.count += 1;
        self.sum += time;
        self.max = self.max.max(time);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn max(&self) -> Duration {
        self.max
    }

    pub(crate) fn mean(&self) -> Duration {
        self.sum.checked_div(u32::try_from(self.count).unwrap_or(u32::MAX)).unwrap_or_default()
    }

    /// The time that this many in a thousand do not exceed, as the upper edge of its bucket.
    pub(crate) fn per_mille(&self, per_mille: u64) -> Duration {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(upper_edge(bucket)).min(self.max);
            }
        }
        self.max
    }
}

/// The bucket of a time. The first ones are a nanosecond wide.
fn bucket(nanos: u64) -> usize {
    let nanos = nanos.min((1 << MAX_BITS) - 1);
    let magnitude = nanos.checked_ilog2().unwrap_or(0).saturating_sub(STEP_BITS);
    let step = nanos >> magnitude;
    usize::try_from(u64::from(magnitude) * STEPS + step).unwrap_or(usize::MAX)
}

/// The longest time in a bucket.
fn upper_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let magnitude = (bucket / STEPS).saturating_sub(1);
    let step = bucket - magnitude * STEPS;
    ((step + 1) << magnitude) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_in_the_bucket_that_its_edge_bounds() {
        let mut times: Vec<u64> = (0..5000).collect();
        times.extend((0..MAX_BITS).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]));
        for nanos in times {
            let edge = upper_edge(bucket(nanos));
            assert!(edge >= nanos, "{nanos} is above its edge {edge}");
            assert!(edge - nanos <= nanos / STEPS, "{nanos} is far from its edge {edge}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let mut histogram = Histogram::new();
        (1..=1000).rev().for_each(|ms| histogram.add(Duration::from_millis(ms)));
        for (per_mille, ms) in [(500, 500.0), (950, 950.0), (990, 990.0), (999, 999.0), (1000, 1000.0)] {
            let found = histogram.per_mille(per_mille).as_secs_f64() * 1000.0;
            assert!((found - ms).abs() / ms < 0.016, "{per_mille}: {found}");
        }
        assert_eq!(histogram.mean(), Duration::from_micros(500_500));
        assert_eq!((histogram.max(), histogram.count()), (Duration::from_secs(1), 1000));
    }

    #[test]
    fn without_times_all_is_zero() {
        let histogram = Histogram::new();
        assert_eq!((histogram.per_mille(500), histogram.mean(), histogram.max()), Default::default());
    }

    #[test]
    fn times_beyond_the_last_bucket_are_counted() {
        let mut histogram = Histogram::new();
        histogram.add(Duration::from_secs(1_000_000));
        assert_eq!((histogram.count(), histogram.max()), (1, Duration::from_secs(1_000_000)));
    }
}

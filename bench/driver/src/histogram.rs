//! Percentiles of many times, in bounded memory.

use std::time::Duration;

const MAX_NANOS: u64 = 3_600_000_000_000;

/// Counts times, to three digits.
#[derive(Clone, Debug)]
pub struct Histogram(hdrhistogram::Histogram<u64>);

impl Histogram {
    /// Without times.
    ///
    /// # Errors
    /// Never: the number of digits is one that there is.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(hdrhistogram::Histogram::new_with_max(MAX_NANOS, 3)?))
    }

    /// Counts a time. One of hours counts as an hour.
    pub fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.0.max())
    }

    /// The time that this share of all does not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_that_of_the_sorted_times() {
        let mut histogram = Histogram::new().unwrap();
        (1..=1000).rev().for_each(|ms| histogram.add(Duration::from_millis(ms)));
        for (share, ms) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = histogram.quantile(share).as_secs_f64() * 1e3;
            assert!((found - ms).abs() / ms < 0.002, "{share}: {found}");
        }
        assert_eq!(histogram.count(), 1000);
    }
}

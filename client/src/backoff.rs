//! How long to wait before the next attempt.

use std::time::Duration;

use crate::config::ClientConfig;

/// A delay that doubles with each failure in a row, up to a limit, and differs by up to a fifth from client to client.
///
/// It holds no state: who retries counts its failures, and starts again at 0 after a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
}

impl Backoff {
    /// How far a delay may differ from the exact power of two. Without it, clients that lost the same broker would
    /// return to it all at once.
    const JITTER: f64 = 0.2;

    /// Delays from `initial` on, never longer than `max`.
    pub fn new(initial: Duration, max: Duration) -> Self {
        Self { initial: initial.min(max), max }
    }

    /// The delays before a request is sent again (`retry.backoff.ms`).
    pub fn retry(config: &ClientConfig) -> Self {
        Self::new(config.retry_backoff, config.retry_backoff_max)
    }

    /// The delays before a broker is connected to again (`reconnect.backoff.ms`).
    pub fn reconnect(config: &ClientConfig) -> Self {
        Self::new(config.reconnect_backoff, config.reconnect_backoff_max)
    }

    /// The times that a connection may take to be ready (`socket.connection.setup.timeout.ms`).
    pub fn connection_setup(config: &ClientConfig) -> Self {
        Self::new(config.connection_setup_timeout, config.connection_setup_timeout_max)
    }

    /// The delay after this many failures in a row; 0 and 1 both give the first delay.
    pub fn delay(&self, failures: u32, rng: &mut fastrand::Rng) -> Duration {
        let exact = self.initial.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(self.max);
        let jitter = 1.0 - Self::JITTER + 2.0 * Self::JITTER * rng.f64();
        // The limit holds after jitter too, and jitter still spreads clients that reached it.
        Duration::try_from_secs_f64(exact.as_secs_f64() * jitter).map_or(self.max, |delay| delay.min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff { initial: Duration::from_millis(100), max: Duration::from_secs(1) };

    #[test]
    fn delays_double_up_to_the_limit() {
        let mut rng = fastrand::Rng::with_seed(1);
        for (failures, exact) in
            [(0, 100), (1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (6, 1000), (u32::MAX, 1000)]
        {
            for _ in 0..100 {
                let delay = BACKOFF.delay(failures, &mut rng).as_millis();
                assert!((exact * 8 / 10..=(exact * 12 / 10).min(1000)).contains(&delay), "{failures}: {delay} ms");
            }
        }
    }

    #[test]
    fn clients_at_the_limit_are_still_spread() {
        let mut rng = fastrand::Rng::with_seed(2);
        let delays: std::collections::HashSet<_> = (0..100).map(|_| BACKOFF.delay(10, &mut rng)).collect();
        assert!(delays.len() > 40, "{} different delays", delays.len());
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let sequence = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            [1, 2, 3].map(|failures| BACKOFF.delay(failures, &mut rng))
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
    }

    #[test]
    fn no_backoff_is_no_delay() {
        let backoff = Backoff::new(Duration::ZERO, Duration::from_secs(1));
        assert_eq!(backoff.delay(9, &mut fastrand::Rng::with_seed(1)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn any_delay_is_within_the_limit(initial in 0..u64::MAX, max in 0..u64::MAX, failures: u32, seed: u64) {
            let max = Duration::from_millis(max);
            let backoff = Backoff::new(Duration::from_millis(initial), max);
            prop_assert!(backoff.delay(failures, &mut fastrand::Rng::with_seed(seed)) <= max);
        }
    }
}

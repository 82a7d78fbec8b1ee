//! How many connections a node takes, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The most connections at a time. They are asked for anew with every connection, as they may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MaxConnections {
    /// `max.connections`: more wait until one ends.
    pub(crate) all: usize,
    /// `max.connections.per.ip`: more are closed at once.
    pub(crate) per_ip: usize,
    /// `max.connections.per.ip.overrides`: other limits for some addresses, as `address:count` pairs with commas between.
    pub(crate) overrides: String,
}

impl MaxConnections {
    fn of(&self, ip: IpAddr) -> usize {
        let of_ip = |pair: &str| {
            let (address, count) = pair.trim().rsplit_once(':')?;
            let same = address.trim().parse::<IpAddr>().is_ok_and(|address| address == ip);
            let count: i32 = count.trim().parse().ok().filter(|_| same)?;
            // Below zero it is nobody, as with Kafka.
            Some(usize::try_from(count).unwrap_or(0))
        };
        self.overrides.split(',').find_map(of_ip).unwrap_or(self.per_ip)
    }
}

/// The connections of a node, on all its listeners.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts {
    counts: Mutex<Counts>,
    /// There may be room again.
    room: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_ip: HashMap<IpAddr, usize>,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    counts: Arc<ConnectionCounts>,
    ip: IpAddr,
}

/// Why a connection does not count yet, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The node has as many as it may: wait.
    Full,
    /// The address has as many as it may: close it.
    TooManyFromAddress,
}

impl ConnectionCounts {
    /// Counts a connection as soon as the node has room for it; `None` if its address has too many.
    ///
    /// Cancel safe.
    pub(super) async fn admit(self: &Arc<Self>, ip: IpAddr, max: impl Fn() -> MaxConnections) -> Option<Counted> {
        loop {
            let room = self.room.notified();
            match self.try_add(ip, &max()) {
                Ok(counted) => return Some(counted),
                Err(Refusal::TooManyFromAddress) => return None,
                Err(Refusal::Full) => room.await,
            }
        }
    }

    fn try_add(self: &Arc<Self>, ip: IpAddr, max: &MaxConnections) -> Result<Counted, Refusal> {
        let mut counts = self.lock();
        if counts.by_ip.get(&ip).copied().unwrap_or(0) >= max.of(ip) {
            return Err(Refusal::TooManyFromAddress);
        }
        if counts.all >= max.all {
            return Err(Refusal::Full);
        }
        counts.all += 1;
        *counts.by_ip.entry(ip).or_default() += 1;
        Ok(Counted { counts: self.clone(), ip })
    }

    /// The limits may have changed.
    pub(crate) fn note_change(&self) {
        self.room.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // The counts change without anything in between that could panic.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        counts.all -= 1;
        if let Some(of_ip) = counts.by_ip.get_mut(&self.ip) {
            *of_ip -= 1;
            if *of_ip == 0 {
                counts.by_ip.remove(&self.ip);
            }
        }
        drop(counts);
        self.counts.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn max(all: usize, per_ip: usize, overrides: &str) -> MaxConnections {
        MaxConnections { all, per_ip, overrides: overrides.to_owned() }
    }

    #[test]
    fn an_address_has_so_many_connections_and_others_are_not_concerned() {
        let counts = Arc::new(ConnectionCounts::default());
        let max = max(9, 1, "");
        let first = counts.try_add(ONE, &max).unwrap();
        assert_eq!(counts.try_add(ONE, &max).unwrap_err(), Refusal::TooManyFromAddress);
        let other = counts.try_add(OTHER, &max).unwrap();
        drop(first);
        assert!(counts.try_add(ONE, &max).is_ok());
        drop(other);
        assert_eq!(counts.lock().all, 0);
        assert!(counts.lock().by_ip.is_empty(), "addresses without connections are forgotten");
    }

    #[test]
    fn an_address_may_have_a_limit_of_its_own() {
        let max = max(9, 1, "10.0.0.1 : 2, ::1:3, no.address:4, 10.0.0.3:-1");
        assert_eq!(max.of(ONE), 2);
        assert_eq!(max.of("10.0.0.3".parse().unwrap()), 0);
        assert_eq!(max.of("::1".parse().unwrap()), 3);
        assert_eq!(max.of(OTHER), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_until_another_ends_or_the_limit_is_raised() {
        let counts = Arc::new(ConnectionCounts::default());
        let limit = Arc::new(Mutex::new(1));
        let admit = |counts: Arc<ConnectionCounts>| {
            let limit = limit.clone();
            tokio::spawn(async move { counts.admit(ONE, || max(*limit.lock().unwrap(), 9, "")).await })
        };
        let first = admit(counts.clone()).await.unwrap().unwrap();
        let second = admit(counts.clone());
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        let _second = second.await.unwrap().unwrap();
        let third = admit(counts.clone());
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        *limit.lock().unwrap() = 2;
        counts.note_change();
        assert!(third.await.unwrap().is_some());
    }
}

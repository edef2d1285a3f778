//! How often an address may fail to log in.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use super::bucket::{Rate, Shortage};
use super::layers::network_of;
use super::table::Table;
use crate::values::Mono;

/// The failures of each address: ten at once, and ten a minute.
pub struct Failures {
    secret: RandomState,
    table: Table,
    rate: Rate,
}

impl Default for Failures {
    fn default() -> Self {
        const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
        let rate = Rate::new(f64::from(TEN.get()) / 60.0, TEN);
        Self { secret: RandomState::new(), table: Table::new(Self::ADDRESSES), rate }
    }
}

impl Failures {
    /// Addresses remembered: 2 MiB.
    const ADDRESSES: usize = 1 << 17;

    /// Whether `address` may fail once more; else when.
    pub fn check(&self, address: IpAddr, now: Mono) -> Result<(), Duration> {
        match self.table.get(self.key(address)).check(self.rate, 1, now) {
            Ok(()) => Ok(()),
            Err(Shortage::Wait(wait)) => Err(wait),
            // One is never more than ten.
            Err(Shortage::Never) => Err(Duration::MAX),
        }
    }

    /// `address` failed.
    pub fn record(&mut self, address: IpAddr, now: Mono) {
        let key = self.key(address);
        let bucket = self.table.get(key);
        // Of many that were under way together no more is held against it than a minute's worth.
        if bucket.check(self.rate, 1, now).is_ok() {
            self.table.put(key, bucket.spend(self.rate, 1, now), now);
        }
    }

    /// Forgets some of those who may fail again as often as anyone. To be called about once a second.
    pub fn sweep(&mut self, now: Mono) {
        self.table.sweep(now);
    }

    fn key(&self, address: IpAddr) -> u64 {
        self.secret.hash_one(network_of(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn the_eleventh_failure_at_once_has_to_wait_for_its_tenth_of_a_minute() {
        let mut failures = Failures::default();
        for _ in 0..10 {
            assert_eq!(failures.check(ADDRESS, at(0)), Ok(()));
            failures.record(ADDRESS, at(0));
        }
        assert_eq!(failures.check(ADDRESS, at(0)), Err(Duration::from_secs(6)));
        failures.record(ADDRESS, at(0));
        assert_eq!(failures.check(ADDRESS, at(6)), Ok(()));
        assert_eq!(failures.check("192.0.2.1".parse().unwrap(), at(0)), Ok(()));
    }
}

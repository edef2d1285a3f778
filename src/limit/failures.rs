//! How often an address may fail to log in.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use super::bucket::{Bucket, nanoseconds};
use super::layers::network_of;
use super::table::BucketTable;
use crate::values::Mono;

/// The failures of each address: ten in the minute that begins with the first of them.
///
/// A bucket that fills as it is emptied would let twenty through in that minute.
pub struct Failures {
    secret: RandomState,
    table: BucketTable,
}

impl Default for Failures {
    fn default() -> Self {
        Self {
            secret: RandomState::new(),
            table: BucketTable::new(Self::ADDRESSES),
        }
    }
}

/// A failure that was counted before it was known to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedFailure {
    key: u64,
    window: Window,
}

/// When the minute of an address ends, and its failures in it: the number is in the lowest bits of
/// the nanoseconds, so that a table of moments holds both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window(u64);

impl Window {
    const COUNT_BITS: u64 = 0b1111;
    const WINDOW_NS: u64 = 60_000_000_000;

    /// The one that begins `now_ns`.
    fn beginning(now_ns: u64) -> Self {
        Self((now_ns.saturating_add(Self::WINDOW_NS)) & !Self::COUNT_BITS)
    }

    fn failures(self) -> u64 {
        self.0 & Self::COUNT_BITS
    }

    fn end_ns(self) -> u64 {
        self.0 & !Self::COUNT_BITS
    }
}

impl Failures {
    /// Addresses remembered: 2 MiB.
    const ADDRESSES: usize = 1 << 17;
    /// The failures an address may have in a minute.
    pub const MAX_FAILURES: u64 = 10;

    /// Whether `address` may fail once more; else when.
    pub fn check(&self, address: IpAddr, now: Mono) -> Result<(), Duration> {
        self.window(self.key(address), now).map(|_| ())
    }

    /// Counts a failure of `address`, if it may fail once more; else says when it may.
    pub fn count(&mut self, address: IpAddr, now: Mono) -> Result<CountedFailure, Duration> {
        let key = self.key(address);
        let window = self.window(key, now)?;
        self.put(key, Window(window.0 + 1), now);
        Ok(CountedFailure { key, window })
    }

    /// It was none.
    pub fn take_back(&mut self, counted: CountedFailure, now: Mono) {
        let window = Window(self.table.get(counted.key).full_at_ns());
        // The failures of a later minute are others.
        if window.end_ns() == counted.window.end_ns() && window.failures() > 0 {
            self.put(counted.key, Window(window.0 - 1), now);
        }
    }

    /// Forgets some of those who may fail again as often as anyone. To be called about once a
    /// second.
    pub fn sweep(&mut self, now: Mono) {
        self.table.sweep(now);
    }

    /// The minute in which `key` may fail once more.
    fn window(&self, key: u64, now: Mono) -> Result<Window, Duration> {
        let window = Window(self.table.get(key).full_at_ns());
        let now_ns = nanoseconds(now);
        if window.end_ns() <= now_ns {
            return Ok(Window::beginning(now_ns));
        }
        if window.failures() < Self::MAX_FAILURES {
            return Ok(window);
        }
        Err(Duration::from_nanos(window.end_ns() - now_ns))
    }

    fn put(&mut self, key: u64, window: Window, now: Mono) {
        let bucket = if window.failures() == 0 {
            Bucket::FULL
        } else {
            Bucket::from_full_at(window.0)
        };
        self.table.put(key, bucket, now);
    }

    fn key(&self, address: IpAddr) -> u64 {
        self.secret.hash_one(network_of(address))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn the_eleventh_failure_has_to_wait_for_the_end_of_the_minute_that_began_with_the_first() {
        let mut failures = Failures::default();
        for second in 0..10 {
            assert_eq!(failures.check(ADDRESS, at(5 + second)), Ok(()));
            failures.count(ADDRESS, at(5 + second)).unwrap();
        }
        let wait = failures.check(ADDRESS, at(15)).unwrap_err();
        assert!(
            wait > Duration::from_secs(49) && wait <= Duration::from_secs(50),
            "{wait:?}"
        );
        assert!(failures.count(ADDRESS, at(64)).is_err());
        assert!(failures.count("192.0.2.1".parse().unwrap(), at(15)).is_ok());
        for _ in 0..10 {
            failures.count(ADDRESS, at(65)).unwrap();
        }
        assert!(failures.check(ADDRESS, at(65)).is_err());
    }

    #[test]
    fn what_was_no_failure_is_taken_back_once_and_only_from_its_own_minute() {
        let mut failures = Failures::default();
        let counted: Vec<_> = (0..10)
            .map(|_| failures.count(ADDRESS, at(0)).unwrap())
            .collect();
        assert!(failures.check(ADDRESS, at(0)).is_err());
        failures.take_back(counted[0], at(1));
        failures.count(ADDRESS, at(1)).unwrap();
        assert!(failures.count(ADDRESS, at(1)).is_err());
        for _ in 0..10 {
            failures.count(ADDRESS, at(61)).unwrap();
        }
        failures.take_back(counted[1], at(62));
        assert!(failures.count(ADDRESS, at(62)).is_err());
    }

    proptest! {
        /// Whoever fails whenever it may, and is refused whenever it may not, for as long as one
        /// looks.
        #[test]
        fn no_minute_that_begins_with_a_failure_has_more_than_ten(
            steps in prop::collection::vec((0_u64..9_000, any::<bool>()), 1..300),
        ) {
            let mut failures = Failures::default();
            let mut now_ms = 1;
            let mut began = None::<(u64, u64)>;
            for (pause, is_failure) in steps {
                now_ms += pause;
                let now = Mono::from_start(Duration::from_millis(now_ms));
                let (start, count) = began.filter(|(start, _)| now_ms < start + 60_000).unwrap_or((now_ms, 0));
                match failures.count(ADDRESS, now) {
                    Ok(counted) if !is_failure => {
                        prop_assert!(count < 10);
                        failures.take_back(counted, now);
                    }
                    Ok(_) => {
                        prop_assert!(count < 10);
                        began = Some((start, count + 1));
                    }
                    Err(wait) => {
                        prop_assert_eq!(count, 10);
                        prop_assert!(wait <= Duration::from_secs(60));
                    }
                }
            }
        }
    }
}

//! The tip, and since when it has been seen. Pure.
//!
//! A gap between blocks is counted from when the tip was first seen here, which a restart of the
//! daemon does not change: what was seen is kept with the wall clock's time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::values::{Mono, Now};

/// The tip, and since when we know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Hash of the block.
    pub hash: String,
    /// Its height.
    pub height: u32,
    /// When this process first saw it.
    first_seen: Mono,
    /// For so long it had been seen before this process began.
    seen_before: Duration,
}

/// A tip as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TipRecord {
    /// Hash of the block.
    pub hash: String,
    /// Its height.
    pub height: u32,
    /// When it was first seen, by the wall clock, seconds since 1970.
    pub first_seen_secs: i64,
}

impl Tip {
    /// A tip that is seen for the first time `now`.
    #[must_use]
    pub fn new(hash: impl Into<String>, height: u32, now: Mono) -> Self {
        Self {
            hash: hash.into(),
            height,
            first_seen: now,
            seen_before: Duration::ZERO,
        }
    }

    /// For how long it has been seen.
    #[must_use]
    pub fn seen_for(&self, now: Mono) -> Duration {
        now.since(self.first_seen).saturating_add(self.seen_before)
    }

    /// As it is kept.
    #[must_use]
    pub fn record(&self, now: Now) -> TipRecord {
        let seen_secs = i64::try_from(self.seen_for(now.mono).as_secs()).unwrap_or(i64::MAX);
        let first_seen_secs = now.wall.as_second().saturating_sub(seen_secs);
        TipRecord {
            hash: self.hash.clone(),
            height: self.height,
            first_seen_secs,
        }
    }

    /// As it was kept. By a wall clock that was set meanwhile it may lie in the future: then it is
    /// seen from now on.
    #[must_use]
    pub fn restored(record: TipRecord, now: Now) -> Self {
        let secs = now.wall.as_second().saturating_sub(record.first_seen_secs);
        let seen_before = Duration::from_secs(u64::try_from(secs).unwrap_or(0));
        Self {
            hash: record.hash,
            height: record.height,
            first_seen: now.mono,
            seen_before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono_secs: u64, wall_secs: i64) -> Now {
        let wall = jiff::Timestamp::from_second(wall_secs).unwrap();
        Now {
            mono: Mono::from_start(Duration::from_secs(mono_secs)),
            wall,
        }
    }

    #[test]
    fn a_restart_goes_on_with_the_time_that_a_tip_has_been_seen() {
        let tip = Tip::new("ab", 7, at(100, 10_100).mono);
        assert_eq!(tip.seen_for(at(160, 0).mono).as_secs(), 60);
        let restored = Tip::restored(tip.record(at(160, 10_160)), at(1, 10_300));
        assert_eq!(restored.seen_for(at(11, 0).mono).as_secs(), 210);
        assert_eq!(
            Tip::restored(restored.record(at(11, 10_310)), at(0, 10_310))
                .seen_for(Mono::START)
                .as_secs(),
            210
        );
    }

    #[test]
    fn a_wall_clock_that_was_set_back_makes_no_gap() {
        let record = Tip::new("ab", 7, Mono::START).record(at(0, 10_000));
        assert_eq!(
            Tip::restored(record, at(0, 500))
                .seen_for(at(3, 0).mono)
                .as_secs(),
            3
        );
    }
}

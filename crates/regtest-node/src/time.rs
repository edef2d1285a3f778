//! Moments, as arguments: decisions take the time from their caller.

use std::time::Duration;

/// A moment on the monotonic clock, so that a wall clock that jumps changes no verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MonotonicTime(Duration);

impl MonotonicTime {
    /// The first moment of the clock.
    #[cfg(test)]
    pub(crate) const START: Self = Self(Duration::ZERO);

    /// The moment `elapsed` after the first one.
    pub(crate) const fn from_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Time since the first moment of the clock.
    pub(crate) const fn since_start(self) -> Duration {
        self.0
    }

    /// Time since `earlier`; zero if that is in the future.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// What time it is, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// For ages and deadlines.
    pub(crate) mono: MonotonicTime,
    /// For what peers and people read: milliseconds since 1970.
    pub(crate) unix_millis: u64,
}

impl Now {
    /// Whole seconds since 1970.
    pub(crate) fn unix_seconds(self) -> u64 {
        self.unix_millis / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_yet_to_come_is_no_time_ago() {
        let at = |seconds| MonotonicTime::from_start(Duration::from_secs(seconds));
        assert_eq!(at(7).since(at(4)), Duration::from_secs(3));
        assert_eq!(at(4).since(at(7)), Duration::ZERO);
    }

    #[test]
    fn a_second_that_has_begun_does_not_count() {
        let now = Now {
            mono: MonotonicTime::START,
            unix_millis: 1_999,
        };
        assert_eq!(now.unix_seconds(), 1);
    }
}

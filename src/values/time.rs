//! Moments, as arguments: whoever decides something receives the time.

use std::time::Duration;

/// A moment on the monotonic clock, counted from the start of the process.
///
/// Ages and deadlines use it, so that a wall clock that jumps changes no verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mono(Duration);

impl Mono {
    /// The start of the process.
    pub const START: Self = Self(Duration::ZERO);

    /// The moment `elapsed` after the start of the process.
    #[must_use]
    pub const fn from_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Time since the start of the process.
    #[must_use]
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Time since `earlier`; zero if that is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `later` after this one.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }
}

/// What time it is, on both clocks, read at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For ages and deadlines.
    pub mono: Mono,
    /// For what people and other machines read.
    pub wall: jiff::Timestamp,
}

impl Now {
    /// The wall time of a moment of the monotonic clock, past or to come; off by as much as the
    /// wall clock jumps between then and now.
    #[must_use]
    pub fn wall_of(self, moment: Mono) -> jiff::Timestamp {
        let duration =
            |time| jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::ZERO);
        let ago = duration(self.mono.since(moment));
        let ahead = duration(moment.since(self.mono));
        self.wall
            .checked_sub(ago)
            .and_then(|then| then.checked_add(ahead))
            .unwrap_or(self.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_wall_time_before_and_after_now() {
        let at = |seconds| Mono::from_start(Duration::from_secs(seconds));
        let now = Now {
            mono: at(100),
            wall: jiff::Timestamp::from_second(5000).unwrap(),
        };
        assert_eq!(
            [90, 100, 130].map(|seconds| now.wall_of(at(seconds)).as_second()),
            [4990, 5000, 5030]
        );
        assert_eq!(
            now.wall_of(Mono::from_start(Duration::MAX)),
            now.wall,
            "a moment that no clock can show"
        );
    }
}

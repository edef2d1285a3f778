//! Moments, as arguments: whoever decides something is told what time it is.

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
    /// The wall time of a past moment of the monotonic clock; off by as much as the wall clock jumped since.
    #[must_use]
    pub fn wall_of(self, moment: Mono) -> jiff::Timestamp {
        let ago = jiff::SignedDuration::try_from(self.mono.since(moment)).unwrap_or(jiff::SignedDuration::ZERO);
        self.wall.checked_sub(ago).unwrap_or(self.wall)
    }

    /// The wall time of a moment of the monotonic clock that is still to come, if neither clock jumps until then.
    #[must_use]
    pub fn wall_at(self, moment: Mono) -> jiff::Timestamp {
        let left = jiff::SignedDuration::try_from(moment.since(self.mono)).unwrap_or(jiff::SignedDuration::MAX);
        self.wall.checked_add(left).unwrap_or(jiff::Timestamp::MAX)
    }
}

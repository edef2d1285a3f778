//! How many daemons share the limits.

use std::time::Duration;

/// How many daemons share: those that are alive, and never fewer than the configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitMembers {
    configured: u32,
    living: u32,
}

impl LimitMembers {
    /// How often a daemon announces itself.
    pub const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(3);
    /// For how long an announcement counts.
    pub const ANNOUNCED_FOR: Duration = Duration::from_secs(10);

    /// As many as are `configured`, as long as nobody was counted.
    #[must_use]
    pub fn new(configured: u32) -> Self {
        Self {
            configured: configured.max(1),
            living: 0,
        }
    }

    /// So many have announced themselves lately.
    pub fn count(&mut self, living: u32) {
        self.living = living;
    }

    /// Those that are alive, as far as is known.
    #[must_use]
    pub fn living(self) -> u32 {
        self.living
    }

    /// What a limit is divided by where each daemon enforces its part of it.
    #[must_use]
    pub fn replicas(self) -> u32 {
        self.configured.max(self.living)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_follow_the_living_and_are_never_fewer_than_configured() {
        let mut members = LimitMembers::new(2);
        assert_eq!(members.replicas(), 2);
        for (living, replicas) in [(1, 2), (3, 3), (5, 5), (0, 2)] {
            members.count(living);
            assert_eq!((members.replicas(), members.living()), (replicas, living));
        }
        assert_eq!(LimitMembers::new(0).replicas(), 1);
    }
}

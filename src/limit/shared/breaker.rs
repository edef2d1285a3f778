//! Whether the store is used, by how it answered.

use std::time::Duration;

use crate::values::Mono;

/// Whether the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BreakerState {
    /// It is asked. So many answers in a row were late.
    InUse { late: u8 },
    /// Only probes are sent. So many of them in a row succeeded.
    Away { good: u8, next_probe: Mono },
}

/// Opens when the store does not answer in time, and closes when it does again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker(BreakerState);

impl Breaker {
    /// After so many late answers in a row the store is not used.
    const MOST_LATE: u8 = 3;
    /// After so many good probes it is used again.
    const GOOD_PROBES: u8 = 2;
    /// From one probe to the next.
    pub const PROBE_INTERVAL: Duration = Duration::from_secs(1);

    /// At the start: one good probe is enough, and is due now.
    #[must_use]
    pub fn new(now: Mono) -> Self {
        Self(BreakerState::Away {
            good: Self::GOOD_PROBES - 1,
            next_probe: now,
        })
    }

    /// Whether the store is asked.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self.0, BreakerState::InUse { .. })
    }

    /// When the next probe is due, if the store is away.
    #[must_use]
    pub fn next_probe(&self) -> Option<Mono> {
        match self.0 {
            BreakerState::InUse { .. } => None,
            BreakerState::Away { next_probe, .. } => Some(next_probe),
        }
    }

    /// An answer was in time. It may be one to a question from before the store was away.
    pub fn in_time(&mut self) {
        if let BreakerState::InUse { late } = &mut self.0 {
            *late = 0;
        }
    }

    /// An answer was late. Whether the store is away by this.
    pub fn late(&mut self, now: Mono) -> bool {
        match &mut self.0 {
            BreakerState::InUse { late } if *late + 1 < Self::MOST_LATE => {
                *late += 1;
                false
            }
            BreakerState::InUse { .. } => {
                self.fail(now);
                true
            }
            BreakerState::Away { .. } => false,
        }
    }

    /// The connection is closed, or the store refuses to do what it is for.
    pub fn fail(&mut self, now: Mono) {
        self.0 = BreakerState::Away {
            good: 0,
            next_probe: now.after(Self::PROBE_INTERVAL),
        };
    }

    /// A probe went well. Whether the store may be used from now on: once [`Self::close`] is
    /// called.
    pub fn probed(&mut self, now: Mono) -> bool {
        match &mut self.0 {
            BreakerState::InUse { .. } => true,
            BreakerState::Away { good, next_probe } => {
                *good = good.saturating_add(1);
                *next_probe = now.after(Self::PROBE_INTERVAL);
                *good >= Self::GOOD_PROBES
            }
        }
    }

    /// The store is used from now on.
    pub fn close(&mut self) {
        self.0 = BreakerState::InUse { late: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    fn in_use() -> Breaker {
        let mut breaker = Breaker::new(at(0));
        breaker.close();
        breaker
    }

    #[test]
    fn three_late_answers_in_a_row_open_it_and_one_in_time_begins_the_count_anew() {
        let mut breaker = in_use();
        assert!(!breaker.late(at(1)) && !breaker.late(at(1)));
        breaker.in_time();
        assert!(!breaker.late(at(2)) && !breaker.late(at(2)));
        assert!(breaker.is_in_use());
        assert!(breaker.late(at(2)));
        assert!(!breaker.is_in_use());
        assert_eq!(breaker.next_probe(), Some(at(3)));
        assert!(!breaker.late(at(2)), "it is open already");
    }

    #[test]
    fn a_closed_connection_opens_it_at_once_and_two_good_probes_close_it() {
        let mut breaker = in_use();
        breaker.fail(at(10));
        assert_eq!(breaker.next_probe(), Some(at(11)));
        assert!(!breaker.probed(at(11)));
        breaker.in_time();
        assert_eq!(breaker.next_probe(), Some(at(12)));
        assert!(breaker.probed(at(12)));
        assert!(!breaker.is_in_use(), "what was spent is posted first");
        breaker.close();
        assert!(breaker.is_in_use() && breaker.next_probe().is_none());
    }

    #[test]
    fn a_bad_probe_between_two_good_ones_begins_the_count_anew() {
        let mut breaker = in_use();
        breaker.fail(at(10));
        assert!(!breaker.probed(at(11)));
        breaker.fail(at(12));
        assert!(!breaker.probed(at(13)));
        assert!(breaker.probed(at(14)));
    }

    #[test]
    fn at_the_start_one_good_probe_is_enough() {
        let mut breaker = Breaker::new(at(5));
        assert_eq!(breaker.next_probe(), Some(at(5)));
        assert!(breaker.probed(at(5)));
    }
}

//! How many tokens one caller has spent here lately.

use crate::values::Mono;

use super::super::bucket::nanoseconds;

/// A sliding count, made of the present window and the one before ("sliding window counter").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpendMeter {
    /// Which window is the present one.
    window: u64,
    present: u32,
    before: u32,
}

impl SpendMeter {
    const WINDOW_NS: u64 = 100_000_000;

    /// `tokens` were spent.
    pub(super) fn record(&mut self, tokens: u32, now: Mono) {
        self.turn(now);
        self.present = self.present.saturating_add(tokens);
    }

    /// Whole tokens that were spent in the last 100 ms.
    pub(super) fn spent(mut self, now: Mono) -> u32 {
        self.turn(now);
        let passed = nanoseconds(now) % Self::WINDOW_NS;
        let rest = u64::from(self.before) * (Self::WINDOW_NS - passed) / Self::WINDOW_NS;
        self.present
            .saturating_add(u32::try_from(rest).unwrap_or(u32::MAX))
    }

    fn turn(&mut self, now: Mono) {
        let window = nanoseconds(now) / Self::WINDOW_NS;
        if window == self.window {
            return;
        }
        let is_next = window == self.window + 1;
        self.before = if is_next { self.present } else { 0 };
        self.present = 0;
        self.window = window;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: u64) -> Mono {
        Mono::from_start(Duration::from_millis(milliseconds))
    }

    #[test]
    fn what_was_spent_counts_for_a_tenth_of_a_second_and_fades_within_the_next() {
        let mut meter = SpendMeter::default();
        meter.record(10, at(1000));
        meter.record(10, at(1090));
        assert_eq!(meter.spent(at(1099)), 20);
        assert_eq!(meter.spent(at(1150)), 10);
        assert_eq!(meter.spent(at(1200)), 0);
        meter.record(4, at(1150));
        assert_eq!(meter.spent(at(1175)), 9);
        assert_eq!(meter.spent(at(5000)), 0);
    }

    #[test]
    fn a_caller_of_less_than_ten_a_second_has_spent_nothing_lately() {
        let mut meter = SpendMeter::default();
        for step in 0..50 {
            let now = at(1000 + step * 101);
            assert_eq!(meter.spent(now), 0, "step {step}");
            meter.record(1, now);
        }
    }
}

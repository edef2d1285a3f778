//! How long to wait before attempt number n. Pure.
//!
//! `min(initial × 2ⁿ, max)`, then jitter: a delay from the part `jitter` around it, never above
//! `max`. The jitter is never zero, also at whole seconds and where the delay is `max`: peers that
//! were lost together are not dialled together for ever. Only a `jitter` of 0 gives exact delays.

use std::time::Duration;

/// The schedule of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    /// In parts of 10⁹, below 10⁹.
    jitter: u64,
}

impl Backoff {
    const WHOLE: u64 = 1_000_000_000;

    /// Delays from `initial` to `max` that vary by the part `jitter`, which is brought into 0 to
    /// just below 1.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    pub fn new(initial: Duration, max: Duration, jitter: f64) -> Self {
        let parts = (jitter * 1e9).round().clamp(0.0, 999_999_999.0) as u64;
        Self {
            initial: initial.min(max),
            max,
            jitter: parts,
        }
    }

    /// Exact delays, in seconds.
    #[cfg(test)]
    pub(super) const fn exact(initial: u64, max: u64) -> Self {
        Self {
            initial: Duration::from_secs(initial),
            max: Duration::from_secs(max),
            jitter: 0,
        }
    }

    /// No delay is longer.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The delay before attempt `n`, from 0, without jitter.
    #[must_use]
    pub fn base(&self, n: u32) -> Duration {
        let times = 1_u32.checked_shl(n).filter(|_| n < 32);
        times
            .map_or(self.max, |times| self.initial.saturating_mul(times))
            .min(self.max)
    }

    /// The delay before attempt `n`, from 0. `draw`: a random number, all equally likely.
    #[must_use]
    pub fn delay(&self, n: u32, draw: u64) -> Duration {
        let base = self.base(n).as_nanos();
        let spread = base * u128::from(self.jitter) / u128::from(Self::WHOLE);
        if spread == 0 {
            return self.base(n);
        }
        let lowest = base - spread;
        let highest = (base + spread).min(self.max.as_nanos());
        // Every delay from the lowest to the highest but the middle one, which would be no jitter.
        let drawn = lowest + (((highest - lowest) * u128::from(draw)) >> u64::BITS);
        nanoseconds(if drawn >= base { drawn + 1 } else { drawn }).min(self.max)
    }
}

fn nanoseconds(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).unwrap_or(u64::MAX);
    Duration::new(seconds, u32::try_from(nanos % SECOND).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let backoff = Backoff::new(5 * SECOND, 3600 * SECOND, 0.1);
        let bases: Vec<u64> = (0..13).map(|n| backoff.base(n).as_secs()).collect();
        assert_eq!(
            bases,
            [
                5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600
            ]
        );
        for n in [31, 32, 33, 63, 64, 65, u32::MAX] {
            assert_eq!(backoff.base(n), 3600 * SECOND, "{n}");
        }
    }

    #[test]
    fn the_draw_runs_through_the_whole_range_and_leaves_out_the_middle() {
        let backoff = Backoff::new(10 * SECOND, 100 * SECOND, 0.1);
        assert_eq!(backoff.delay(0, 0), 9 * SECOND);
        assert_eq!(backoff.delay(0, u64::MAX), 11 * SECOND);
        assert_eq!(
            backoff.delay(0, 1 << 63),
            10 * SECOND + Duration::from_nanos(1)
        );
    }

    #[test]
    fn at_the_cap_the_jitter_goes_down_only() {
        let backoff = Backoff::new(10 * SECOND, 100 * SECOND, 0.1);
        assert_eq!(backoff.delay(9, 0), 90 * SECOND);
        assert_eq!(backoff.delay(9, u64::MAX), Duration::new(99, 999_999_999));
    }

    #[test]
    fn without_jitter_the_delay_is_exact() {
        let backoff = Backoff::new(SECOND, 60 * SECOND, 0.0);
        assert_eq!(backoff.delay(3, 12345), 8 * SECOND);
    }

    proptest! {
        #[test]
        fn the_jitter_is_never_zero_and_the_delay_never_above_the_longest(
            initial in 1_u64..10_000_000, longer in 0_u64..100_000_000, whole in any::<bool>(),
            jitter in 0.000_001_f64..0.999_999, n in 0_u32..80, draw in any::<u64>(),
        ) {
            let unit = if whole { SECOND } else { Duration::from_micros(1) };
            let initial = unit * u32::try_from(initial).unwrap();
            let max = initial + unit * u32::try_from(longer).unwrap();
            let backoff = Backoff::new(initial, max, jitter);
            let base = backoff.base(n);
            let delay = backoff.delay(n, draw);
            prop_assert!(delay <= max && delay > Duration::ZERO);
            let part = delay.as_secs_f64() / base.as_secs_f64();
            prop_assert!(part >= 1.0 - jitter - 1e-6 && part <= 1.0 + jitter + 1e-6, "{part}");
            if base.as_secs_f64() * jitter > 2e-9 {
                prop_assert_ne!(delay, base);
            }
        }

        #[test]
        fn the_delay_is_what_the_formula_says(initial in 1_u32..1000, max in 1_u32..1_000_000, n in 0_u32..40) {
            let expected = (f64::from(initial) * 2_f64.powi(i32::try_from(n).unwrap())).min(f64::from(max));
            let backoff = Backoff::new(SECOND * initial, SECOND * max, 0.0);
            prop_assert_eq!(backoff.delay(n, 7), Duration::from_secs_f64(expected));
        }
    }
}

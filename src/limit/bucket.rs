//! A bucket of tokens, in integer time.
//!
//! What is kept is one moment: when the bucket will be full. That is the generic cell rate
//! algorithm (ITU-T I.371) from its other end, and it makes "full" a property of the clock:
//! nobody has to fill anything.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::values::Mono;

const SECOND_NS: f64 = 1e9;

/// How fast buckets fill, and how much they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds until there is another token.
    token_ns: u64,
    burst: NonZeroU32,
}

impl Rate {
    /// No bucket takes longer to fill, in nanoseconds: 292 years, so that no sum of moments
    /// overflows.
    const MAX_SPAN_NS: u64 = u64::MAX / 2;

    /// `per_second` tokens a second, above zero, and at most `burst` at once. A token takes a whole
    /// number of nanoseconds, so that rates above a million a second are met to a tenth of a
    /// percent only.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float out of range becomes the nearest integer"
    )]
    pub fn new(per_second: f64, burst: NonZeroU32) -> Self {
        // Out of range, a conversion gives the nearest number there is.
        let token_ns = ((SECOND_NS / per_second).round() as u64)
            .min(Self::MAX_SPAN_NS / u64::from(burst.get()));
        Self {
            token_ns: token_ns.max(1),
            burst,
        }
    }

    /// Tokens a second.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "to be read by people"
    )]
    pub fn per_second(self) -> f64 {
        SECOND_NS / self.token_ns as f64
    }

    /// Tokens in a full bucket.
    #[must_use]
    pub fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// Whole tokens in a bucket that is full after `missing`.
    #[must_use]
    pub fn level(self, missing: Duration) -> u32 {
        let missing_ns = u64::try_from(missing.as_nanos()).unwrap_or(u64::MAX);
        let missing = missing_ns.div_ceil(self.token_ns);
        u32::try_from(u64::from(self.burst.get()).saturating_sub(missing)).unwrap_or(u32::MAX)
    }

    /// Nanoseconds until there is another token.
    pub(super) fn token_ns(self) -> u64 {
        self.token_ns
    }

    /// One part of `parts`: as slow, and holding as little, that so many together are this one.
    /// Each holds a token at least.
    #[must_use]
    pub fn part(self, parts: u32) -> Self {
        let parts = parts.max(1);
        let burst = NonZeroU32::new(self.burst.get() / parts).unwrap_or(NonZeroU32::MIN);
        let most_ns = Self::MAX_SPAN_NS / u64::from(burst.get());
        Self {
            token_ns: self.token_ns.saturating_mul(u64::from(parts)).min(most_ns),
            burst,
        }
    }

    fn cost_ns(self, tokens: u32) -> u64 {
        self.token_ns.saturating_mul(u64::from(tokens))
    }
}

/// Why a bucket does not give what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortage {
    /// It will after this time, if nobody else is served meanwhile.
    Wait(Duration),
    /// It never holds so much.
    Never,
}

/// The level of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Nanoseconds since the start of the process.
    full_at_ns: u64,
}

impl Bucket {
    /// As a bucket is before its first use, and some time after its last.
    pub const FULL: Self = Self { full_at_ns: 0 };

    pub(super) const fn from_full_at(full_at_ns: u64) -> Self {
        Self { full_at_ns }
    }

    pub(super) const fn full_at_ns(self) -> u64 {
        self.full_at_ns
    }

    fn missing_ns(self, now: Mono) -> u64 {
        self.full_at_ns.saturating_sub(nanoseconds(now))
    }

    /// Whether `cost` tokens are there.
    pub fn check(self, rate: Rate, cost: u32, now: Mono) -> Result<(), Shortage> {
        if cost > rate.burst.get() {
            return Err(Shortage::Never);
        }
        let wanted = self.missing_ns(now).saturating_add(rate.cost_ns(cost));
        match wanted.checked_sub(rate.cost_ns(rate.burst.get())) {
            None | Some(0) => Ok(()),
            Some(short) => Err(Shortage::Wait(Duration::from_nanos(short))),
        }
    }

    /// This bucket after `cost` tokens were taken. Only what was checked is taken.
    #[must_use]
    pub fn spend(self, rate: Rate, cost: u32, now: Mono) -> Self {
        Self {
            full_at_ns: self
                .full_at_ns
                .max(nanoseconds(now))
                .saturating_add(rate.cost_ns(cost)),
        }
    }

    /// This bucket after up to `cost` tokens were taken: what is there.
    #[must_use]
    pub fn drain(self, rate: Rate, cost: u32, now: Mono) -> Self {
        let empty_ns = nanoseconds(now).saturating_add(rate.cost_ns(rate.burst.get()));
        let spent_ns = self.spend(rate, cost, now).full_at_ns;
        Self {
            full_at_ns: spent_ns.min(empty_ns.max(self.full_at_ns)),
        }
    }

    /// This bucket with `cost` tokens given back; it never holds more than when full.
    #[must_use]
    pub fn refund(self, rate: Rate, cost: u32) -> Self {
        Self {
            full_at_ns: self.full_at_ns.saturating_sub(rate.cost_ns(cost)),
        }
    }

    /// Whole tokens that are there.
    #[must_use]
    pub fn level(self, rate: Rate, now: Mono) -> u32 {
        rate.level(Duration::from_nanos(self.missing_ns(now)))
    }

    /// The same number of tokens under another rate; a full bucket stays full.
    #[must_use]
    pub fn re_rated(self, old: Rate, new: Rate, now: Mono) -> Self {
        if old == new || self.missing_ns(now) == 0 {
            return self;
        }
        // Parts of a token count too, or one could be had for each change.
        let missing_old =
            u128::from(self.missing_ns(now)) * u128::from(new.token_ns) / u128::from(old.token_ns);
        let old_depth = u128::from(new.cost_ns(old.burst.get()));
        let level = old_depth.saturating_sub(missing_old);
        let missing = u128::from(new.cost_ns(new.burst.get())).saturating_sub(level);
        Self {
            full_at_ns: nanoseconds(now).saturating_add(u64::try_from(missing).unwrap_or(u64::MAX)),
        }
    }
}

pub(super) fn nanoseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(per_second: f64, burst: u32) -> Rate {
        Rate::new(per_second, NonZeroU32::new(burst).unwrap())
    }

    fn at(milliseconds: u64) -> Mono {
        Mono::from_start(Duration::from_millis(milliseconds))
    }

    fn take(bucket: &mut Bucket, rate: Rate, cost: u32, now: Mono) -> Result<(), Shortage> {
        bucket.check(rate, cost, now)?;
        *bucket = bucket.spend(rate, cost, now);
        Ok(())
    }

    #[test]
    fn a_burst_passes_at_once_and_then_one_for_each_interval() {
        let rate = rate(10.0, 3);
        let mut bucket = Bucket::FULL;
        for _ in 0..3 {
            assert_eq!(take(&mut bucket, rate, 1, at(0)), Ok(()));
        }
        assert_eq!(
            take(&mut bucket, rate, 1, at(0)),
            Err(Shortage::Wait(Duration::from_millis(100)))
        );
        assert_eq!(
            take(&mut bucket, rate, 1, at(99)),
            Err(Shortage::Wait(Duration::from_millis(1)))
        );
        assert_eq!(take(&mut bucket, rate, 1, at(100)), Ok(()));
        assert_eq!(bucket.level(rate, at(100)), 0);
        assert_eq!(bucket.level(rate, at(10_000)), 3);
    }

    #[test]
    fn what_is_more_than_a_full_bucket_never_passes() {
        assert_eq!(
            Bucket::FULL.check(rate(1.0, 3), 4, at(0)),
            Err(Shortage::Never)
        );
    }

    #[test]
    fn extreme_rates_neither_overflow_nor_let_everything_pass() {
        let slow = rate(1e-12, 10);
        let mut bucket = Bucket::FULL;
        assert_eq!(take(&mut bucket, slow, 10, at(1)), Ok(()));
        assert!(matches!(
            take(&mut bucket, slow, 1, at(1_000_000)),
            Err(Shortage::Wait(_))
        ));
        let many = rate(1.0, u32::MAX);
        let mut bucket = Bucket::FULL;
        assert_eq!(take(&mut bucket, many, u32::MAX, at(1)), Ok(()));
        assert_eq!(
            take(&mut bucket, many, 1, at(1)),
            Err(Shortage::Wait(Duration::from_secs(1)))
        );
        let fast = rate(1e12, 1);
        let mut bucket = Bucket::FULL;
        assert_eq!(take(&mut bucket, fast, 1, at(1)), Ok(()));
        assert!(take(&mut bucket, fast, 1, at(1)).is_err());
    }

    #[test]
    fn parts_of_a_rate_are_together_the_rate() {
        let whole = rate(30.0, 31);
        let part = whole.part(3);
        assert_eq!(part.burst().get(), 10);
        assert!((part.per_second() - 10.0).abs() < 0.001);
        assert_eq!(whole.part(1), whole);
        assert_eq!(whole.part(0), whole);
        assert_eq!(
            whole.part(1000).burst().get(),
            1,
            "one call passes at least"
        );
    }

    #[test]
    fn what_is_drained_leaves_a_bucket_no_deeper_than_empty() {
        let rate = rate(10.0, 5);
        let drained = Bucket::FULL.drain(rate, 3, at(0));
        assert_eq!(drained, Bucket::FULL.spend(rate, 3, at(0)));
        let drained = drained.drain(rate, 3, at(0));
        assert_eq!(drained.level(rate, at(0)), 0);
        assert_eq!(drained.level(rate, at(100)), 1);
        let owing = Bucket::FULL.spend(rate, 9, at(0));
        assert_eq!(owing.drain(rate, 1, at(0)), owing, "a debt stays");
    }

    #[test]
    fn the_level_of_a_rate_is_in_whole_tokens() {
        let rate = rate(10.0, 5);
        let level = |milliseconds| rate.level(Duration::from_millis(milliseconds));
        assert_eq!([0, 1, 100, 101, 500, 900].map(level), [5, 4, 4, 3, 0, 0]);
    }

    #[test]
    fn a_change_of_rate_gives_nobody_a_token() {
        let before = rate(1.0, 4);
        let after = rate(2.0, 8);
        let empty = Bucket::FULL.spend(before, 4, at(0));
        assert_eq!(empty.re_rated(before, after, at(0)).level(after, at(0)), 0);
        let three = Bucket::FULL.spend(before, 1, at(0));
        assert_eq!(three.re_rated(before, after, at(0)).level(after, at(0)), 3);
        assert_eq!(
            three
                .re_rated(before, rate(1.0, 2), at(0))
                .level(rate(1.0, 2), at(0)),
            2
        );
        assert_eq!(
            Bucket::FULL
                .re_rated(before, after, at(0))
                .level(after, at(0)),
            8
        );
    }

    proptest! {
        /// Against the plainest model there is: a number of tokens that grows with time.
        #[test]
        fn it_is_the_same_as_a_counter_of_tokens(
            per_second in 1_u32..1000,
            burst in 1_u32..50,
            steps in prop::collection::vec((0_u64..400, 1_u32..6), 1..100),
        ) {
            // Whole milliseconds per token, so that the model is exact.
            let interval_ms = u64::from(per_second);
            let rate = rate(1000.0 / f64::from(per_second), burst);
            let mut bucket = Bucket::FULL;
            let mut now_ms = 0;
            let full = u64::from(burst) * interval_ms;
            let mut level_ms = full;
            for (pause, cost) in steps {
                now_ms += pause;
                level_ms = (level_ms + pause).min(full);
                let wanted = u64::from(cost) * interval_ms;
                let taken = take(&mut bucket, rate, cost, at(now_ms));
                if cost > burst {
                    prop_assert_eq!(taken, Err(Shortage::Never));
                } else if wanted <= level_ms {
                    prop_assert_eq!(taken, Ok(()));
                    level_ms -= wanted;
                } else {
                    prop_assert_eq!(taken, Err(Shortage::Wait(Duration::from_millis(wanted - level_ms))));
                }
                prop_assert_eq!(u64::from(bucket.level(rate, at(now_ms))), level_ms / interval_ms);
            }
        }

        #[test]
        fn whoever_waits_as_long_as_asked_is_served_and_not_a_nanosecond_sooner(
            per_second in 0.01_f64..1e6, burst in 1_u32..1000, spent in 1_u32..1000, cost in 1_u32..1000,
        ) {
            let rate = rate(per_second, burst);
            let bucket = Bucket::FULL.spend(rate, spent.min(burst), at(5));
            if let Err(Shortage::Wait(wait)) = bucket.check(rate, cost, at(5)) {
                prop_assert_eq!(bucket.check(rate, cost, at(5).after(wait)), Ok(()));
                let sooner = at(5).after(wait.saturating_sub(Duration::from_nanos(1)));
                prop_assert!(bucket.check(rate, cost, sooner).is_err());
            }
        }
    }
}

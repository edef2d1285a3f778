//! How much a peer is worth, in [0, 1]. Pure.
//!
//! The mean of the parts that are known, with these weights. Each part is in [0, 1] and monotone: a
//! peer that is better in one and equal in the others is never worth less.
//!
//! | part | weight | formula | 1/2 at |
//! |---|---|---|---|
//! | `time` | 0.3 | t / (t + 6 h), t the time it was connected, this time and before | 6 h |
//! | `ping` | 0.2 | 0.2 s / (0.2 s + ping) | 200 ms |
//! | `blocks` | 0.2 | 1 h / (1 h + age), age that of the last block from it | 1 h |
//! | `transactions` | 0.1 | 10 min / (10 min + age), age that of the last transaction from it | 10 min |
//! | `record` | 0.2 | (s + 1) / (s + f + 2), s the attempts that succeeded and f those that failed | as many |
//!
//! What a node does not say, or is known to make up, is not known: its weight goes to the other
//! parts. A peer is never unknown in time and record, which come from our own history.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

/// What is known of a peer at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How long it was connected, this time and before.
    pub connected: Duration,
    /// The last measured round trip.
    pub ping: Option<Duration>,
    /// Time since it last gave us a block that was new.
    pub block_age: Option<Duration>,
    /// Time since it last gave us a transaction that was new.
    pub transaction_age: Option<Duration>,
    /// Attempts that succeeded.
    pub successes: u32,
    /// Attempts that failed.
    pub failures: u32,
}

/// The parts of a quality, each in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// From the time it was connected.
    pub time: f64,
    /// From the round trip.
    pub ping: Option<f64>,
    /// From the age of its last block.
    pub blocks: Option<f64>,
    /// From the age of its last transaction.
    pub transactions: Option<f64>,
    /// From the record of attempts.
    pub record: f64,
}

/// What a peer is worth: from 0 to 1, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u32);

impl Evidence {
    const HALF_TIME: Duration = Duration::from_secs(6 * 3600);
    const HALF_PING: Duration = Duration::from_millis(200);
    const HALF_BLOCK: Duration = Duration::from_secs(3600);
    const HALF_TRANSACTION: Duration = Duration::from_secs(600);

    /// Each part by its formula.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let successes = f64::from(self.successes);
        let failures = f64::from(self.failures);
        Parts {
            time: 1.0 - falling(self.connected, Self::HALF_TIME),
            ping: self.ping.map(|ping| falling(ping, Self::HALF_PING)),
            blocks: self.block_age.map(|age| falling(age, Self::HALF_BLOCK)),
            transactions: self
                .transaction_age
                .map(|age| falling(age, Self::HALF_TRANSACTION)),
            record: (successes + 1.0) / (successes + failures + 2.0),
        }
    }

    /// The quality of a peer with this evidence.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.parts().quality()
    }
}

/// 1 at nothing, 1/2 at `half`, towards 0.
fn falling(amount: Duration, half: Duration) -> f64 {
    let half = half.as_secs_f64();
    half / (half + amount.as_secs_f64())
}

impl Parts {
    /// The weighted mean of what is known.
    #[must_use]
    pub fn quality(&self) -> Quality {
        let parts = [
            (0.3, Some(self.time)),
            (0.2, self.ping),
            (0.2, self.blocks),
            (0.1, self.transactions),
            (0.2, Some(self.record)),
        ];
        let known = parts
            .into_iter()
            .filter_map(|(weight, part)| Some((weight, part?)));
        let (sum, weights) = known.fold((0.0, 0.0), |(sum, weights), (weight, part)| {
            (sum + weight * part, weights + weight)
        });
        Quality::new(sum / weights)
    }
}

impl Quality {
    /// The quality `value`, brought into [0, 1]; what is no number is 0.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    pub fn new(value: f64) -> Self {
        match value.partial_cmp(&0.0) {
            Some(Ordering::Greater) => Self((value.min(1.0) * 1e6).round() as u32),
            _ => Self(0),
        }
    }

    /// From 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_formula_is_the_one_that_is_documented() {
        let evidence = Evidence {
            connected: seconds(6.0 * 3600.0),
            ping: Some(seconds(0.2)),
            block_age: Some(seconds(3600.0)),
            transaction_age: Some(seconds(600.0)),
            successes: 0,
            failures: 0,
        };
        assert_eq!(evidence.quality(), Quality::new(0.5));
        let best = Evidence {
            connected: seconds(1e9),
            ping: Some(Duration::ZERO),
            block_age: Some(Duration::ZERO),
            transaction_age: Some(Duration::ZERO),
            successes: 1_000_000,
            failures: 0,
        };
        assert!(best.quality().value() > 0.999, "{}", best.quality());
    }

    #[test]
    fn what_is_not_known_neither_helps_nor_harms() {
        let unknown = Evidence {
            connected: seconds(6.0 * 3600.0),
            ..Evidence::default()
        };
        assert_eq!(unknown.quality(), Quality::new(0.5));
        let stranger = Evidence::default().quality();
        assert_eq!(stranger, Quality::new(0.2), "nothing but an even record");
        let failed = Evidence {
            failures: 8,
            ..Evidence::default()
        }
        .quality();
        assert!(failed < stranger);
    }

    #[test]
    fn what_is_no_number_is_worth_nothing() {
        for value in [f64::NAN, -1.0, -0.0, f64::NEG_INFINITY] {
            assert_eq!(Quality::new(value), Quality::default());
        }
        assert_eq!(Quality::new(f64::INFINITY), Quality::new(1.0));
    }

    fn evidence() -> impl Strategy<Value = Evidence> {
        let age = || proptest::option::of((0.0..1e7).prop_map(seconds));
        (0.0..1e8, age(), age(), age(), 0_u32..100, 0_u32..100).prop_map(
            |(connected, ping, block_age, transaction_age, successes, failures)| Evidence {
                connected: seconds(connected),
                ping,
                block_age,
                transaction_age,
                successes,
                failures,
            },
        )
    }

    proptest! {
        #[test]
        fn a_quality_is_from_0_to_1_and_monotone_in_each_part(
            one in evidence(),
            more in 0.0..1e7_f64,
            times in 1_u32..50,
        ) {
            let quality = one.quality();
            prop_assert!((0.0..=1.0).contains(&quality.value()));
            let shorter = |age: Option<Duration>| age.map(|age| age.saturating_sub(seconds(more)));
            let better = [
                Evidence { connected: one.connected + seconds(more), ..one },
                Evidence { ping: shorter(one.ping), ..one },
                Evidence { block_age: shorter(one.block_age), ..one },
                Evidence { transaction_age: shorter(one.transaction_age), ..one },
                Evidence { successes: one.successes + times, ..one },
                Evidence { failures: one.failures.saturating_sub(times), ..one },
            ];
            for better in better {
                prop_assert!(better.quality() >= quality, "{better:?} after {one:?}");
            }
        }
    }
}

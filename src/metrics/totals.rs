//! What the gateway has counted, added up over all methods: for whoever compares two readings.

use prometheus::core::Collector;
use prometheus::{Histogram, proto};

use super::call_outcome::{CallOutcome, REQUEST_BUCKETS};

/// Counters of the gateway since the start, of all methods together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayTotals {
    /// Calls that a node answered, be it with an error of its own.
    pub answered: u64,
    /// Calls that were not answered though they might have been.
    pub failed: u64,
    /// Requests that were refused for what they are or for who sent them, but for limits.
    pub rejected: u64,
    /// Requests over a limit.
    pub limited: LimitedTotals,
    /// How many requests took at most as long as each of [`Self::DURATION_BOUNDS`] and longer than
    /// the one before; then those that took longer than all.
    pub durations: [u64; REQUEST_BUCKETS.len() + 1],
}

/// Requests over a limit, be they refused or only observed, by layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitedTotals {
    /// Of an address.
    pub address: u64,
    /// Of a user.
    pub user: u64,
    /// Of a method.
    pub method: u64,
    /// Of failed logins.
    pub login: u64,
}

impl GatewayTotals {
    /// The bounds of the buckets of durations, seconds.
    pub const DURATION_BOUNDS: &'static [f64] = &REQUEST_BUCKETS;

    /// Adds `count` calls that ended so.
    pub(super) fn add(&mut self, outcome: CallOutcome, count: u64) {
        let total = match outcome {
            CallOutcome::Answered | CallOutcome::NodeError => &mut self.answered,
            CallOutcome::NodeDown
            | CallOutcome::Busy
            | CallOutcome::TimedOut
            | CallOutcome::NodeDied => &mut self.failed,
            CallOutcome::Invalid
            | CallOutcome::Unauthorized
            | CallOutcome::Forbidden
            | CallOutcome::TooLarge => &mut self.rejected,
            // Those over a limit are counted by layer; who went away wanted no answer.
            CallOutcome::Limited | CallOutcome::ClientGone => return,
        };
        *total += count;
    }

    /// Adds what `histogram` has counted.
    pub(super) fn add_durations(&mut self, histogram: &Histogram) {
        for family in histogram.collect() {
            for metric in family.get_metric() {
                self.add_counted(metric.get_histogram());
            }
        }
    }

    fn add_counted(&mut self, counted: &proto::Histogram) {
        let buckets = counted.get_bucket().iter().take(REQUEST_BUCKETS.len());
        let mut cumulative = Vec::with_capacity(self.durations.len());
        for bucket in buckets {
            cumulative.push(bucket.cumulative_count());
        }
        // What is above all bounds follows only from the total.
        cumulative.push(counted.get_sample_count());
        let mut below = 0;
        for (total, until) in self.durations.iter_mut().zip(cumulative) {
            *total += until.saturating_sub(below);
            below = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Method, Recorder};
    use super::*;

    #[test]
    fn totals_are_of_all_methods_by_what_came_of_a_call() {
        let metrics = Recorder::new().unwrap().gateway().unwrap();
        assert_eq!(metrics.totals(), GatewayTotals::default());
        let block = Method::of("getblock");
        let other = Method::of("x");
        metrics.ended(block, CallOutcome::Answered, 2);
        metrics.ended(other, CallOutcome::NodeError, 3);
        metrics.ended(other, CallOutcome::Busy, 1);
        metrics.ended(other, CallOutcome::Invalid, 1);
        metrics.ended(other, CallOutcome::ClientGone, 9);
        metrics.ended(other, CallOutcome::Limited, 4);
        metrics.limited("user");
        metrics.took(block, Duration::from_micros(400));
        metrics.took(other, Duration::from_micros(1_500));
        metrics.took(other, Duration::from_secs(90));
        let mut durations = [0; 13];
        durations[0] = 1;
        durations[2] = 1;
        durations[12] = 1;
        let expected = GatewayTotals {
            answered: 5,
            failed: 1,
            rejected: 1,
            limited: LimitedTotals {
                user: 1,
                ..LimitedTotals::default()
            },
            durations,
        };
        assert_eq!(metrics.totals(), expected);
    }
}

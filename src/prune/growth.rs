//! Samples of what is used on a volume, and the growth that follows from them. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::values::Mono;

/// What was used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UsageSample {
    pub(super) at: Mono,
    pub(super) used_bytes: u64,
}

/// Samples over one stretch of time, evenly spaced: close together at first, and at last as far
/// apart as there are [`MAX_SAMPLES`] of them in all of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SampleWindow {
    pub(super) span: Duration,
    spacing: Duration,
    pub(super) samples: VecDeque<UsageSample>,
    /// What follows from these: it is asked for far more often than they change.
    pub(super) rates: Option<Rates>,
}

/// Bytes per second: the slowest that is likely, the median, the fastest that is likely.
pub(super) type Rates = [f64; 3];

impl SampleWindow {
    pub(super) const fn new(span: Duration) -> Self {
        Self {
            span,
            spacing: MIN_SPACING,
            samples: VecDeque::new(),
            rates: None,
        }
    }

    pub(super) fn record(&mut self, sample: UsageSample) {
        // A timer that fires a moment early costs no sample.
        let since = self
            .samples
            .back()
            .map(|last| sample.at.since(last.at).saturating_add(TIMER_SLACK));
        if since.is_some_and(|since| since < self.spacing) {
            return;
        }
        self.samples.push_back(sample);
        if self.samples.len() > MAX_SAMPLES {
            let mut stays = false;
            self.samples.retain(|_| {
                stays = !stays;
                stays
            });
            self.spacing *= 2;
        }
        while self
            .samples
            .front()
            .is_some_and(|first| sample.at.since(first.at) > self.span)
        {
            self.samples.pop_front();
        }
        self.rates = self.find_rates();
    }

    pub(super) fn length(&self) -> Duration {
        let ends = self.samples.back().zip(self.samples.front());
        ends.map_or(Duration::ZERO, |(last, first)| last.at.since(first.at))
    }

    fn find_rates(&self) -> Option<Rates> {
        if self.samples.len() < MIN_SAMPLES || self.length() < MIN_OBSERVED {
            return None;
        }
        let mut slopes: Vec<f64> = Vec::new();
        for (index, later) in self.samples.iter().enumerate() {
            for earlier in self.samples.iter().take(index) {
                let seconds = later.at.since(earlier.at).as_secs_f64();
                if seconds > 0.0 {
                    slopes.push((float(later.used_bytes) - float(earlier.used_bytes)) / seconds);
                }
            }
        }
        slopes.sort_by(f64::total_cmp);
        // One sixth of the slopes lies outside on either side, as of a normal distribution beyond
        // one deviation.
        let at = |part: usize| {
            slopes
                .get((slopes.len() * part / 6).min(slopes.len().saturating_sub(1)))
                .copied()
        };
        Some([at(1)?, at(3)?, at(5)?])
    }
}

/// Fewer samples are no growth.
const MIN_SAMPLES: usize = 5;
/// Over less time there is no growth: a cache is written out, or a file is compacted.
const MIN_OBSERVED: Duration = Duration::from_secs(600);
/// A window with more samples drops every second one.
pub(super) const MAX_SAMPLES: usize = 100;
/// Samples are no closer together.
pub(super) const MIN_SPACING: Duration = Duration::from_secs(5);
/// A timer may fire so much early.
const TIMER_SLACK: Duration = Duration::from_secs(1);

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 bytes"
)]
pub(super) fn float(bytes: u64) -> f64 {
    bytes as f64
}

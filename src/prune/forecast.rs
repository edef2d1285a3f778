//! When the volume will be full, by its growth over the last hours and days. Pure.
//!
//! The growth is the median of the slopes between all pairs of samples (Theil and Sen), so that a
//! file that came or went, or a pruning, does not decide; the spread of the slopes is the
//! uncertainty. Three views, of the last hour, of the last half day and of the last week: the one
//! that sees the volume full first counts. Nothing is told from less than ten minutes, nor of what
//! is further ahead than twelve times as long as was looked back. Time is the monotonic clock's, so
//! that a wall clock that jumps makes no growth.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::node::Volume;
use crate::values::Mono;

/// What was used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    at: Mono,
    used_bytes: u64,
}

/// Samples over one stretch of time, evenly spaced: close together at first, and at last as far
/// apart as there are [`MOST`] of them in all of it.
#[derive(Clone, Debug, PartialEq)]
struct View {
    span: Duration,
    spacing: Duration,
    samples: VecDeque<Sample>,
    /// What follows from these: it is asked for far more often than they change.
    rates: Option<Rates>,
}

/// Bytes per second: the slowest that is likely, the median, the fastest that is likely.
type Rates = [f64; 3];

impl View {
    const fn new(span: Duration) -> Self {
        Self {
            span,
            spacing: CLOSEST,
            samples: VecDeque::new(),
            rates: None,
        }
    }

    fn record(&mut self, sample: Sample) {
        // A timer that fires a moment early costs no sample.
        let since = self
            .samples
            .back()
            .map(|last| sample.at.since(last.at).saturating_add(SLACK));
        if since.is_some_and(|since| since < self.spacing) {
            return;
        }
        self.samples.push_back(sample);
        if self.samples.len() > MOST {
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

    fn length(&self) -> Duration {
        let ends = self.samples.back().zip(self.samples.front());
        ends.map_or(Duration::ZERO, |(last, first)| last.at.since(first.at))
    }

    fn find_rates(&self) -> Option<Rates> {
        if self.samples.len() < ENOUGH || self.length() < SHORTEST {
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

/// Fewer samples, or over less time, are no growth: a cache that is written out, or a file that is
/// compacted.
const ENOUGH: usize = 5;
const SHORTEST: Duration = Duration::from_secs(600);
const MOST: usize = 100;
/// Samples are no closer together.
pub(super) const CLOSEST: Duration = Duration::from_secs(5);
const SLACK: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// Nobody can look further ahead than so many times as long as they have looked back: somebody's
/// build of ten minutes fills no disk in three hours.
const AHEAD: f64 = 12.0;

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 bytes"
)]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

/// When the volume will be full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// If it grows as it did; `None`: it does not grow, or so slowly that it cannot be told.
    pub full_in_secs: Option<u64>,
    /// If it grows as fast as it may.
    pub earliest_secs: Option<u64>,
    /// If it grows as slowly as it may; `None`: perhaps never.
    pub latest_secs: Option<u64>,
    /// The growth.
    pub bytes_per_day: i64,
    /// Over so long it was looked at.
    pub observed_secs: u64,
}

/// The history of a volume.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct History {
    hour: View,
    half_day: View,
    week: View,
    size_bytes: Option<u64>,
    /// What was seen before this process began lies so far before its clock.
    before: Duration,
}

/// A sample as it is kept over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SampleRecord {
    /// When, by the wall clock, seconds since 1970.
    pub at_secs: i64,
    /// What was used.
    pub used_bytes: u64,
    /// How large the volume was.
    pub size_bytes: u64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            hour: View::new(HOUR),
            half_day: View::new(HOUR * 12),
            week: View::new(HOUR * 24 * 7),
            size_bytes: None,
            before: Duration::ZERO,
        }
    }
}

impl History {
    /// Adds what was measured `now`. Another size is another volume, or a new beginning for this
    /// one.
    pub(super) fn record(&mut self, volume: Volume, now: Mono) {
        if self.size_bytes != Some(volume.size_bytes) {
            *self = Self {
                size_bytes: Some(volume.size_bytes),
                before: self.before,
                ..Self::default()
            };
        }
        let used_bytes = volume.size_bytes.saturating_sub(volume.free_bytes);
        let sample = Sample {
            at: now.after(self.before),
            used_bytes,
        };
        self.see(sample);
    }

    fn see(&mut self, sample: Sample) {
        for view in [&mut self.hour, &mut self.half_day, &mut self.week] {
            view.record(sample);
        }
    }

    /// What follows for a volume that has so much free.
    #[must_use]
    pub(super) fn forecast(&self, free_bytes: u64) -> Option<Forecast> {
        let views = [&self.week, &self.half_day, &self.hour];
        let forecasts = views
            .into_iter()
            .filter_map(|view| Some(forecast(view.rates?, free_bytes, view.length())));
        // Of equals the one that has seen most.
        forecasts.min_by_key(|forecast| forecast.full_in_secs.unwrap_or(u64::MAX))
    }

    /// What is kept over a restart: the samples of the week, with the wall clock's time.
    #[must_use]
    pub(super) fn records(&self, now: Mono, wall_secs: i64) -> Vec<SampleRecord> {
        let Some(size_bytes) = self.size_bytes else {
            return Vec::new();
        };
        let now = now.after(self.before);
        let secs = |at: Mono| i64::try_from(now.since(at).as_secs()).unwrap_or(i64::MAX);
        let record = |sample: &Sample| SampleRecord {
            at_secs: wall_secs.saturating_sub(secs(sample.at)),
            used_bytes: sample.used_bytes,
            size_bytes,
        };
        self.week.samples.iter().map(record).collect()
    }

    /// What was kept over a restart, as seen when this process began. By a wall clock that was set
    /// meanwhile, samples may lie in the future, or too far back: they are left out.
    #[must_use]
    pub(super) fn restored(records: &[SampleRecord], wall_secs: i64) -> Self {
        let mut history = Self::default();
        let age = |record: &SampleRecord| {
            let secs = u64::try_from(wall_secs.checked_sub(record.at_secs)?).ok()?;
            Some(Duration::from_secs(secs)).filter(|age| *age <= history.week.span)
        };
        let size_bytes = records.last().map(|record| record.size_bytes);
        let mut aged: Vec<(Duration, u64)> = records
            .iter()
            .filter(|record| Some(record.size_bytes) == size_bytes)
            .filter_map(|record| Some((age(record)?, record.used_bytes)))
            .collect();
        aged.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
        history.before = aged.first().map_or(Duration::ZERO, |(oldest, _)| *oldest);
        history.size_bytes = size_bytes;
        for (age, used_bytes) in aged {
            let sample = Sample {
                at: Mono::from_start(history.before.saturating_sub(age)),
                used_bytes,
            };
            history.see(sample);
        }
        history
    }
}

fn forecast([slow, middle, fast]: Rates, free_bytes: u64, observed: Duration) -> Forecast {
    let furthest = observed.as_secs_f64() * AHEAD;
    let full_in = |rate: f64| {
        let seconds = float(free_bytes) / rate;
        let told = rate > 0.0 && seconds <= furthest;
        told.then(|| Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |time| time.as_secs()))
    };
    let full_in_secs = full_in(middle);
    Forecast {
        full_in_secs,
        earliest_secs: full_in(fast).filter(|_| full_in_secs.is_some()),
        latest_secs: full_in(slow).filter(|_| full_in_secs.is_some()),
        bytes_per_day: whole(middle * 86_400.0),
        observed_secs: observed.as_secs(),
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "`as` ends at the limits of the type"
)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;

//! When the volume will be full, by its growth over the last hours and days. Pure.
//!
//! The growth is the median of the slopes between all pairs of samples (Theil and Sen), so that a
//! file that came or went, or a pruning, does not decide; the spread of the slopes is the
//! uncertainty. Three views, of the last hour, of the last half day and of the last week: the one
//! that sees the volume full first counts. Nothing is forecast from less than ten minutes, nor of
//! what is further ahead than twelve times as long as was looked back. Time is the monotonic
//! clock's, so that a wall clock that jumps makes no growth.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::growth::{Rates, SampleWindow, UsageSample, float};
use crate::node::Volume;
use crate::values::Mono;

const HOUR: Duration = Duration::from_secs(3600);
/// Nobody can look further ahead than so many times as long as they have looked back: somebody's
/// build of ten minutes fills no disk in three hours.
const MAX_AHEAD: f64 = 12.0;

/// When the volume will be full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// If it grows as it did; `None`: it does not grow, or too slowly to measure.
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
pub(super) struct SampleHistory {
    hour: SampleWindow,
    half_day: SampleWindow,
    week: SampleWindow,
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

impl Default for SampleHistory {
    fn default() -> Self {
        Self {
            hour: SampleWindow::new(HOUR),
            half_day: SampleWindow::new(HOUR * 12),
            week: SampleWindow::new(HOUR * 24 * 7),
            size_bytes: None,
            before: Duration::ZERO,
        }
    }
}

impl SampleHistory {
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
        let sample = UsageSample {
            at: now.after(self.before),
            used_bytes,
        };
        self.add(sample);
    }

    fn add(&mut self, sample: UsageSample) {
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
        let record = |sample: &UsageSample| SampleRecord {
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
            let sample = UsageSample {
                at: Mono::from_start(history.before.saturating_sub(age)),
                used_bytes,
            };
            history.add(sample);
        }
        history
    }
}

fn forecast([slow, middle, fast]: Rates, free_bytes: u64, observed: Duration) -> Forecast {
    let furthest = observed.as_secs_f64() * MAX_AHEAD;
    let full_in = |rate: f64| {
        let seconds = float(free_bytes) / rate;
        let reported = rate > 0.0 && seconds <= furthest;
        reported
            .then(|| Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |time| time.as_secs()))
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

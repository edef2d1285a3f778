//! Outlines of the last hour: lines of values, and a strip of health. Pure.
//!
//! There is a value for each unit of the width, whatever the age of the daemon. What is not known
//! is a gap.

use std::fmt::Write as _;

use super::view::{ChartView, LineView, StripView};
use crate::overview::text::{self, UNKNOWN};

/// Where the lowest value is; the highest is `HEIGHT` above.
const BASE: f64 = 71.0;
const HEIGHT: f64 = 70.0;
/// Lines differ by more than their colour.
const STYLES: [&str; 4] = ["one", "two", "three", "four"];

/// Where the bottom of a chart is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// At zero; the top is at least at this value.
    Zero(u32),
    /// At the lowest value: what changes little would be a flat line.
    Lowest,
}

/// A series of a chart.
pub(super) struct ChartSeries {
    pub(super) name: &'static str,
    pub(super) values: Vec<Option<f64>>,
}

impl ChartSeries {
    pub(super) fn new<T: Copy + Into<f64>>(name: &'static str, values: &[Option<T>]) -> Self {
        let values = values.iter().map(|value| value.map(Into::into));
        Self {
            name,
            values: values.collect(),
        }
    }

    fn known(&self) -> impl Iterator<Item = f64> {
        self.values.iter().flatten().copied()
    }
}

/// The chart of `series`, whose values are written by `write`.
pub(super) fn chart(
    id: String,
    name: &'static str,
    series: &[ChartSeries],
    (scale, interval_secs): (Scale, u64),
    write: fn(f64) -> String,
) -> ChartView {
    let is_known = series.iter().flat_map(ChartSeries::known).next().is_some();
    let (low, high) = range(series, scale, write);
    let length = series.iter().map(|series| series.values.len()).max();
    let length = length.unwrap_or(0);
    let span = span(length, interval_secs);
    let lines = series.iter().zip(STYLES);
    let lines: Vec<LineView> = lines
        .map(|(series, style)| LineView {
            name: series.name,
            style,
            now: text::known(series.values.last().copied().flatten(), write),
            path: path(&series.values, low, high),
        })
        .collect();
    let edge = |value| {
        if is_known {
            write(value)
        } else {
            UNKNOWN.to_owned()
        }
    };
    ChartView {
        id,
        name,
        is_known,
        label: label(name, &span, series, write),
        top: edge(high),
        bottom: edge(low.max(0.0)),
        span,
        width: length.saturating_sub(1).max(1),
        lines,
    }
}

/// The lowest and the highest value of a chart. They are not written alike: what changes less than can
/// be read is level, in the middle.
fn range(series: &[ChartSeries], scale: Scale, write: fn(f64) -> String) -> (f64, f64) {
    let values = || series.iter().flat_map(ChartSeries::known);
    let highest = values().fold(f64::NAN, f64::max);
    let lowest = values().fold(f64::NAN, f64::min);
    match scale {
        // All values may be zero.
        Scale::Zero(least) => (0.0, highest.max(f64::from(least)).max(f64::MIN_POSITIVE)),
        Scale::Lowest if lowest.is_nan() => (0.0, 1.0),
        Scale::Lowest => {
            let mut low = lowest;
            let mut high = highest;
            let mut margin = (highest - lowest).max(1.0);
            while write(low.max(0.0)) == write(high) && margin.is_finite() {
                low -= margin;
                high += margin;
                margin *= 2.0;
            }
            (low, high)
        }
    }
}

/// How much time `length` values are.
fn span(length: usize, interval_secs: u64) -> String {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    match length.saturating_mul(interval_secs) {
        seconds if seconds >= 3_600 => "1 h".to_owned(),
        seconds => text::seconds(seconds),
    }
}

fn label(name: &str, span: &str, series: &[ChartSeries], write: fn(f64) -> String) -> String {
    let mut label = format!("{name}, the last {span}");
    for (at, series) in series.iter().enumerate() {
        let highest = series.known().fold(f64::NAN, f64::max);
        let separator = if at == 0 { ':' } else { ';' };
        let now = text::known(series.values.last().copied().flatten(), write);
        // Writing to a text does not fail.
        let _ = write!(label, "{separator} {} now {now}", series.name);
        if !highest.is_nan() {
            let _ = write!(label, ", at most {}", write(highest));
        }
    }
    label
}

/// The line of `values`, the lowest and the highest of which are drawn at `low` and `high`.
fn path(values: &[Option<f64>], low: f64, high: f64) -> String {
    let heights = values
        .iter()
        .map(|value| value.map(|value| height(value, low, high)));
    let heights: Vec<Option<u32>> = heights.collect();
    let mut path = String::new();
    let mut before = None;
    for (x, here) in heights.iter().enumerate() {
        let dot = if x == 0 { "h1" } else { "h-1" };
        let after = heights.get(x + 1).copied().flatten();
        // Writing to a text does not fail.
        let _ = match (before, *here) {
            (_, None) => Ok(()),
            // A value by itself is a dot.
            (None, Some(y)) if after.is_none() => write!(path, "M{x} {y}{dot}"),
            (None, Some(y)) => write!(path, "M{x} {y}"),
            // The middle of a level piece says nothing.
            (Some(_), Some(_)) if before == *here && after == *here => Ok(()),
            (Some(_), Some(y)) => write!(path, "L{x} {y}"),
        };
        before = *here;
    }
    path
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between the top and the base"
)]
fn height(value: f64, low: f64, high: f64) -> u32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    (BASE - HEIGHT * share).round() as u32
}

/// The strip of `health`, of which 1 is good, 0.5 has a warning and 0 is bad.
pub(super) fn strip(health: &[Option<f64>], interval_secs: u64) -> StripView {
    let mut view = StripView {
        width: health.len().max(1),
        ..StripView::default()
    };
    let mut bad = 0_u64;
    let mut warnings = 0_u64;
    let mut at = 0;
    for run in health.chunk_by(|one, other| one == other) {
        let from = at;
        let until = at + run.len();
        at += run.len();
        let seconds = interval_secs.saturating_mul(u64::try_from(run.len()).unwrap_or(0));
        // A level is known by its height too.
        let (outline, top) = match run.first().copied().flatten() {
            None => continue,
            Some(health) if health >= 1.0 => (&mut view.good, 8),
            Some(health) if health > 0.0 => {
                warnings += seconds;
                (&mut view.warning, 4)
            }
            Some(_) => {
                bad += seconds;
                (&mut view.bad, 0)
            }
        };
        let _ = write!(outline, "M{from} {top}H{until}V12H{from}Z");
    }
    let span = span(health.len(), interval_secs);
    view.text = match (bad, warnings) {
        (0, 0) => format!("healthy for {span}"),
        (0, warnings) => format!("healthy, with warnings for {}", text::seconds(warnings)),
        (bad, 0) => format!("unhealthy for {}", text::seconds(bad)),
        (bad, warnings) => format!(
            "unhealthy for {}, warnings for {}",
            text::seconds(bad),
            text::seconds(warnings)
        ),
    };
    view.label = format!("Health in the last {span}: {}", view.text);
    view
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[Option<u32>], scale: Scale) -> ChartView {
        let series = [ChartSeries::new("calls", values)];
        chart("id".to_owned(), "Calls", &series, (scale, 10), |value| {
            format!("{value}")
        })
    }

    #[test]
    fn a_line_fills_the_width_and_leaves_gaps() {
        let chart = of(
            &[
                Some(0),
                Some(10),
                None,
                Some(5),
                None,
                Some(7),
                Some(7),
                Some(7),
            ],
            Scale::Zero(1),
        );
        assert_eq!(chart.lines[0].path, "M0 71L1 1M3 36h-1M5 22L7 22");
        assert_eq!(
            (&*chart.top, &*chart.bottom, &*chart.span),
            ("10", "0", "80 s")
        );
        assert_eq!(chart.label, "Calls, the last 80 s: calls now 7, at most 10");
    }

    #[test]
    fn what_does_not_change_is_in_the_middle_of_its_own_scale_and_nothing_is_no_line() {
        let level = of(&[Some(868_211); 3], Scale::Lowest);
        assert_eq!(level.lines[0].path, "M0 36L2 36");
        assert_eq!((&*level.top, &*level.bottom), ("868212", "868210"));
        for values in [&[][..], &[None, None]] {
            let empty = of(values, Scale::Lowest);
            assert_eq!((&*empty.lines[0].path, &*empty.top), ("", UNKNOWN));
            assert_eq!(empty.lines[0].now, UNKNOWN);
        }
    }

    #[test]
    fn what_changes_less_than_can_be_read_is_nearly_level() {
        let values = [Some(33_900_000_u32), Some(33_900_001)];
        let series = [ChartSeries::new("free", &values)];
        let chart = chart(
            "id".to_owned(),
            "Free",
            &series,
            (Scale::Lowest, 10),
            |value| format!("{:.1}", value / 1e6),
        );
        assert_ne!(chart.top, chart.bottom);
        assert_eq!(chart.lines[0].path, "M0 36L1 36");
    }

    #[test]
    fn a_strip_says_how_long_it_was_bad() {
        let health = [Some(1.0), Some(1.0), Some(0.5), None, Some(0.0), Some(0.0)];
        let strip = strip(&health, 10);
        assert_eq!(strip.good, "M0 8H2V12H0Z");
        assert_eq!(strip.warning, "M2 4H3V12H2Z");
        assert_eq!(strip.bad, "M4 0H6V12H4Z");
        assert_eq!(strip.text, "unhealthy for 20 s, warnings for 10 s");
        let good = super::strip(&[Some(1.0); 360], 10);
        assert_eq!(good.label, "Health in the last 1 h: healthy for 1 h");
    }

    proptest! {
        /// Whatever the values, a path stays in its box and is short.
        #[test]
        fn a_path_stays_in_its_box(
            values in prop::collection::vec(prop::option::of(0_u32..u32::MAX), 0..400),
            zero in any::<bool>(),
        ) {
            let scale = if zero { Scale::Zero(1) } else { Scale::Lowest };
            let values = values.get(values.len().saturating_sub(360)..).unwrap();
            let chart = of(values, scale);
            let path = &chart.lines[0].path;
            prop_assert!(path.len() <= 10 * 360);
            for point in path.split(['M', 'L']).filter(|point| !point.is_empty()) {
                let (x, y) = point.trim_end_matches("h1").trim_end_matches("h-1").split_once(' ').unwrap();
                prop_assert!(x.parse::<usize>().unwrap() < 360);
                prop_assert!((1..=71).contains(&y.parse::<i32>().unwrap()));
            }
        }
    }
}

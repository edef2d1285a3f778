//! Rows of a name, a number and its last hour; bars.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::cli::screen::{Theme, padded};
use crate::overview::OverviewLevel;

/// The eight heights of a column of text.
const HEIGHTS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const LABEL: usize = 13;
const VALUE: usize = 10;
const DETAIL: usize = 22;
/// A line of the last hour has at least so many columns.
const MIN_SERIES: usize = 10;
/// It has at most so many: a minute each.
const MAX_SERIES: usize = 60;

/// A name, a number, what belongs to it, and its last hour.
pub(super) struct Meter {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) style: Style,
    pub(super) detail: String,
    pub(super) series: Vec<Span<'static>>,
}

/// How many columns the last hour has in a row of `width`; 0: it has no room.
pub(super) fn series_width(width: usize, has_details: bool) -> usize {
    let detail = if has_details { DETAIL + 1 } else { 0 };
    let rest = width.saturating_sub(LABEL + VALUE + 2 + detail);
    if rest < MIN_SERIES {
        0
    } else {
        rest.min(MAX_SERIES)
    }
}

/// The rows of `meters`, which have details or have none.
pub(super) fn rows(
    meters: Vec<Meter>,
    width: usize,
    has_details: bool,
    theme: Theme,
) -> Vec<Line<'static>> {
    let has_series = series_width(width, has_details) > 0;
    let row = |meter: Meter| {
        let mut spans = vec![
            Span::styled(padded(meter.label, LABEL, false), theme.dim()),
            Span::styled(padded(&meter.value, VALUE, true), meter.style),
            Span::raw("  "),
        ];
        if has_details && has_series {
            spans.push(Span::raw(padded(&meter.detail, DETAIL, false) + " "));
        } else if has_details {
            spans.push(Span::raw(meter.detail));
        }
        if has_series {
            spans.extend(meter.series);
        }
        Line::from(spans)
    };
    meters.into_iter().map(row).collect()
}

/// `values` in `width` columns, now at the right, each the highest of its moments; what is unknown is
/// a gap.
pub(super) fn sparkline(values: &[Option<f64>], width: usize, is_from_lowest: bool) -> String {
    let known = || values.iter().flatten().copied();
    let highest = known().fold(f64::NAN, f64::max);
    let lowest = if is_from_lowest {
        known().fold(f64::NAN, f64::min)
    } else {
        0.0
    };
    let range = highest - lowest;
    buckets(values, width)
        .map(|bucket| {
            let value = bucket.iter().flatten().copied().fold(f64::NAN, f64::max);
            if value.is_nan() {
                " "
            } else if range > 0.0 {
                height((value - lowest) / range)
            } else {
                HEIGHTS[0]
            }
        })
        .collect()
}

/// The column for a share between 0 and 1.
fn height(share: f64) -> &'static str {
    let steps = HEIGHTS.iter().zip(1_u8..=8).rev();
    // Seven steps up from the lowest.
    let mut reached = steps.filter(|(_, number)| share * 7.0 + 1.0 >= f64::from(*number) - 0.000_1);
    reached.next().map_or(HEIGHTS[0], |(symbol, _)| symbol)
}

/// The health of the last hour, the worst of each column: low is good.
pub(super) fn strip(values: &[Option<f64>], width: usize, theme: Theme) -> Vec<Span<'static>> {
    buckets(values, width)
        .map(|bucket| {
            let worst = bucket.iter().flatten().copied().fold(f64::NAN, f64::min);
            let (symbol, level) = match worst {
                worst if worst.is_nan() => (" ", OverviewLevel::Unknown),
                worst if worst >= 1.0 => ("▁", OverviewLevel::Good),
                worst if worst > 0.0 => ("▄", OverviewLevel::Warning),
                _ => ("█", OverviewLevel::Bad),
            };
            Span::styled(symbol, theme.level(level))
        })
        .collect()
}

/// `values` in `width` parts, in their order. If they are fewer, the first parts are empty: what is new
/// is always at the right.
fn buckets(values: &[Option<f64>], width: usize) -> impl Iterator<Item = &[Option<f64>]> {
    let parts = width.min(values.len());
    let parts_of_values = (0..parts).map(move |part| {
        let from = part * values.len() / parts;
        let to = (part + 1) * values.len() / parts;
        values.get(from..to).unwrap_or_default()
    });
    std::iter::repeat_n([].as_slice(), width - parts).chain(parts_of_values)
}

/// How full something is, `fill` in thousandths, with `marks`.
pub(super) fn bar(fill: u32, marks: &[u32], width: usize) -> String {
    let column = |thousandths: u32| {
        let thousandths = usize::try_from(thousandths).unwrap_or(1_000);
        thousandths * width / 1_000
    };
    let filled = column(fill);
    let symbol = |at: usize| {
        let is_mark = marks
            .iter()
            .any(|mark| column(*mark).min(width.saturating_sub(1)) == at);
        match (is_mark, at < filled) {
            (true, _) => '│',
            (false, true) => '█',
            (false, false) => '·',
        }
    };
    (0..width).map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_last_hour_has_the_highest_of_each_column_and_gaps() {
        let values = [Some(0.0), Some(7.0), None, None, Some(3.0), Some(1.0)];
        assert_eq!(sparkline(&values, 6, false), "▁█  ▄▂");
        assert_eq!(sparkline(&values, 3, false), "█ ▄");
        let heights = [Some(100.0), Some(101.0), Some(107.0)];
        assert_eq!(sparkline(&heights, 5, true), "  ▁▂█");
        assert_eq!(sparkline(&[Some(5.0); 3], 3, true), "▁▁▁");
        assert_eq!(sparkline(&[Some(0.0); 3], 3, false), "▁▁▁");
        assert_eq!(sparkline(&[], 3, false), "   ");
    }

    #[test]
    fn a_strip_has_the_worst_of_each_column() {
        let theme = Theme {
            has_color: false,
            is_ascii: false,
        };
        let values = [Some(1.0), Some(0.0), Some(1.0), Some(0.5), Some(1.0), None];
        let text = |width| -> String {
            let spans = strip(&values, width, theme);
            spans.iter().map(|span| span.content.to_string()).collect()
        };
        assert_eq!(text(6), "▁█▁▄▁ ");
        assert_eq!(text(3), "█▄▁");
    }

    #[test]
    fn a_bar_shows_how_full_it_is_and_where_something_happens() {
        assert_eq!(bar(500, &[750], 8), "████··│·");
        assert_eq!(bar(1_000, &[1_000], 4), "███│");
        assert_eq!(bar(0, &[], 4), "····");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(
            values in proptest::collection::vec(proptest::option::of(0.0_f64..1e9), 0..400),
            width in 0_usize..80,
        ) {
            proptest::prop_assert_eq!(sparkline(&values, width, true).chars().count(), width);
            proptest::prop_assert_eq!(bar(400, &[100, 999], width).chars().count(), width);
        }
    }
}

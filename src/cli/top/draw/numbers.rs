//! The numbers that are seen first, with their last hour.

use ratatui::style::Style;
use ratatui::text::Span;

use super::chain::of_node;
use super::meter::{Meter, rows, series_width, sparkline, strip};
use super::section::TopSection;
use crate::cli::screen::Theme;
use crate::overview::text::seconds;
use crate::overview::{FirstNumber, NodeOverview, Overview, first_numbers};

pub(super) fn numbers(
    overview: &Overview,
    node: &NodeOverview,
    width: usize,
    theme: Theme,
) -> TopSection {
    let room = series_width(width, true);
    let health = &overview.history.gateway.health;
    let mut meters = Vec::new();
    if room > 0 {
        meters.push(Meter {
            label: "Health",
            value: String::new(),
            style: Style::new(),
            detail: String::new(),
            series: strip(health, room, theme),
        });
    }
    let meter = |number: FirstNumber| Meter {
        label: number.label,
        value: number.value,
        style: theme.bold(),
        detail: number.detail,
        series: vec![Span::styled(
            sparkline(&number.hour, room, number.is_from_lowest),
            theme.series(),
        )],
    };
    let numbers = first_numbers(overview, node).into_iter();
    meters.extend(numbers.map(meter));
    let covered = if room > 0 {
        span(health.len(), overview.interval_secs())
    } else {
        String::new()
    };
    let rows = rows(meters, width, true, theme);
    TopSection::new(of_node("Numbers", overview, node), covered, rows)
}

/// How much time the lines of `length` values show.
fn span(length: usize, interval_secs: u64) -> String {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    match length.saturating_mul(interval_secs) {
        0 => "no history yet".to_owned(),
        3_600.. => "and their last hour".to_owned(),
        time => format!("and their last {}", seconds(time)),
    }
}

//! The numbers that are seen first, with their last hour.

use super::TopSection;
use super::meter::{Meter, rows, series_width, sparkline, strip};
use crate::cli::screen::Theme;
use crate::overview::{FirstNumber, Overview, first_numbers};
use ratatui::style::Style;
use ratatui::text::Span;

pub(super) fn numbers(overview: &Overview, width: usize, theme: Theme) -> Option<TopSection> {
    let numbers = first_numbers(overview);
    if numbers.is_empty() {
        return None;
    }
    let room = series_width(width, true);
    let mut meters = Vec::new();
    if room > 0 {
        let health = strip(&overview.history.gateway.health, room, theme);
        meters.push(Meter {
            label: "Health",
            value: String::new(),
            style: Style::new(),
            detail: String::new(),
            series: health,
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
    meters.extend(numbers.into_iter().map(meter));
    let reader = overview.reader().filter(|_| overview.has_several());
    let of = reader.map(|node| format!(" of node {}", node.health.name));
    let title = format!("Numbers{}", of.unwrap_or_default());
    let note = if room > 0 {
        "the line: the last hour"
    } else {
        ""
    };
    Some(TopSection::new(
        title,
        note,
        rows(meters, width, true, theme),
    ))
}

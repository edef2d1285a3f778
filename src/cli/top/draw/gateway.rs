//! Calls through the gateway: rates, latencies, refusals by layer, with their last hour.

use ratatui::style::Style;
use ratatui::text::Span;

use super::facts::facts;
use super::meter::{Meter, rows, series_width, sparkline};
use super::section::TopSection;
use crate::cli::screen::Theme;
use crate::overview::text::{known, latency, rate};
use crate::overview::{Overview, OverviewLevel, gateway_facts, gateway_state};

/// A name, the last hour, and how a value is written.
type GatewaySeries<'a> = (&'static str, &'a [Option<f64>], fn(f64) -> String);

pub(super) fn gateway(overview: &Overview, width: usize, theme: Theme) -> TopSection {
    let hour = &overview.history.gateway;
    let limited = &hour.limited_per_sec;
    let series: [GatewaySeries<'_>; 9] = [
        ("Answered", &hour.answered_per_sec, rate),
        ("Failed", &hour.failed_per_sec, rate),
        ("Rejected", &hour.rejected_per_sec, rate),
        ("Half within", &hour.p50_secs, latency),
        ("99 % within", &hour.p99_secs, latency),
        ("Limit address", &limited.address, rate),
        ("Limit user", &limited.user, rate),
        ("Limit method", &limited.method, rate),
        ("Limit login", &limited.login, rate),
    ];
    let room = series_width(width, false);
    let meter = |(label, values, write): GatewaySeries<'_>| {
        let now = values.last().copied().flatten();
        // A call that was not answered is what one looks for.
        let is_bad = label == "Failed" && now.is_some_and(|now| now > 0.0);
        Meter {
            label,
            value: known(now, write),
            style: if is_bad {
                theme.level(OverviewLevel::Bad)
            } else {
                Style::new()
            },
            detail: String::new(),
            series: vec![Span::styled(sparkline(values, room, false), theme.series())],
        }
    };
    let meters = series.map(meter).into_iter().collect();
    let mut lines = rows(meters, width, false, theme);
    lines.extend(facts(gateway_facts(overview), width, theme));
    TopSection::new("Gateway", gateway_state(overview), lines)
}

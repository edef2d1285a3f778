//! Checks with their numbers; those that are not good say since when.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::section::TopSection;
use crate::api::{CheckId, CheckLevel, CheckResult};
use crate::cli::screen::{Theme, clean, cut, padded, width_of};
use crate::overview::text::{seconds, since};
use crate::overview::{NodeOverview, Overview, OverviewLevel, program};

/// The names of checks have at most so many letters.
const NAME: usize = 11;

/// The checks that are of several nodes together, and of the daemon.
pub(super) fn of_gateway(overview: &Overview, width: usize, theme: Theme) -> Option<TopSection> {
    if !overview.has_several() {
        return None;
    }
    let all = overview.status.detailed.checks.iter();
    let own = all.filter(|check| {
        matches!(
            check.name,
            CheckId::Daemon | CheckId::Redundancy | CheckId::Fork | CheckId::Limits | CheckId::Tls
        )
    });
    let lines: Vec<Line<'static>> = own
        .map(|check| line(check, overview.now, width, theme))
        .collect();
    Some(TopSection::new("Checks of all nodes", "", lines))
}

pub(super) fn of_node(
    overview: &Overview,
    node: &NodeOverview,
    width: usize,
    theme: Theme,
) -> TopSection {
    let has_several = overview.has_several();
    let checks = node.health.checks.iter();
    let own = checks.filter(|check| !has_several || check.name != CheckId::Daemon);
    let lines: Vec<Line<'static>> = own
        .map(|check| line(check, overview.now, width, theme))
        .collect();
    let title = if has_several {
        clean(&format!("Checks of node {}", node.health.name))
    } else {
        "Checks".to_owned()
    };
    TopSection::new(title, clean(&program(&node.health)), lines)
}

fn line(check: &CheckResult, now: Timestamp, width: usize, theme: Theme) -> Line<'static> {
    let level = OverviewLevel::from(&check.level);
    let is_noted = !matches!(check.level, CheckLevel::Good | CheckLevel::Unknown);
    let age = check.since.filter(|_| is_noted);
    let age = age.map_or_else(String::new, |then| {
        format!("  for {}", seconds(since(then, now)))
    });
    let room = width.saturating_sub(level.mark().len() + NAME + 3 + width_of(&age));
    let text = cut(&clean(&check.text), room);
    let fill = if age.is_empty() {
        String::new()
    } else {
        " ".repeat(room.saturating_sub(width_of(&text)))
    };
    Line::from(vec![
        Span::styled(format!("{} ", level.mark()), theme.level(level)),
        Span::raw(padded(&clean(check.name.as_str()), NAME, false)),
        Span::raw("  "),
        Span::raw(text + &fill),
        Span::styled(age, theme.dim()),
    ])
}

//! Several nodes: who serves, and why the others do not.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::Span;

use super::meter::strip;
use super::section::TopSection;
use super::table::{TableCell, TableColumn, table};
use crate::api::RotationState;
use crate::cli::screen::Theme;
use crate::cli::top::view::TopView;
use crate::overview::text::{grouped, known, latency, seconds, since};
use crate::overview::{
    NodeOverview, OverviewLevel, node_level, rotation, rotation_since, rotations,
};

/// The last hour of a node has so many columns.
const HOUR: usize = 15;

const COLUMNS: [TableColumn; 11] = [
    TableColumn::text("", 0),
    TableColumn::text("NODE", 0),
    TableColumn::text("ROTATION", 0),
    TableColumn::number("SINCE", 0),
    TableColumn::text("STATE", 50),
    TableColumn::number("HEIGHT", 60),
    TableColumn::number("LAG", 56),
    TableColumn::number("IN FLIGHT", 100),
    TableColumn::number("P50", 100),
    TableColumn::text("LAST HOUR", 100),
    TableColumn::text("WHY", 0),
];

pub(super) fn nodes(view: &TopView, width: usize, theme: Theme) -> TopSection {
    let shown = view.node().map(|node| node.health.name.as_str());
    let nodes = view.overview.nodes.iter();
    let now = view.overview.now;
    let rows = nodes.map(|node| row(node, shown == Some(&node.health.name), now, theme));
    let lines = table(&COLUMNS, rows.collect(), width, theme);
    TopSection::new("Nodes", rotations(&view.overview), lines)
}

fn row(node: &NodeOverview, is_shown: bool, now: Timestamp, theme: Theme) -> [TableCell; 11] {
    let health = &node.health;
    let level = node_level(health);
    let name = if is_shown { theme.bold() } else { Style::new() };
    let rotation_level = match health.rotation {
        RotationState::In => OverviewLevel::Good,
        RotationState::Standby | RotationState::Busy => OverviewLevel::Warning,
        _ => OverviewLevel::Bad,
    };
    // The parts below are of this one.
    let pointer = if is_shown { "> " } else { "  " };
    let mark = TableCell::spans(vec![
        Span::styled(pointer, theme.bold()),
        Span::styled(level.mark(), theme.level(level)),
    ]);
    [
        mark,
        TableCell::styled(&health.name, name),
        TableCell::styled(rotation(health), theme.level(rotation_level)),
        TableCell::new(known(rotation_since(health), |then| {
            seconds(since(then, now))
        })),
        TableCell::new(health.state.as_str()),
        TableCell::new(known(health.chain.height, grouped)),
        TableCell::new(known(health.lag_blocks, grouped)),
        TableCell::new(known(node.in_flight, grouped)),
        TableCell::new(known(node.p50_secs, latency)),
        TableCell::spans(strip(&node.hour.health, HOUR, theme)),
        TableCell::new(health.reason.as_deref().unwrap_or_default()),
    ]
}

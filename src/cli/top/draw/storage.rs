//! The disk of a node: bars, forecast, pruning.

use ratatui::text::{Line, Span};

use super::chain::of_node;
use super::facts::facts;
use super::meter::bar;
use super::section::TopSection;
use crate::cli::screen::{Theme, padded};
use crate::overview::{
    NodeOverview, Overview, OverviewLevel, StorageBar, storage_bars, storage_facts,
};

/// From this width on a bar is drawn.
const BAR_FROM: usize = 56;
const BAR: usize = 20;
const NAME: usize = 18;

pub(super) fn storage(
    overview: &Overview,
    node: &NodeOverview,
    width: usize,
    theme: Theme,
) -> TopSection {
    let bars = storage_bars(node).into_iter();
    let mut lines: Vec<Line<'static>> = bars.map(|bar| line(&bar, width, theme)).collect();
    lines.extend(facts(storage_facts(node, overview.now), width, theme));
    TopSection::new(of_node("Storage", overview, node), "", lines)
}

fn line(storage: &StorageBar, width: usize, theme: Theme) -> Line<'static> {
    let style = match storage.level {
        OverviewLevel::Good => theme.series(),
        level => theme.level(level),
    };
    let mut spans = vec![Span::styled(padded(storage.name, NAME, false), theme.dim())];
    if width >= BAR_FROM {
        spans.push(Span::styled(bar(storage.fill, &storage.marks, BAR), style));
        spans.push(Span::raw("  "));
    }
    spans.push(Span::styled(storage.value.clone(), theme.bold()));
    spans.push(Span::styled(format!(" {}", storage.detail), theme.dim()));
    Line::from(spans)
}

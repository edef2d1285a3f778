//! Draws the screen. Pure: the same view at the same size is the same screen.
//!
//! | file | what it draws |
//! |---|---|
//! | `frame_lines` | the first and the last line |
//! | `verdict` | what is wrong first of all, since when, what to do |
//! | `numbers`, `checks`, `nodes`, `chain`, `peers`, `storage`, `gateway`, `events` | the sections below |
//! | `section` | a heading with its lines |
//! | `meter`, `table`, `facts` | rows with a line of the last hour, columns, names with values |
//! | `popup` | the help |
//!
//! The verdict never scrolls away; the sections do. A wide terminal has two columns of them.

mod chain;
mod checks;
mod events;
mod facts;
mod frame_lines;
mod gateway;
mod meter;
mod nodes;
mod numbers;
mod peers;
mod popup;
mod section;
mod storage;
mod table;
mod verdict;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use self::section::TopSection;
use super::view::TopView;
use crate::cli::screen::{Theme, beside};
use crate::overview::{Headline, NodeOverview, Trouble, troubles};

/// From this width on there are two columns.
const WIDE: usize = 116;
/// Between the columns.
const GAP: usize = 2;

/// Draws `view`; returns how many lines the sections have, and how many have room.
pub(super) fn draw(frame: &mut Frame<'_>, view: &TopView, theme: Theme) -> (usize, usize) {
    let area = frame.area();
    let width = usize::from(area.width);
    let height = usize::from(area.height);
    let troubles = troubles(&view.overview);
    let headline = Headline::of(&view.overview, &troubles);
    // Where there is little room the verdict has most of it.
    let room = height.saturating_sub(2);
    let room = room.saturating_sub(room / 5);
    let verdict = verdict::verdict(view, &headline, troubles.first(), (width, room), theme);
    let verdict_height = verdict.len().min(room);
    let rows = [
        Constraint::Length(u16::from(height > 2)),
        Constraint::Length(u16::try_from(verdict_height.max(1)).unwrap_or(u16::MAX)),
        Constraint::Min(0),
        Constraint::Length(u16::from(height > 1)),
    ];
    let [top, first, body, bottom] = Layout::vertical(rows).areas(area);
    let lines = lines(view, &troubles, width, theme);
    let count = lines.len();
    let body_height = usize::from(body.height);
    let from = view.scroll.first_of(count, body_height);
    let scrolled = view.scroll.text(count, body_height);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(from).take(body_height).collect();
    let base = if view.away.is_some() {
        theme.dim()
    } else {
        Style::new()
    };
    let header = frame_lines::header(view, width, theme);
    let footer = frame_lines::footer(view, &scrolled, width, theme);
    frame.render_widget(Paragraph::new(header).style(theme.bar()), top);
    frame.render_widget(Paragraph::new(verdict), first);
    frame.render_widget(Paragraph::new(shown).style(base), body);
    frame.render_widget(Paragraph::new(footer), bottom);
    let refused = view.question.as_ref().and_then(|question| {
        let reason = question.refused.as_deref()?;
        Some((&*question.node, reason))
    });
    if let Some((node, reason)) = refused {
        popup::refused_drain(frame, node, reason, theme);
    }
    if view.has_help {
        popup::help(frame, theme);
    }
    theme.adapt(frame.buffer_mut());
    (count, body_height)
}

/// The sections, in the order in which one looks for them.
struct Sections {
    /// Over the whole width: what else is wrong, and the nodes.
    above: Vec<TopSection>,
    numbers_and_checks: Vec<TopSection>,
    events: TopSection,
    chain_and_storage: Vec<TopSection>,
    others: Vec<TopSection>,
}

/// All lines below the verdict.
fn lines(view: &TopView, troubles: &[Trouble], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let is_wide = width >= WIDE;
    let column = if is_wide {
        width.saturating_sub(GAP) / 2
    } else {
        width
    };
    let Some(node) = view.node() else {
        return Vec::new();
    };
    let sections = sections(view, node, troubles, (width, column), theme);
    let of = |sections: Vec<TopSection>| {
        let sections = sections.into_iter();
        sections.flat_map(move |section| section.into_lines(column, theme))
    };
    let above = sections.above.into_iter();
    let mut lines: Vec<Line<'static>> = above
        .flat_map(|section| section.into_lines(width, theme))
        .collect();
    let numbers = of(sections.numbers_and_checks);
    let chain = of(sections.chain_and_storage);
    let events = of(vec![sections.events]);
    let others = of(sections.others);
    if is_wide {
        let mut left = numbers.chain(chain);
        let mut right = events.chain(others);
        loop {
            let pair = (left.next(), right.next());
            if let (None, None) = pair {
                return lines;
            }
            lines.push(beside(pair.0, pair.1, column + GAP));
        }
    }
    lines.extend(numbers.chain(events).chain(chain).chain(others));
    lines
}

/// The sections of the view, `node` being the one whose parts are shown. Those beside each other have
/// the width of a `column`.
fn sections(
    view: &TopView,
    node: &NodeOverview,
    troubles: &[Trouble],
    (width, column): (usize, usize),
    theme: Theme,
) -> Sections {
    let overview = &view.overview;
    let others = verdict::others(troubles, overview.now, width, theme);
    let has_several = overview.has_several();
    let nodes = has_several.then(|| nodes::nodes(view, width, theme));
    let numbers = [
        Some(numbers::numbers(overview, node, column, theme)),
        checks::of_gateway(overview, column, theme),
        Some(checks::of_node(overview, node, column, theme)),
    ];
    let rows = if width > column { 12 } else { 8 };
    Sections {
        above: others.into_iter().chain(nodes).collect(),
        numbers_and_checks: numbers.into_iter().flatten().collect(),
        events: events::events(overview, rows, column, theme),
        chain_and_storage: vec![
            chain::chain(overview, node, column, theme),
            storage::storage(overview, node, column, theme),
        ],
        others: vec![
            gateway::gateway(overview, column, theme),
            peers::queue(view, node, column, theme),
            peers::peers(view, node, column, theme),
            chain::daemon(overview, column, theme),
        ],
    }
}

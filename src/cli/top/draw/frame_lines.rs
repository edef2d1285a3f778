//! The first line: what is shown and the clock. The last line: keys, or what is asked.

use ratatui::text::{Line, Span};

use crate::cli::screen::{Theme, clean, cut, fit, width_of};
use crate::cli::top::view::TopView;
use crate::overview::text::{clock, counted, seconds, since};

pub(super) fn header(view: &TopView, width: usize, theme: Theme) -> Line<'static> {
    let state = match &view.away {
        Some(_) => format!(
            "NO ANSWER for {}",
            seconds(since(view.answered_at, view.clock))
        ),
        None if view.is_paused => "PAUSED".to_owned(),
        None => view.waits_for().map_or_else(String::new, |waited| {
            format!("waiting for {}", seconds(waited))
        }),
    };
    let time = clock(view.clock, view.clock);
    let right = format!("{state}  {time} ");
    let room = width.saturating_sub(width_of(&right));
    let left = cut(&format!(" bllvmctl top  {}", what(view)), room);
    let fill = " ".repeat(room.saturating_sub(width_of(&left)));
    let line = vec![
        Span::raw(left),
        Span::raw(fill),
        Span::styled(right, theme.bold()),
    ];
    fit(Line::from(line), width)
}

/// The only node with its program, or how many there are.
fn what(view: &TopView) -> String {
    let overview = &view.overview;
    if overview.has_several() {
        return counted(overview.nodes.len(), "node");
    }
    let node = &overview.status.detailed.node;
    let version = node.version.as_deref().unwrap_or_default();
    let flavour = node.flavour.as_deref().unwrap_or("unknown program");
    clean(&format!("{}  {flavour} {version}", node.name))
}

pub(super) fn footer(view: &TopView, scrolled: &str, width: usize, theme: Theme) -> Line<'static> {
    if let Some(question) = &view.question {
        let node = clean(&question.node);
        let text = if question.refused.is_some() {
            format!(" Drain node {node} all the same?  ")
        } else if question.is_drain {
            format!(" Drain node {node}? It gets no more calls.  ")
        } else {
            format!(" Undrain node {node}? It gets calls again.  ")
        };
        // The keys are seen also where the question has no room.
        let keys = "y yes  n no ";
        let text = cut(&text, width.saturating_sub(width_of(keys)));
        let spans = vec![
            Span::styled(text, theme.bar().patch(theme.bold())),
            Span::styled(keys, theme.bar().patch(theme.bold())),
        ];
        return fit(Line::from(spans), width);
    }
    if let Some(notice) = &view.notice {
        let text = cut(&clean(&notice.text), width.saturating_sub(5));
        let spans = vec![
            Span::styled(
                format!(" {} ", notice.level.mark()),
                theme.level(notice.level),
            ),
            Span::styled(text, theme.bold()),
        ];
        return fit(Line::from(spans), width);
    }
    keys(view, scrolled, width, theme)
}

/// As many keys as have room; those that change nothing are left out.
fn keys(view: &TopView, scrolled: &str, width: usize, theme: Theme) -> Line<'static> {
    let has_several = view.overview.has_several();
    let is_drained = view
        .node()
        .is_some_and(|node| node.health.drained.is_some());
    let pause = if view.is_paused { "go on" } else { "pause" };
    let drain = if is_drained { "undrain" } else { "drain" };
    let keys = [
        (true, "q", "quit"),
        (true, "?", "help"),
        (true, "p", pause),
        (has_several, "n", "next node"),
        (has_several, "d", drain),
        (true, "s", "sort peers"),
    ];
    let mut spans = Vec::new();
    let mut left = width.saturating_sub(width_of(scrolled) + 1);
    for (_, key, does) in keys.into_iter().filter(|(is_shown, ..)| *is_shown) {
        let taken = key.len() + does.len() + 3;
        if taken > left {
            break;
        }
        left -= taken;
        spans.push(Span::styled(format!(" {key}"), theme.bold()));
        spans.push(Span::styled(format!(" {does} "), theme.dim()));
    }
    spans.push(Span::raw(" ".repeat(left)));
    spans.push(Span::styled(scrolled.to_owned(), theme.dim()));
    fit(Line::from(spans), width)
}

//! What has happened, the newest first.

use ratatui::text::{Line, Span};

use super::section::TopSection;
use crate::api::EventDocument;
use crate::cli::screen::{Theme, clean, padded};
use crate::overview::text::{clock, counted, seconds, since};
use crate::overview::{Overview, event_level, event_subject, event_text};

/// From this width on an event has its time.
const TIME_FROM: usize = 100;
const AGO: usize = 10;

/// The last `rows` events.
pub(super) fn events(overview: &Overview, rows: usize, width: usize, theme: Theme) -> TopSection {
    let all = &overview.history.events;
    let note = match all.len() {
        0 => "none yet".to_owned(),
        number if number > rows => format!("the last {rows} of {number}"),
        number => counted(number, "event"),
    };
    let shown = all.iter().take(rows);
    let lines = shown.map(|event| line(event, overview, width, theme));
    TopSection::new("Events", note, lines.collect())
}

fn line(event: &EventDocument, overview: &Overview, width: usize, theme: Theme) -> Line<'static> {
    let level = event_level(event);
    let now = overview.now;
    let ago = format!("{} ago", seconds(since(event.time, now)));
    let mut spans = vec![
        Span::styled(format!("{} ", level.mark()), theme.level(level)),
        Span::styled(padded(&ago, AGO, true), theme.dim()),
        Span::raw("  "),
    ];
    if width >= TIME_FROM {
        spans.push(Span::styled(
            format!("{}  ", clock(event.time, now)),
            theme.dim(),
        ));
    }
    spans.push(Span::styled(clean(&event_subject(event)), theme.bold()));
    spans.push(Span::raw("  "));
    spans.push(Span::raw(clean(&event_text(event, true))));
    Line::from(spans)
}

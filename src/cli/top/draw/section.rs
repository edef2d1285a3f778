//! A part of the screen: a heading with its lines.

use ratatui::text::{Line, Span};

use crate::cli::screen::{Theme, cut, fit, width_of};

/// A part of the screen below the verdict.
pub(super) struct TopSection {
    title: String,
    note: String,
    lines: Vec<Line<'static>>,
}

impl TopSection {
    pub(super) fn new(
        title: impl Into<String>,
        note: impl Into<String>,
        lines: Vec<Line<'static>>,
    ) -> Self {
        Self {
            title: title.into(),
            note: note.into(),
            lines,
        }
    }

    /// Its heading and its lines, none wider than `width`.
    pub(super) fn into_lines(
        self,
        width: usize,
        theme: Theme,
    ) -> impl Iterator<Item = Line<'static>> {
        let title = cut(&self.title, width);
        let note = cut(&self.note, width.saturating_sub(width_of(&title) + 4));
        let gap = if note.is_empty() { " " } else { "  " };
        let taken = width_of(&title) + width_of(&note) + gap.len();
        let rule = format!(" {}", "─".repeat(width.saturating_sub(taken + 1)));
        let heading = Line::from(vec![
            Span::styled(title, theme.bold()),
            Span::raw(gap),
            Span::styled(note, theme.dim()),
            Span::styled(rule, theme.dim()),
        ]);
        let lines = std::iter::once(heading).chain(self.lines);
        lines.map(move |line| fit(line, width))
    }
}

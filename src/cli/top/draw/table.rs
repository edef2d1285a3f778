//! Columns of text: numbers at the right, what is too wide is cut, what has no room is left out.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::cli::screen::{Theme, clean, padded, width_of};

/// Between columns.
const GAP: usize = 2;
/// A first column that is too wide is cut to this.
const FIRST: usize = 24;

/// A column.
#[derive(Clone, Copy)]
pub(super) struct TableColumn {
    pub(super) title: &'static str,
    pub(super) is_number: bool,
    /// It is left out in a narrower table.
    pub(super) from_width: usize,
}

impl TableColumn {
    pub(super) const fn text(title: &'static str, from_width: usize) -> Self {
        Self {
            title,
            is_number: false,
            from_width,
        }
    }

    pub(super) const fn number(title: &'static str, from_width: usize) -> Self {
        Self {
            title,
            is_number: true,
            from_width,
        }
    }
}

/// A cell: text of one style, or several.
pub(super) struct TableCell(Vec<Span<'static>>);

impl TableCell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new())
    }

    pub(super) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self(vec![Span::styled(clean(text.as_ref()), style)])
    }

    /// What is clean already.
    pub(super) fn spans(spans: Vec<Span<'static>>) -> Self {
        Self(spans)
    }

    fn width(&self) -> usize {
        self.0.iter().map(|span| width_of(&span.content)).sum()
    }

    fn into_spans(self, width: usize, is_number: bool) -> Vec<Span<'static>> {
        let fill = width.saturating_sub(self.width());
        match <[Span<'static>; 1]>::try_from(self.0) {
            Ok([span]) => vec![Span::styled(
                padded(&span.content, width, is_number),
                span.style,
            )],
            Err(mut spans) => {
                spans.push(Span::raw(" ".repeat(fill)));
                spans
            }
        }
    }
}

/// The lines of `rows` below their titles. The last column has the room that is left.
pub(super) fn table<const N: usize>(
    columns: &[TableColumn; N],
    rows: Vec<[TableCell; N]>,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let widths = widths(columns, &rows, width);
    let titles = columns.map(|column| TableCell::styled(column.title, theme.dim()));
    let all = std::iter::once(titles).chain(rows);
    let line = |cells: [TableCell; N]| {
        let mut spans = Vec::new();
        for ((cell, column), width) in cells.into_iter().zip(columns).zip(&widths) {
            let Some(width) = width else { continue };
            if !spans.is_empty() {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            spans.extend(cell.into_spans(*width, column.is_number));
        }
        Line::from(spans)
    };
    all.map(line).collect()
}

/// The width of each column; `None`: it is left out.
fn widths<const N: usize>(
    columns: &[TableColumn; N],
    rows: &[[TableCell; N]],
    width: usize,
) -> Vec<Option<usize>> {
    let widest = |at: usize, column: &TableColumn| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        let widest = cells.map(TableCell::width).max().unwrap_or(0);
        widest.max(width_of(column.title))
    };
    let numbered = columns.iter().enumerate();
    let mut widths: Vec<Option<usize>> = numbered
        .map(|(at, column)| (width >= column.from_width).then(|| widest(at, column)))
        .collect();
    let taken = |widths: &[Option<usize>]| -> usize {
        let shown = widths.iter().flatten();
        shown
            .map(|width| width + GAP)
            .sum::<usize>()
            .saturating_sub(GAP)
    };
    if taken(&widths) > width
        && let Some(Some(first)) = widths.first_mut()
    {
        *first = (*first).min(FIRST);
    }
    let too_wide = taken(&widths).saturating_sub(width);
    if let Some(Some(last)) = widths.last_mut() {
        *last = last.saturating_sub(too_wide);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(width: usize) -> Vec<String> {
        let columns = [
            TableColumn::text("ADDRESS", 0),
            TableColumn::number("PING", 0),
            TableColumn::text("KIND", 30),
            TableColumn::text("ERROR", 0),
        ];
        let row = |cells: [&str; 4]| cells.map(TableCell::new);
        let rows = vec![
            row([
                "10.0.0.5:8333",
                "9 ms",
                "full",
                "the connection was refused",
            ]),
            row([&"a".repeat(62), "20 ms", "block", "no"]),
        ];
        let theme = Theme {
            has_color: false,
            is_ascii: false,
        };
        let lines = table(&columns, rows, width, theme);
        lines
            .iter()
            .map(|line| line.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn what_is_too_wide_is_cut_and_what_has_no_room_is_left_out() {
        assert_eq!(
            text(50),
            [
                "ADDRESS                    PING  KIND   ERROR",
                "10.0.0.5:8333              9 ms  full   the conne…",
                "aaaaaaaaaaaaaaaaaaaaaaa…  20 ms  block  no",
            ]
        );
        assert_eq!(
            text(29)[1],
            "10.0.0.5:8333              9…"
                .replace("9…", "9 ms")
                .trim_end()
        );
    }
}

//! What is above everything else: the help, and why the daemon refuses something.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::cli::screen::{Theme, clean, padded, wrap};
use crate::cli::top::keys::KEYS;

/// The keys have so many columns.
const KEY: usize = 15;
const WIDTH: u16 = 64;

pub(super) fn help(frame: &mut Frame<'_>, theme: Theme) {
    let row = |(keys, does): (&str, &str)| {
        Line::from(vec![
            Span::styled(padded(keys, KEY, false), theme.bold()),
            Span::raw(does.to_owned()),
        ])
    };
    let mut lines: Vec<Line<'static>> = KEYS.map(row).into();
    lines.push(Line::default());
    lines.push(Line::styled(
        "[+] good  [!] warning  [-] bad  [?] unknown",
        theme.dim(),
    ));
    lines.push(Line::styled("– is a value that is not known", theme.dim()));
    show(frame, " Keys: any key closes this ", lines);
}

/// Why the daemon does not drain `node`; the question is at the foot of the screen.
pub(super) fn refused_drain(frame: &mut Frame<'_>, node: &str, reason: &str, theme: Theme) {
    let width = usize::from(WIDTH.min(frame.area().width)).saturating_sub(2);
    let text = format!(
        "The daemon does not drain {}: {}.",
        clean(node),
        clean(reason)
    );
    let lines = wrap(&text, width).into_iter();
    let lines = lines.map(|line| Line::styled(line, theme.bold())).collect();
    show(frame, " Too few nodes would be left ", lines);
}

/// Shows `lines` in a frame in the middle.
fn show(frame: &mut Frame<'_>, title: &'static str, lines: Vec<Line<'static>>) {
    let area = frame.area();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let width = WIDTH.min(area.width);
    let height = height.saturating_add(2).min(area.height);
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let block = Block::bordered().title(title);
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

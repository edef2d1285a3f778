//! The help, above everything else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::cli::screen::{Theme, padded};
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
    let area = frame.area();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let (width, height) = (
        WIDTH.min(area.width),
        height.saturating_add(2).min(area.height),
    );
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let block = Block::bordered().title(" Keys: any key closes this ");
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

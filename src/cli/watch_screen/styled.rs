//! Text with the escape sequences for colours that `Output` writes.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::cli::screen::clean;

/// What comes before and after the number of a colour.
const BEGIN: &str = "\u{1b}[";
const END: char = 'm';

/// The line `text` in `style` and in the colours that it names itself.
pub(super) fn styled(text: &str, style: Style) -> Line<'static> {
    let mut spans = Vec::new();
    let mut current = style;
    for (at, part) in text.split(BEGIN).enumerate() {
        let shown = match part.split_once(END) {
            Some((number, rest)) if at > 0 => {
                current = match number {
                    "1" => style.add_modifier(Modifier::BOLD),
                    "31" => style.fg(Color::Red),
                    "32" => style.fg(Color::Green),
                    "33" => style.fg(Color::Yellow),
                    _ => style,
                };
                rest
            }
            _ => part,
        };
        spans.push(Span::styled(clean(shown), current));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_output_become_styles_and_nothing_else_passes() {
        let line = styled("\u{1b}[31m[-]\u{1b}[0m sync: \u{7}behind", Style::new());
        let spans: Vec<_> = line
            .spans
            .iter()
            .map(|span| (&*span.content, span.style.fg))
            .collect();
        assert_eq!(
            spans,
            [
                ("", None),
                ("[-]", Some(Color::Red)),
                (" sync: \\u{7}behind", None)
            ]
        );
    }
}

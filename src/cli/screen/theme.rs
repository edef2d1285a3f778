//! How things look: no meaning has only a colour, and all can be distinguished without colours.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::overview::OverviewLevel;

/// How things look on this terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Theme {
    pub(in crate::cli) has_color: bool,
    /// Its character set has nothing but ASCII.
    pub(in crate::cli) is_ascii: bool,
}

impl Theme {
    /// Of a terminal with colours or without, whose character set is named by `locale`.
    pub(in crate::cli) fn new(has_color: bool, locale: &str) -> Self {
        let locale = locale.to_ascii_lowercase();
        Self {
            has_color,
            is_ascii: !locale.contains("utf-8") && !locale.contains("utf8"),
        }
    }

    fn coloured(self, color: Color) -> Style {
        if self.has_color {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    /// Of a mark, a word, a number that is as bad as `level`.
    pub(in crate::cli) fn level(self, level: OverviewLevel) -> Style {
        match level {
            OverviewLevel::Good => self.coloured(Color::Green),
            OverviewLevel::Unknown => self.dim(),
            OverviewLevel::Warning => self.coloured(Color::Yellow).add_modifier(Modifier::BOLD),
            OverviewLevel::Bad => self.coloured(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// Of what is looked at last: names of values, times, rules.
    #[expect(clippy::unused_self, reason = "all styles come from one place")]
    pub(in crate::cli) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Of titles and of what is to be typed.
    #[expect(clippy::unused_self, reason = "all styles come from one place")]
    pub(in crate::cli) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Of series over time.
    pub(in crate::cli) fn series(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// Of the first and the last line.
    #[expect(clippy::unused_self, reason = "all styles come from one place")]
    pub(in crate::cli) fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Leaves nothing in `buffer` that the terminal cannot show.
    pub(in crate::cli) fn adapt(self, buffer: &mut Buffer) {
        if !self.is_ascii {
            return;
        }
        for cell in &mut buffer.content {
            if let Some(symbol) = ascii(cell.symbol()) {
                cell.set_symbol(symbol);
            }
        }
    }
}

/// What stands for `symbol`; `None`: it is ASCII.
fn ascii(symbol: &str) -> Option<&'static str> {
    if symbol.is_ascii() {
        return None;
    }
    Some(match symbol {
        "▁" => "_",
        "▂" => ".",
        "▄" => "=",
        "▆" => "*",
        "▇" => "%",
        "█" => "#",
        "▃" | "─" | "–" | "−" | "·" => "-",
        "│" => "|",
        "…" => "~",
        "→" => ">",
        "↑" => "^",
        "↓" => "v",
        "▅" | "┌" | "┐" | "└" | "┘" => "+",
        _ => "?",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::buffer::Cell;
    use ratatui::layout::Rect;

    #[test]
    fn the_locale_says_which_letters_there_are() {
        for (locale, is_ascii) in [
            ("C.UTF-8", false),
            ("de_DE.utf8", false),
            ("C", true),
            ("", true),
        ] {
            assert_eq!(Theme::new(true, locale).is_ascii, is_ascii, "{locale}");
        }
    }

    #[test]
    fn on_a_terminal_of_ascii_every_cell_is_ascii() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a▁█│…é–", Style::new());
        let theme = |is_ascii| Theme {
            has_color: false,
            is_ascii,
        };
        let same = buffer.clone();
        theme(false).adapt(&mut buffer);
        assert_eq!(buffer, same);
        theme(true).adapt(&mut buffer);
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(text, "a_#|~?- ");
    }
}

//! Where in a text that is longer than the screen the reader is.

use ratatui::crossterm::event::KeyCode;

/// The first line that is shown. The last frame said how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct ScrollPosition {
    first: usize,
    lines: usize,
    height: usize,
}

impl ScrollPosition {
    /// The first line of `lines` that is shown in `height`.
    pub(in crate::cli) fn first_of(self, lines: usize, height: usize) -> usize {
        self.first.min(lines.saturating_sub(height))
    }

    /// Remembers what was drawn.
    pub(in crate::cli) fn drawn(&mut self, lines: usize, height: usize) {
        *self = Self {
            first: self.first_of(lines, height),
            lines,
            height,
        };
    }

    /// Whether `key` was for it.
    pub(in crate::cli) fn press(&mut self, key: KeyCode) -> bool {
        let page = self.height.saturating_sub(1).max(1);
        let last = self.lines.saturating_sub(self.height);
        let first = match key {
            KeyCode::Up => self.first.saturating_sub(1),
            KeyCode::Down => self.first.saturating_add(1),
            KeyCode::PageUp => self.first.saturating_sub(page),
            KeyCode::PageDown => self.first.saturating_add(page),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return false,
        };
        self.first = first.min(last);
        true
    }

    /// Which lines are shown, such as `1-18 of 60`; empty if all are.
    pub(in crate::cli) fn text(self, lines: usize, height: usize) -> String {
        if lines <= height {
            return String::new();
        }
        let first = self.first_of(lines, height);
        let last = first.saturating_add(height).min(lines);
        let more = if last < lines { " ↓" } else { "" };
        format!("{}-{last} of {lines}{more}", first.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_stays_within_the_text() {
        let mut position = ScrollPosition::default();
        position.drawn(30, 10);
        assert!(position.press(KeyCode::PageDown) && position.press(KeyCode::Down));
        assert_eq!(position.first_of(30, 10), 10);
        assert_eq!(position.text(30, 10), "11-20 of 30 ↓");
        position.press(KeyCode::End);
        assert_eq!(position.text(30, 10), "21-30 of 30");
        position.press(KeyCode::Down);
        assert_eq!(position.first_of(30, 10), 20);
        position.drawn(12, 10);
        assert_eq!(position.first_of(12, 10), 2, "the text became shorter");
        position.press(KeyCode::Home);
        assert_eq!(position.first_of(12, 10), 0);
        assert!(!position.press(KeyCode::Char('x')));
        assert_eq!(position.text(10, 10), "");
    }
}

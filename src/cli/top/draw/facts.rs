//! Names with their values, as many beside each other as have room.

use ratatui::text::{Line, Span};

use crate::cli::screen::{Theme, clean, cut, padded, width_of};

const NAME: usize = 18;
/// A name with its value has at least so many columns.
const CELL: usize = NAME + 11;

pub(super) fn facts(
    facts: Vec<(&'static str, String)>,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let cells = (width / CELL).max(1);
    let cell_width = width / cells;
    let mut lines = Vec::new();
    let mut line: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for (name, value) in facts {
        let value = clean(&value);
        let is_long = NAME + width_of(&value) + 1 > cell_width;
        if used > 0 && (is_long || used == cells) {
            lines.push(Line::from(std::mem::take(&mut line)));
            used = 0;
        }
        line.push(Span::styled(padded(name, NAME, false), theme.dim()));
        if is_long {
            line.push(Span::raw(cut(&value, width.saturating_sub(NAME))));
            lines.push(Line::from(std::mem::take(&mut line)));
        } else {
            line.push(Span::raw(padded(
                &value,
                cell_width.saturating_sub(NAME),
                false,
            )));
            used += 1;
        }
    }
    if used > 0 {
        lines.push(Line::from(line));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_long_has_a_line_of_its_own() {
        let theme = Theme {
            has_color: false,
            is_ascii: false,
        };
        let list = || {
            let long = "0".repeat(64);
            let of = |text: &str| text.to_owned();
            vec![
                ("Height", of("7")),
                ("Headers", of("8")),
                ("Tip", long),
                ("Mempool", of("9")),
            ]
        };
        let text = |width| -> Vec<String> {
            let lines = facts(list(), width, theme);
            lines
                .iter()
                .map(|line| line.to_string().trim_end().to_owned())
                .collect()
        };
        let wide = text(84);
        assert_eq!(
            wide[0],
            "Height            7                       Headers           8"
        );
        assert_eq!(wide[1], format!("Tip               {}", "0".repeat(64)));
        assert_eq!((wide.len(), &*wide[2]), (3, "Mempool           9"));
        let narrow = text(40);
        assert_eq!((narrow.len(), narrow[2].chars().count()), (4, 40));
    }
}

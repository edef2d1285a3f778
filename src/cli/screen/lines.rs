//! Text in lines that fit. Widths are in columns of the terminal.

use std::ops::RangeInclusive;

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// `text` without what a terminal acts on or what hides other letters: control characters and those
/// that change the direction of text. It may come from a node or from a peer.
pub(in crate::cli) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => cleaned.push(' '),
            letter if is_invisible(letter) => cleaned.extend(letter.escape_unicode()),
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

/// Letters without a width that hide others or change the direction of text.
const INVISIBLE: [RangeInclusive<char>; 4] = [
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

fn is_invisible(letter: char) -> bool {
    letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))
}

/// How many columns `text` takes.
pub(in crate::cli) fn width_of(text: &str) -> usize {
    symbols(text).map(|(_, width)| width).sum()
}

/// What is written into a cell or two, and how many.
fn symbols(text: &str) -> impl Iterator<Item = (&str, usize)> {
    UnicodeSegmentation::graphemes(text, true).map(|symbol| (symbol, Span::raw(symbol).width()))
}

/// `text`, cut with an ellipsis if it is wider than `width`.
pub(in crate::cli) fn cut(text: &str, width: usize) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut taken = 0_usize;
    for (symbol, symbol_width) in symbols(text) {
        taken = taken.saturating_add(symbol_width);
        if taken >= width {
            break;
        }
        kept.push_str(symbol);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// `text` in `width` columns, cut or filled up; at the right if it `is_number`.
pub(in crate::cli) fn padded(text: &str, width: usize, is_number: bool) -> String {
    let text = cut(text, width);
    let fill = " ".repeat(width.saturating_sub(width_of(&text)));
    if is_number {
        fill + &text
    } else {
        text + &fill
    }
}

/// The words of `text` in lines of at most `width`; a longer word is broken.
pub(in crate::cli) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if width_of(&line) + gap + width_of(word) > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for (symbol, symbol_width) in symbols(word) {
            // What is wider than a whole line has no place in any.
            let (symbol, symbol_width) = if symbol_width > width {
                ("…", 1)
            } else {
                (symbol, symbol_width)
            };
            if width_of(&line) + symbol_width > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(symbol);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `line` in `width` columns, cut if it is wider.
pub(in crate::cli) fn fit(line: Line<'static>, width: usize) -> Line<'static> {
    if line.width() <= width {
        return line;
    }
    let mut left = width;
    let mut spans = Vec::new();
    for span in line.spans {
        let span_width = span.width();
        if span_width > left || (span_width == left && left == 0) {
            spans.push(Span::styled(cut(&span.content, left), span.style));
            break;
        }
        left -= span_width;
        spans.push(span);
    }
    Line::from(spans)
}

/// `left` in `width` columns, and behind it `right`.
pub(in crate::cli) fn beside(
    left: Option<Line<'static>>,
    right: Option<Line<'static>>,
    width: usize,
) -> Line<'static> {
    let left = fit(left.unwrap_or_default(), width);
    let fill = " ".repeat(width.saturating_sub(left.width()));
    let mut spans = left.spans;
    if let Some(right) = right {
        spans.push(Span::raw(fill));
        spans.extend(right.spans);
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_written_out() {
        let text = clean("a\u{1b}[31m\u{7}\u{202e}b\nc\u{85}é");
        assert_eq!(text, "a\\u{1b}[31m\\u{7}\\u{202e}b c\\u{85}é");
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("one two  three", 8), ["one two", "three"]);
        assert_eq!(wrap("a 123456789", 4), ["a", "1234", "5678", "9"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(
            (cut("ab", 2), cut("ab", 0)),
            ("ab".to_owned(), String::new())
        );
        assert_eq!(padded("7", 3, true) + &padded("abcd", 3, false), "  7ab…");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC{0,40}", width in 0_usize..30) {
            proptest::prop_assert!(width_of(&cut(&text, width)) <= width);
            let line = Line::from(vec![Span::raw(text.clone()), Span::raw(text.clone())]);
            proptest::prop_assert!(fit(line, width).width() <= width);
            for line in wrap(&text, width.max(2)) {
                proptest::prop_assert!(width_of(&line) <= width.max(2), "{:?}", line);
            }
        }
    }
}

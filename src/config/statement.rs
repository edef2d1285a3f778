//! Splits a text that may be broken TOML into statements, so that one mistake does not hide the
//! rest of the file.
//!
//! It never refuses. Where brackets or quotes stay open, the statement ends before the next line
//! that can only be the start of another: a header or a key that is known.

use std::ops::Range;

use super::keys;

/// What a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatementKind {
    /// `[section]` or `[[section]]`
    Header,
    /// `key = value`
    Pair,
    /// Anything else.
    Other,
}

/// One or more lines that belong together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) kind: StatementKind,
    /// The lines it covers, from 0.
    pub(super) lines: Range<usize>,
    /// The key from the root, or the section of a header; empty where nothing of the kind can be
    /// read.
    pub(super) path: String,
    /// Whether every bracket and quote that it opens is closed.
    pub(super) closed: bool,
}

/// The brackets and quotes that are open.
#[derive(Default)]
struct OpenDelimiters {
    brackets: usize,
    quote: Option<&'static str>,
}

impl OpenDelimiters {
    const QUOTES: [&'static str; 4] = ["\"\"\"", "'''", "\"", "'"];

    fn any(&self) -> bool {
        self.brackets > 0 || self.quote.is_some()
    }

    fn read_line(&mut self, line: &str) {
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let mut skip = c.len_utf8();
            if let Some(quote) = self.quote {
                if rest.starts_with(quote) {
                    self.quote = None;
                    skip = quote.len();
                } else if c == '\\' && quote.starts_with('"') {
                    skip += rest.chars().nth(1).map_or(0, char::len_utf8);
                }
            } else if let Some(quote) = Self::QUOTES
                .into_iter()
                .find(|quote| rest.starts_with(quote))
            {
                self.quote = Some(quote);
                skip = quote.len();
            } else {
                match c {
                    '#' => break,
                    '[' | '{' => self.brackets += 1,
                    ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
            }
            rest = rest.get(skip..).unwrap_or_default();
        }
        self.quote = self.quote.filter(|quote| quote.len() > 1);
    }
}

/// Splits lines into statements; blank lines and comments are in none.
pub(super) fn split(lines: &[String]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut section = String::new();
    let mut lines = lines.iter().map(String::as_str).enumerate().peekable();
    while let Some((start, line)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut statement = Statement {
            kind: StatementKind::Other,
            lines: start..start + 1,
            path: String::new(),
            closed: true,
        };
        if trimmed.starts_with('[') {
            section = bare_path(
                trimmed
                    .trim_start_matches('[')
                    .split([']', '#'])
                    .next()
                    .unwrap_or_default(),
            );
            statement.kind = StatementKind::Header;
            statement.path.clone_from(&section);
        } else if let Some((key, value)) = line.split_once('=') {
            statement.kind = StatementKind::Pair;
            statement.path = join(&section, &bare_path(key));
            let mut open = OpenDelimiters::default();
            open.read_line(value);
            while open.any() {
                let Some((n, next)) = lines.next_if(|(_, next)| !starts_another(next, &section))
                else {
                    break;
                };
                open.read_line(next);
                statement.lines.end = n + 1;
            }
            statement.closed = !open.any();
        }
        statements.push(statement);
    }
    statements
}

/// Whether a line can only be the start of a statement, even where a bracket seems to be open.
fn starts_another(line: &str, section: &str) -> bool {
    let line = line.trim();
    if let Some(name) = line.strip_prefix('[') {
        let name = bare_path(
            name.trim_start_matches('[')
                .split(']')
                .next()
                .unwrap_or_default(),
        );
        return keys::SECTIONS.contains(&name.as_str()) || keys::find_written(&name).is_some();
    }
    line.split_once('=')
        .is_some_and(|(key, _)| keys::find_written(&join(section, &bare_path(key))).is_some())
}

/// The text if it is a bare or dotted key, else nothing.
fn bare_path(text: &str) -> String {
    let text = text.trim();
    let is_bare = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if is_bare { text.into() } else { String::new() }
}

/// A key in a section, from the root; nothing if there is no key.
pub(super) fn join(section: &str, key: &str) -> String {
    match (section, key) {
        (_, "") => String::new(),
        ("", key) => key.into(),
        (section, key) => format!("{section}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paths(text: &str) -> Vec<(String, Range<usize>, bool)> {
        let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
        split(&lines)
            .into_iter()
            .map(|s| (s.path, s.lines, s.closed))
            .collect()
    }

    #[test]
    fn a_statement_covers_its_brackets_and_strings() {
        let text = "a = [ # ]\n '[',\n]\nb = \"\"\"\n]\n\"\"\"\n# c = 1\nd = \"\\\"[\"";
        let expected = [
            ("a".into(), 0..3, true),
            ("b".into(), 3..6, true),
            ("d".into(), 7..8, true),
        ];
        assert_eq!(paths(text), expected);
    }

    #[test]
    fn what_stays_open_ends_before_the_next_known_key_or_header() {
        let text = "[network]\npeers = [\n \"a\",\nmax_peers = 5\nx = {\n[rpc]\nlisten = 1";
        let found = paths(text);
        assert_eq!(found[1], ("network.peers".into(), 1..3, false));
        assert_eq!(found[2], ("network.max_peers".into(), 3..4, true));
        assert_eq!(found[3], ("network.x".into(), 4..5, false));
        assert_eq!(found[5], ("rpc.listen".into(), 6..7, true));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_statements_do_not_overlap(text in "[\\[\\]{}='\"#\\\\a-c\n é]{0,60}") {
            let mut end = 0;
            for (_, lines, _) in paths(&text) {
                prop_assert!(lines.start >= end && lines.end > lines.start);
                end = lines.end;
            }
        }
    }
}

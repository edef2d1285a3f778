//! Mends broken TOML line by line: each mistake is reported once, where it is, and then taken out,
//! so that the rest of the file can be read. Lines keep their numbers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::item::{Item, Origin, Value};
use super::keys::{self, Shape};
use super::layer::ConfigLayer;
use super::nearest;
use super::problem::Problem;
use super::shown_value::{is_secret, presentable};
use super::statement::{Statement, StatementKind, split};
use super::suggestion::{self, QUOTES};

/// After so many mistakes of syntax it is not worth looking for more.
const MAX_MISTAKES: usize = 100;

/// The file's lines, some of them mended.
pub(super) struct Draft {
    path: PathBuf,
    lines: Vec<String>,
    statements: Vec<Statement>,
    starts: Vec<usize>,
}

impl Draft {
    /// A draft of `text` in the file `path`.
    pub(super) fn new(path: &Path, text: &str) -> Self {
        let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
        Self {
            path: path.into(),
            statements: split(&lines),
            lines,
            starts: Vec::new(),
        }
    }

    /// Reports and takes out every mistake of syntax; what is left is TOML.
    pub(super) fn mend(&mut self, layer: &mut ConfigLayer) -> String {
        let reported: Vec<_> = (0..self.statements.len())
            .filter(|n| self.mend_open(*n, layer))
            .collect();
        let mut handled: BTreeSet<usize> =
            reported.iter().flat_map(|n| self.lines_of(*n)).collect();
        for _ in 0..MAX_MISTAKES {
            let text = self.joined();
            let (_, errors) = DeTable::parse_recoverable(&text);
            let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
            let fresh = errors
                .iter()
                .filter(|error| !handled.contains(&self.line_of(place(error))));
            let Some(error) = fresh.min_by_key(|error| place(error)) else {
                return text;
            };
            let line = self.line_of(place(error));
            let origin = self.origin_of(&text, place(error));
            let statement = self
                .statements
                .iter()
                .position(|statement| statement.lines.contains(&line));
            let problem = self.mistake(error.message(), &origin, statement, layer);
            layer.problems.push(problem);
            handled.insert(line);
            handled.extend(statement.into_iter().flat_map(|n| self.lines_of(n)));
            self.take_out(line, statement, error.message());
        }
        self.joined()
    }

    /// Where the offset `offset` of the mended `text` is.
    pub(super) fn origin_of(&self, text: &str, offset: usize) -> Origin {
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = text
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        Origin::File {
            path: self.path.clone(),
            line: line + 1,
            column: column + 1,
        }
    }

    /// Takes out statement `n` if it stays open, or is a table over several lines without commas.
    fn mend_open(&mut self, n: usize, layer: &mut ConfigLayer) -> bool {
        let Some(statement) = self.statements.get(n) else {
            return false;
        };
        let lines = self.lines.get(statement.lines.clone()).unwrap_or_default();
        let first = lines.first().map_or("", String::as_str);
        let origin = Origin::File {
            path: self.path.clone(),
            line: statement.lines.start + 1,
            column: first.chars().take_while(|c| c.is_whitespace()).count() + 1,
        };
        let is_table = first
            .split_once('=')
            .is_some_and(|(_, value)| value.trim_start().starts_with('{'));
        let problem = if !statement.closed {
            Problem::error(&origin, "is not closed: a ], a } or a quote is missing")
        } else if is_table && lines.len() > 1 && DeTable::parse(&lines.join("\n")).is_err() {
            without_commas(&statement.path, lines, Problem::error(&origin, ""))
        } else {
            return false;
        };
        let path = statement.path.clone();
        layer.problems.push(Problem {
            key: (!path.is_empty()).then(|| path.clone()),
            ..problem
        });
        layer.give_broken(&path);
        self.blank(n);
        true
    }

    /// The text after the `=` of `statement`, without a comment; `None` if it is no pair.
    fn value_of(&self, statement: &Statement) -> Option<&str> {
        let line = self.lines.get(statement.lines.start)?;
        let (_, value) = line
            .split_once('=')
            .filter(|_| statement.kind == StatementKind::Pair)?;
        value.split(" #").next().map(str::trim)
    }

    /// A mistake of syntax as a problem.
    fn mistake(
        &self,
        message: &str,
        origin: &Origin,
        statement: Option<usize>,
        layer: &mut ConfigLayer,
    ) -> Problem {
        let problem = Problem::error(origin, plainly(message));
        let Some(statement) = statement
            .and_then(|n| self.statements.get(n))
            .filter(|statement| !statement.path.is_empty())
        else {
            return problem;
        };
        let problem = problem.key(&statement.path);
        if message.starts_with("duplicate") {
            return problem.suggest(match statement.kind {
                StatementKind::Header => "write its keys below the first",
                _ => "keep one of the two",
            });
        }
        let Some(value) = self.value_of(statement) else {
            return problem;
        };
        layer.give_broken(&statement.path);
        let problem = problem.value(presentable(&statement.path, value));
        let known = keys::find_written(&statement.path);
        let is_entry = |section: &keys::RepeatedSection| {
            section.named_by == keys::NamedBy::Header
                && section.key_within(&statement.path).is_some()
        };
        let is_strange = known.is_none() && !keys::REPEATED.iter().any(is_entry);
        let suggestion = match known {
            Some(key) => mended(key, value),
            None if is_strange => nearest::for_key_with(&statement.path, Some(value)),
            None => None,
        };
        let is_one_line = statement.lines.len() == 1;
        if let Some(key) = known.filter(|_| suggestion.is_none() && is_one_line) {
            layer.meant.extend(meant(key, value, origin));
        }
        let message = if is_strange {
            "there is no such key".into()
        } else {
            message_about(value, known, problem.message)
        };
        Problem {
            message,
            suggestion,
            ..problem
        }
    }

    /// Takes the mistake in `line` out, keeping what a header of a section is about.
    fn take_out(&mut self, line: usize, statement: Option<usize>, message: &str) {
        let header = statement
            .and_then(|n| self.statements.get(n))
            .filter(|s| s.kind == StatementKind::Header);
        match (header, statement) {
            (Some(_), _) if message.starts_with("duplicate") => {}
            (Some(header), _) => {
                let text = self.lines.get(line).map_or("", |text| text.trim());
                let name: String = if header.path.is_empty() {
                    let is_bare =
                        |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                    text.trim_start_matches('[')
                        .trim_start()
                        .chars()
                        .take_while(is_bare)
                        .collect()
                } else {
                    header.path.clone()
                };
                let mended = match (name.trim_matches('.'), text.starts_with("[[")) {
                    ("", _) => String::new(),
                    (name, true) => format!("[[{name}]]"),
                    (name, false) => format!("[{name}]"),
                };
                if let Some(line) = self.lines.get_mut(line) {
                    *line = mended;
                }
            }
            (None, Some(n)) => self.blank(n),
            (None, None) => self
                .lines
                .iter_mut()
                .skip(line)
                .take(1)
                .for_each(String::clear),
        }
    }

    fn blank(&mut self, n: usize) {
        for line in self.lines_of(n) {
            self.lines
                .iter_mut()
                .skip(line)
                .take(1)
                .for_each(String::clear);
        }
    }

    fn lines_of(&self, n: usize) -> std::ops::Range<usize> {
        self.statements
            .get(n)
            .map_or(0..0, |statement| statement.lines.clone())
    }

    /// The lines as one text; from now on offsets are in it.
    fn joined(&mut self) -> String {
        self.starts.clear();
        let mut start = 0;
        for line in &self.lines {
            self.starts.push(start);
            start += line.len() + 1;
        }
        self.lines.join("\n")
    }

    /// The line, from 0, that the offset is in.
    fn line_of(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }
}

const NEEDS_QUOTES: &str = "a text needs quotes";

/// The parser's message in the words of this program.
pub(super) fn plainly(message: &str) -> String {
    match message.split(',').next().unwrap_or_default() {
        "string values must be quoted" => NEEDS_QUOTES.into(),
        "duplicate key" => "is there already".into(),
        "unquoted keys cannot be empty" => "has no key before the =".into(),
        "unclosed table" => "has no ] at its end".into(),
        "key with no value" | "invalid unquoted key" => {
            "is not TOML: write key = value, and # before a comment".into()
        }
        _ => message
            .replace(", expected nothing", "")
            .replace("`\n`", "the end of the line"),
    }
}

/// What is wrong with `value`, in other words than the parser's `message` where they are clearer.
fn message_about(value: &str, known: Option<&keys::Key>, message: String) -> String {
    match message.as_str() {
        _ if value.is_empty() => "has no value".into(),
        _ if value.starts_with(|c: char| !c.is_ascii() && QUOTES.contains(&c)) => {
            "has typographic quotes, which are no quotes of TOML".into()
        }
        _ if value.starts_with('"') && value.contains('\\') => {
            "has a \\, which begins an escape in double quotes".into()
        }
        NEEDS_QUOTES if known.is_some_and(|key| key.shape != Shape::Text) => {
            "is no value of TOML".into()
        }
        _ => message,
    }
}

/// The text that was probably meant by a value that is no TOML.
fn meant(key: &'static keys::Key, value: &str, origin: &Origin) -> Option<(&'static str, Item)> {
    // `key == value` is of other languages.
    let value = value.trim_start_matches(['=', ' ']);
    let text = value
        .trim_end_matches([';', ','])
        .trim()
        .trim_matches(QUOTES)
        .trim();
    let is_empty = text.is_empty() || is_secret(key.path);
    let item = Item {
        value: Value::Text(text.into()),
        origin: origin.clone(),
        written: presentable(key.path, text),
    };
    (!is_empty).then_some((key.path, item))
}

/// The table that was meant, with the commas that it lacks.
fn mended(key: &keys::Key, value: &str) -> Option<String> {
    let table = with_commas(value);
    let is_good = key.default.starts_with('{') && suggestion::is_value(&table);
    (is_good && presentable(key.path, &table) == table).then(|| format!("write {table}"))
}

/// The problem of an inline table over several lines without commas, with the table to write
/// instead.
fn without_commas(path: &str, lines: &[String], problem: Problem) -> Problem {
    let name = path.rsplit('.').next().unwrap_or_default();
    let table = if name == "per_method_limits" {
        "rpc.auth.per_method_limits"
    } else {
        path
    };
    let mut salvaged = vec![format!("[{table}]")];
    for line in lines.iter().skip(1) {
        let line = line.trim().trim_end_matches(',');
        let mended = with_commas(line);
        let line = if DeTable::parse(line).is_ok() {
            line
        } else {
            mended.as_str()
        };
        let reads = line.contains('=') && DeTable::parse(line).is_ok();
        if reads
            && presentable(path, line).as_str()
                == line.split_whitespace().collect::<Vec<_>>().join(" ")
        {
            salvaged.push(line.into());
        }
    }
    let message = format!(
        "an inline table needs a comma after each entry; better give [{table}] a place of its own, \
         below the other keys of its section"
    );
    Problem {
        message,
        suggestion: Some(salvaged.join("\n")),
        ..problem
    }
}

/// One entry with a comma before each key but the first of its inner table.
fn with_commas(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let spaced = words.iter().enumerate().map(|(n, word)| {
        let before_key = words.get(n + 2) == Some(&"=");
        let comma = if before_key && !word.ends_with(['{', ',']) {
            ","
        } else {
            ""
        };
        format!("{word}{comma}")
    });
    spaced.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_put_between_the_entries_of_a_line() {
        let line = "getblock = { rate = 10 burst = 20 }";
        assert_eq!(with_commas(line), "getblock = { rate = 10, burst = 20 }");
        let good = "getblock = { rate = 10, burst = 20 }";
        assert_eq!(with_commas(good), good);
    }

    #[test]
    fn a_line_keeps_its_number_when_another_is_taken_out() {
        let mut layer = ConfigLayer::default();
        let mended = Draft::new(Path::new("x"), "a = b\n[rpc\nlisten = 1").mend(&mut layer);
        assert_eq!(mended, "\n[rpc]\nlisten = 1");
        assert_eq!(layer.problems.len(), 2);
    }
}

//! What is suggested in place of a wrong value, as a text that can also be read. Pure.
//!
//! `write VALUE` and `write VALUE, say` suggest a value of TOML; everything else is advice. A value
//! that is suggested can be tried before anybody sees it, so that it is never one that the next
//! check refuses.

use toml::de::DeValue;
use toml_writer::{ToTomlValue, TomlStringBuilder};

const WRITE: &str = "write ";

/// The value of TOML that a suggestion begins with, if it suggests one.
pub(super) fn literal(suggestion: &str) -> Option<&str> {
    let rest = suggestion.strip_prefix(WRITE)?;
    let end = match rest.chars().next()? {
        quote @ ('"' | '\'') => end_of_text(rest, quote)?,
        '[' | '{' => end_of_brackets(rest)?,
        _ => rest.find([' ', ';']).unwrap_or(rest.len()),
    };
    let literal = rest.get(..end)?.trim_end_matches(',');
    is_value(literal).then_some(literal)
}

/// Whether `text` is a value of TOML.
pub(super) fn is_value(text: &str) -> bool {
    !text.is_empty() && DeValue::parse_recoverable(text).1.is_empty()
}

/// The suggestion to write one of `texts`.
pub(super) fn one_of<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = texts.map(quoted).collect();
    match quoted.split_last() {
        Some((last, [])) => format!("{WRITE}{last}"),
        Some((last, first)) => format!("{WRITE}{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// `text` as a value of TOML, in the quotes in which it has to be escaped least.
pub(crate) fn quoted(text: &str) -> String {
    let text = TomlStringBuilder::new(text);
    let plain = text.as_basic_pretty().or_else(|| text.as_literal());
    plain.unwrap_or_else(|| text.as_basic()).to_toml_value()
}

/// `text` as a value of TOML in double quotes.
pub(super) fn escaped(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// The suggestion as it is for a variable or a flag, whose text has no quotes of its own.
pub(super) fn without_quotes(suggestion: &str) -> String {
    let mut left = suggestion;
    let mut bare = String::new();
    while let Some(at) = left.find(['"', '\'']) {
        let (before, from) = left.split_at(at);
        bare.push_str(before);
        let text = from
            .chars()
            .next()
            .and_then(|quote| from.get(..end_of_text(from, quote)?));
        let Some(text) = text else { break };
        match DeValue::parse_recoverable(text).0.get_ref() {
            DeValue::String(value) => bare.push_str(value),
            _ => bare.push_str(text),
        }
        left = from.get(text.len()..).unwrap_or_default();
    }
    bare + left
}

/// Where the text that begins `from` ends, behind its second `quote`.
fn end_of_text(from: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in from.char_indices().skip(1) {
        match c {
            '\\' if quote == '"' && !escaped => escaped = true,
            c if c == quote && !escaped => return Some(at + quote.len_utf8()),
            _ => escaped = false,
        }
    }
    None
}

/// Where the list or table that begins `from` ends.
fn end_of_brackets(from: &str) -> Option<usize> {
    let ends = from
        .char_indices()
        .filter(|(_, c)| matches!(c, ']' | '}'))
        .map(|(at, c)| at + c.len_utf8());
    ends.into_iter()
        .find(|end| from.get(..*end).is_some_and(is_value))
}

/// Marks that people and their programs put around a text: those of TOML, and typographic ones.
pub(super) const QUOTES: [char; 14] = [
    '"', '\'', '`', '\u{b4}', '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}',
    '\u{2019}', '\u{201a}', '\u{201b}', '\u{ab}', '\u{bb}',
];

/// The text within the quotes at its ends, if it has some.
pub(super) fn within_quotes(text: &str) -> Option<&str> {
    let inner = text.trim().trim_matches(QUOTES);
    (inner.len() < text.trim().len()).then_some(inner)
}

/// The number that a text means, as TOML has it: `80,5` is 80.5, `10,485,760` is 10485760, `08` is
/// 8.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches([';', ',']).trim_end();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let is_group = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    let plain = match digits.split(',').collect::<Vec<_>>().as_slice() {
        [_] => digits.to_owned(),
        [first, groups @ ..] if groups.iter().all(|part| is_group(part)) => {
            format!("{first}{}", groups.concat())
        }
        [whole, fraction] => format!("{whole}.{fraction}"),
        _ => return None,
    };
    let plain = plain.replace(['_', ' ', '\''], "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || plain.is_empty() || plain == "." {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_value_in_a_suggestion_is_found() {
        let cases = [
            ("write 5", Some("5")),
            ("write \"a b\", say", Some("\"a b\"")),
            ("write 'C:\\x' or \"y\"", Some("'C:\\x'")),
            ("write [\"a\", \"b\"], say", Some("[\"a\", \"b\"]")),
            ("write 0.1 for a tenth", Some("0.1")),
            ("write 1e-5, the default", Some("1e-5")),
            ("write rpc_user, and put it into a file", None),
            ("write another port", None),
            ("leave it out", None),
        ];
        for (suggestion, expected) in cases {
            assert_eq!(literal(suggestion), expected, "{suggestion}");
        }
    }

    #[test]
    fn a_variable_gets_its_suggestion_without_quotes() {
        assert_eq!(
            without_quotes("write \"a\" or 'b', say"),
            "write a or b, say"
        );
        assert_eq!(without_quotes("write \"a\\\"b\""), "write a\"b");
        assert_eq!(without_quotes("write 5"), "write 5");
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let cases = [
            ("80,5", Some("80.5")),
            ("10,485,760", Some("10485760")),
            ("1,000", Some("1000")),
            ("08", Some("8")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("-3", Some("-3")),
            ("10 000;", Some("10000")),
            ("0", Some("0")),
            ("", None),
            (".", None),
            ("1,2,3", None),
            ("1.2.3", None),
            ("5x", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_as_the_text(text in "[a-z\"'\\\\ \u{1}é]{0,12}") {
            let suggestion = format!("write {}, say", quoted(&text));
            let literal = literal(&suggestion).map(str::to_owned);
            let (value, errors) = DeValue::parse_recoverable(literal.as_deref().unwrap_or_default());
            prop_assert!(errors.is_empty(), "{}", suggestion);
            prop_assert_eq!(value.get_ref().as_str(), Some(&*text));
        }

        #[test]
        fn no_text_panics(text in "write .{0,20}") {
            let _ = (literal(&text), without_quotes(&text), number(&text));
        }
    }
}

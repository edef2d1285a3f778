//! Documents as text: sizes, ages, cells, rows of keys and values.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::args::Format;
use super::exit::Failure;
use super::output::Output;
use crate::values::Size;

/// The text for an unknown value.
pub(super) const UNKNOWN: &str = "-";

/// Prints a document: whole as JSON or TSV, as `text` in a table.
pub(super) fn show(
    raw: &Value,
    output: Output,
    text: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match output.format {
        Format::Json => output.json(raw),
        Format::Tsv => output.rows(&["key", "value"], &flatten(raw)),
        Format::Table => output.print(&text()),
    }
}

/// `a.b.0` and its value, for each leaf.
pub(super) fn flatten(value: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    walk("", value, &mut rows);
    rows
}

fn walk(path: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let inside = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                walk(&inside(key), value, rows);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(&inside(&index.to_string()), value, rows);
            }
        }
        leaf => rows.push(vec![path.to_owned(), plain(leaf)]),
    }
}

/// A value as text; empty if unknown.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A member of a document as in its JSON; empty if unknown.
pub(super) fn cell(member: &impl Serialize) -> String {
    // Members are numbers, strings and times, which always serialise.
    serde_json::to_value(member).map_or_else(|_| String::new(), |value| plain(&value))
}

/// A text, or a dash if unknown.
pub(super) fn known(text: Option<impl ToString>) -> String {
    text.map_or_else(|| UNKNOWN.to_owned(), |text| text.to_string())
}

/// A size, or a dash if unknown.
pub(super) fn size(size: Option<Size>) -> String {
    known(size)
}

/// An age with one unit.
pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// An age from fractional seconds; `None` if negative.
pub(super) fn age_of(seconds: f64) -> Option<String> {
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    Some(age(duration.as_secs()))
}

/// A time without fractions of a second.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leaf_is_a_row_and_an_unknown_one_is_empty() {
        let document = serde_json::json!({"a": {"b": [1.0, "x"]}, "c": null});
        let rows = [["a.b.0", "1.0"], ["a.b.1", "x"], ["c", ""]];
        assert_eq!(
            flatten(&document),
            rows.map(|row| row.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_cell_has_the_text_of_the_json() {
        assert_eq!(cell(&1.0), "1.0");
        assert_eq!(cell(&Some("word")), "word");
        assert_eq!(cell(&None::<u64>), "");
        assert_eq!(cell(&Some(Size::from_bytes(7))), "7");
    }
}

//! One record as one line. Pure.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::values::Now;

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Text without the time, which the journal adds.
    TextWithoutTime,
    Json,
}

impl Form {
    pub(super) fn of(json: bool, with_time: bool) -> Self {
        match (json, with_time) {
            (true, _) => Self::Json,
            (false, true) => Self::Text,
            (false, false) => Self::TextWithoutTime,
        }
    }
}

/// A record: the message and the fields of its spans and its own, outermost first.
pub(super) struct Record<'a> {
    pub(super) now: Now,
    pub(super) level: &'static str,
    pub(super) target: &'a str,
    pub(super) message: &'a str,
    pub(super) fields: &'a [(&'static str, Value)],
}

/// Writes `record` and a newline.
pub(super) fn write(line: &mut String, record: &Record<'_>, form: Form) {
    match form {
        Form::Json => write_json(line, record),
        Form::Text => {
            // Whole seconds, so no rounding to a second that has not come.
            let seconds = jiff::Timestamp::from_second(record.now.wall.as_second()).unwrap_or(record.now.wall);
            let _ = write!(line, "[{seconds} {} {}]", record.level, record.target);
            write_fields(line, record);
        }
        Form::TextWithoutTime => {
            let _ = write!(line, "[{} {}]", record.level, record.target);
            write_fields(line, record);
        }
    }
    line.push('\n');
}

fn write_fields(line: &mut String, record: &Record<'_>) {
    if !record.message.is_empty() {
        line.push(' ');
        for c in record.message.chars() {
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
    }
    for (name, value) in record.fields {
        let _ = write!(line, " {name}=");
        match value {
            Value::String(text) => write_text(line, text),
            other => {
                let _ = write!(line, "{other}");
            }
        }
    }
}

/// Bare where it can be read back, else quoted; nothing in it can end the line or begin another field.
fn write_text(line: &mut String, text: &str) {
    let bare = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(bare) {
        line.push_str(text);
        return;
    }
    line.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line.push('"');
}

fn write_json(line: &mut String, record: &Record<'_>) {
    let milliseconds = jiff::Timestamp::from_millisecond(record.now.wall.as_millisecond());
    let time = milliseconds.unwrap_or(record.now.wall);
    let mut object = Map::new();
    object.insert("timestamp".into(), json!(format!("{time:.3}")));
    object.insert("level".into(), json!(record.level));
    object.insert("target".into(), json!(record.target));
    if !record.message.is_empty() {
        object.insert("message".into(), json!(record.message));
    }
    for (name, value) in record.fields {
        object.insert((*name).into(), value.clone());
    }
    let _ = write!(line, "{}", Value::Object(object));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Mono;

    fn line(form: Form, message: &str, fields: &[(&'static str, Value)]) -> String {
        let now = Now { mono: Mono::START, wall: "2025-01-01T00:00:00.9Z".parse().unwrap() };
        let record = Record { now, level: "INFO", target: "rpc_request", message, fields };
        let mut line = String::new();
        write(&mut line, &record, form);
        line
    }

    #[test]
    fn a_request_reads_as_the_contract_shows_it() {
        let fields = [
            ("request_id", json!("abc12345")),
            ("method", json!("getblockhash")),
            ("client_addr", json!("127.0.0.1:12345")),
            ("request_size", json!(123)),
        ];
        assert_eq!(
            line(Form::Text, "", &fields),
            "[2025-01-01T00:00:00Z INFO rpc_request] request_id=abc12345 method=getblockhash \
             client_addr=127.0.0.1:12345 request_size=123\n"
        );
    }

    #[test]
    fn a_value_cannot_end_the_line_or_forge_a_field() {
        let evil = [("method", json!("a\nb=\"c\" level=ERROR \u{1b}[31m"))];
        let text = line(Form::Text, "x\ny", &evil);
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains(r#"method="a\nb=\"c\" level=ERROR"#), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line_with_the_same_names() {
        let text = line(Form::Json, "hello\nworld", &[("status", json!(200))]);
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["status"], 200);
        assert_eq!(value["target"], "rpc_request");
        assert_eq!(value["message"], "hello\nworld");
        assert_eq!(value["timestamp"], "2025-01-01T00:00:00.900Z");
    }

    #[test]
    fn under_the_journal_there_is_no_second_time() {
        assert_eq!(line(Form::TextWithoutTime, "hello", &[]), "[INFO rpc_request] hello\n");
    }
}

//! One record as one line. Pure.
//!
//! Fields are written where they belong as they are recorded: a line costs no allocation and no
//! second look.

use std::fmt::{self, Debug, Write as _};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

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

    pub(super) fn is_json(self) -> bool {
        self == Self::Json
    }
}

/// A field's name as it is written in either form, with what goes before and behind it.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) text: &'static str,
    pub(super) json: &'static str,
}

/// A name that is written as it stands here: in one piece, which costs less than to put it together
/// each time.
macro_rules! name {
    ($name:literal) => {
        $crate::logging::line::Name {
            text: concat!(" ", $name, "="),
            json: concat!(",\"", $name, "\":"),
        }
    };
}
pub(super) use name;

/// Where fields are written: `name=value` each, or members of a JSON object, each with what
/// separates it from the last.
pub(super) struct Fields<'a> {
    pub(super) to: &'a mut String,
    pub(super) json: bool,
}

impl Fields<'_> {
    fn name(&mut self, name: &str) {
        if self.json {
            // Names are identifiers of ours.
            self.to.push_str(",\"");
            self.to.push_str(name);
            self.to.push_str("\":");
        } else {
            self.to.push(' ');
            self.to.push_str(name);
            self.to.push('=');
        }
    }

    fn begin(&mut self, name: Name) {
        self.to
            .push_str(if self.json { name.json } else { name.text });
    }

    /// A value of letters, digits and marks that mean nothing in either form.
    pub(super) fn put_word(&mut self, name: Name, word: &str) {
        self.begin(name);
        if self.json {
            self.to.push('"');
            self.to.push_str(word);
            self.to.push('"');
        } else {
            self.to.push_str(word);
        }
    }

    /// Any text.
    pub(super) fn put_text(&mut self, name: Name, text: &str) {
        self.begin(name);
        self.value(text);
    }

    /// A whole number.
    pub(super) fn put_integer(&mut self, name: Name, value: impl itoa::Integer) {
        self.begin(name);
        self.to.push_str(itoa::Buffer::new().format(value));
    }

    /// Milliseconds, to the microsecond: `0.25`, and `3.0` rather than `3`, so that a reader finds
    /// the same kind of number in each line.
    pub(super) fn put_milliseconds(&mut self, name: Name, time: Duration) {
        self.begin(name);
        let micros =
            u64::try_from((time + Duration::from_nanos(500)).as_micros()).unwrap_or(u64::MAX);
        self.to.push_str(itoa::Buffer::new().format(micros / 1000));
        self.to.push('.');
        let digits = [micros / 100 % 10, micros / 10 % 10, micros % 10];
        let last = digits.iter().rposition(|digit| *digit != 0).unwrap_or(0);
        for digit in digits.iter().take(last + 1) {
            self.to.push_str(itoa::Buffer::new().format(*digit));
        }
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.value(text);
    }

    fn value(&mut self, text: &str) {
        if self.json {
            push_json(self.to, text);
        } else if is_bare(text) {
            self.to.push_str(text);
        } else {
            self.to.push('"');
            push_quoted(self.to, text);
            self.to.push('"');
        }
    }

    /// A number or a truth value; what JSON has no number for is null.
    pub(super) fn plain(&mut self, name: &str, value: &(impl Serialize + fmt::Display)) {
        self.name(name);
        if self.json {
            self.to
                .push_str(&serde_json::to_string(value).unwrap_or_default());
        } else {
            let _ = write!(self.to, "{value}");
        }
    }

    pub(super) fn integer(&mut self, name: &str, value: impl itoa::Integer) {
        self.name(name);
        self.to.push_str(itoa::Buffer::new().format(value));
    }

    pub(super) fn debug(&mut self, name: &str, value: &dyn Debug) {
        self.name(name);
        let start = self.to.len();
        let _ = write!(self.to, "{value:?}");
        let Some(written) = self.to.get(start..) else {
            return;
        };
        if self.json {
            if is_plain_json(written) {
                self.to.insert(start, '"');
                self.to.push('"');
                return;
            }
        } else if is_bare(written) {
            return;
        }
        let written = written.to_owned();
        self.to.truncate(start);
        if self.json {
            push_json(self.to, &written);
        } else {
            self.to.push('"');
            push_quoted(self.to, &written);
            self.to.push('"');
        }
    }
}

/// Text that can be read back without quotes; nothing in it can end the line or begin another
/// field.
fn is_bare(text: &str) -> bool {
    let bare = |c: char| !c.is_whitespace() && shows(c) && !matches!(c, '"' | '=' | '\\');
    !text.is_empty() && text.chars().all(bare)
}

#[cold]
fn push_quoted(to: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => to.extend(['\\', c]),
            c => push_escaped(to, c),
        }
    }
}

/// Whether a reader sees the character, and nothing else: one that turns the direction of what
/// follows would show a line as another.
fn shows(c: char) -> bool {
    if c.is_ascii() {
        !c.is_ascii_control()
    } else {
        c.escape_debug().len() == 1
    }
}

fn push_escaped(to: &mut String, c: char) {
    if shows(c) {
        to.push(c);
    } else {
        to.extend(c.escape_default());
    }
}

fn is_plain_json(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\'))
}

fn push_json(to: &mut String, text: &str) {
    if is_plain_json(text) {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        push_escaped_json(to, text);
    }
}

#[cold]
fn push_escaped_json(to: &mut String, text: &str) {
    to.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// When, how grave, and from where a record is: a target is a name of ours, or the path of a
/// module.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) now: Timestamp,
    pub(super) level: &'static str,
    pub(super) target: &'a str,
}

/// The text of the second in which the last line was written: it is the same for many.
#[derive(Default)]
pub(super) struct Stamp {
    second: Option<i64>,
    text: String,
}

impl Stamp {
    /// `2025-01-01T00:00:00`
    fn of(&mut self, now: Timestamp) -> &str {
        let second = now.as_second();
        if self.second != Some(second) {
            // Whole seconds, so no rounding to a second that has not come.
            let whole = Timestamp::from_second(second).unwrap_or(now);
            whole
                .to_string()
                .trim_end_matches('Z')
                .clone_into(&mut self.text);
            self.second = Some(second);
        }
        &self.text
    }
}

/// Writes a record and a newline; what `put` adds are its fields.
pub(super) fn write(
    line: &mut String,
    stamp: &mut Stamp,
    head: Head<'_>,
    message: &str,
    form: Form,
    put: impl FnOnce(&mut Fields<'_>),
) {
    match form {
        Form::Json => {
            line.push_str("{\"timestamp\":\"");
            line.push_str(stamp.of(head.now));
            push_milliseconds(line, head.now.subsec_millisecond().unsigned_abs());
            line.push_str("Z\",\"level\":\"");
            line.push_str(head.level);
            line.push_str("\",\"target\":\"");
            line.push_str(head.target);
            line.push('"');
            if !message.is_empty() {
                line.push_str(",\"message\":");
                push_json(line, message);
            }
        }
        Form::Text | Form::TextWithoutTime => {
            line.push('[');
            if form == Form::Text {
                line.push_str(stamp.of(head.now));
                line.push_str("Z ");
            }
            line.push_str(head.level);
            line.push(' ');
            line.push_str(head.target);
            line.push(']');
            if !message.is_empty() {
                line.push(' ');
                message.chars().for_each(|c| push_escaped(line, c));
            }
        }
    }
    put(&mut Fields {
        to: line,
        json: form.is_json(),
    });
    line.push_str(if form.is_json() { "}\n" } else { "\n" });
}

/// `.900`
fn push_milliseconds(line: &mut String, milliseconds: u32) {
    line.push_str(match milliseconds {
        ..10 => ".00",
        10..100 => ".0",
        100.. => ".",
    });
    line.push_str(itoa::Buffer::new().format(milliseconds));
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;

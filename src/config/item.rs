//! A value as it was given, before it is known to be right: with its origin and with how it may be
//! shown.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use toml::de::DeValue;

use super::hook;
use super::redacted::REDACTED;
use super::shown_value::{is_secret, presentable};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// The file, at a line and a column from 1, the column in characters.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column of the key.
        column: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The flag of this name.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    /// `default`, `FILE:LINE`, or the name of the variable or the flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, .. } => {
                let path = path
                    .display()
                    .to_string()
                    .replace(char::is_control, "\u{fffd}");
                write!(f, "{path}:{line}")
            }
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value of TOML.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Item>),
    Table(Vec<(String, Item)>),
    /// What no key takes; its name.
    Other(&'static str),
}

/// A value, where it was given, and how it was written. Secrets are not in `written`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) origin: Origin,
    pub(super) written: String,
}

impl Item {
    /// The kind of the value, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }

    /// The value at `name`, in a table.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let Value::Table(fields) = &self.value else {
            return None;
        };
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, item)| item)
    }

    /// Puts `item` at `path` in a table; the tables on the way are made.
    pub(super) fn put_field(&mut self, path: &str, item: Self) {
        let Value::Table(fields) = &mut self.value else {
            return;
        };
        if let Some((name, inner)) = path.split_once('.') {
            if !fields.iter().any(|(field, _)| field == name) {
                let table = Self {
                    value: Value::Table(Vec::new()),
                    origin: item.origin.clone(),
                    written: String::new(),
                };
                fields.push((name.to_owned(), table));
            }
            if let Some((_, table)) = fields.iter_mut().find(|(field, _)| field == name) {
                table.put_field(inner, item);
            }
            return;
        }
        let name = path;
        match fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, value)) => *value = item,
            None => fields.push((name.to_owned(), item)),
        }
    }

    /// The text, if the value is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON, with secrets redacted.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Text(text) => text.clone().into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Boolean(truth) => (*truth).into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Table(items) => {
                let shown = |(name, item): &(String, Self)| {
                    let hide = is_secret(name) && !matches!(item.value, Value::Table(_));
                    let json = if hide {
                        REDACTED.into()
                    } else if name == hook::URL {
                        hook::to_json(item.as_text())
                    } else {
                        item.to_json()
                    };
                    (name.clone(), json)
                };
                serde_json::Value::Object(items.iter().map(shown).collect())
            }
            Value::Other(_) => serde_json::Value::Null,
        }
    }
}

/// Turns spanned TOML into items. `origin_of` returns where an offset of `text` is.
pub(super) struct FromToml<'a> {
    pub(super) text: &'a str,
    pub(super) origin_of: &'a dyn Fn(usize) -> Origin,
}

impl FromToml<'_> {
    /// How the value was written; nothing where that is a header.
    pub(super) fn written(
        &self,
        name: &str,
        value: &DeValue<'_>,
        span: std::ops::Range<usize>,
    ) -> String {
        let text = self.text.get(span).unwrap_or_default();
        let is_table = value.is_table() && text.starts_with('[');
        let is_list = text.starts_with("[[")
            && value
                .as_array()
                .is_some_and(|list| list.iter().all(|v| v.get_ref().is_table()));
        if is_table || is_list {
            String::new()
        } else {
            presentable(name, text)
        }
    }

    /// The item of a value that is at `span` and was given for the key `name` at `origin`.
    pub(super) fn item(
        &self,
        name: &str,
        origin: Origin,
        value: &DeValue<'_>,
        span: std::ops::Range<usize>,
    ) -> Item {
        let written = self.written(name, value, span);
        let value = match value {
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number beyond 64 bits"), Value::Integer),
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .map_or(Value::Other("not a number"), Value::Float),
            DeValue::Boolean(truth) => Value::Boolean(*truth),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(values) => {
                let item = |value: &toml::Spanned<DeValue<'_>>| {
                    self.item(
                        name,
                        (self.origin_of)(value.span().start),
                        value.get_ref(),
                        value.span(),
                    )
                };
                Value::List(values.iter().map(item).collect())
            }
            DeValue::Table(table) => {
                let mut entries: Vec<_> = table.iter().collect();
                entries.sort_by_key(|(key, _)| key.span().start);
                let item = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                    let name: &std::borrow::Cow<'_, str> = key.get_ref();
                    let origin = (self.origin_of)(key.span().start);
                    (
                        name.to_string(),
                        self.item(name, origin, value.get_ref(), value.span()),
                    )
                };
                Value::Table(entries.into_iter().map(item).collect())
            }
        };
        Item {
            value,
            origin,
            written,
        }
    }
}

/// A text that is written for a key.
#[cfg(test)]
pub(super) fn text_item(text: &str) -> Item {
    Item {
        value: Value::Text(text.into()),
        origin: Origin::Default,
        written: text.into(),
    }
}

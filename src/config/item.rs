//! A value as it was given, before it is known to be right: with its origin and with how it may be
//! shown.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use toml::de::DeValue;

use super::hook;
pub(super) use super::redacted::REDACTED;

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

/// Whether the last part of a key names a secret. Keys that name a file with one do not.
pub(super) fn is_secret(key: &str) -> bool {
    let name = key
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let words = [
        "pass",
        "pw",
        "secret",
        "token",
        "auth",
        "credential",
        "cookie",
    ];
    let is_public = || {
        let mut known = super::keys::ALL.iter();
        known.any(|known| known.name() == name && !known.is_secret)
    };
    name == hook::TEMPLATE || (words.iter().any(|word| name.contains(word)) && !is_public())
}

/// A value as it may be shown: on one line, not too long, no control characters, and no secret.
pub(super) fn presentable(key: &str, written: &str) -> String {
    const MAX_CHARS: usize = 100;
    let login = ["user", "users", "name"]
        .iter()
        .any(|end| key.ends_with(end))
        && written.contains(':');
    // Whoever wrote the secret itself instead of the file that has it is warned without showing it.
    let is_path = |text: &str| {
        text.trim_start_matches(['"', '\''])
            .starts_with(['/', '~', '.'])
    };
    let mistaken = [
        "token_file",
        "password_file",
        "cookie_file",
        "url_file",
        "header_file",
    ]
    .iter()
    .any(|end| key.ends_with(end));
    let is_table_of_users = key.ends_with("users") && written.contains(['=', '"', '\'']);
    // Whatever stands in the place of the entries may be a URL of theirs.
    let is_hooks = key == hook::SECTION && written.trim() != "[]";
    if hook::is_url(key) {
        return hook::presentable(written);
    }
    if is_secret(key)
        || login
        || is_table_of_users
        || is_hooks
        || (mistaken && !written.trim().is_empty() && !is_path(written))
    {
        return REDACTED.into();
    }
    let line = without_userinfo(&without_rpcauth(
        &written.split_whitespace().collect::<Vec<_>>().join(" "),
    ));
    let mut shown: String = line
        .chars()
        .take(MAX_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if line.chars().count() > MAX_CHARS {
        shown.push('…');
    }
    shown
}

/// An `rpcauth` inside a table, or a text that looks like one, is not for eyes.
fn without_rpcauth(line: &str) -> String {
    let hash =
        |word: &str| word.contains('$') || word.bytes().filter(u8::is_ascii_hexdigit).count() >= 48;
    let inside = ["rpcauth", "password", "secret", "token"]
        .iter()
        .any(|name| line.contains(name));
    let assigns = line.contains('=') || line.contains('{');
    if (inside && assigns) || line.split(['"', '\'']).any(hash) {
        REDACTED.into()
    } else {
        line.into()
    }
}

/// Hides the user and password of URLs.
fn without_userinfo(line: &str) -> String {
    let Some((scheme, rest)) = line.split_once("://") else {
        return line.into();
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{REDACTED}@{host}"),
        None => line.into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_secret_is_not_shown() {
        assert_eq!(presentable("node.rpc_password", "\"hunter2\""), REDACTED);
        assert_eq!(presentable("rpc.auth.users.rpcauth", "\"a$b\""), REDACTED);
        assert_eq!(
            presentable("node.rpc_url", "\"http://me:hunter2@node\""),
            "\"http://[redacted]@node\""
        );
        assert_eq!(
            presentable("rpc.auth.users", "[{ name = \"a\", rpcauth = \"s$1\" }]"),
            REDACTED
        );
        assert_eq!(presentable("node.name", "\"salt$0123\""), REDACTED);
    }

    #[test]
    fn what_names_a_file_is_shown() {
        assert_eq!(
            presentable("node.rpc_password_file", "\"/run/pw\""),
            "\"/run/pw\""
        );
        for key in [
            "node.rpc_token_file",
            "node.rpc_password_file",
            "node.rpc_cookie_file",
            "node.rpc_pass",
            "node.pw",
        ] {
            assert_eq!(presentable(key, "\"hunter2\""), REDACTED, "{key}");
        }
        assert_eq!(
            presentable("node.rpc_cookie_file", "__cookie__:hunter2"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users", "[\"alice:hunter2\"]"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users", "{ alice = \"hunter2\" }"),
            REDACTED
        );
        assert_eq!(
            presentable("rpc.auth.users.name", "alice:hunter2"),
            REDACTED
        );
        assert_eq!(presentable("rpc.auth.rate_limit_rate", "5"), "5");
    }

    #[test]
    fn a_shown_value_is_one_short_line() {
        let shown = presentable("network.peers", &"[\n\"a\u{1b}[31m\",\n".repeat(100));
        assert!(
            shown.chars().count() <= 101 && !shown.chars().any(char::is_control),
            "{shown}"
        );
    }
}

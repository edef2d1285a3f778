//! Shows a configuration as TOML that loads to the same one, but for redacted secrets.

use std::fmt::Write;

use serde_json::Value;
use toml_writer::{ToTomlKey, TomlKeyBuilder};

use super::entry::Entry;
use super::item::Origin;
use super::keys;
use super::suggestion::escaped;

/// Whether this key was written means something, so its default is shown as a comment.
const SPEAKS_BY_BEING_WRITTEN: &str = "network.max_peers";

/// The entries as TOML, by section; `with_origin` says behind each where it came from.
#[must_use]
pub fn to_toml(entries: &[Entry], with_origin: bool) -> String {
    let mut shown = String::new();
    for section in [""].into_iter().chain(keys::SECTIONS) {
        let of_section = || {
            entries
                .iter()
                .filter(|entry| split(&entry.key).0 == section && !entry.is_within_another())
        };
        let (tables, plain): (Vec<_>, Vec<_>) =
            of_section().partition(|entry| is_table(&entry.value));
        let gap = if shown.is_empty() { "" } else { "\n" };
        if !section.is_empty() {
            // Writing to a text cannot fail, here and below.
            let _ = writeln!(shown, "{gap}[{section}]");
        }
        for entry in plain {
            let name = split(&entry.key).1;
            let origin = behind(entry, with_origin);
            let _ = match &entry.value {
                value
                    if entry.key == SPEAKS_BY_BEING_WRITTEN && entry.origin == Origin::Default =>
                {
                    writeln!(shown, "# {name} = {}{origin}", inline(value))
                }
                Value::Null => writeln!(shown, "# {name} is not set{origin}"),
                value => writeln!(shown, "{name} = {}{origin}", inline(value)),
            };
        }
        for entry in tables {
            show_table(&mut shown, entry, entries, with_origin);
        }
    }
    shown
}

/// A table with entries, or a list of tables, has headers of its own.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    }
}

/// A table, or a list of them, each value with its own origin where that is known.
fn show_table(shown: &mut String, entry: &Entry, entries: &[Entry], with_origin: bool) {
    let whole = behind(entry, with_origin);
    let mut show = |header: String, prefix: &str, fields: &serde_json::Map<String, Value>| {
        let _ = writeln!(shown, "\n{header}{whole}");
        for (name, value) in fields {
            let origin = behind_all(entries, &format!("{prefix}.{name}"), with_origin);
            let _ = writeln!(shown, "{} = {}{origin}", key(name), inline(value));
        }
    };
    match &entry.value {
        Value::Object(fields) => show(format!("[{}]", entry.key), &entry.key, fields),
        Value::Array(items) => {
            for (n, fields) in items.iter().filter_map(Value::as_object).enumerate() {
                let prefix = format!("{}[{n}]", entry.key);
                show(format!("[[{}]]", entry.key), &prefix, fields);
            }
        }
        _ => {}
    }
}

/// Where the value at `path`, or each value in it, came from.
fn behind_all(entries: &[Entry], path: &str, with_origin: bool) -> String {
    let is_in = |key: &str| {
        key.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut origins: Vec<String> = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| with_origin && is_in(&entry.key))
    {
        let origin = entry.origin.to_string();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    if origins.is_empty() {
        String::new()
    } else {
        format!("  # {}", origins.join(", "))
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

fn behind(entry: &Entry, with_origin: bool) -> String {
    if with_origin {
        format!("  # {}", entry.origin)
    } else {
        String::new()
    }
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => escaped(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(inline).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let field =
                |(name, value): (&String, &Value)| format!("{} = {}", key(name), inline(value));
            format!(
                "{{ {} }}",
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn key(name: &str) -> String {
    let name = TomlKeyBuilder::new(name);
    let bare = name.as_unquoted();
    bare.unwrap_or_else(|| name.as_basic()).to_toml_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: Value, origin: Origin) -> Entry {
        Entry {
            key: key.into(),
            value,
            origin,
        }
    }

    #[test]
    fn the_origin_stands_behind_each_value() {
        let file = Origin::File {
            path: "a.toml".into(),
            line: 3,
            column: 1,
        };
        let entries = [
            entry("node.name", "a\"b".into(), file),
            entry("rpc.listen", "127.0.0.1:1".into(), Origin::Flag("--listen")),
            entry("storage.custom.keep_days", Value::Null, Origin::Default),
        ];
        let shown = to_toml(&entries, true);
        assert!(
            shown.starts_with("[node]\nname = \"a\\\"b\"  # a.toml:3\n"),
            "{shown}"
        );
        assert!(
            shown.contains("[storage.custom]\n# keep_days is not set  # default\n"),
            "{shown}"
        );
        assert!(
            shown.contains("[rpc]\nlisten = \"127.0.0.1:1\"  # --listen\n"),
            "{shown}"
        );
    }

    #[test]
    fn limits_and_users_have_tables_of_their_own() {
        let limits = serde_json::json!({"getblock": {"rate": 1.5, "burst": 2}});
        let users = serde_json::json!([{"name": "alice", "rpcauth": "[redacted]"}]);
        let entries = [
            entry("rpc.auth.per_method_limits", limits, Origin::Default),
            entry("rpc.auth.users", users, Origin::Default),
        ];
        let shown = to_toml(&entries, false);
        assert!(
            shown.contains("\n[rpc.auth.per_method_limits]\ngetblock = { "),
            "{shown}"
        );
        assert!(
            shown.contains("\n[[rpc.auth.users]]\nname = \"alice\"\nrpcauth = \"[redacted]\"\n"),
            "{shown}"
        );
    }
}

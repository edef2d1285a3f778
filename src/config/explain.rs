//! What there is to say about one key: `config explain`.

use serde::Serialize;

use super::entry::Entry;
use super::item::Origin;
use super::keys::{self, Key};
use super::{nearest, paragraph};

/// A key, explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyExplanation {
    /// From the root; in a section with entries without the entry: `nodes.rpc_url`.
    pub key: String,
    /// What it means.
    pub meaning: String,
    /// The value in force; one for each entry where there are several.
    pub values: Vec<ExplainedValue>,
    /// In TOML; `None`: nothing.
    pub default: Option<String>,
    /// The key whose value counts where an entry leaves this one out.
    pub inherits: Option<String>,
    /// The environment variable that gives it.
    pub variable: String,
}

/// A value in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedValue {
    /// The entry that has it: the name of a node or a user.
    pub entry: Option<String>,
    /// As a user would write it; secrets are redacted.
    pub value: serde_json::Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Explains the key that somebody calls `written`, with its values among `entries`. The error is
/// what to write instead.
pub fn explain(written: &str, entries: &[Entry]) -> Result<KeyExplanation, Option<String>> {
    let key = keys::find_written(written).ok_or_else(|| nearest::for_key_with(written, None))?;
    let attached = entries
        .iter()
        .any(|entry| entry.key == "node.kind" && entry.value == "attached");
    let default = if attached { key.attached } else { key.default };
    Ok(KeyExplanation {
        key: key.path.to_owned(),
        meaning: meaning(key).to_owned(),
        values: values(key, entries),
        default: Some(default)
            .filter(|text| !text.is_empty() && key.inherits.is_none())
            .map(str::to_owned),
        inherits: key.inherits.map(str::to_owned),
        variable: key.variable(),
    })
}

/// Explains every key, in the order in which they are shown, without values.
pub fn explain_all() -> impl Iterator<Item = KeyExplanation> {
    keys::ALL
        .iter()
        .filter_map(|key| explain(key.path, &[]).ok())
}

/// The names of all keys, in the same order.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    keys::ALL.iter().map(|key| key.path)
}

fn values(key: &'static Key, entries: &[Entry]) -> Vec<ExplainedValue> {
    let find = |path: &str| entries.iter().find(|entry| entry.key == path);
    let value = |entry: Option<String>, of: &Entry| ExplainedValue {
        entry,
        value: of.value.clone(),
        origin: of.origin.clone(),
    };
    let Some(section) = key.repeated() else {
        return find(key.path)
            .map(|of| value(None, of))
            .into_iter()
            .collect();
    };
    let Some(name) = section.key_within(key.path) else {
        return Vec::new();
    };
    if section.named_by == keys::NamedBy::Header {
        let within = entries.iter().filter_map(|of| {
            let (entry, last) = section.key_within(&of.key)?.rsplit_once('.')?;
            (last == name).then(|| value(Some(entry.to_owned()), of))
        });
        return within.collect();
    }
    let mut found = Vec::new();
    for number in 0.. {
        let path = |name: &str| format!("{}[{number}].{name}", section.path);
        let Some(called) = find(&path("name")) else {
            break;
        };
        let entry = called.value.as_str().map(str::to_owned);
        let own = find(&path(name));
        let inherited = || key.inherits.and_then(find);
        match own.or_else(inherited) {
            Some(of) => found.push(value(entry, of)),
            None => found.push(ExplainedValue {
                entry,
                value: serde_json::Value::Null,
                origin: Origin::Default,
            }),
        }
    }
    found
}

/// What there is to say of `key`, or of the key that it stands for.
fn meaning(key: &Key) -> &'static str {
    let own = paragraph::help(key.path);
    let inherited = || paragraph::help(key.inherits?);
    let of_node = || {
        let name = key.path.strip_prefix(keys::NODES)?.strip_prefix('.')?;
        paragraph::help(&format!("node.{name}"))
    };
    let of_section = || paragraph::help(key.repeated()?.path);
    own.or_else(inherited)
        .or_else(of_node)
        .or_else(of_section)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::load_str;

    #[test]
    fn every_key_has_a_meaning() {
        for key in keys::ALL.iter() {
            assert!(!meaning(key).is_empty(), "{}", key.path);
        }
        let of = |path: &str| meaning(keys::find(path).unwrap());
        assert!(of("nodes.priority").starts_with("Nodes with a lower number"));
        assert!(of("nodes.storage.min_free_gb").starts_with("Also start when the volume"));
        assert!(of("nodes.blocks_dir").contains("-blocksdir"));
        assert!(of("state_dir").starts_with("Where bllvmctl keeps"));
    }

    #[test]
    fn a_key_of_the_nodes_has_the_value_of_each_with_its_origin() {
        let loaded = load_str(
            "[node]\nchain = 'main'\n[[nodes]]\nname = 'a'\nrpc_url = 'http://a'\ndata_dir = '/a'\n\
             [[nodes]]\nname = 'b'\nrpc_url = 'http://b'\ndata_dir = '/b'\nchain = 'test'\n",
        );
        let values = |key: &str| {
            let explained = explain(key, &loaded.entries).unwrap();
            let shown = explained.values.iter().map(|value| {
                let entry = value.entry.clone().unwrap_or_default();
                format!("{entry} {} {}", value.value, value.origin)
            });
            shown.collect::<Vec<_>>()
        };
        let urls = [
            "a \"http://a\" bllvmctl.toml:5",
            "b \"http://b\" bllvmctl.toml:9",
        ];
        assert_eq!(values("nodes.rpc_url"), urls);
        let chains = ["a \"main\" bllvmctl.toml:2", "b \"test\" bllvmctl.toml:11"];
        assert_eq!(values("nodes.chain"), chains);
        assert_eq!(values("rpc.max_batch"), [" 100 default"]);
        assert_eq!(
            values("nodes.archive"),
            ["a null default", "b null default"]
        );
        let wrong = explain("nodes.rpc_ulr", &loaded.entries).unwrap_err();
        assert_eq!(wrong.as_deref(), Some("did you mean rpc_url?"));
    }
}

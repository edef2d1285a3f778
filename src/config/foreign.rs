//! What somebody meant who wrote the name of another program's option: bitcoind's, above all. Pure.

use super::keys::{self, Key};
use super::suggestion::{self, quoted};

/// A name that other programs use, without its punctuation, and the key that it means here.
const NAMES: [(&str, &str); 23] = [
    ("addnode", "network.peers"),
    ("addpeer", "network.peers"),
    ("blocksdir", "node.blocks_dir"),
    ("chainname", "node.chain"),
    ("connect", "network.peers"),
    ("datadir", "node.data_dir"),
    ("datadirectory", "node.data_dir"),
    ("debug", "logging.level"),
    ("loglevel", "logging.level"),
    ("logformat", "logging.format"),
    ("maxconnections", "network.max_peers"),
    ("prune", "storage.pruning_mode"),
    ("pruning", "storage.pruning_mode"),
    ("rpcconnect", "node.rpc_url"),
    ("rpccookiefile", "node.rpc_cookie_file"),
    ("rpchost", "node.rpc_url"),
    ("rpcport", "node.rpc_url"),
    ("rpcthreads", "rpc.max_in_flight"),
    ("rpcuser", "node.rpc_user"),
    ("rpcwhitelist", "rpc.methods"),
    ("rpcworkqueue", "rpc.queue_timeout_ms"),
    ("statedir", "state_dir"),
    ("statedirectory", "state_dir"),
];

/// What `enabled` switches in a section where it is no key.
const SWITCHES: [(&str, &str); 5] = [
    ("health", "rpc.health_checks_enabled"),
    ("metrics", "rpc.metrics_enabled"),
    ("network", "network.reconnect_enabled"),
    ("reconnect", "network.reconnect_enabled"),
    ("storage", "storage.pruning_mode"),
];

/// The key that the unknown key `path` means, and the value to give it, where that follows from the
/// written `value`.
pub(super) fn meant(path: &str, value: Option<&str>) -> Option<(&'static Key, Option<String>)> {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let plain = name.to_ascii_lowercase().replace(['_', '-'], "");
    let named = || {
        NAMES
            .iter()
            .find(|(foreign, _)| *foreign == plain)
            .map(|(_, key)| *key)
    };
    let switched = || {
        SWITCHES
            .iter()
            .find(|(of, _)| *of == section && plain == "enabled")
            .map(|(_, key)| *key)
    };
    let key = keys::find(switched().or_else(named)?)?;
    let value = value.map(|value| suggestion::within_quotes(value).unwrap_or(value).trim());
    Some((key, value.and_then(|value| translated(&plain, key, value))))
}

/// The value in the terms of `key`, in TOML.
fn translated(name: &str, key: &Key, value: &str) -> Option<String> {
    match (name, key.path) {
        ("rpcport", _) => value
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .map(|port| url("127.0.0.1", port)),
        (_, "node.rpc_url") => is_host(value).then(|| url(value, 8332)),
        (_, "storage.pruning_mode") => match (boolean(value), value.parse::<u64>()) {
            (Some(false), _) | (_, Ok(0)) => Some(quoted("disabled")),
            (Some(true), _) | (_, Ok(_)) => Some(quoted("normal")),
            _ => None,
        },
        ("enabled", _) => boolean(value).map(|truth| truth.to_string()),
        _ => None,
    }
}

fn url(host: &str, port: u16) -> String {
    quoted(&format!("http://{host}:{port}"))
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// The truth that a word means.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" | "enable" | "enabled" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" | "disable" | "disabled" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_foreign_name_means_a_key_that_there_is() {
        for (_, key) in NAMES.iter().chain(&SWITCHES) {
            assert!(keys::find(key).is_some(), "{key}");
        }
    }

    #[test]
    fn a_value_is_put_into_the_terms_of_the_key() {
        let meant = |path, value| {
            let (key, value) = meant(path, Some(value)).unwrap();
            (key.path, value.unwrap_or_default())
        };
        assert_eq!(
            meant("node.rpcport", "8332"),
            ("node.rpc_url", "\"http://127.0.0.1:8332\"".into())
        );
        assert_eq!(
            meant("node.rpc_host", "\"10.0.0.1\""),
            ("node.rpc_url", "\"http://10.0.0.1:8332\"".into())
        );
        assert_eq!(
            meant("node.prune", "550"),
            ("storage.pruning_mode", "\"normal\"".into())
        );
        assert_eq!(
            meant("node.prune", "0"),
            ("storage.pruning_mode", "\"disabled\"".into())
        );
        assert_eq!(
            meant("network.enabled", "yes"),
            ("network.reconnect_enabled", "true".into())
        );
        assert_eq!(meant("node.rpcport", "x"), ("node.rpc_url", String::new()));
    }
}

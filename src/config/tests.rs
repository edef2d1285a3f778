//! The loader as a whole.

use std::path::Path;

use proptest::prelude::*;

use super::schema::{Credentials, MaxInFlight, NodeKind, PruningMode};
use super::*;
use crate::env::Env;
use crate::values::{Chain, Size};

const FILE: &str = "bllvmctl.toml";

fn env(variables: &[(&str, &str)]) -> Env {
    let home = [("HOME", "/home/me")];
    home.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

fn load_str(text: &str) -> Loaded {
    load_text(Path::new(FILE), text, &env(&[]), &Flags::default())
}

fn load_env(text: &str, variables: &[(&str, &str)]) -> Loaded {
    load_text(Path::new(FILE), text, &env(variables), &Flags::default())
}

/// The problems as they are told.
fn told(loaded: &Loaded) -> Vec<String> {
    loaded.problems.iter().map(ToString::to_string).collect()
}

fn config(loaded: &Loaded) -> Config {
    loaded.config.clone().unwrap_or_else(|| panic!("{:#?}", told(loaded)))
}

/// An rpcauth of the right form.
fn rpcauth() -> String {
    format!("0123456789abcdef${}", "5e".repeat(32))
}

#[test]
fn nothing_written_is_an_embedded_node_on_regtest() {
    let loaded = load(None, &env(&[]), &Flags::default());
    assert_eq!(told(&loaded), [""; 0]);
    let config = config(&loaded);
    assert_eq!(config.node.kind, NodeKind::Embedded);
    assert_eq!(config.node.chain, Some(Chain::Regtest));
    assert_eq!(config.node.data_dir, Some("/home/me/.local/share/bllvmctl".into()));
    assert_eq!(config.node.state_dir, Path::new("/home/me/.local/state/bllvmctl"));
    assert_eq!(config.storage.pruning_mode, PruningMode::Normal);
    assert!(!config.network.max_peers_written);
}

#[test]
fn an_attached_node_has_no_chain_no_directory_and_no_pruning_unless_written() {
    let config = config(&load_str("[node]\nkind = 'attached'"));
    assert_eq!((config.node.chain, config.node.data_dir), (None, None));
    assert_eq!(config.storage.pruning_mode, PruningMode::Disabled);
    assert_eq!(config.node.credentials, Credentials::CookieFile("/home/me/.bitcoin/.cookie".into()));
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_defaults() {
    let text = "[rpc]\nlisten = '127.0.0.1:1'\nmax_batch = 5\nmax_in_flight = 7";
    let variables = [("BLLVMCTL_RPC__LISTEN", "127.0.0.1:2"), ("BLLVMCTL_RPC__MAX_BATCH", "6")];
    let flags = Flags { listen: Some("127.0.0.1:3".into()) };
    let loaded = load_text(Path::new(FILE), text, &env(&variables), &flags);
    let rpc = config(&loaded).rpc;
    assert_eq!((rpc.listen.port(), rpc.max_batch.get()), (3, 6));
    assert_eq!(rpc.max_in_flight, MaxInFlight::Fixed(7.try_into().unwrap()));
    let origin = |key: &str| loaded.entries.iter().find(|entry| entry.key == key).unwrap().origin.clone();
    assert_eq!(origin("rpc.listen"), Origin::Flag("--listen"));
    assert_eq!(origin("rpc.max_batch"), Origin::Environment("BLLVMCTL_RPC__MAX_BATCH".into()));
    assert_eq!(origin("rpc.max_in_flight"), Origin::File { path: FILE.into(), line: 4, column: 1 });
    assert_eq!(origin("rpc.enabled"), Origin::Default);
}

#[test]
fn the_environment_gives_texts_as_they_are_and_the_rest_in_toml() {
    let variables = [
        ("BLLVMCTL_CONFIG", "ignored"),
        ("BLLVMCTL_URL", "ignored"),
        ("BLLVMCTL_NODE__KIND", "attached"),
        ("BLLVMCTL_NODE__CHAIN", ""),
        ("BLLVMCTL_NETWORK__PEERS", r#"["10.0.0.5:8333"]"#),
        ("BLLVMCTL_STORAGE__CUSTOM__KEEP_DAYS", "1.5"),
        ("BLLVMCTL_STORAGE__PRUNING_MODE", "custom"),
        ("BLLVMCTL_RPC__MAX_IN_FLIGHT", "auto"),
        ("BLLVMCTL_RPC__AUTH__PER_METHOD_LIMITS", "{ getblock = { rate = 0.5, burst = 2 } }"),
    ];
    let loaded = load_env("", &variables);
    assert_eq!(told(&loaded), [""; 0]);
    let config = config(&loaded);
    assert_eq!(config.network.peers, ["10.0.0.5:8333"]);
    assert_eq!(config.storage.custom.keep_days, Some(1.5));
    assert_eq!(config.rpc.auth.per_method_limits.len(), 1);
}

#[test]
fn a_wrong_variable_is_told_by_its_name() {
    let variables = [
        ("BLLVMCTL_RPC__LISTN", "x"),
        ("BLLVMCTL_NODE__RPC_PASSWORD", "hunter2"),
        ("BLLVMCTL_NETWORK__MIN_PEERS", "many"),
        ("BLLVMCTL_RPC__LISTEN", "nonsense"),
    ];
    assert_eq!(
        told(&load_env("", &variables)),
        [
            "BLLVMCTL_NETWORK__MIN_PEERS: network.min_peers = many: is not a value of TOML: string values must be quoted, \
         expected literal string; write it as in 1",
            "BLLVMCTL_NODE__RPC_PASSWORD: there is no such variable; put it into a file and name that in \
         BLLVMCTL_NODE__RPC_PASSWORD_FILE",
            "BLLVMCTL_RPC__LISTN: x: there is no such variable; did you mean BLLVMCTL_RPC__LISTEN?",
            "BLLVMCTL_RPC__LISTEN: rpc.listen = nonsense: must be an IP address and a port; write 127.0.0.1:18332, say",
        ]
    );
}

#[test]
fn systemds_state_directory_wins_over_the_default_only() {
    let variables = [("STATE_DIRECTORY", "/var/lib/bllvmctl:/var/lib/other")];
    let loaded = load_env("", &variables);
    assert_eq!(config(&loaded).node.state_dir, Path::new("/var/lib/bllvmctl"));
    let entry = loaded.entries.iter().find(|entry| entry.key == "node.state_dir").unwrap();
    assert_eq!(entry.origin, Origin::Environment("STATE_DIRECTORY".into()));
    let written = load_env("[node]\nstate_dir = '/x'", &variables);
    assert_eq!(config(&written).node.state_dir, Path::new("/x"));
}

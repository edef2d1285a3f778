//! The loader as a whole.

mod bad_file;
mod contradictions;
mod layers;
mod moved;
mod nodes;
mod offers;
mod properties;
mod repeated;
mod secrets;
mod suggestions;
mod whole;

use std::path::Path;

use super::schema::{Credentials, MaxInFlight, NodeKind, PruningMode};
use super::*;
use crate::env::Env;
use crate::values::{Chain, Size};

const FILE: &str = "bllvmctl.toml";

fn env(variables: &[(&str, &str)]) -> Env {
    let home = [("HOME", "/home/me")];
    home.iter()
        .chain(variables)
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}

pub(super) fn load_str(text: &str) -> Loaded {
    load_text(Path::new(FILE), text, &env(&[]), &Flags::default())
}

fn load_env(text: &str, variables: &[(&str, &str)]) -> Loaded {
    load_text(Path::new(FILE), text, &env(variables), &Flags::default())
}

/// The problems as they are displayed.
fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.problems.iter().map(ToString::to_string).collect()
}

fn config(loaded: &Loaded) -> Config {
    loaded
        .config
        .clone()
        .unwrap_or_else(|| panic!("{:#?}", messages(loaded)))
}

/// An rpcauth of the right form.
fn rpcauth() -> String {
    format!("0123456789abcdef${}", "5e".repeat(32))
}

#[test]
fn nothing_written_is_an_embedded_node_on_regtest() {
    let loaded = load(None, &env(&[]), &Flags::default());
    assert_eq!(messages(&loaded), [""; 0]);
    let config = config(&loaded);
    assert_eq!(config.first_member().node.kind, NodeKind::Embedded);
    assert_eq!(config.first_member().node.chain, Some(Chain::Regtest));
    assert_eq!(
        config.first_member().node.data_dir,
        Some("/home/me/.local/share/bllvmctl".into())
    );
    assert_eq!(
        config.state_dir,
        Path::new("/home/me/.local/state/bllvmctl")
    );
    assert_eq!(
        config.first_member().storage.pruning_mode,
        PruningMode::Normal
    );
    assert!(!config.first_member().network.max_peers_written);
}

#[test]
fn an_attached_node_has_no_chain_no_directory_and_no_pruning_unless_written() {
    let config = config(&load_str("[node]\nkind = 'attached'"));
    let node = &config.first_member().node;
    assert_eq!((node.chain, node.data_dir.as_ref()), (None, None));
    assert_eq!(
        config.first_member().storage.pruning_mode,
        PruningMode::Disabled
    );
    assert_eq!(
        config.first_member().node.credentials,
        Credentials::CookieFile("/home/me/.bitcoin/.cookie".into())
    );
}

#[test]
fn every_key_of_the_contract_is_read() {
    let text = include_str!("sample.toml").replace("@RPCAUTH@", &rpcauth());
    let loaded = load_str(&text);
    let config = config(&loaded);
    let warned: Vec<_> = loaded
        .problems
        .iter()
        .map(|problem| problem.key.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(warned, ["storage.custom.keep_blocks"]);
    assert_eq!(
        config.first_member().storage.custom.keep_from_height,
        Some(840_000)
    );
    assert_eq!(
        config
            .first_member()
            .storage
            .custom
            .window
            .map(|window| (window.from, window.until)),
        Some((120, 300))
    );
    assert_eq!(
        config.rpc.auth.per_method_limits["getblocktemplate"]
            .burst
            .get(),
        20
    );
    assert_eq!(config.rpc.auth.users[0].methods, ["getblock*", "!stop"]);
    assert!((config.rpc.auth.users[0].rate_limit.rate - 50.0).abs() < f64::EPSILON);
}

#[test]
fn a_front_for_a_benchmark_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let password = secret_in(directory.path(), 0o600);
    let text = format!(
        "[node]\nkind = 'attached'\nrpc_url = 'http://127.0.0.1:19332'\nrpc_user = 'node'\n\
         rpc_password_file = '{password}'\npoll_interval_secs = 60\n[storage]\nmin_free_gb = 0\n\
         [rpc]\nlisten = '127.0.0.1:19335'\n[rpc.auth]\nrate_limit_rate = 10000000\n\
         rate_limit_burst = 10000000\n\
         [rpc.auth.per_method_limits]\ngetblockcount = {{ rate = 10000000, burst = 10000000 }}\n\
         [[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{}'\n[logging]\nformat = 'json'",
        rpcauth()
    );
    let loaded = load_str(&text);
    assert_eq!(messages(&loaded), [""; 0]);
    let config = config(&loaded);
    let expected = Credentials::UserPassword {
        user: "node".into(),
        password_file: password.into(),
    };
    assert_eq!(config.first_member().node.credentials, expected);
    assert_eq!(config.first_member().storage.min_free, Size::default());
    assert_eq!(
        config.rpc.auth.users[0].rate_limit,
        config.rpc.auth.rate_limit
    );
}

/// As if `network.max_peers` was written.
fn write_max_peers(config: &mut Config) {
    for member in config.members_mut() {
        member.network.max_peers_written = true;
    }
}

/// A file with a secret, by its path.
fn secret_in(directory: &Path, mode: u32) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = directory.join(format!("secret-{mode:o}"));
    std::fs::write(&path, "hunter2\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.display().to_string()
}

#[test]
fn a_secret_that_everyone_may_read_is_refused_unless_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let token = secret_in(directory.path(), 0o644);
    let text = format!("[node]\nkind = 'attached'\nrpc_token_file = '{token}'\n");
    let refused = load_str(&text);
    assert_eq!(
        refused.problems[0].key.as_deref(),
        Some("node.rpc_token_file")
    );
    assert!(
        messages(&refused)[0].contains("chmod 600"),
        "{:?}",
        messages(&refused)
    );
    let allowed = load_str(&format!("{text}allow_world_readable_secrets = true"));
    assert_eq!(
        config(&allowed).first_member().node.credentials,
        Credentials::TokenFile(token.into())
    );
}

#[test]
fn a_home_that_is_not_known_is_reported_where_it_is_needed() {
    let loaded = load(None, &Env::default(), &Flags::default());
    assert_eq!(
        messages(&loaded),
        [
            "node.data_dir = \"~/.local/share/bllvmctl\": begins with ~ but HOME is not set; write \
             the path in full",
            "state_dir = \"~/.local/state/bllvmctl\": begins with ~ but HOME is not set; write the \
             path in full",
        ]
    );
}

#[test]
fn the_template_loads_and_names_every_key_with_its_default() {
    let as_written = load_str(template());
    assert_eq!(messages(&as_written), [""; 0]);
    let is_default = |line: &&str| {
        line.strip_prefix("# ").is_some_and(|rest| {
            rest.split_once(" = ")
                .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        })
    };
    let lines = template().lines();
    let uncommented: Vec<_> = lines
        .map(|line| if is_default(&line) { &line[2..] } else { line })
        .collect();
    let uncommented = load_str(&uncommented.join("\n"));
    assert_eq!(messages(&uncommented), [""; 0]);
    let mut expected = config(&as_written);
    write_max_peers(&mut expected);
    assert_eq!(config(&uncommented), expected);
    assert_eq!(expected, {
        let mut attached = config(&load_str("[node]\nkind = 'attached'"));
        write_max_peers(&mut attached);
        attached
    });
    for entry in uncommented.entries {
        let name = entry.key.rsplit('.').next().unwrap();
        let is_example = template().contains(&format!("# example: {name} = "));
        assert!(
            entry.origin != Origin::Default || is_example,
            "{}",
            entry.key
        );
    }
}

#[test]
fn lines_may_end_as_on_windows() {
    let loaded = load_str(&template().replace('\n', "\r\n"));
    assert_eq!(messages(&loaded), [""; 0]);
    let loaded = load_str("\u{feff}[rpc]\r\nmax_batch = x\r\nlisten = 'y'\r\n");
    let lines: Vec<_> = loaded.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(2), Some(3)], "{:?}", messages(&loaded));
}

#[test]
fn what_is_suggested_is_the_default_of_the_kind_of_node() {
    for (kind, default) in [
        ("attached", "\"\""),
        ("embedded", "\"~/.local/share/bllvmctl\""),
    ] {
        let loaded = load_str(&format!("[node]\nkind = '{kind}'\ndata_dir = 5"));
        let problem = loaded
            .problems
            .iter()
            .find(|problem| problem.key.as_deref() == Some("node.data_dir"));
        let suggestion = problem.unwrap().suggestion.as_deref();
        assert_eq!(
            suggestion,
            Some(&*format!("write {default}, the default")),
            "{kind}"
        );
    }
}

//! The loader as a whole.

mod bad_file;
mod moved;
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

/// The problems as they are told.
fn told(loaded: &Loaded) -> Vec<String> {
    loaded.problems.iter().map(ToString::to_string).collect()
}

fn config(loaded: &Loaded) -> Config {
    loaded
        .config
        .clone()
        .unwrap_or_else(|| panic!("{:#?}", told(loaded)))
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
    assert_eq!(
        config.node.data_dir,
        Some("/home/me/.local/share/bllvmctl".into())
    );
    assert_eq!(
        config.state_dir,
        Path::new("/home/me/.local/state/bllvmctl")
    );
    assert_eq!(config.storage.pruning_mode, PruningMode::Normal);
    assert!(!config.network.max_peers_written);
}

#[test]
fn an_attached_node_has_no_chain_no_directory_and_no_pruning_unless_written() {
    let config = config(&load_str("[node]\nkind = 'attached'"));
    assert_eq!((config.node.chain, config.node.data_dir), (None, None));
    assert_eq!(config.storage.pruning_mode, PruningMode::Disabled);
    assert_eq!(
        config.node.credentials,
        Credentials::CookieFile("/home/me/.bitcoin/.cookie".into())
    );
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_defaults() {
    let text = "[rpc]\nlisten = '127.0.0.1:1'\nmax_batch = 5\nmax_in_flight = 7";
    let variables = [
        ("BLLVMCTL_RPC__LISTEN", "127.0.0.1:2"),
        ("BLLVMCTL_RPC__MAX_BATCH", "6"),
    ];
    let flags = Flags {
        listen: Some("127.0.0.1:3".into()),
    };
    let loaded = load_text(Path::new(FILE), text, &env(&variables), &flags);
    let rpc = config(&loaded).rpc;
    assert_eq!((rpc.listen.port(), rpc.max_batch.get()), (3, 6));
    assert_eq!(rpc.max_in_flight, MaxInFlight::Fixed(7.try_into().unwrap()));
    let origin = |key: &str| {
        loaded
            .entries
            .iter()
            .find(|entry| entry.key == key)
            .unwrap()
            .origin
            .clone()
    };
    assert_eq!(origin("rpc.listen"), Origin::Flag("--listen"));
    assert_eq!(
        origin("rpc.max_batch"),
        Origin::Environment("BLLVMCTL_RPC__MAX_BATCH".into())
    );
    assert_eq!(
        origin("rpc.max_in_flight"),
        Origin::File {
            path: FILE.into(),
            line: 4,
            column: 1
        }
    );
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
        (
            "BLLVMCTL_RPC__AUTH__PER_METHOD_LIMITS",
            "{ getblock = { rate = 0.5, burst = 2 } }",
        ),
    ];
    let loaded = load_env("", &variables);
    assert_eq!(told(&loaded), [""; 0]);
    let config = config(&loaded);
    assert_eq!(config.network.peers, ["10.0.0.5:8333".parse().unwrap()]);
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
            "BLLVMCTL_NETWORK__MIN_PEERS: network.min_peers = many: must be a whole number, not a text; write 1, the default",
            "BLLVMCTL_NODE__RPC_PASSWORD: there is no such variable; put it into a file and name that in \
         BLLVMCTL_NODE__RPC_PASSWORD_FILE",
            "BLLVMCTL_RPC__LISTEN: rpc.listen = nonsense: must be an IP address and a port; write 127.0.0.1:18332, say",
            "BLLVMCTL_RPC__LISTN: x: there is no such variable; did you mean BLLVMCTL_RPC__LISTEN?",
        ]
    );
}

#[test]
fn systemds_state_directory_wins_over_the_default_only() {
    let variables = [("STATE_DIRECTORY", "/var/lib/bllvmctl:/var/lib/other")];
    let loaded = load_env("", &variables);
    assert_eq!(config(&loaded).state_dir, Path::new("/var/lib/bllvmctl"));
    let entry = loaded
        .entries
        .iter()
        .find(|entry| entry.key == "state_dir")
        .unwrap();
    assert_eq!(entry.origin, Origin::Environment("STATE_DIRECTORY".into()));
    for text in ["state_dir = '/x'", "[node]\nstate_dir = '/x'"] {
        let written = load_env(text, &variables);
        assert_eq!(config(&written).state_dir, Path::new("/x"), "{text}");
    }
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
    assert_eq!(config.storage.custom.keep_from_height, Some(840_000));
    assert_eq!(
        config
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
         [rpc]\nlisten = '127.0.0.1:19335'\n[rpc.auth]\nrate_limit_rate = 10000000\nrate_limit_burst = 10000000\n\
         [rpc.auth.per_method_limits]\ngetblockcount = {{ rate = 10000000, burst = 10000000 }}\n\
         [[rpc.auth.users]]\nname = 'alice'\nrpcauth = '{}'\n[logging]\nformat = 'json'",
        rpcauth()
    );
    let loaded = load_str(&text);
    assert_eq!(told(&loaded), [""; 0]);
    let config = config(&loaded);
    let expected = Credentials::UserPassword {
        user: "node".into(),
        password_file: password.into(),
    };
    assert_eq!(config.node.credentials, expected);
    assert_eq!(config.storage.min_free, Size::default());
    assert_eq!(
        config.rpc.auth.users[0].rate_limit,
        config.rpc.auth.rate_limit
    );
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
        told(&refused)[0].contains("chmod 600"),
        "{:?}",
        told(&refused)
    );
    let allowed = load_str(&format!("{text}allow_world_readable_secrets = true"));
    assert_eq!(
        config(&allowed).node.credentials,
        Credentials::TokenFile(token.into())
    );
}

#[test]
fn contradictions_are_told_once_each() {
    let cases = [
        (
            "[storage]\npruning_threshold_gb = 50",
            "storage.pruning_threshold_gb = 50: must be above pruning_target_gb = 80; write pruning_target_gb = 40 beside it, say",
        ),
        (
            "[network]\nreconnect_max_delay_secs = 1",
            "network.reconnect_max_delay_secs = 1: must not be below reconnect_initial_delay_secs = 5; write 5, say",
        ),
        (
            "[rpc]\nops_listen = '127.0.0.1:18332'",
            "rpc.ops_listen = '127.0.0.1:18332': takes the place of rpc.listen = \"127.0.0.1:18332\"; write \"127.0.0.1:18333\", say",
        ),
        (
            "node.kind = 'attached'\nrpc.listen = '0.0.0.0:8332'\nrpc.enabled = false",
            "rpc.listen = '0.0.0.0:8332': node.rpc_url = \"http://127.0.0.1:8332/\" and 0.0.0.0:8332 are one: bllvmctl would call itself; write rpc.listen = \"0.0.0.0:8333\", say",
        ),
        (
            "[node]\nchain = 'main'",
            "node.chain = 'main': the embedded node knows only regtest; set kind = \"attached\" for a node of your own on this chain",
        ),
        (
            "[node]\nkind = 'attached'\nrpc_url = 'https://node'",
            "node.rpc_url = 'https://node': must begin with http://: bllvmctl speaks no TLS; use a tunnel, such as ssh -L 8332:127.0.0.1:8332, or a local proxy",
        ),
        (
            "[health]\nstall_probability = 0",
            "health.stall_probability = 0: must be above 0 and below 1; write 1e-5, say",
        ),
        (
            "[storage.custom]\nwindow = '25:00-1:00'\n[storage]\npruning_mode = 'custom'",
            "storage.custom.window = '25:00-1:00': must be two times of day from 00:00 to 23:59, HH:MM-HH:MM; write \"02:00-05:00\", say",
        ),
    ];
    for (text, expected) in cases {
        let loaded = load_str(text);
        let told = told(&loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with(&format!(": {expected}")), "{told:?}");
        assert_eq!(loaded.config, None);
    }
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let cases = [
        ("[rpc]\nlisten = '0.0.0.0:18332'", "rpc.listen"),
        ("[node]\nkind = 'attached'\nchain = 'test'", "rpc.listen"),
        ("[node]\nrpc_url = 'http://10.0.0.1'", "node.rpc_url"),
        (
            "[node]\nkind = 'attached'\n[network]\nlisten = '127.0.0.1:1'",
            "network.listen",
        ),
        ("[storage]\nmin_free_gb = 0.1", "storage.min_free_gb"),
        (
            "[storage]\npruning_keep_blocks = 5",
            "storage.pruning_keep_blocks",
        ),
        ("[storage]\npruning_mode = 'custom'", "storage.pruning_mode"),
        (
            "[node]\npoll_interval_secs = 120",
            "node.poll_interval_secs",
        ),
    ];
    for (text, key) in cases {
        let loaded = load_str(text);
        assert_eq!(loaded.problems.len(), 1, "{:?}", told(&loaded));
        assert_eq!(loaded.problems[0].severity, Severity::Warning);
        assert_eq!(loaded.problems[0].key.as_deref(), Some(key));
        assert!(loaded.config.is_some());
    }
}

#[test]
fn a_home_that_is_not_known_is_told_where_it_is_needed() {
    let loaded = load(None, &Env::default(), &Flags::default());
    assert_eq!(
        told(&loaded),
        [
            "node.data_dir = \"~/.local/share/bllvmctl\": begins with ~ but HOME is not set; write the path in full",
            "state_dir = \"~/.local/state/bllvmctl\": begins with ~ but HOME is not set; write the path in full",
        ]
    );
}

#[test]
fn the_template_loads_and_names_every_key_with_its_default() {
    let as_written = load_str(template());
    assert_eq!(told(&as_written), [""; 0]);
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
    assert_eq!(told(&uncommented), [""; 0]);
    let mut expected = config(&as_written);
    expected.network.max_peers_written = true;
    assert_eq!(config(&uncommented), expected);
    assert_eq!(expected, {
        let mut attached = config(&load_str("[node]\nkind = 'attached'"));
        attached.network.max_peers_written = true;
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
    assert_eq!(told(&loaded), [""; 0]);
    let loaded = load_str("\u{feff}[rpc]\r\nmax_batch = x\r\nlisten = 'y'\r\n");
    let lines: Vec<_> = loaded.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(2), Some(3)], "{:?}", told(&loaded));
}

#[test]
fn what_makes_little_sense_of_reconnection_is_a_warning_and_what_makes_none_an_error() {
    let attached = "[node]\nkind = \"attached\"\nrpc_url = \"http://127.0.0.1:8332\"\n";
    let warned = |network: &str| {
        let loaded = load_str(&format!(
            "{attached}chain = \"signet\"\n[network]\n{network}"
        ));
        assert!(loaded.config.is_some(), "{:?}", told(&loaded));
        told(&loaded).join("\n")
    };
    assert!(
        warned("peers = ['10.0.0.5', '10.0.0.5:38333']")
            .contains("10.0.0.5:38333 is there twice, first as 10.0.0.5")
    );
    assert!(warned("peers = ['Host', 'host', '10.0.0.5']").contains("host is there twice"));
    assert!(warned("peers = ['host']\nreconnect_enabled = false").contains("are not dialled"));
    assert!(warned("reconnect_jitter = 0").contains("dialled together"));
    assert_eq!(
        warned("peers = ['10.0.0.5', '10.0.0.5:8333', '[::1]:5']\nreconnect_jitter = 0.5"),
        ""
    );

    let wrong = |network: &str| {
        let loaded = load_str(&format!("[network]\n{network}"));
        assert!(loaded.config.is_none(), "{network}");
        told(&loaded).join("\n")
    };
    assert!(wrong("listen = '10.0.0.5:18444'\npeers = ['10.0.0.5']").contains("dial itself"));
    assert!(
        wrong("reconnect_initial_delay_secs = 60\nreconnect_max_delay_secs = 5")
            .contains("reconnect_")
    );
    for value in [
        "reconnect_jitter = 1",
        "reconnect_jitter = -0.1",
        "reconnect_max_concurrent = 0",
    ] {
        assert!(wrong(value).contains("must be"), "{value}");
    }
    for value in [
        "reconnect_max_retries = -1",
        "reconnect_initial_delay_secs = 0",
        "reconnect_scope = 'inbound'",
    ] {
        wrong(value);
    }
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

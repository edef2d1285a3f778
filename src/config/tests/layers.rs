//! Which layer wins, and how the environment is read.

use std::path::Path;

use super::*;

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
    let port = rpc.listen.tcp().unwrap().port();
    assert_eq!((port, rpc.max_batch.get()), (3, 6));
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
    assert_eq!(messages(&loaded), [""; 0]);
    let config = config(&loaded);
    assert_eq!(
        config.first_member().network.peers,
        ["10.0.0.5:8333".parse().unwrap()]
    );
    assert_eq!(config.first_member().storage.custom.keep_days, Some(1.5));
    assert_eq!(config.rpc.auth.per_method_limits.len(), 1);
}

#[test]
fn a_wrong_variable_is_reported_by_its_name() {
    let variables = [
        ("BLLVMCTL_RPC__LISTN", "x"),
        ("BLLVMCTL_NODE__RPC_PASSWORD", "hunter2"),
        ("BLLVMCTL_NETWORK__MIN_PEERS", "many"),
        ("BLLVMCTL_RPC__LISTEN", "nonsense"),
    ];
    assert_eq!(
        messages(&load_env("", &variables)),
        [
            "BLLVMCTL_NETWORK__MIN_PEERS: network.min_peers = many: must be a whole number, not a \
             text; write 1, the default",
            "BLLVMCTL_NODE__RPC_PASSWORD: there is no such variable; put it into a file and name \
             that in BLLVMCTL_NODE__RPC_PASSWORD_FILE",
            "BLLVMCTL_RPC__LISTEN: rpc.listen = nonsense: must be an IP address and a port; write \
             127.0.0.1:18332, say",
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

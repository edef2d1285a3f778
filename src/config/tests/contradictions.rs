//! Keys that do not agree with each other.

use super::*;

#[test]
fn contradictions_are_reported_once_each() {
    let cases = [
        (
            "[storage]\npruning_threshold_gb = 50",
            "storage.pruning_threshold_gb = 50: must be above pruning_target_gb = 80; write \
             pruning_target_gb = 40 beside it, say",
        ),
        (
            "[network]\nreconnect_max_delay_secs = 1",
            "network.reconnect_max_delay_secs = 1: must not be below reconnect_initial_delay_secs \
             = 5; write 5, say",
        ),
        (
            "[rpc]\nops_listen = '127.0.0.1:18332'",
            "rpc.ops_listen = '127.0.0.1:18332': takes the place of rpc.listen = \
             \"127.0.0.1:18332\"; write \"127.0.0.1:18333\", say",
        ),
        (
            "rpc.agent_listen = '127.0.0.1:18332'",
            "rpc.agent_listen = '127.0.0.1:18332': takes the place of rpc.listen = \
             \"127.0.0.1:18332\"; write \"127.0.0.1:18333\", say",
        ),
        (
            "rpc.agent_listen = '0.0.0.0:18334'",
            "rpc.agent_listen = '0.0.0.0:18334': is neither loopback nor a private address, and \
             agent-checks know no login; write \"127.0.0.1:18334\", say",
        ),
        (
            "node.kind = 'attached'\nrpc.listen = '0.0.0.0:8332'\nrpc.enabled = false",
            "rpc.listen = '0.0.0.0:8332': node.rpc_url = \"http://127.0.0.1:8332/\" and \
             0.0.0.0:8332 are one: bllvmctl would call itself; write rpc.listen = \
             \"0.0.0.0:8333\", say",
        ),
        (
            "[node]\nchain = 'main'",
            "node.chain = 'main': the embedded node knows only regtest; set kind = \"attached\" \
             for a node of your own on this chain",
        ),
        (
            "[node]\nkind = 'attached'\nrpc_url = 'ftp://node'",
            "node.rpc_url = 'ftp://node': must begin with http:// or https://; write \
             \"http://127.0.0.1:8332\", the default",
        ),
        (
            "[health]\nstall_probability = 0",
            "health.stall_probability = 0: must be above 0 and below 1; write 1e-5, say",
        ),
        (
            "[storage.custom]\nwindow = '25:00-1:00'\n[storage]\npruning_mode = 'custom'",
            "storage.custom.window = '25:00-1:00': must be two times of day from 00:00 to 23:59, \
             HH:MM-HH:MM; write \"02:00-05:00\", say",
        ),
    ];
    for (text, expected) in cases {
        let loaded = load_str(text);
        let messages = messages(&loaded);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(
            messages[0].ends_with(&format!(": {expected}")),
            "{messages:?}"
        );
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
        assert_eq!(loaded.problems.len(), 1, "{:?}", messages(&loaded));
        assert_eq!(loaded.problems[0].severity, Severity::Warning);
        assert_eq!(loaded.problems[0].key.as_deref(), Some(key));
        assert!(loaded.config.is_some());
    }
}

#[test]
fn what_makes_little_sense_of_reconnection_is_a_warning_and_what_makes_none_an_error() {
    let attached = "[node]\nkind = \"attached\"\nrpc_url = \"http://127.0.0.1:8332\"\n";
    let warned = |network: &str| {
        let loaded = load_str(&format!(
            "{attached}chain = \"signet\"\n[network]\n{network}"
        ));
        assert!(loaded.config.is_some(), "{:?}", messages(&loaded));
        messages(&loaded).join("\n")
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
        messages(&loaded).join("\n")
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

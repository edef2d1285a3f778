//! The keys with their defaults, the sections, and the names of before.

use super::{Key, Shape};

/// The tables that hold keys and are there once, below the top of the file.
pub(in crate::config) const SECTIONS: [&str; 10] = [
    "node",
    "fleet",
    "network",
    "storage",
    "storage.custom",
    "rpc",
    "rpc.auth",
    "limits",
    "health",
    "logging",
];

/// Where keys were before and are still read from, and where they are today.
pub(in crate::config) const MOVED: &[(&str, &str)] = &[("node.state_dir", "state_dir")];

/// Keys that had another name in a release, with the name of today.
pub(in crate::config) const RENAMED: &[(&str, &str)] = &[];

const fn text(path: &'static str, default: &'static str) -> Key {
    Key {
        path,
        shape: Shape::Text,
        default,
        attached: default,
        required: None,
        inherits: None,
        is_secret: false,
    }
}

const fn toml(path: &'static str, default: &'static str) -> Key {
    Key {
        shape: Shape::Toml,
        ..text(path, default)
    }
}

/// A key of an entry of `[[nodes]]` that counts in place of the key `of`.
const fn text_of_node(path: &'static str, of: &'static str) -> Key {
    Key {
        inherits: Some(of),
        ..text(path, "")
    }
}

const fn toml_of_node(path: &'static str, of: &'static str) -> Key {
    Key {
        shape: Shape::Toml,
        ..text_of_node(path, of)
    }
}

/// A build without the embedded node attaches to one.
const DEFAULT_KIND: &str = if cfg!(feature = "embedded") {
    r#""embedded""#
} else {
    r#""attached""#
};

/// Every key.
pub(in crate::config) const ALL: &[Key] = &[
    text("state_dir", r#""~/.local/state/bllvmctl""#),
    toml("nodes", "[]"),
    Key {
        required: Some("\"a\""),
        ..text("nodes.name", "")
    },
    text("nodes.kind", r#""attached""#),
    Key {
        required: Some("\"http://127.0.0.1:8332\""),
        ..text("nodes.rpc_url", "")
    },
    text("nodes.rpc_cookie_file", r#""""#),
    text_of_node("nodes.rpc_user", "node.rpc_user"),
    text_of_node("nodes.rpc_password_file", "node.rpc_password_file"),
    text("nodes.rpc_token_file", r#""""#),
    text_of_node("nodes.rpc_ca_file", "node.rpc_ca_file"),
    text_of_node("nodes.rpc_client_cert_file", "node.rpc_client_cert_file"),
    text_of_node("nodes.rpc_client_key_file", "node.rpc_client_key_file"),
    text("nodes.data_dir", r#""""#),
    text("nodes.blocks_dir", r#""""#),
    text_of_node("nodes.chain", "node.chain"),
    toml_of_node("nodes.poll_interval_secs", "node.poll_interval_secs"),
    toml_of_node("nodes.timeout_secs", "node.timeout_secs"),
    text_of_node("nodes.utxo_stats", "node.utxo_stats"),
    toml_of_node(
        "nodes.allow_world_readable_secrets",
        "node.allow_world_readable_secrets",
    ),
    toml("nodes.priority", "100"),
    toml("nodes.wallets", "[]"),
    toml("nodes.manage", ""),
    toml("nodes.archive", "false"),
    Key {
        shape: Shape::Either,
        ..text("nodes.private_broadcast", r#""auto""#)
    },
    Key {
        default: "[]",
        ..toml_of_node("nodes.network.peers", "network.peers")
    },
    toml_of_node("nodes.network.max_peers", "network.max_peers"),
    toml_of_node("nodes.network.min_peers", "network.min_peers"),
    toml_of_node(
        "nodes.network.reconnect_enabled",
        "network.reconnect_enabled",
    ),
    toml_of_node(
        "nodes.network.reconnect_max_retries",
        "network.reconnect_max_retries",
    ),
    toml_of_node(
        "nodes.network.reconnect_initial_delay_secs",
        "network.reconnect_initial_delay_secs",
    ),
    toml_of_node(
        "nodes.network.reconnect_max_delay_secs",
        "network.reconnect_max_delay_secs",
    ),
    toml_of_node("nodes.network.reconnect_jitter", "network.reconnect_jitter"),
    toml_of_node(
        "nodes.network.reconnect_max_concurrent",
        "network.reconnect_max_concurrent",
    ),
    text_of_node("nodes.network.reconnect_scope", "network.reconnect_scope"),
    text_of_node("nodes.storage.pruning_mode", "storage.pruning_mode"),
    toml_of_node(
        "nodes.storage.pruning_threshold_gb",
        "storage.pruning_threshold_gb",
    ),
    toml_of_node(
        "nodes.storage.pruning_target_gb",
        "storage.pruning_target_gb",
    ),
    toml_of_node(
        "nodes.storage.pruning_check_interval_secs",
        "storage.pruning_check_interval_secs",
    ),
    toml_of_node(
        "nodes.storage.pruning_keep_blocks",
        "storage.pruning_keep_blocks",
    ),
    toml_of_node("nodes.storage.min_free_gb", "storage.min_free_gb"),
    toml_of_node(
        "nodes.storage.storage_critical_gb",
        "storage.storage_critical_gb",
    ),
    toml_of_node(
        "nodes.storage.custom.keep_blocks",
        "storage.custom.keep_blocks",
    ),
    toml_of_node("nodes.storage.custom.keep_days", "storage.custom.keep_days"),
    toml_of_node(
        "nodes.storage.custom.keep_from_height",
        "storage.custom.keep_from_height",
    ),
    text_of_node("nodes.storage.custom.window", "storage.custom.window"),
    toml_of_node("nodes.health.live_timeout_secs", "health.live_timeout_secs"),
    toml_of_node(
        "nodes.health.ready_max_lag_blocks",
        "health.ready_max_lag_blocks",
    ),
    toml_of_node("nodes.health.stall_probability", "health.stall_probability"),
    text("node.kind", DEFAULT_KIND),
    text("node.name", r#""main""#),
    Key {
        attached: r#""""#,
        ..text("node.chain", r#""regtest""#)
    },
    Key {
        attached: r#""""#,
        ..text("node.data_dir", r#""~/.local/share/bllvmctl""#)
    },
    text("node.blocks_dir", r#""""#),
    text("node.rpc_url", r#""http://127.0.0.1:8332""#),
    text("node.rpc_cookie_file", r#""~/.bitcoin/.cookie""#),
    text("node.rpc_user", r#""""#),
    text("node.rpc_password_file", r#""""#),
    text("node.rpc_token_file", r#""""#),
    text("node.rpc_ca_file", r#""""#),
    text("node.rpc_client_cert_file", r#""""#),
    text("node.rpc_client_key_file", r#""""#),
    toml("node.poll_interval_secs", "5"),
    toml("node.timeout_secs", "10"),
    text("node.utxo_stats", r#""auto""#),
    toml("node.allow_world_readable_secrets", "false"),
    text("fleet.policy", r#""primary""#),
    toml("fleet.max_lag_blocks", "1"),
    toml("fleet.lag_grace_secs", "10"),
    toml("fleet.busy_secs", "3"),
    toml("fleet.probe_secs", "1"),
    toml("fleet.dead_secs", "2"),
    toml("fleet.failback_secs", "60"),
    toml("fleet.min_ready", "1"),
    text("fleet.broadcast", r#""all""#),
    text("fleet.resend", r#""reads""#),
    toml("fleet.floor_secs", "60"),
    toml("fleet.pass_through", "false"),
    text("fleet.fork_policy", r#""hold""#),
    text("network.listen", r#""""#),
    toml("network.peers", "[]"),
    toml("network.max_peers", "100"),
    toml("network.min_peers", "1"),
    toml("network.reconnect_enabled", "true"),
    toml("network.reconnect_max_retries", "10"),
    toml("network.reconnect_initial_delay_secs", "5"),
    toml("network.reconnect_max_delay_secs", "3600"),
    toml("network.reconnect_jitter", "0.1"),
    toml("network.reconnect_max_concurrent", "4"),
    text("network.reconnect_scope", r#""auto""#),
    Key {
        attached: r#""disabled""#,
        ..text("storage.pruning_mode", r#""normal""#)
    },
    toml("storage.pruning_threshold_gb", "100"),
    toml("storage.pruning_target_gb", "80"),
    toml("storage.pruning_check_interval_secs", "60"),
    toml("storage.pruning_keep_blocks", "288"),
    toml("storage.min_free_gb", "5"),
    toml("storage.storage_critical_gb", "0.5"),
    toml("storage.custom.keep_blocks", ""),
    toml("storage.custom.keep_days", ""),
    toml("storage.custom.keep_from_height", ""),
    text("storage.custom.window", r#""""#),
    toml("rpc.enabled", "true"),
    text("rpc.listen", r#""127.0.0.1:18332""#),
    text("rpc.ops_listen", r#""""#),
    text("rpc.agent_listen", r#""""#),
    text("rpc.control_token_file", r#""""#),
    text("rpc.control_cookie_group", r#""""#),
    toml("rpc.metrics_enabled", "true"),
    toml("rpc.metrics_aliases", "[]"),
    toml("rpc.status_page", "true"),
    toml("rpc.health_checks_enabled", "true"),
    toml("rpc.methods", r#"["*"]"#),
    toml("rpc.max_body_bytes", "10485760"),
    toml("rpc.max_batch", "100"),
    Key {
        shape: Shape::Either,
        ..text("rpc.max_long_polls", r#""auto""#)
    },
    Key {
        shape: Shape::Either,
        ..text("rpc.max_in_flight", r#""auto""#)
    },
    toml("rpc.queue_timeout_ms", "2000"),
    toml("rpc.request_timeout_secs", "900"),
    toml("rpc.drain_secs", "0"),
    toml("rpc.shutdown_grace_secs", "20"),
    toml("rpc.allowed_hosts", "[]"),
    Key {
        shape: Shape::Either,
        ..text("rpc.max_connections_per_address", r#""auto""#)
    },
    toml("rpc.trusted_proxies", "[]"),
    text("rpc.proxy_protocol", r#""off""#),
    text("rpc.tls_cert_file", r#""""#),
    text("rpc.tls_key_file", r#""""#),
    text("rpc.tls_client_ca_file", r#""""#),
    text("rpc.tls_probes", r#""closed""#),
    toml("rpc.auth.rate_limit_enabled", "true"),
    text("rpc.auth.rate_limit_mode", r#""enforce""#),
    toml("rpc.auth.rate_limit_rate", "100"),
    toml("rpc.auth.rate_limit_burst", "200"),
    toml("rpc.auth.rate_limit_exempt", "[]"),
    toml("rpc.auth.per_method_limits", "{}"),
    Key {
        required: Some("10"),
        ..toml("rpc.auth.per_method_limits.rate", "")
    },
    Key {
        required: Some("20"),
        ..toml("rpc.auth.per_method_limits.burst", "")
    },
    toml("rpc.auth.users", "[]"),
    Key {
        required: Some("\"…\""),
        ..text("rpc.auth.users.name", "")
    },
    Key {
        required: Some("\"…\""),
        is_secret: true,
        ..text("rpc.auth.users.rpcauth", "")
    },
    toml("rpc.auth.users.methods", "[]"),
    toml("rpc.auth.users.nodes", "[]"),
    Key {
        inherits: Some("rpc.auth.rate_limit_rate"),
        ..toml("rpc.auth.users.rate", "")
    },
    Key {
        inherits: Some("rpc.auth.rate_limit_burst"),
        ..toml("rpc.auth.users.burst", "")
    },
    text("limits.store", r#""""#),
    text("limits.url", r#""redis://127.0.0.1:6379/0""#),
    text("limits.url_password_file", r#""""#),
    text("limits.secret_file", r#""""#),
    text("limits.namespace", r#""main""#),
    toml("limits.replicas", "1"),
    toml("limits.timeout_ms", "20"),
    text("limits.when_away", r#""share""#),
    toml("health.live_timeout_secs", "120"),
    toml("health.ready_max_lag_blocks", "3"),
    toml("health.stall_probability", "1e-5"),
    toml("notify", "[]"),
    Key {
        required: Some("\"oncall\""),
        ..text("notify.name", "")
    },
    Key {
        is_secret: true,
        ..text("notify.url", r#""""#)
    },
    text("notify.url_file", r#""""#),
    text("notify.header_file", r#""""#),
    Key {
        is_secret: true,
        ..text("notify.template", r#""""#)
    },
    toml("notify.command", ""),
    toml("notify.on", r#"["state", "check"]"#),
    text("notify.min_severity", r#""warning""#),
    toml("notify.hold_secs", "60"),
    toml("notify.repeat_secs", "0"),
    toml("notify.heartbeat_secs", "0"),
    text("logging.format", r#""text""#),
    text("logging.level", r#""info""#),
];

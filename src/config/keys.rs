//! Every key there is, in the order in which it is shown, with its default in TOML.

/// How the text of an environment variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it stands.
    Text,
    /// As a value of TOML.
    Toml,
    /// As a value of TOML if it is one, else as it stands.
    Either,
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    /// From the root: `rpc.listen`.
    pub(super) path: &'static str,
    pub(super) shape: Shape,
    /// In TOML; empty: none.
    pub(super) default: &'static str,
    /// The default where the node is attached.
    pub(super) attached: &'static str,
}

impl Key {
    /// The last part of the path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// The section: `rpc.auth`.
    pub(super) fn section(&self) -> &'static str {
        self.path
            .rsplit_once('.')
            .map_or("", |(section, _)| section)
    }

    /// The environment variable that gives it.
    pub(super) fn variable(&self) -> String {
        format!(
            "BLLVMCTL_{}",
            self.path.to_ascii_uppercase().replace('.', "__")
        )
    }
}

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The tables that hold keys.
pub(super) const SECTIONS: [&str; 8] = [
    "node",
    "network",
    "storage",
    "storage.custom",
    "rpc",
    "rpc.auth",
    "health",
    "logging",
];

/// Keys that had another name in a release, with the name of today.
pub(super) const RENAMED: &[(&str, &str)] = &[];

const fn text(path: &'static str, default: &'static str) -> Key {
    Key {
        path,
        shape: Shape::Text,
        default,
        attached: default,
    }
}

const fn toml(path: &'static str, default: &'static str) -> Key {
    Key {
        path,
        shape: Shape::Toml,
        default,
        attached: default,
    }
}

/// Every key.
pub(super) const ALL: &[Key] = &[
    text("node.kind", r#""embedded""#),
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
    text("node.state_dir", r#""~/.local/state/bllvmctl""#),
    text("node.rpc_url", r#""http://127.0.0.1:8332""#),
    text("node.rpc_cookie_file", r#""~/.bitcoin/.cookie""#),
    text("node.rpc_user", r#""""#),
    text("node.rpc_password_file", r#""""#),
    text("node.rpc_token_file", r#""""#),
    toml("node.poll_interval_secs", "5"),
    toml("node.timeout_secs", "10"),
    text("node.utxo_stats", r#""auto""#),
    toml("node.allow_world_readable_secrets", "false"),
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
    text("rpc.control_token_file", r#""""#),
    text("rpc.control_cookie_group", r#""""#),
    toml("rpc.metrics_enabled", "true"),
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
    toml("rpc.auth.rate_limit_enabled", "true"),
    text("rpc.auth.rate_limit_mode", r#""enforce""#),
    toml("rpc.auth.rate_limit_rate", "100"),
    toml("rpc.auth.rate_limit_burst", "200"),
    toml("rpc.auth.rate_limit_exempt", "[]"),
    toml("rpc.auth.per_method_limits", "{}"),
    toml("rpc.auth.users", "[]"),
    toml("health.live_timeout_secs", "120"),
    toml("health.ready_max_lag_blocks", "3"),
    toml("health.stall_probability", "1e-5"),
    text("logging.format", r#""text""#),
    text("logging.level", r#""info""#),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_a_section_and_named_once() {
        for (n, key) in ALL.iter().enumerate() {
            assert!(SECTIONS.contains(&key.section()), "{}", key.path);
            assert!(
                ALL[..n].iter().all(|other| other.path != key.path),
                "{}",
                key.path
            );
        }
    }

    #[test]
    fn the_variable_of_a_key_nests_by_two_underscores() {
        let key = find("rpc.auth.rate_limit_rate").unwrap();
        assert_eq!(key.variable(), "BLLVMCTL_RPC__AUTH__RATE_LIMIT_RATE");
    }
}

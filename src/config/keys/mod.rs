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
    /// From the root: `rpc.listen`. In a section that is repeated without the entry:
    /// `rpc.auth.users.name`.
    pub(super) path: &'static str,
    pub(super) shape: Shape,
    /// In TOML; empty: none.
    pub(super) default: &'static str,
    /// The default where the node is attached.
    pub(super) attached: &'static str,
    /// In a repeated section: each entry must have it, and this is one in TOML.
    pub(super) required: Option<&'static str>,
    /// In a repeated section: the key whose value counts where this one is left out.
    pub(super) inherits: Option<&'static str>,
    /// Its value is never shown.
    pub(super) is_secret: bool,
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

    /// The repeated section that it is a key of.
    pub(super) fn repeated(&self) -> Option<&'static RepeatedSection> {
        REPEATED
            .iter()
            .find(|section| section.key_within(self.path).is_some())
    }

    /// The environment variable that gives it; in a repeated section for an entry called `NAME`.
    pub(super) fn variable(&self) -> String {
        self.variable_of("NAME")
    }

    /// The environment variable that gives it to the entry called `entry`.
    pub(super) fn variable_of(&self, entry: &str) -> String {
        let within = self
            .repeated()
            .and_then(|section| Some((section, section.key_within(self.path)?)));
        match within {
            None => variable(self.path),
            Some((section, name)) => {
                let name = name.to_ascii_uppercase().replace('.', "__");
                format!(
                    "{}__{}__{name}",
                    variable(section.path),
                    variable_name(entry)
                )
            }
        }
    }
}

/// The variable of what is at `path`. Only names with two underscores are configuration, so a key
/// of no section has them in front.
pub(super) fn variable(path: &str) -> String {
    let top = if path.contains('.') { "" } else { "_" };
    format!(
        "BLLVMCTL_{top}{}",
        path.to_ascii_uppercase().replace('.', "__")
    )
}

/// The name of an entry as it is in the name of a variable.
pub(super) fn variable_name(entry: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    entry.chars().map(letter).collect()
}

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The key at `path` as somebody wrote it, which in a repeated section may name the entry.
pub(super) fn find_written(path: &str) -> Option<&'static Key> {
    let named = || {
        let is_headed = |section: &&RepeatedSection| section.named_by == NamedBy::Header;
        REPEATED.iter().filter(is_headed).find_map(|section| {
            let name = section.key_within(path)?.split_once('.')?.1;
            section
                .keys()
                .find(|key| section.key_within(key.path) == Some(name))
        })
    };
    find(path).or_else(|| moved(path)).or_else(named)
}

/// The key that was at `path` before, and is still read from there.
pub(super) fn moved(path: &str) -> Option<&'static Key> {
    let (_, today) = MOVED.iter().find(|(before, _)| *before == path)?;
    find(today)
}

/// The key at `path` that is there once.
pub(super) fn single_at(path: &str) -> Option<&'static Key> {
    find(path).filter(|key| key.repeated().is_none())
}

/// The keys that are there once.
pub(super) fn single() -> impl Iterator<Item = &'static Key> {
    ALL.iter().filter(|key| key.repeated().is_none())
}

/// A section that may be there any number of times. As a whole it is a key too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RepeatedSection {
    /// From the root: `rpc.auth.users`.
    pub(super) path: &'static str,
    pub(super) named_by: NamedBy,
}

/// What tells the entries of a repeated section apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedBy {
    /// Their key `name`: they are an array of tables.
    Key,
    /// The name behind the section's: they are tables in a table.
    Header,
}

impl RepeatedSection {
    /// What follows this section in `path`.
    pub(super) fn key_within<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.path)?.strip_prefix('.')
    }

    /// Its keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        ALL.iter().filter(|key| self.key_within(key.path).is_some())
    }

    /// The section as a header.
    pub(super) fn header(&self) -> String {
        match self.named_by {
            NamedBy::Key => format!("[[{}]]", self.path),
            NamedBy::Header => format!("[{}]", self.path),
        }
    }

    /// The header of the entry called `entry`.
    pub(super) fn entry_header(&self, entry: &str) -> String {
        match self.named_by {
            NamedBy::Key => self.header(),
            NamedBy::Header => format!("[{}.{entry}]", self.path),
        }
    }
}

/// The repeated section at `path`.
pub(super) fn repeated(path: &str) -> Option<&'static RepeatedSection> {
    REPEATED.iter().find(|section| section.path == path)
}

/// The sections that may be there any number of times.
pub(super) const REPEATED: &[RepeatedSection] = &[
    RepeatedSection {
        path: "rpc.auth.per_method_limits",
        named_by: NamedBy::Header,
    },
    RepeatedSection {
        path: "rpc.auth.users",
        named_by: NamedBy::Key,
    },
];

/// The tables that hold keys and are there once, below the top of the file.
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

/// Where keys were before and are still read from, and where they are today.
pub(super) const MOVED: &[(&str, &str)] = &[("node.state_dir", "state_dir")];

/// Keys that had another name in a release, with the name of today.
pub(super) const RENAMED: &[(&str, &str)] = &[];

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

/// A build without the embedded node attaches to one.
const DEFAULT_KIND: &str = if cfg!(feature = "embedded") {
    r#""embedded""#
} else {
    r#""attached""#
};

/// Every key.
pub(super) const ALL: &[Key] = &[
    text("state_dir", r#""~/.local/state/bllvmctl""#),
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
    Key {
        inherits: Some("rpc.auth.rate_limit_rate"),
        ..toml("rpc.auth.users.rate", "")
    },
    Key {
        inherits: Some("rpc.auth.rate_limit_burst"),
        ..toml("rpc.auth.users.burst", "")
    },
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
            let section = key.section();
            let is_in_section =
                section.is_empty() || SECTIONS.contains(&section) || repeated(section).is_some();
            assert!(is_in_section, "{}", key.path);
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

    #[test]
    fn the_variable_of_a_key_of_no_section_has_two_underscores_in_front() {
        assert_eq!(find("state_dir").unwrap().variable(), "BLLVMCTL__STATE_DIR");
        for (before, today) in MOVED {
            assert!(find(before).is_none() && find(today).is_some(), "{before}");
        }
    }

    #[test]
    fn the_variable_of_a_key_in_a_repeated_section_names_the_entry() {
        let key = find("rpc.auth.users.rate").unwrap();
        assert_eq!(
            key.variable_of("ops-1"),
            "BLLVMCTL_RPC__AUTH__USERS__OPS_1__RATE"
        );
    }

    #[test]
    fn a_repeated_section_is_a_key_as_a_whole_and_what_its_keys_inherit_is_there() {
        for section in REPEATED {
            assert!(find(section.path).is_some(), "{}", section.path);
            assert!(section.keys().next().is_some(), "{}", section.path);
        }
        for key in ALL {
            assert!(
                key.inherits.is_none_or(|of| find(of).is_some()),
                "{}",
                key.path
            );
            assert!(
                key.repeated().is_some() || (key.required.is_none() && key.inherits.is_none()),
                "{}",
                key.path
            );
        }
    }

    #[test]
    fn a_key_is_found_as_it_is_written() {
        let path = |written: &str| find_written(written).map(|key| key.path);
        assert_eq!(path("rpc.listen"), Some("rpc.listen"));
        assert_eq!(path("rpc.auth.users.rate"), Some("rpc.auth.users.rate"));
        assert_eq!(
            path("rpc.auth.per_method_limits.getblock.rate"),
            Some("rpc.auth.per_method_limits.rate")
        );
        assert_eq!(path("rpc.auth.per_method_limits.getblock"), None);
    }
}

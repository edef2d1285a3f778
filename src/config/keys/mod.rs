//! Every key there is, in the order in which it is shown, with its default in TOML. Pure.

mod key;
mod repeated_section;
mod table;

pub(super) use key::{Key, NODES, Shape, either, text, toml};
pub(super) use repeated_section::{NamedBy, REPEATED, RepeatedSection, repeated};
pub(super) use table::{ALL, MOVED, RENAMED, SECTIONS};

impl Key {
    /// The last part of the path.
    pub(in crate::config) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// The section: `rpc.auth`.
    pub(in crate::config) fn section(&self) -> &'static str {
        self.path
            .rsplit_once('.')
            .map_or("", |(section, _)| section)
    }

    /// The repeated section that it is a key of.
    pub(in crate::config) fn repeated(&self) -> Option<&'static RepeatedSection> {
        REPEATED
            .iter()
            .find(|section| section.key_within(self.path).is_some())
    }

    /// The table that it is written in, or that its repeated section is written in: `rpc.auth`,
    /// also of `rpc.auth.users.name`.
    pub(in crate::config) fn home(&self) -> &'static str {
        let path = self.repeated().map_or(self.path, |section| section.path);
        path.rsplit_once('.').map_or("", |(table, _)| table)
    }

    /// The environment variable that gives it; in a repeated section for an entry called `NAME`.
    pub(in crate::config) fn variable(&self) -> String {
        self.variable_of("NAME")
    }

    /// The environment variable that gives it to the entry called `entry`.
    pub(in crate::config) fn variable_of(&self, entry: &str) -> String {
        let within = self
            .repeated()
            .and_then(|section| Some((section, section.key_within(self.path)?)));
        match within {
            None => variable(self.path),
            Some((section, name)) => {
                let name = name.to_ascii_uppercase().replace('.', "__");
                let prefix = section.variable_prefix();
                format!("{prefix}__{}__{name}", variable_name(entry))
            }
        }
    }
}

/// The variable of what is at `path`. Only names with two underscores are configuration, so a key
/// of no section has them in front.
pub(in crate::config) fn variable(path: &str) -> String {
    let top = if path.contains('.') { "" } else { "_" };
    format!(
        "BLLVMCTL_{top}{}",
        path.to_ascii_uppercase().replace('.', "__")
    )
}

/// The name of an entry as it is in the name of a variable.
pub(in crate::config) fn variable_name(entry: &str) -> String {
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
pub(in crate::config) fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The key at `path` as somebody wrote it, which in a repeated section may name the entry.
pub(in crate::config) fn find_written(path: &str) -> Option<&'static Key> {
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

/// The key that an entry of `[[nodes]]` has in place of the key at `path`: `nodes.chain` of
/// `node.chain`, `nodes.storage.min_free_gb` of `storage.min_free_gb`.
pub(in crate::config) fn of_node(path: &str) -> Option<&'static Key> {
    let name = path.strip_prefix("node.").unwrap_or(path);
    ALL.iter().find(|key| {
        let within = key.path.strip_prefix(NODES);
        within.and_then(|within| within.strip_prefix('.')) == Some(name)
    })
}

/// The key that was at `path` before, and is still read from there.
pub(in crate::config) fn moved(path: &str) -> Option<&'static Key> {
    let (_, today) = MOVED.iter().find(|(before, _)| *before == path)?;
    find(today)
}

/// The key at `path` that is there once.
pub(in crate::config) fn single_at(path: &str) -> Option<&'static Key> {
    find(path).filter(|key| key.repeated().is_none())
}

/// The keys that are there once.
pub(in crate::config) fn single() -> impl Iterator<Item = &'static Key> {
    ALL.iter().filter(|key| key.repeated().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_a_section_and_named_once() {
        for (n, key) in ALL.iter().enumerate() {
            let section = key.section();
            let is_in_section =
                section.is_empty() || SECTIONS.contains(&section) || key.repeated().is_some();
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
    fn a_key_of_a_node_has_the_name_and_the_shape_of_the_key_that_it_stands_for() {
        let of_nodes = ALL.iter().filter(|key| key.path.starts_with("nodes."));
        for key in of_nodes.filter(|key| key.inherits.is_some()) {
            let of = find(key.inherits.unwrap()).unwrap();
            assert_eq!(of_node(of.path).map(|key| key.path), Some(key.path));
            assert_eq!((key.name(), key.shape), (of.name(), of.shape));
            assert_eq!(key.default.starts_with('['), of.default.starts_with('['));
        }
        let variable = of_node("storage.custom.window").unwrap().variable_of("a-1");
        assert_eq!(variable, "BLLVMCTL_NODES__A_1__STORAGE__CUSTOM__WINDOW");
        assert_eq!(find("nodes").unwrap().variable(), "BLLVMCTL__NODES");
        assert!(of_node("network.listen").is_none() && of_node("rpc.listen").is_none());
    }

    #[test]
    fn a_repeated_section_is_a_key_as_a_whole_and_what_its_keys_inherit_is_there() {
        for section in REPEATED {
            assert!(find(section.path).is_some(), "{}", section.path);
            assert!(section.keys().next().is_some(), "{}", section.path);
        }
        for key in ALL.iter() {
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

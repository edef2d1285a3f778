//! Sections that may be there any number of times.

use super::{ALL, Key, NODES};

/// A section that may be there any number of times. As a whole it is a key too.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) struct RepeatedSection {
    /// From the root: `rpc.auth.users`.
    pub(in crate::config) path: &'static str,
    pub(in crate::config) named_by: NamedBy,
}

/// What distinguishes the entries of a repeated section by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum NamedBy {
    /// Their key `name`: they are an array of tables.
    Key,
    /// The name behind the section's: they are tables in a table.
    Header,
}

impl RepeatedSection {
    /// What follows this section in `path`.
    pub(in crate::config) fn key_within<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.path)?.strip_prefix('.')
    }

    /// What the variables of its entries begin with: `BLLVMCTL_RPC__AUTH__USERS`.
    pub(in crate::config) fn variable_prefix(&self) -> String {
        format!(
            "BLLVMCTL_{}",
            self.path.to_ascii_uppercase().replace('.', "__")
        )
    }

    /// Its keys.
    pub(in crate::config) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        ALL.iter().filter(|key| self.key_within(key.path).is_some())
    }

    /// The section as a header.
    pub(in crate::config) fn header(&self) -> String {
        match self.named_by {
            NamedBy::Key => format!("[[{}]]", self.path),
            NamedBy::Header => format!("[{}]", self.path),
        }
    }

    /// The header of the entry called `entry`.
    pub(in crate::config) fn entry_header(&self, entry: &str) -> String {
        match self.named_by {
            NamedBy::Key => self.header(),
            NamedBy::Header => format!("[{}.{entry}]", self.path),
        }
    }
}

/// The repeated section at `path`.
pub(in crate::config) fn repeated(path: &str) -> Option<&'static RepeatedSection> {
    REPEATED.iter().find(|section| section.path == path)
}

/// The sections that may be there any number of times.
pub(in crate::config) const REPEATED: &[RepeatedSection] = &[
    RepeatedSection {
        path: NODES,
        named_by: NamedBy::Key,
    },
    RepeatedSection {
        path: "notify",
        named_by: NamedBy::Key,
    },
    RepeatedSection {
        path: "rpc.auth.per_method_limits",
        named_by: NamedBy::Header,
    },
    RepeatedSection {
        path: "rpc.auth.users",
        named_by: NamedBy::Key,
    },
];

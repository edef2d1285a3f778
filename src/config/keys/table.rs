//! The keys of all sections, the sections, and the names of before.

use std::sync::LazyLock;

use super::Key;
use crate::config::schema;

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

/// Every key, in the order in which it is shown.
pub(in crate::config) static ALL: LazyLock<Vec<Key>> = LazyLock::new(schema::keys);

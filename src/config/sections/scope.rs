//! Of which node a section is read.

use crate::config::keys;
use crate::config::place::Place;

/// Of which node the keys of `[node]`, `[network]`, `[storage]` and `[health]` are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum NodeScope {
    /// Of the only one.
    Only,
    /// Of none: they are the defaults of those in `[[nodes]]`.
    Defaults,
    /// Of this entry of `[[nodes]]`, from 0.
    Entry(usize),
}

impl NodeScope {
    /// Where the key is that is at `path` for an only node. A key that no entry has is the same for
    /// all nodes.
    pub(in crate::config) fn place(self, path: &'static str) -> Place {
        match self {
            Self::Only | Self::Defaults => Place::from(path),
            Self::Entry(entry) => keys::of_node(path)
                .map_or_else(|| Place::from(path), |key| Place::in_entry(key.path, entry)),
        }
    }

    /// The values are those of a node, so that they must agree with each other.
    pub(in crate::config) fn is_a_node(self) -> bool {
        self != Self::Defaults
    }
}

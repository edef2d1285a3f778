//! One layer of a configuration: what it gives, and what is wrong with the way it says it.

use std::collections::{BTreeMap, BTreeSet};

use super::item::Item;
use super::keys::{self, Key};
use super::problem::Problem;

/// The keys that the file, the environment or the flags give.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) items: BTreeMap<&'static str, Item>,
    /// Keys that were given in a form that cannot be read; told already.
    pub(super) broken: BTreeSet<&'static str>,
    /// Keys whose tables lack what could not be read; told already.
    pub(super) torn: BTreeSet<&'static str>,
    /// Of broken keys, the text that was probably meant: what to write instead is found by reading
    /// it.
    pub(super) meant: BTreeMap<&'static str, Item>,
    pub(super) problems: Vec<Problem>,
}

/// The keys whose values are tables with keys of their own.
const TABLES: [&str; 2] = ["rpc.auth.users", "rpc.auth.per_method_limits"];

impl Layer {
    /// Gives `key` the value `item`, unless it is broken.
    pub(super) fn give(&mut self, key: &'static Key, item: Item) {
        if !self.broken.contains(key.path) {
            self.items.insert(key.path, item);
        }
    }

    /// Notes that the key at `path`, if there is one, was given but cannot be read.
    pub(super) fn give_broken(&mut self, path: &str) {
        if let Some(key) = keys::find(path) {
            self.items.remove(key.path);
            self.broken.insert(key.path);
        }
        let inside = |table: &&str| {
            path.strip_prefix(*table)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.torn.extend(TABLES.into_iter().find(inside));
    }

    /// Puts `above` over this layer.
    pub(super) fn overlay(&mut self, above: Self) {
        for (path, item) in above.items {
            self.broken.remove(path);
            self.meant.remove(path);
            self.torn.remove(path);
            self.items.insert(path, item);
        }
        for path in above.broken {
            self.items.remove(path);
            self.broken.insert(path);
        }
        self.meant.extend(above.meant);
        self.problems.extend(above.problems);
    }
}

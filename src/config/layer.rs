//! One layer of a configuration: what it gives, and what is wrong with the way it says it.

use std::collections::BTreeSet;

use super::item::Item;
use super::keys::{self, Key, RepeatedSection};
use super::place::{Items, Place};
use super::problem::Problem;

/// The keys that the file, the environment or the flags give.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) items: Items,
    /// Keys that were given in a form that cannot be read; told already.
    pub(super) broken: BTreeSet<Place>,
    /// Repeated sections that lack what could not be read; told already.
    pub(super) torn: BTreeSet<&'static str>,
    /// Of broken keys, the text that was probably meant: what to write instead is found by reading
    /// it.
    pub(super) meant: Items,
    pub(super) problems: Vec<Problem>,
}

impl Layer {
    /// Gives `key` the value `item`, unless it is broken.
    pub(super) fn give(&mut self, key: &'static Key, item: Item) {
        if !self.broken.contains(&Place::from(key.path)) {
            self.items.insert(key.path, item);
        }
    }

    /// Notes that the key at `path`, if there is one, was given but cannot be read.
    pub(super) fn give_broken(&mut self, path: &str) {
        if let Some(key) = keys::find_written(path) {
            self.items.remove(key.path);
            self.broken.insert(Place::from(key.path));
        }
        let torn = keys::REPEATED
            .iter()
            .find(|section| section.key_within(path).is_some());
        self.torn.extend(torn.map(|section| section.path));
    }

    /// Notes that the key at `place` was given outside the file but cannot be read.
    pub(super) fn give_broken_at(&mut self, place: Place) {
        if place.entry.is_none() {
            self.items.remove(place.path);
        }
        self.broken.insert(place);
    }

    /// Whether an entry of `section`, or the whole, could not be read.
    pub(super) fn is_torn(&self, section: &RepeatedSection) -> bool {
        self.torn.contains(section.path) || self.broken.contains(&Place::from(section.path))
    }

    /// Puts `above` over this layer.
    pub(super) fn overlay(&mut self, above: Self) {
        for (path, item) in above.items {
            let is_in = |place: &Place| {
                place.path == path || place.repeated().is_some_and(|of| of.path == path)
            };
            self.broken.retain(|place| !is_in(place));
            self.meant.remove(path);
            self.torn.remove(path);
            self.items.insert(path, item);
        }
        for place in above.broken {
            self.items.remove(place.path);
            self.broken.insert(place);
        }
        self.meant.extend(above.meant);
        self.problems.extend(above.problems);
    }
}

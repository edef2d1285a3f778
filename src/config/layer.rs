//! One layer of a configuration: what it gives, and what is wrong with the way it says it.

use std::collections::BTreeSet;

use super::item::Item;
use super::keys::{self, Key, RepeatedSection};
use super::place::{Items, Place};
use super::problem::Problem;

/// The keys that the file, the environment or the flags give.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigLayer {
    pub(super) items: Items,
    /// Keys that were given in a form that cannot be read; reported already.
    pub(super) broken: BTreeSet<Place>,
    /// Repeated sections that lack what could not be read; reported already.
    pub(super) torn: BTreeSet<&'static str>,
    /// Of broken keys, the text that was probably meant: what to write instead is found by reading
    /// it.
    pub(super) meant: Items,
    pub(super) problems: Vec<Problem>,
    /// What was given where the key was before: the path of before, and the value.
    pub(super) moved: Vec<(&'static Key, String, Item)>,
}

impl ConfigLayer {
    /// Gives `key` the value `item`, unless it is broken.
    pub(super) fn give(&mut self, key: &'static Key, item: Item) {
        if !self.broken.contains(&Place::from(key.path)) {
            self.items.insert(key.path, item);
        }
    }

    /// Gives `key` the value `item` at `before`, where the key was before.
    pub(super) fn give_moved(&mut self, key: &'static Key, before: String, item: Item) {
        self.moved.push((key, before, item));
    }

    /// Takes the values that were given where their keys were before, unless the keys have another
    /// value where they are today.
    pub(super) fn settle_moved(&mut self) {
        for (key, before, item) in std::mem::take(&mut self.moved) {
            let today = self.items.get(key.path);
            if let Some(today) = today.filter(|today| today.value != item.value) {
                let message = format!(
                    "is called {} now, and that is {} in {}",
                    key.path, today.written, today.origin
                );
                let problem = Problem::error(&item.origin, message).key(before);
                self.problems.push(
                    problem
                        .value(item.written)
                        .suggest(format!("keep one of the two, as {}", key.path)),
                );
                self.give_broken_at(key.path.into());
            } else if today.is_none() {
                self.give(key, item);
            }
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

    /// Gives the key at `place` the value `item` in place of any other.
    pub(super) fn replace(&mut self, place: Place, item: Item) {
        self.broken.remove(&place);
        self.meant.remove(place.path);
        place.put(&mut self.items, item);
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

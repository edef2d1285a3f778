//! Reads keys out of the layers, one at a time, and collects what is wrong with them.
//!
//! A key that cannot be read gives `None` and a problem; whoever compares keys then has nothing to
//! compare, so that one mistake is reported once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::file;
use super::item::{Item, Origin, Value};
use super::keys::{self, Key, NODES};
use super::layer::ConfigLayer;
use super::list::{entries, list, retried};
use super::place::{Items, Place};
use super::plain_text::plain_text;
use super::problem::Problem;
use super::scalar::Wrong;
use super::suggestion::quoted;
use crate::env::Env;

static DEFAULTS: LazyLock<Items> = LazyLock::new(|| defaults(|key| key.default));
static ATTACHED_DEFAULTS: LazyLock<Items> = LazyLock::new(|| defaults(|key| key.attached));

/// The default of every key that has one. Trying suggestions reads a configuration many times, so
/// the defaults are parsed once.
fn defaults(default: impl Fn(&Key) -> &'static str) -> Items {
    let item = |key: &'static Key| {
        let item = file::read_value(key, default(key), &Origin::Default).ok()?;
        Some((key.path, item))
    };
    keys::ALL.iter().filter_map(item).collect()
}

/// What reading a key gives: `None` if it could not be read, which has been reported.
pub(super) type ReadResult<T> = Option<T>;

/// The keys of `[node]` that are one node's, and therefore no defaults of several.
pub(super) const OF_ONE_NODE: [&str; 6] = [
    "node.name",
    "node.rpc_url",
    "node.rpc_cookie_file",
    "node.rpc_token_file",
    "node.data_dir",
    "node.blocks_dir",
];

/// Whether there are entries of `[[nodes]]`, though perhaps none that can be read.
fn has_node_list(given: &ConfigLayer) -> bool {
    let is_empty = |item: &Item| matches!(&item.value, Value::List(list) if list.is_empty());
    let is_given = given.items.get(NODES).is_some_and(|item| !is_empty(item));
    is_given || given.torn.contains(NODES) || given.broken.contains(&Place::from(NODES))
}

/// All layers in one, and what was found wrong so far.
pub(super) struct Reader<'a> {
    env: &'a Env,
    pub(super) attached: bool,
    /// There is `[[nodes]]`, so that `[node]` is no node.
    pub(super) has_node_list: bool,
    defaults: Items,
    pub(super) items: Items,
    pub(super) torn: BTreeSet<&'static str>,
    unreadable: BTreeSet<Place>,
    pub(super) meant: Items,
    pub(super) problems: Vec<Problem>,
}

/// The defaults of an `attached` or an embedded node; the state directory is that of systemd where
/// there is one.
fn defaults_of(attached: bool, has_node_list: bool, env: &Env) -> Items {
    let mut defaults = if attached {
        ATTACHED_DEFAULTS.clone()
    } else {
        DEFAULTS.clone()
    };
    if has_node_list {
        for key in OF_ONE_NODE {
            defaults.remove(key);
        }
    }
    if let Some(directory) = env
        .get("STATE_DIRECTORY")
        .and_then(|list| list.split(':').find(|dir| !dir.is_empty()))
    {
        let origin = Origin::Environment("STATE_DIRECTORY".into());
        let value = Value::Text(directory.into());
        defaults.insert(
            "state_dir",
            Item {
                value,
                origin,
                written: directory.into(),
            },
        );
    }
    defaults
}

impl<'a> Reader<'a> {
    /// A reader of what `given` gives, with the defaults below it.
    pub(super) fn new(given: ConfigLayer, env: &'a Env) -> Self {
        let kind = given.items.get("node.kind").map(|item| &item.value);
        // Without the embedded node there is no other kind.
        let has_node_list = has_node_list(&given);
        let attached = kind == Some(&Value::Text("attached".into()))
            || has_node_list
            || !cfg!(feature = "embedded");
        let defaults = defaults_of(attached, has_node_list, env);
        let ConfigLayer {
            items,
            broken: unreadable,
            meant,
            torn,
            problems,
            ..
        } = given;
        let mut reader = Self {
            env,
            attached,
            has_node_list,
            defaults,
            items,
            torn,
            unreadable,
            meant,
            problems,
        };
        if has_node_list {
            reader.change_default("node.kind", "attached");
        }
        reader
    }

    /// Where nobody wrote `key`, its value is this text.
    pub(super) fn change_default(&mut self, key: &'static str, text: &str) {
        let item = Item {
            value: Value::Text(text.into()),
            origin: Origin::Default,
            written: quoted(text),
        };
        self.defaults.insert(key, item);
    }

    /// The effective value at `place`, so far as it is known.
    pub(super) fn item(&self, place: Place) -> Option<&Item> {
        let place = self.source(place);
        place
            .given(&self.items)
            .or_else(|| self.defaults.get(place.path))
    }

    /// The place whose value counts: another one where this one has none and inherits.
    fn source(&self, place: Place) -> Place {
        let inherited = || keys::find(place.path)?.inherits;
        if place.entry.is_none() || self.unreadable.contains(&place) || self.is_given(place) {
            return place;
        }
        inherited().map_or(place, Place::from)
    }

    /// Reads the key at `place`, which has a default or is given.
    pub(super) fn get<T>(
        &mut self,
        place: impl Into<Place>,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        let place = self.source(place.into());
        let entry = self.entry_name(place).map(str::to_owned);
        let read = |item: &Item| {
            plain_text(place.path, item, || variable(place, entry.as_deref()))?;
            read(item)
        };
        if self.unreadable.contains(&place) {
            self.complete(place.path, &read);
            return None;
        }
        match read(self.item(place)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let problem = wrong.clone().about(self.problem(place, ""));
                let suggestion = self.tried(place, wrong, &read);
                self.problems.push(Problem {
                    suggestion,
                    ..problem
                });
                self.unreadable.insert(place);
                None
            }
        }
    }

    /// The value at `place` once more, if it can be read: what is wrong with it has been reported.
    pub(super) fn known<T>(
        &self,
        place: impl Into<Place>,
        read: impl FnOnce(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        let place = self.source(place.into());
        if self.unreadable.contains(&place) || self.is_empty(place) {
            return None;
        }
        read(self.item(place)?).ok()
    }

    /// The path at `place`, if it can be read.
    pub(super) fn known_path(&self, place: Place) -> Option<PathBuf> {
        let home = self.env.get("HOME");
        self.known(place, |item| super::scalar::path(item, home))
    }

    /// Those entries of the list at `place` that can be read.
    pub(super) fn known_entries<T>(
        &self,
        place: impl Into<Place>,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Vec<T> {
        let items = self
            .item(place.into())
            .and_then(|item| entries(item).ok())
            .unwrap_or_default();
        items.iter().filter_map(|item| read(item).ok()).collect()
    }

    /// Reads the key at `place`, where nothing and an empty text mean `Some(None)`.
    pub(super) fn optional<T>(
        &mut self,
        place: impl Into<Place>,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> ReadResult<Option<T>> {
        let place = place.into();
        if self.is_empty(place) {
            return Some(None);
        }
        self.get(place, read).map(Some)
    }

    /// Reads the list at `place`; each element that is wrong is reported.
    pub(super) fn list<T>(
        &mut self,
        place: impl Into<Place>,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let place = self.source(place.into());
        let items = self.get(place, |item| list(item, &read))?;
        let tried =
            |item: &Item| read(item).map_err(|wrong| retried(place.path, item, wrong, &read));
        let path = place.display_path(&self.items);
        let read: Vec<_> = items
            .iter()
            .map(|item| self.element(place, &path, item, tried))
            .collect();
        read.into_iter().collect()
    }

    /// Reads one value inside that of `place` that is called `name`.
    pub(super) fn element<T>(
        &mut self,
        place: Place,
        name: &str,
        item: &Item,
        read: impl FnOnce(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(item) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let problem = Problem::error(&item.origin, "")
                    .key(name)
                    .value(&item.written);
                self.refuse(place, wrong.about(problem));
                None
            }
        }
    }

    /// Reads a path, with `~/` in front for the home directory.
    pub(super) fn path(&mut self, place: impl Into<Place>) -> Option<PathBuf> {
        let home = self.env.get("HOME");
        self.get(place, |item| super::scalar::path(item, home))
    }

    /// Reads a path that may be left out.
    pub(super) fn optional_path(&mut self, place: impl Into<Place>) -> ReadResult<Option<PathBuf>> {
        let place = place.into();
        if self.is_empty(place) {
            return Some(None);
        }
        self.path(place).map(Some)
    }

    /// Somebody wrote the key there.
    pub(super) fn is_given(&self, place: impl Into<Place>) -> bool {
        place.into().given(&self.items).is_some()
    }

    /// Somebody wrote the key there, and something else than its default.
    pub(super) fn is_changed(&self, place: impl Into<Place>) -> bool {
        let place = place.into();
        let default = DEFAULTS.get(place.path).map(|item| &item.value);
        let given = place.given(&self.items);
        given.is_some_and(|given| Some(&given.value) != default)
    }

    /// There is no value, or an empty text.
    pub(super) fn is_empty(&self, place: impl Into<Place>) -> bool {
        let place = self.source(place.into());
        let value = self.item(place).map(|item| &item.value);
        !self.unreadable.contains(&place)
            && value.is_none_or(|value| *value == Value::Text(String::new()))
    }

    /// Whether the value at `place` is known to be useless, which has been reported.
    pub(super) fn is_unreadable(&self, place: Place) -> bool {
        self.unreadable.contains(&place)
    }

    /// An error about the value at `place`, to be completed and reported.
    pub(super) fn problem(&self, place: impl Into<Place>, message: impl Into<String>) -> Problem {
        let place = self.source(place.into());
        let path = place.display_path(&self.items);
        match self.item(place) {
            Some(item) => Problem::error(&item.origin, message)
                .key(path)
                .value(&item.written),
            None => Problem::error(&Origin::Default, message).key(path),
        }
    }

    /// The first of the places where somebody wrote a value, else the first whose value is
    /// inherited and written, else the first.
    pub(super) fn written_one(&self, places: &[Place]) -> Option<Place> {
        let own = places.iter().find(|place| self.is_given(**place));
        let inherited = || {
            places
                .iter()
                .find(|place| self.is_given(self.source(**place)))
        };
        own.or_else(inherited).or(places.first()).copied()
    }

    /// Reports a problem; one that several nodes inherit is one.
    pub(super) fn report(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reports a problem that makes the value at `place` useless.
    pub(super) fn refuse(&mut self, place: impl Into<Place>, problem: Problem) {
        let place = self.source(place.into());
        self.unreadable.insert(place);
        self.report(problem);
    }

    /// What was found wrong, and every key's effective value: the default in place of one that
    /// cannot be read.
    pub(super) fn finish(mut self) -> (Vec<Problem>, Items) {
        for key in self.meant.keys().copied().collect::<Vec<_>>() {
            // Nobody has read it, since another key makes it useless.
            self.complete(key, &|_| Err::<(), _>(Wrong::new("")));
        }
        let useless: BTreeSet<&str> = self
            .unreadable
            .iter()
            .map(|place| place.repeated().map_or(place.path, |section| section.path))
            .collect();
        let mut effective = self.defaults;
        effective.extend(
            self.items
                .into_iter()
                .filter(|(key, _)| !useless.contains(key)),
        );
        (self.problems, effective)
    }
}

/// The environment variable that gives the key at `place`, in the entry called `entry`.
fn variable(place: Place, entry: Option<&str>) -> String {
    match (keys::find(place.path), entry) {
        (Some(key), Some(entry)) => key.variable_of(entry),
        (Some(key), None) => key.variable(),
        (None, _) => String::new(),
    }
}

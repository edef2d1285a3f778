//! Reads keys out of the layers, one at a time, and collects what is wrong with them.
//!
//! A key that cannot be read gives `None` and a problem; whoever compares keys then has nothing to compare, so that
//! one mistake is told once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::file;
use super::item::{Item, Origin, Value};
use super::keys;
use super::layer::Layer;
use super::problem::Problem;
use super::scalar::Wrong;
use crate::env::Env;

/// What reading a key gives: `None` if it could not be read, which has been told.
pub(super) type Read<T> = Option<T>;

/// All layers in one, and what was found wrong so far.
pub(super) struct Reader<'a> {
    env: &'a Env,
    attached: bool,
    defaults: BTreeMap<&'static str, Item>,
    items: BTreeMap<&'static str, Item>,
    torn: BTreeSet<&'static str>,
    unreadable: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of what `given` gives, with the defaults below it.
    pub(super) fn new(given: Layer, env: &'a Env) -> Self {
        let kind = given.items.get("node.kind").map(|item| &item.value);
        let attached = kind == Some(&Value::Text("attached".into()));
        let mut defaults = BTreeMap::new();
        for key in keys::ALL {
            let default = if attached { key.attached } else { key.default };
            if let Ok(item) = file::read_value(key, default, &Origin::Default) {
                defaults.insert(key.path, item);
            }
        }
        if let Some(directory) = env.get("STATE_DIRECTORY").and_then(|list| list.split(':').find(|dir| !dir.is_empty()))
        {
            let origin = Origin::Environment("STATE_DIRECTORY".into());
            let value = Value::Text(directory.into());
            defaults.insert("node.state_dir", Item { value, origin, written: directory.into() });
        }
        let Layer { items, broken: unreadable, torn, problems } = given;
        Self { env, attached, defaults, items, torn, unreadable, problems }
    }

    /// The effective value of `key`, so far as it is known.
    fn item(&self, key: &str) -> Option<&Item> {
        self.items.get(key).or_else(|| self.defaults.get(key))
    }

    /// Reads `key`, which has a default.
    pub(super) fn get<T>(&mut self, key: &'static str, read: impl FnOnce(&Item) -> Result<T, Wrong>) -> Option<T> {
        if self.unreadable.contains(key) {
            return None;
        }
        match read(self.item(key)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let mut problem = wrong.about(self.problem(key, ""));
                // Whoever does not know better is best served by the default.
                let default = keys::find(key).map(|key| if self.attached { key.attached } else { key.default });
                let default = default.filter(|default| !default.is_empty());
                problem.suggestion = problem.suggestion.or_else(|| Some(format!("write {}, the default", default?)));
                self.problems.push(problem);
                self.unreadable.insert(key);
                None
            }
        }
    }

    /// The value of `key` once more, if it can be read: what is wrong with it has been told.
    pub(super) fn known<T>(&self, key: &'static str, read: impl FnOnce(&Item) -> Result<T, Wrong>) -> Option<T> {
        if self.unreadable.contains(key) || self.is_empty(key) {
            return None;
        }
        read(self.item(key)?).ok()
    }

    /// Those entries of the list `key` that can be read.
    pub(super) fn known_entries<T>(&self, key: &str, read: impl Fn(&Item) -> Result<T, Wrong>) -> Vec<T> {
        let items = self.item(key).and_then(|item| entries(item).ok()).unwrap_or_default();
        items.iter().filter_map(|item| read(item).ok()).collect()
    }

    /// Reads `key`, where nothing and an empty text mean `Some(None)`.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Item) -> Result<T, Wrong>,
    ) -> Read<Option<T>> {
        if self.is_empty(key) {
            return Some(None);
        }
        self.get(key, read).map(Some)
    }

    /// Reads the list `key`; each entry that is wrong is told.
    pub(super) fn list<T>(&mut self, key: &'static str, read: impl Fn(&Item) -> Result<T, Wrong>) -> Option<Vec<T>> {
        let items = self.get(key, entries)?;
        self.entries(key, key, &items, read)
    }

    /// Reads the entries of a list that is called `name` and belongs to `key`.
    pub(super) fn entries<T>(
        &mut self,
        key: &'static str,
        name: &str,
        items: &[Item],
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let read: Vec<_> = items.iter().map(|item| self.entry(key, name, item, &read)).collect();
        read.into_iter().collect()
    }

    /// Reads one value inside `key` that is called `name`.
    pub(super) fn entry<T>(
        &mut self,
        key: &'static str,
        name: &str,
        item: &Item,
        read: impl FnOnce(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(item) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let problem = Problem::error(&item.origin, "").key(name).value(&item.written);
                self.refuse(key, wrong.about(problem));
                None
            }
        }
    }

    /// Reads a path, with `~/` in front for the home directory.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let home = self.env.get("HOME");
        self.get(key, |item| super::scalar::path(item, home))
    }

    /// Reads a path that may be left out.
    pub(super) fn optional_path(&mut self, key: &'static str) -> Read<Option<PathBuf>> {
        if self.is_empty(key) {
            return Some(None);
        }
        self.path(key).map(Some)
    }

    /// Somebody wrote the key.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }

    /// Somebody wrote the key, and something else than its default.
    pub(super) fn is_changed(&self, key: &str) -> bool {
        let default = keys::find(key).and_then(|key| file::read_value(key, key.default, &Origin::Default).ok());
        self.is_given(key) && self.items.get(key).map(|item| &item.value) != default.as_ref().map(|item| &item.value)
    }

    /// The key has no value, or an empty text.
    pub(super) fn is_empty(&self, key: &str) -> bool {
        let value = self.item(key).map(|item| &item.value);
        !self.unreadable.contains(key) && value.is_none_or(|value| *value == Value::Text(String::new()))
    }

    /// An error about `key` where its value was given, to be completed and told.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        match self.item(key) {
            Some(item) => Problem::error(&item.origin, message).key(key).value(&item.written),
            None => Problem::error(&Origin::Default, message).key(key),
        }
    }

    /// Something inside the tables of `key` could not be read, which has been told.
    pub(super) fn is_torn(&self, key: &str) -> bool {
        self.torn.contains(key)
    }

    /// The first of the keys that somebody wrote, else the first.
    pub(super) fn written_one<'k>(&self, keys: &[&'k str]) -> &'k str {
        let written = keys.iter().find(|key| self.is_given(key));
        written.or(keys.first()).copied().unwrap_or_default()
    }

    /// Tells a problem.
    pub(super) fn tell(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Tells a problem that makes the value of `key` useless.
    pub(super) fn refuse(&mut self, key: &'static str, problem: Problem) {
        self.unreadable.insert(key);
        self.problems.push(problem);
    }

    /// What was found wrong, and every key's effective value: the default in place of one that cannot be read.
    pub(super) fn finish(self) -> (Vec<Problem>, BTreeMap<&'static str, Item>) {
        let mut effective = self.defaults;
        effective.extend(self.items.into_iter().filter(|(key, _)| !self.unreadable.contains(key)));
        (self.problems, effective)
    }
}

/// The entries of a list.
pub(super) fn entries(item: &Item) -> Result<Vec<Item>, Wrong> {
    match &item.value {
        Value::List(items) => Ok(items.clone()),
        Value::Text(text) => Err(Wrong::kind("a list", item)
            .suggest(format!("write [{}]", super::item::presentable("", &format!("{text:?}"))))),
        _ => Err(Wrong::kind("a list", item)),
    }
}

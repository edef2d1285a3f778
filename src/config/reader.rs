//! Reads keys out of the layers, one at a time, and collects what is wrong with them.
//!
//! A key that cannot be read gives `None` and a problem; whoever compares keys then has nothing to
//! compare, so that one mistake is told once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::file;
use super::item::{Item, Origin, Value};
use super::keys::{self, Shape};
use super::layer::Layer;
use super::problem::Problem;
use super::scalar::Wrong;
use super::suggestion::{self, quoted};
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
    meant: BTreeMap<&'static str, Item>,
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
        if let Some(directory) = env
            .get("STATE_DIRECTORY")
            .and_then(|list| list.split(':').find(|dir| !dir.is_empty()))
        {
            let origin = Origin::Environment("STATE_DIRECTORY".into());
            let value = Value::Text(directory.into());
            defaults.insert(
                "node.state_dir",
                Item {
                    value,
                    origin,
                    written: directory.into(),
                },
            );
        }
        let Layer {
            items,
            broken: unreadable,
            meant,
            torn,
            problems,
        } = given;
        Self {
            env,
            attached,
            defaults,
            items,
            torn,
            unreadable,
            meant,
            problems,
        }
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

    /// The effective value of `key`, so far as it is known.
    fn item(&self, key: &str) -> Option<&Item> {
        self.items.get(key).or_else(|| self.defaults.get(key))
    }

    /// Reads `key`, which has a default.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        let read = |item: &Item| plain_text(key, item).and_then(|()| read(item));
        if self.unreadable.contains(key) {
            self.complete(key, &read);
            return None;
        }
        match read(self.item(key)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let problem = wrong.clone().about(self.problem(key, ""));
                let suggestion = self.tried(key, wrong, &read);
                self.problems.push(Problem {
                    suggestion,
                    ..problem
                });
                self.unreadable.insert(key);
                None
            }
        }
    }

    /// What to write instead of a value that is no TOML: what its text would mean.
    fn complete<T>(&mut self, key: &'static str, read: &impl Fn(&Item) -> Result<T, Wrong>) {
        let Some(meant) = self.meant.remove(key) else {
            return;
        };
        let Value::Text(text) = &meant.value else {
            return;
        };
        let suggestion = match read(&meant) {
            // As it stands it is what the key takes, but for its quotes.
            Ok(_) => Some(format!("write {}", quoted(text))),
            Err(wrong) => self.tried(key, wrong, read),
        };
        let is_shown = |text: &String| *text == super::item::presentable(key, text);
        let suggestion = suggestion
            .filter(is_shown)
            .or_else(|| Some("put it into quotes".to_owned()));
        let is_it = |problem: &&mut Problem| {
            problem.key.as_deref() == Some(key) && problem.suggestion.is_none()
        };
        if let Some(problem) = self.problems.iter_mut().find(is_it) {
            problem.suggestion = suggestion;
        }
    }

    /// What `wrong` suggests, if reading it again finds nothing wrong, else what that suggests.
    /// Whoever does not know better is best served by the default.
    fn tried<T>(
        &self,
        key: &'static str,
        wrong: Wrong,
        read: &impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<String> {
        const MOST: usize = 4;
        let origin = self
            .item(key)
            .map_or(Origin::Default, |item| item.origin.clone());
        let known = keys::find(key)?;
        let mut suggestion = wrong.suggestion;
        for _ in 0..MOST {
            let Some(literal) = suggestion.as_deref().and_then(suggestion::literal) else {
                break;
            };
            suggestion = match file::read_value(known, literal, &origin).map(|item| read(&item)) {
                Ok(Ok(_)) => break,
                Ok(Err(wrong)) => wrong.suggestion,
                Err(_) => None,
            };
        }
        let default = if self.attached {
            known.attached
        } else {
            known.default
        };
        let default = || match default {
            "" => "leave it out, or write what is meant".to_owned(),
            default => format!("write {default}, the default"),
        };
        let is_shown = |literal: &str| literal == super::item::presentable(key, literal);
        let suggestion = match suggestion {
            Some(text) if !suggestion::literal(&text).is_none_or(is_shown) => {
                "leave out what is around it".into()
            }
            suggestion => suggestion.unwrap_or_else(default),
        };
        // The text of a variable is the value itself.
        let bare =
            !matches!(origin, Origin::File { .. } | Origin::Default) && known.shape != Shape::Toml;
        Some(if bare {
            suggestion::without_quotes(&suggestion)
        } else {
            suggestion
        })
    }

    /// The value of `key` once more, if it can be read: what is wrong with it has been told.
    pub(super) fn known<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        if self.unreadable.contains(key) || self.is_empty(key) {
            return None;
        }
        read(self.item(key)?).ok()
    }

    /// Those entries of the list `key` that can be read.
    pub(super) fn known_entries<T>(
        &self,
        key: &str,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Vec<T> {
        let items = self
            .item(key)
            .and_then(|item| entries(item).ok())
            .unwrap_or_default();
        items.iter().filter_map(|item| read(item).ok()).collect()
    }

    /// Reads `key`, where nothing and an empty text mean `Some(None)`.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Read<Option<T>> {
        if self.is_empty(key) {
            return Some(None);
        }
        self.get(key, read).map(Some)
    }

    /// Reads the list `key`; each entry that is wrong is told.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let items = self.get(key, |item| list(item, &read))?;
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
        let tried = |item: &Item| read(item).map_err(|wrong| retried(key, item, wrong, &read));
        let read: Vec<_> = items
            .iter()
            .map(|item| self.entry(key, name, item, tried))
            .collect();
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
                let problem = Problem::error(&item.origin, "")
                    .key(name)
                    .value(&item.written);
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
        let default = keys::find(key)
            .and_then(|key| file::read_value(key, key.default, &Origin::Default).ok());
        self.is_given(key)
            && self.items.get(key).map(|item| &item.value)
                != default.as_ref().map(|item| &item.value)
    }

    /// The key has no value, or an empty text.
    pub(super) fn is_empty(&self, key: &str) -> bool {
        let value = self.item(key).map(|item| &item.value);
        !self.unreadable.contains(key)
            && value.is_none_or(|value| *value == Value::Text(String::new()))
    }

    /// An error about `key` where its value was given, to be completed and told.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        match self.item(key) {
            Some(item) => Problem::error(&item.origin, message)
                .key(key)
                .value(&item.written),
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
        let key = problem.key.as_deref().and_then(keys::find);
        let is_bare = problem.given_by.is_some() && key.is_some_and(|key| key.shape != Shape::Toml);
        let problem = match problem.suggestion.as_deref().filter(|_| is_bare) {
            Some(text) if suggestion::literal(text).is_some() => {
                let suggestion = suggestion::without_quotes(text);
                problem.suggest(suggestion)
            }
            _ => problem,
        };
        self.problems.push(problem);
    }

    /// Tells a problem that makes the value of `key` useless.
    pub(super) fn refuse(&mut self, key: &'static str, problem: Problem) {
        self.unreadable.insert(key);
        self.problems.push(problem);
    }

    /// What was found wrong, and every key's effective value: the default in place of one that
    /// cannot be read.
    pub(super) fn finish(mut self) -> (Vec<Problem>, BTreeMap<&'static str, Item>) {
        for key in self.meant.keys().copied().collect::<Vec<_>>() {
            // Nobody has read it, since another key makes it useless.
            self.complete(key, &|_| Err::<(), _>(Wrong::new("")));
        }
        let mut effective = self.defaults;
        effective.extend(
            self.items
                .into_iter()
                .filter(|(key, _)| !self.unreadable.contains(key)),
        );
        (self.problems, effective)
    }
}

/// An entry of a list whose suggestion is one that can be taken, or the advice to do without.
fn retried<T>(
    key: &str,
    item: &Item,
    wrong: Wrong,
    read: &impl Fn(&Item) -> Result<T, Wrong>,
) -> Wrong {
    let is_good = |literal: &str| {
        let known = keys::find(key);
        let entry = known.and_then(|known| file::read_value(known, literal, &item.origin).ok());
        entry.is_some_and(|entry| read(&entry).is_ok())
    };
    match wrong.suggestion.as_deref() {
        Some(advice) if suggestion::literal(advice).is_none_or(is_good) => wrong,
        _ => wrong.suggest("leave it out, or write what is meant"),
    }
}

/// A text that is meant as it stands: without quotes of another notation around it, without
/// variables to be expanded.
fn plain_text(key: &'static str, item: &Item) -> Result<(), Wrong> {
    let Value::Text(text) = &item.value else {
        return Ok(());
    };
    let Some(key) = keys::find(key).filter(|key| key.shape != Shape::Toml) else {
        return Ok(());
    };
    let text = text.trim();
    let is_closed =
        |inner: &str| inner.len() + 1 < text.len() && text.starts_with(suggestion::QUOTES);
    if let Some(inner) = suggestion::within_quotes(text).filter(|inner| is_closed(inner)) {
        let wrong = Wrong::new("has quotes around it that are part of the value");
        return Err(if inner.is_empty() {
            wrong
        } else {
            wrong.suggest(format!("write {}", quoted(inner)))
        });
    }
    if !has_variable(text) {
        return Ok(());
    }
    let wrong = Wrong::new("has a variable in it, and variables are not expanded");
    Err(match &item.origin {
        Origin::File { .. } => {
            wrong.suggest(format!("set {} to the value instead", key.variable()))
        }
        _ => wrong.suggest("set it to the value itself"),
    })
}

/// `${NAME}` anywhere, or `$NAME` in front, as in `$HOME/x`.
fn has_variable(text: &str) -> bool {
    let is_name = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let in_front = text.strip_prefix('$').is_some_and(is_name);
    in_front
        || text
            .split("${")
            .skip(1)
            .any(|rest| is_name(rest) && rest.contains('}'))
}

/// The entries of a list of texts. A single text is told the list that it means, if each entry of
/// that is good.
fn list<T>(item: &Item, read: impl Fn(&Item) -> Result<T, Wrong>) -> Result<Vec<Item>, Wrong> {
    let Value::Text(text) = &item.value else {
        return entries(item);
    };
    let inside = text
        .trim()
        .trim_matches(suggestion::QUOTES)
        .trim()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let parts = inside
        .split([',', ';', ' '])
        .map(|part| part.trim_matches(suggestion::QUOTES).trim());
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    let wrong = Wrong::kind("a list", item);
    let entry = |part: &str| Item {
        value: Value::Text(part.into()),
        ..item.clone()
    };
    match parts
        .iter()
        .find_map(|part| Some((part, read(&entry(part)).err()?)))
    {
        None => Err(wrong.suggest(format!(
            "write [{}]",
            join(parts.iter().map(|part| quoted(part)))
        ))),
        Some((part, bad)) => {
            let shown = super::item::presentable("", &quoted(part));
            let advice = bad
                .suggestion
                .filter(|advice| suggestion::literal(advice).is_none());
            let advice = advice.unwrap_or_else(|| {
                "write a list of texts in quotes, such as [\"a\", \"b\"]".to_owned()
            });
            Err(
                Wrong::new(format!("must be a list, and {shown} in it {}", bad.message))
                    .suggest(advice),
            )
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// The entries of a list.
pub(super) fn entries(item: &Item) -> Result<Vec<Item>, Wrong> {
    match &item.value {
        Value::List(items) => Ok(items.clone()),
        _ => Err(Wrong::kind("a list", item)),
    }
}

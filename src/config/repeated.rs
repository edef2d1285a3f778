//! Reads the entries of sections that may be there any number of times.

use super::hook;
use super::item::{Item, Value};
use super::keys::{self, NamedBy, RepeatedSection};
use super::list::entries;
use super::nearest;
use super::place::{self, Place};
use super::problem::Problem;
use super::reader::Reader;
use super::redacted::REDACTED;
use super::scalar::Wrong;

impl Reader<'_> {
    /// The entries of the repeated section at `path` that are tables. What is none, and keys that
    /// do not exist, are reported.
    pub(super) fn entries_of(&mut self, path: &'static str) -> Option<Vec<usize>> {
        let section = keys::repeated(path)?;
        let given: Vec<(String, Item)> = self.get(path, |item| tables(section, item))?;
        let mut good = Vec::new();
        for (entry, (name, item)) in given.iter().enumerate() {
            if self.look_through(section, name, item) {
                good.push(entry);
            }
        }
        Some(good)
    }

    /// How many entries `[[nodes]]` has, whatever is wrong with them.
    pub(super) fn node_entries(&self) -> usize {
        self.entries_at(keys::NODES)
    }

    /// How many entries the repeated section at `path` has, whatever is wrong with them.
    pub(super) fn entries_at(&self, path: &str) -> usize {
        keys::repeated(path).map_or(0, |section| place::entries(&self.items, section).count())
    }

    /// The section of `place` lacks what could not be read, which has been reported.
    pub(super) fn is_torn(&self, place: Place) -> bool {
        place
            .repeated()
            .is_some_and(|section| self.torn.contains(section.path))
    }

    /// Reports what is wrong with an entry as a whole; whether it is a table.
    fn look_through(&mut self, section: &'static RepeatedSection, name: &str, item: &Item) -> bool {
        let path = match name {
            "" => section.path.to_owned(),
            name => format!("{}.{name}", section.path),
        };
        let place = Place::from(section.path);
        let read = |item: &Item| match &item.value {
            Value::Table(fields) => Ok(fields.clone()),
            _ => Err(Wrong::kind("a table", item).suggest(example(section, name))),
        };
        let Some(fields) = self.element(place, &path, item, read) else {
            return false;
        };
        self.report_unknown(section, &path, "", &fields);
        true
    }

    /// Reports the fields that do not exist.
    fn report_unknown(
        &mut self,
        section: &'static RepeatedSection,
        path: &str,
        before: &str,
        fields: &[(String, Item)],
    ) {
        for (name, item) in fields {
            let within = format!("{before}{name}");
            let is = |path: &str| section.key_within(path) == Some(&*within);
            let holds = |path: &str| {
                let rest = section
                    .key_within(path)
                    .and_then(|path| path.strip_prefix(&*within));
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            match &item.value {
                _ if section.keys().any(|key| is(key.path)) => {}
                Value::Table(inner) if section.keys().any(|key| holds(key.path)) => {
                    self.report_unknown(section, path, &format!("{within}."), inner);
                }
                _ if section.keys().any(|key| holds(key.path)) => {
                    let problem = Problem::error(&item.origin, "").value(&item.written);
                    let wrong = Wrong::kind("a table", item);
                    let wrong = wrong.suggest(format!("write {within} = {{ KEY = VALUE }}"));
                    self.refuse(
                        section.path,
                        wrong.about(problem.key(format!("{path}.{within}"))),
                    );
                }
                _ => self.refuse(section.path, unknown(section, path, &within, item)),
            }
        }
    }

    /// Reads a key that each entry must have.
    pub(super) fn required<T>(
        &mut self,
        place: Place,
        read: impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<T> {
        if self.is_given(place) || self.is_unreadable(place) {
            return self.get(place, read);
        }
        let section = place.repeated()?;
        if self.torn.contains(section.path) {
            self.complete(place.path, &read);
            return None;
        }
        let problem = self.lacking(place)?;
        self.refuse(place, problem);
        None
    }

    fn lacking(&self, place: Place) -> Option<Problem> {
        let key = keys::find(place.path)?;
        let name = key.name();
        let example = key.required.unwrap_or_default();
        let say = if example.contains('…') { "" } else { ", say" };
        let problem = self.entry_problem(place, format!("has no {name}"))?;
        Some(problem.suggest(format!("write {name} = {example}{say}")))
    }

    /// An error about the whole entry that `place` is in, to be completed and reported.
    pub(super) fn entry_problem(
        &self,
        place: Place,
        message: impl Into<String>,
    ) -> Option<Problem> {
        let section = place.repeated()?;
        let (header, entry) = place::entries(&self.items, section).nth(place.entry?)?;
        let path = header.map_or_else(
            || section.path.to_owned(),
            |header| format!("{}.{header}", section.path),
        );
        Some(Problem::error(&entry.origin, message).key(path))
    }

    /// What the entry is called that `place` is in.
    pub(super) fn entry_name(&self, place: Place) -> Option<&str> {
        place::entry_name(&self.items, place.repeated()?, place.entry?)
    }
}

/// The entries of `section`, with the names that their headers give.
fn tables(section: &RepeatedSection, item: &Item) -> Result<Vec<(String, Item)>, Wrong> {
    match section.named_by {
        NamedBy::Key => {
            let tables = entries(item)
                .map_err(|wrong| wrong.suggest(format!("write {}", section.header())))?;
            Ok(tables
                .into_iter()
                .map(|table| (String::new(), table))
                .collect())
        }
        NamedBy::Header => match &item.value {
            Value::Table(tables) => Ok(tables.clone()),
            _ => Err(Wrong::kind("a table", item)),
        },
    }
}

/// How an entry called `name` is written.
fn example(section: &RepeatedSection, name: &str) -> String {
    if section.named_by == NamedBy::Key {
        return format!("write {} and its keys below it", section.header());
    }
    let required = section
        .keys()
        .filter_map(|key| Some(format!("{} = {}", key.name(), key.required?)));
    let required: Vec<_> = required.collect();
    format!("write {name} = {{ {} }}, say", required.join(", "))
}

/// A key that does not exist, in an entry that is at `path`.
fn unknown(section: &RepeatedSection, path: &str, name: &str, item: &Item) -> Problem {
    // A URL that somebody wrote for another key is a secret too.
    let is_secret = super::shown_value::is_secret(name) || section.path == hook::SECTION;
    let written = if is_secret {
        REDACTED
    } else {
        item.written.as_str()
    };
    let known = || {
        section
            .keys()
            .filter_map(|key| section.key_within(key.path))
    };
    let near = nearest::closest(name, known());
    let suggestion = near
        .map(|near| format!("did you mean {near}?"))
        .or_else(|| {
            let path = format!("{}.{name}", section.path);
            let shown = Some(written).filter(|_| !is_secret);
            nearest::for_key_with(&path, shown)
        })
        .unwrap_or_else(|| {
            let mut names: Vec<_> = known()
                .map(|name| name.split('.').next().unwrap_or(name))
                .collect();
            names.dedup();
            format!("known here: {}", names.join(", "))
        });
    Problem::error(&item.origin, "there is no such key")
        .key(format!("{path}.{name}"))
        .value(written)
        .suggest(suggestion)
}

//! The layers of the environment and of the flags.
//!
//! Only names that begin with `BLLVMCTL_` and contain `__` are configuration:
//! `BLLVMCTL_SECTION__KEY`, and `BLLVMCTL_SECTION__NAME__KEY` for the entry called `NAME` of a
//! section that is there several times. Others that begin so are options of the command line, or
//! set by Kubernetes, or a slip.

use std::ffi::OsStr;

use super::item::{Item, Origin, Value};
use super::keys::{self, Key, RepeatedSection, Shape};
use super::layer::ConfigLayer;
use super::place::{self, Place};
use super::problem::Problem;
use super::shown_value::{is_secret, presentable};
use super::{file, nearest};
use crate::env::Env;

const PREFIX: &str = "BLLVMCTL_";

/// Variables that are options of the command line.
const OPTIONS: [&str; 3] = ["BLLVMCTL_CONFIG", "BLLVMCTL_URL", "BLLVMCTL_TOKEN_FILE"];

/// Kubernetes lists the services to each pod in variables of these names, here of one
/// called bllvmctl.
const OF_KUBERNETES: [&str; 2] = ["BLLVMCTL_SERVICE_", "BLLVMCTL_PORT"];

/// Flags of the command line that override keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--listen`: `rpc.listen`.
    pub listen: Option<String>,
}

/// Puts the environment over `below`.
pub(super) fn overlay(below: &mut ConfigLayer, env: &Env) {
    let mut layer = ConfigLayer::default();
    let mut entry_variables = Vec::new();
    for (name, value) in env.with_prefix(PREFIX) {
        let origin = Origin::Environment(name.into());
        if !name.contains("__") {
            layer.problems.extend(without_section(name, &origin));
            continue;
        }
        if let Some(key) = keys::single().find(|key| key.variable() == name) {
            if let Some(item) = read(&mut layer, key.path.into(), value, &origin) {
                layer.give(key, item);
            }
        } else if let Some(of) = EntryVariable::find(name) {
            entry_variables.push((of, value, origin));
        } else if let Some((before, key)) = moved(name) {
            if let Some(item) = read(&mut layer, key.path.into(), value, &origin) {
                layer.give_moved(key, before.to_owned(), item);
            }
        } else {
            layer.problems.push(unknown(name, value, &origin));
        }
    }
    layer.settle_moved();
    below.overlay(layer);
    // Which entries there are is known now.
    for (of, value, origin) in entry_variables {
        of.give(below, value, &origin);
    }
}

/// The key that the variable `name` gives by where the key was before.
fn moved(name: &str) -> Option<(&'static str, &'static Key)> {
    let mut moved = keys::MOVED.iter();
    let (before, _) = moved.find(|(before, _)| keys::variable(before) == name)?;
    Some((before, keys::moved(before)?))
}

/// What is wrong with a variable that names no section.
fn without_section(name: &str, origin: &Origin) -> Option<Problem> {
    let is_known =
        OPTIONS.contains(&name) || OF_KUBERNETES.iter().any(|prefix| name.starts_with(prefix));
    if is_known {
        return None;
    }
    let problem = Problem::error(origin, "is no option and no key, and has no effect").warning();
    let suggestion = nearest::for_variable(name).unwrap_or_else(|| {
        "a key has two underscores behind its section, as in BLLVMCTL_RPC__LISTEN".to_owned()
    });
    Some(problem.suggest(suggestion))
}

fn unknown(name: &str, value: &OsStr, origin: &Origin) -> Problem {
    let mut problem = Problem::error(origin, "there is no such variable");
    if !is_secret(name) {
        problem.value = value.to_str().map(|text| presentable(name, text));
    }
    problem.suggestion = nearest::for_variable(name);
    problem
}

/// A variable for a key in one entry of a repeated section.
struct EntryVariable<'a> {
    section: &'static RepeatedSection,
    /// The name of the entry, as it is in the variable.
    entry: &'a str,
    key: &'static Key,
}

impl<'a> EntryVariable<'a> {
    fn find(variable: &'a str) -> Option<Self> {
        // The placeholder stands where the name of the entry does.
        let parts = |key: &'static Key| {
            let section = key.repeated()?;
            let whole = section.variable_prefix();
            let pattern = key.variable_of("");
            let rest = pattern.strip_prefix(&whole)?.strip_prefix("__")?;
            let named = variable.strip_prefix(&whole)?.strip_prefix("__")?;
            let entry = named.strip_suffix(rest)?;
            (!entry.is_empty()).then_some(Self {
                section,
                entry,
                key,
            })
        };
        keys::ALL.iter().find_map(parts)
    }

    /// Gives the value to the entry of this name.
    fn give(&self, layer: &mut ConfigLayer, value: &OsStr, origin: &Origin) {
        let names: Vec<String> = (0..place::entries(&layer.items, self.section).count())
            .map(|n| place::entry_name(&layer.items, self.section, n).unwrap_or_default())
            .map(keys::variable_name)
            .collect();
        let mut called =
            (0..names.len()).filter(|n| names.get(*n).is_some_and(|name| name == self.entry));
        match (called.next(), called.next()) {
            (Some(entry), None) => {
                let place = Place::in_entry(self.key.path, entry);
                if let Some(item) = read(layer, place, value, origin) {
                    layer.broken.remove(&place);
                    place.put(&mut layer.items, item);
                }
            }
            (found, _) => {
                // What could not be read may have had this name.
                if found.is_some() || !layer.is_torn(self.section) {
                    layer
                        .problems
                        .push(self.misnamed(&names, found.is_some(), origin));
                }
            }
        }
    }

    /// None of the entries, or more than one, has this name in the names of variables.
    fn misnamed(&self, names: &[String], is_ambiguous: bool, origin: &Origin) -> Problem {
        let header = self.section.header();
        if is_ambiguous {
            let message = format!("more than one entry of {header} is called {}", self.entry);
            return Problem::error(origin, message)
                .suggest("give the value in the file, or rename one of them");
        }
        let message = format!("no entry of {header} is called {}", self.entry);
        let near = nearest::closest(self.entry, names.iter().map(String::as_str));
        let suggestion = match near {
            Some(near) => format!("did you mean {}?", self.key.variable_of(near)),
            None => format!(
                "write the entry into the file first, or all of them into {}",
                {
                    keys::find(self.section.path)
                        .map(Key::variable)
                        .unwrap_or_default()
                }
            ),
        };
        Problem::error(origin, message).suggest(suggestion)
    }
}

/// The keys that flags give.
pub(super) fn flags(flags: &Flags) -> ConfigLayer {
    let mut layer = ConfigLayer::default();
    if let (Some(text), Some(key)) = (&flags.listen, keys::find("rpc.listen")) {
        let origin = Origin::Flag("--listen");
        if let Some(item) = read(&mut layer, key.path.into(), OsStr::new(text), &origin) {
            layer.give(key, item);
        }
    }
    layer
}

/// The value of the variable or flag `origin` for the key at `place`; what is wrong with it is
/// reported in `layer`.
fn read(layer: &mut ConfigLayer, place: Place, value: &OsStr, origin: &Origin) -> Option<Item> {
    let key = keys::find(place.path)?;
    let path = place.display_path(&layer.items);
    let read = match value.to_str() {
        Some(text) => value_of(key, text, origin),
        None => Err(Box::new(Problem::error(origin, "is not UTF-8"))),
    };
    match read {
        Ok(item) => Some(item),
        Err(problem) => {
            layer.problems.push(problem.key(path));
            layer.give_broken_at(place);
            None
        }
    }
}

fn value_of(key: &'static Key, text: &str, origin: &Origin) -> Result<Item, Box<Problem>> {
    let written = presentable(key.path, text);
    let as_text = || Item {
        value: Value::Text(text.into()),
        origin: origin.clone(),
        written: written.clone(),
    };
    if key.shape == Shape::Text {
        return Ok(as_text());
    }
    // Nothing is an empty list or table, and not a text without letters.
    let is_empty = text.trim().is_empty() && key.default.starts_with(['[', '{']);
    let value = match key.default.get(..1) {
        Some("[") if is_empty => "[]",
        Some("{") if is_empty => "{}",
        _ => text,
    };
    match file::read_value(key, value, origin) {
        Ok(item) => Ok(Item { written, ..item }),
        // What is no TOML at all is a text, and its reader says what it should be.
        // So is what is meant as a list of texts without quotes.
        Err(_) if key.default.starts_with('[') && !text.contains('{') => Ok(as_text()),
        Err(_) if key.shape == Shape::Either || !text.trim_start().starts_with(['[', '{']) => {
            Ok(as_text())
        }
        Err(message) => {
            let example = if key.default.is_empty() {
                "30"
            } else {
                key.default
            };
            let problem = Problem::error(origin, format!("is not a value of TOML: {message}"));
            Err(Box::new(
                problem
                    .value(written)
                    .suggest(format!("write it as in {example}")),
            ))
        }
    }
}

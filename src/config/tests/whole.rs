//! What is suggested for one key passes the next check of the whole configuration: it mends what it
//! is for and breaks no other key, in a file and in a variable, of an embedded and of an attached
//! node.

use std::fmt::Write;

use proptest::prelude::ProptestConfig;

use super::offers::{WRITTEN, offered, offered_bare, within};
use super::{load_env, messages, rpcauth};
use crate::config::keys::{self, Key, Shape};
use crate::config::{Loaded, Problem, Severity};

/// What another suggestion is for, not this one: no file of this name is there, and what stands
/// alone.
const OTHER_CAUSES: [&str; 7] = [
    "goes nowhere",
    "needs a password",
    "needs a user",
    "needs a private key",
    "needs a certificate",
    "needs a certificate of the listeners",
    "cannot be read: there is no such file",
];

/// A second node, with which that of the key must agree.
const OTHER_NODE: &str = "[[nodes]]
name = 'other'
rpc_url = 'http://127.0.0.1:2'
data_dir = '/other'
[fleet]
pass_through = true
";

/// A configuration in which one key is written by somebody who errs.
struct SuggestionAttempt {
    kind: &'static str,
    key: &'static Key,
    in_variable: bool,
}

impl SuggestionAttempt {
    /// The configuration with these values.
    fn load(&self, values: &[(&str, &str)]) -> Loaded {
        // A node of [[nodes]] is always attached.
        let is_in_list = self.key.path.starts_with("nodes");
        let kind = if is_in_list { "attached" } else { self.kind };
        let mut kind = format!("\"{kind}\"");
        let variable = self.key.variable();
        let mut variables = Vec::new();
        let mut lines = String::new();
        let mut within_entry = Vec::new();
        for (path, value) in values {
            let key = keys::find(path).unwrap();
            if *path == "node.kind" {
                (*value).clone_into(&mut kind);
            } else if self.in_variable && *path == self.key.path {
                variables.push((variable.as_str(), *value));
            } else if key.repeated().is_some() {
                within_entry.push((key, *value));
            } else {
                writeln!(lines, "{path} = {value}").unwrap();
            }
        }
        let mut entry = self.entry(&within_entry);
        if self.key.path.starts_with("nodes.") {
            entry += OTHER_NODE;
        }
        load_env(&format!("node.kind = {kind}\n{lines}{entry}"), &variables)
    }

    /// An entry of the repeated section that the key is in, with these values and all that each
    /// entry must have. A variable finds it by the name `name`.
    fn entry(&self, values: &[(&Key, &str)]) -> String {
        let Some(section) = self.key.repeated() else {
            return String::new();
        };
        let mut text = section.entry_header("name");
        let rpcauth = format!("'{}'", rpcauth());
        let required = [
            ("rpc.auth.users.name", "'name'"),
            ("rpc.auth.users.rpcauth", rpcauth.as_str()),
            ("notify.name", "'name'"),
            ("notify.url", "'http://127.0.0.1:1/'"),
            ("nodes.name", "'name'"),
            ("nodes.rpc_url", "'http://127.0.0.1:1'"),
            ("nodes.rpc_cookie_file", "'/name/.cookie'"),
            ("rpc.auth.per_method_limits.rate", "1"),
            ("rpc.auth.per_method_limits.burst", "1"),
        ];
        let is_own = |path: &str| {
            // A notification goes one way.
            let is_other_way = path == "notify.url"
                && ["notify.url_file", "notify.command"].contains(&self.key.path);
            is_other_way || (path == self.key.path && !self.is_called_by(path))
        };
        for (path, value) in required {
            let is_given = values.iter().any(|(key, _)| key.path == path);
            if section.key_within(path).is_some() && !is_given && !is_own(path) {
                let name = section.key_within(path).unwrap();
                write!(text, "\n{name} = {value}").unwrap();
            }
        }
        for (key, value) in values {
            let name = section.key_within(key.path).unwrap();
            write!(text, "\n{name} = {value}").unwrap();
        }
        text + "\n"
    }

    /// The variable finds the entry by the key at `path`.
    fn is_called_by(&self, path: &str) -> bool {
        self.in_variable && ["rpc.auth.users.name", "nodes.name", "notify.name"].contains(&path)
    }

    /// What may be written next, as keys and values: each value that `suggestion` offers, with
    /// what it says of another key.
    fn offers(&self, written: &str, problem: &Problem) -> Vec<Vec<(String, String)>> {
        let suggestion = problem
            .suggestion
            .as_deref()
            .unwrap_or_else(|| panic!("nothing to do: {problem}"));
        match self.other_key(suggestion) {
            Some(own) if own.0 == self.key.path => return vec![vec![own]],
            Some(other) => {
                let own = (self.key.path.to_owned(), written.to_owned());
                return vec![vec![own, other]];
            }
            None => {}
        }
        let split = suggestion.split_once(", and ");
        let first = split.map_or(suggestion, |(first, _)| first);
        let is_bare = self.in_variable && self.key.shape != Shape::Toml;
        let values = if is_bare {
            offered_bare(first)
        } else {
            offered(first)
        };
        let pairs = |value| {
            let own = (self.key.path.to_owned(), within(written, problem, value));
            let other = split.and_then(|(_, advice)| self.other_key(advice));
            std::iter::once(own).chain(other).collect()
        };
        values.into_iter().map(pairs).collect()
    }

    /// The other key, and its value, that `advice` says to write.
    fn other_key(&self, advice: &str) -> Option<(String, String)> {
        let (key, value) = match advice.strip_prefix("for ") {
            Some(advice) => advice.split_once(" write ")?,
            None => advice
                .strip_prefix("set ")
                .or(advice.strip_prefix("write "))?
                .split_once(" = ")?,
        };
        let section = advice
            .split_once(" in [")
            .and_then(|(_, rest)| rest.split_once(']'))
            .map_or(self.key.section(), |(section, _)| section);
        let key = if key.contains('.') {
            key.to_owned()
        } else {
            format!("{section}.{key}")
        };
        let value = offered(&format!("write {value}")).into_iter().next()?;
        keys::find_written(&key).map(|key| (key.path.to_owned(), value))
    }

    /// Writes `written`, takes each suggestion for the key, and returns how many were tried.
    fn check(&self, written: &str) -> usize {
        let first = self.load(&[(self.key.path, written)]);
        let mut tried = 0;
        for problem in first.problems.iter().filter(|p| self.is_about(p)) {
            for offer in self.offers(written, problem) {
                let values: Vec<_> = offer.iter().map(|(k, v)| (&**k, &**v)).collect();
                let next = self.load(&values);
                let is_left = |left: &&Problem| is_wrong(left, &first, problem);
                assert!(
                    next.problems.iter().find(is_left).is_none(),
                    "{} node, {written}: {problem}\n  then {:#?}",
                    self.kind,
                    messages(&next)
                );
                tried += 1;
            }
        }
        tried
    }

    fn is_about(&self, problem: &Problem) -> bool {
        let about = problem.key.as_deref().and_then(keys::find_written);
        about.is_some_and(|key| key.path == self.key.path)
    }
}

/// `left` is what was to be mended, or an error that was not there before.
fn is_wrong(left: &Problem, first: &Loaded, mended: &Problem) -> bool {
    if OTHER_CAUSES.contains(&left.message.as_str()) {
        return false;
    }
    let is_same = |other: &Problem| other.key == left.key && other.message == left.message;
    let is_new = !first.problems.iter().any(is_same);
    is_same(mended) || (left.severity == Severity::Error && is_new)
}

/// Writes what people write for every key, and returns how many suggestions were followed. Each of
/// the four tests takes its own share of the texts for a key, so that a short run tries half
/// of them once; with more rounds than proptest's default every test takes all.
fn check_every_key(kind: &'static str, in_variable: bool) -> usize {
    const SHARES: usize = 8;
    let is_long_run = ProptestConfig::default().cases > 256;
    let share = usize::from(kind == "attached") * 2 + usize::from(in_variable);
    // A secret is never shown, so none is suggested.
    let keys = keys::ALL
        .iter()
        .filter(|key| key.path != "node.kind" && !key.is_secret);
    let mut tried = 0;
    for (index, key) in keys.enumerate() {
        let attempt = SuggestionAttempt {
            kind,
            key,
            in_variable,
        };
        for (number, written) in WRITTEN.into_iter().enumerate() {
            if is_long_run || (number + index) % SHARES == share {
                tried += attempt.check(written);
            }
        }
    }
    tried
}

#[test]
fn what_is_suggested_for_an_embedded_node_in_a_file_passes_the_whole_check() {
    let tried = check_every_key("embedded", false);
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_is_suggested_for_an_embedded_node_in_a_variable_passes_the_whole_check() {
    let tried = check_every_key("embedded", true);
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_is_suggested_for_an_attached_node_in_a_file_passes_the_whole_check() {
    let tried = check_every_key("attached", false);
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_is_suggested_for_an_attached_node_in_a_variable_passes_the_whole_check() {
    let tried = check_every_key("attached", true);
    assert!(tried > 200, "{tried}");
}

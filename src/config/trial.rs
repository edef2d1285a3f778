//! Tries each value that is suggested on the whole configuration, before anybody sees it. Pure.
//!
//! A value that its own key takes can still contradict another key: then the suggestion is what the
//! contradiction suggests, or says what else is needed.

use super::item::{Item, Origin};
use super::keys::{self, Key, Shape};
use super::place::{self, Items, Place};
use super::problem::{Problem, Severity};
use super::{file, suggestion};

/// After so many suggestions that lead to the next one, none is made.
const MAX_STEPS: usize = 4;

/// Between what is to be written for a key, and what is needed beside it.
const SEPARATOR: &str = ", and ";

const FALLBACK_ADVICE: &str = "leave it out, or write what is meant";

/// Puts suggestions that pass in place of those that do not. `given` are the values in force, and
/// `check` returns what is wrong once the key at a place has another value.
pub(super) fn try_suggestions(
    problems: &mut [Problem],
    given: &Items,
    check: impl Fn(Place, Item) -> Vec<Problem>,
) {
    let first = problems.to_vec();
    for problem in problems {
        let Some(key) = problem.key.as_deref().and_then(keys::find_written) else {
            continue;
        };
        let Some(suggestion) = problem.suggestion.take() else {
            continue;
        };
        let suggestion = match place_of(problem, key, given) {
            Some(place) => {
                let check = |item| check(place, item);
                passing(suggestion, key, problem, &first, check)
            }
            None => suggestion,
        };
        problem.suggestion = Some(as_given(suggestion, key, problem));
    }
}

/// Where the value of `key` is that `problem` is about. In a repeated section it is the entry that
/// gives the key at the problem's line or by its variable; a value that could not be read is in
/// none.
fn place_of(problem: &Problem, key: &'static Key, given: &Items) -> Option<Place> {
    let Some(section) = key.repeated() else {
        return Some(key.path.into());
    };
    place::within(given, section)
        .into_iter()
        .find(|(place, item)| place.path == key.path && problem.is_at(&item.origin))
        .map(|(place, _)| place)
}

/// `suggestion` if it passes, else one that does or that says what else is needed.
fn passing(
    mut suggestion: String,
    key: &'static Key,
    problem: &Problem,
    first: &[Problem],
    check: impl Fn(Item) -> Vec<Problem>,
) -> String {
    for _ in 0..MAX_STEPS {
        let Some(literal) = suggestion::literal(&suggestion) else {
            return suggestion;
        };
        // An entry of a list has been tried where it was read.
        if is_list(key) && !literal.starts_with('[') {
            return suggestion;
        }
        let Ok(item) = file::read_value(key, literal, &Origin::Default) else {
            return suggestion;
        };
        let mut found = check(item).into_iter();
        let Some(left) = found.find(|found| is_left(found, problem, first)) else {
            return suggestion;
        };
        suggestion = match left.suggestion {
            None => return FALLBACK_ADVICE.to_owned(),
            Some(next) if left.key != problem.key => {
                let other = left.key.unwrap_or_default();
                return format!("write {literal}{SEPARATOR}for {other} {next}");
            }
            Some(next) if suggestion::literal(&next).is_some() || next.starts_with("leave ") => {
                next
            }
            Some(next) => return format!("write {literal}{SEPARATOR}{next}"),
        };
    }
    FALLBACK_ADVICE.to_owned()
}

/// Whether the value of `key` is a list. One of them has no default: without it there is no
/// command.
fn is_list(key: &Key) -> bool {
    key.default.starts_with('[') || key.path == "notify.command"
}

/// `found` is what was to be mended, or an error that was not there at first.
fn is_left(found: &Problem, mended: &Problem, first: &[Problem]) -> bool {
    let is_same = |other: &Problem| other.key == found.key && other.message == found.message;
    let is_error = found.severity == Severity::Error;
    is_same(mended) || (is_error && !first.iter().any(is_same))
}

/// The text of a variable or a flag is the value itself, without quotes. What is said of another
/// key keeps them: that one may be in the file.
fn as_given(suggestion: String, key: &Key, problem: &Problem) -> String {
    let is_bare = problem.given_by.is_some() && key.shape != Shape::Toml;
    if !is_bare || suggestion::literal(&suggestion).is_none() {
        return suggestion;
    }
    match suggestion.split_once(SEPARATOR) {
        Some((own, other)) => suggestion::without_quotes(own) + SEPARATOR + other,
        None => suggestion::without_quotes(&suggestion),
    }
}

//! What to write instead of a value that cannot be taken. A value that is suggested has been tried:
//! the next check accepts it.

use super::file;
use super::item::{Item, Origin, Value};
use super::keys::{self, Shape};
use super::place::Place;
use super::problem::Problem;
use super::reader::{Reader, entries};
use super::scalar::Wrong;
use super::suggestion::{self, quoted};

impl Reader<'_> {
    /// What to write instead of a value that is no TOML: what its text would mean.
    pub(super) fn complete<T>(
        &mut self,
        key: &'static str,
        read: &impl Fn(&Item) -> Result<T, Wrong>,
    ) {
        let Some(meant) = self.meant.remove(key) else {
            return;
        };
        let Value::Text(text) = &meant.value else {
            return;
        };
        let suggestion = match read(&meant) {
            // As it stands it is what the key takes, but for its quotes.
            Ok(_) => Some(format!("write {}", quoted(text))),
            Err(wrong) => self.tried(key.into(), wrong, read),
        };
        let is_shown = |text: &String| *text == super::item::presentable(key, text);
        let suggestion = suggestion
            .filter(is_shown)
            .or_else(|| Some("put it into quotes".to_owned()));
        let is_it = |problem: &&mut Problem| {
            let of = problem.key.as_deref().and_then(keys::find_written);
            of.is_some_and(|of| of.path == key) && problem.suggestion.is_none()
        };
        if let Some(problem) = self.problems.iter_mut().find(is_it) {
            problem.suggestion = suggestion;
        }
    }

    /// What `wrong` suggests, if reading it again finds nothing wrong, else what that suggests.
    /// Whoever does not know better is best served by the default.
    pub(super) fn tried<T>(
        &self,
        place: Place,
        wrong: Wrong,
        read: &impl Fn(&Item) -> Result<T, Wrong>,
    ) -> Option<String> {
        const MOST: usize = 4;
        let origin = self
            .item(place)
            .map_or(Origin::Default, |item| item.origin.clone());
        let known = keys::find(place.path)?;
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
            "" if known.required.is_some() => "write what is meant".to_owned(),
            "" => "leave it out, or write what is meant".to_owned(),
            default => format!("write {default}, the default"),
        };
        let is_shown = |literal: &str| literal == super::item::presentable(known.path, literal);
        let suggestion = match suggestion {
            Some(text) if !suggestion::literal(&text).is_none_or(is_shown) => {
                "leave out what is around it".into()
            }
            suggestion => suggestion.unwrap_or_else(default),
        };
        Some(suggestion)
    }
}

/// An entry of a list whose suggestion is one that can be taken, or the advice to do without.
pub(super) fn retried<T>(
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
/// variables to be expanded. `variable` is the environment variable that gives the key.
pub(super) fn plain_text(
    key: &'static str,
    item: &Item,
    variable: impl Fn() -> String,
) -> Result<(), Wrong> {
    let Value::Text(text) = &item.value else {
        return Ok(());
    };
    if keys::find(key).is_none_or(|key| key.shape == Shape::Toml || key.is_secret) {
        return Ok(());
    }
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
        Origin::File { .. } => wrong.suggest(format!("set {} to the value instead", variable())),
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
pub(super) fn list<T>(
    item: &Item,
    read: impl Fn(&Item) -> Result<T, Wrong>,
) -> Result<Vec<Item>, Wrong> {
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

//! Reads a list, and says what to write instead of one that cannot be read. Pure.

use super::item::{Item, Value};
use super::scalar::Wrong;
use super::suggestion::{self, quoted};
use super::{file, keys};

/// The entries of a list.
pub(super) fn entries(item: &Item) -> Result<Vec<Item>, Wrong> {
    match &item.value {
        Value::List(items) => Ok(items.clone()),
        _ => Err(Wrong::kind("a list", item)),
    }
}

/// The entries of a list of texts. For a single text it suggests the list that is meant, if each
/// entry of that is good.
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
            let shown = super::shown_value::presentable("", &quoted(part));
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

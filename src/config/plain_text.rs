//! Refuses a text that is not meant as it is written. Pure.

use super::item::{Item, Origin, Value};
use super::keys::{self, Shape};
use super::scalar::Wrong;
use super::suggestion::{self, quoted};

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

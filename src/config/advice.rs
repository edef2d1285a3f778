//! What to write instead of a value that cannot be taken. A value that is suggested has been tried:
//! the next check accepts it.

use super::file;
use super::item::{Item, Origin, Value};
use super::keys;
use super::place::Place;
use super::problem::Problem;
use super::reader::Reader;
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
        let is_shown = |text: &String| *text == super::shown_value::presentable(key, text);
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
        const MAX_STEPS: usize = 4;
        let origin = self
            .item(place)
            .map_or(Origin::Default, |item| item.origin.clone());
        let known = keys::find(place.path)?;
        let mut suggestion = wrong.suggestion;
        for _ in 0..MAX_STEPS {
            let Some(literal) = suggestion.as_deref().and_then(suggestion::literal) else {
                break;
            };
            suggestion = match file::read_value(known, literal, &origin).map(|item| read(&item)) {
                Ok(Ok(_)) => break,
                Ok(Err(wrong)) => wrong.suggestion,
                Err(_) => None,
            };
        }
        let default = if known.inherits.is_some() {
            ""
        } else if self.attached {
            known.attached
        } else {
            known.default
        };
        let default = || match default {
            "" if known.required.is_some_and(|example| example.contains('…')) => {
                "write what is meant".to_owned()
            }
            "" if let Some(example) = known.required => format!("write {example}, say"),
            // In an entry there is nothing to override.
            "\"\"" if known.repeated().is_some() => {
                "leave it out, or write what is meant".to_owned()
            }
            "" => "leave it out, or write what is meant".to_owned(),
            default => format!("write {default}, the default"),
        };
        let is_shown =
            |literal: &str| literal == super::shown_value::presentable(known.path, literal);
        let suggestion = match suggestion {
            Some(text) if !suggestion::literal(&text).is_none_or(is_shown) => {
                "leave out what is around it".into()
            }
            suggestion => suggestion.unwrap_or_else(default),
        };
        Some(suggestion)
    }
}

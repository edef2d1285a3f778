//! Reads one plain value: texts, numbers, durations, sizes, choices, paths.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::item::{Item, Value};
use super::problem::Problem;
use super::suggestion::{self, quoted};
use super::{foreign, nearest, units};
use crate::values::Size;

/// Ten years: nobody means more, and sums of durations stay far from any limit.
const MAX_SECS: f64 = 315_360_000.0;

/// Why a value cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            suggestion: None,
        }
    }

    pub(super) fn suggest(self, suggestion: impl Into<String>) -> Self {
        Self {
            suggestion: Some(suggestion.into()),
            ..self
        }
    }

    /// A value of another kind than `wanted`.
    pub(super) fn kind(wanted: &str, item: &Item) -> Self {
        Self::new(format!("must be {wanted}, not {}", item.kind()))
    }

    /// `problem` with this message.
    pub(super) fn about(self, problem: Problem) -> Problem {
        Problem {
            message: self.message,
            suggestion: self.suggestion,
            ..problem
        }
    }
}

pub(super) fn text(item: &Item) -> Result<String, Wrong> {
    match &item.value {
        Value::Text(text) if text.chars().any(char::is_control) => {
            Err(Wrong::new("must have no line breaks or control characters"))
        }
        Value::Text(text) => Ok(text.clone()),
        _ => {
            let wrong = Wrong::kind("a text", item);
            let plain = matches!(
                item.value,
                Value::Integer(_) | Value::Float(_) | Value::Boolean(_)
            );
            Err(if plain {
                wrong.suggest(format!("write {}", quoted(&item.written)))
            } else {
                wrong
            })
        }
    }
}

/// A text that is not empty.
pub(super) fn filled(item: &Item) -> Result<String, Wrong> {
    text(item).and_then(|text| {
        if text.trim().is_empty() {
            Err(Wrong::new("must not be empty"))
        } else {
            Ok(text)
        }
    })
}

pub(super) fn boolean(item: &Item) -> Result<bool, Wrong> {
    let Value::Boolean(truth) = item.value else {
        let wrong = Wrong::kind("true or false", item);
        let meant = match &item.value {
            Value::Text(text) => foreign::boolean(text),
            Value::Integer(number @ (0 | 1)) => Some(*number == 1),
            _ => None,
        };
        return Err(
            wrong.suggest(meant.map_or("write true or false".to_owned(), |truth| {
                format!("write {truth}")
            })),
        );
    };
    Ok(truth)
}

/// A whole number from `least` on that `T` can hold.
pub(super) fn whole<T: TryFrom<i64>>(item: &Item, least: i64) -> Result<T, Wrong> {
    match &item.value {
        Value::Integer(number) if *number < least => {
            Err(Wrong::new(format!("must be at least {least}")).suggest(format!("write {least}")))
        }
        Value::Integer(number) => T::try_from(*number).map_err(|_| Wrong::new("is too large")),
        Value::Float(number) if number.is_finite() => Err(Wrong::new("must be a whole number")
            .suggest(format!("write {}", number.round().max(whole_as_f64(least))))),
        _ => Err(Wrong::kind("a whole number", item).maybe(plain_number(item))),
    }
}

/// A whole number from 1.
pub(super) fn count(item: &Item) -> Result<NonZeroU32, Wrong> {
    whole::<u32>(item, 1)
        .and_then(|number| NonZeroU32::new(number).ok_or_else(|| Wrong::new("must be at least 1")))
}

/// A finite number.
pub(super) fn number(item: &Item) -> Result<f64, Wrong> {
    match &item.value {
        Value::Integer(number) => Ok(whole_as_f64(*number)),
        Value::Float(number) if number.is_finite() => Ok(*number),
        Value::Float(_) => Err(Wrong::new("must be a finite number")),
        _ => Err(Wrong::kind("a number", item).maybe(plain_number(item))),
    }
}

/// A number above zero, up to 10^9.
pub(super) fn rate(item: &Item) -> Result<f64, Wrong> {
    let rate = number(item)?;
    if rate <= 0.0 {
        return Err(
            Wrong::new("must be above 0").suggest("write 0.1 for one call in ten seconds, say")
        );
    }
    if rate > 1e9 {
        Err(Wrong::new("must be at most 1000000000"))
    } else {
        Ok(rate)
    }
}

/// Seconds, zero among them.
pub(super) fn seconds_or_zero(item: &Item) -> Result<Duration, Wrong> {
    let seconds = match &item.value {
        Value::Text(text) => {
            let wrong = Wrong::kind("a number of seconds", item);
            let duration = units::parse_duration(text).ok();
            return Err(match duration {
                Some(duration) => wrong.suggest(format!("write {}", duration.as_secs())),
                None => wrong.maybe(plain_number(item)),
            });
        }
        _ => number(item)?,
    };
    if seconds < 0.0 {
        return Err(Wrong::new("must not be negative"));
    }
    if seconds > MAX_SECS {
        return Err(Wrong::new("must be at most 315360000, ten years"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Seconds, more than none.
pub(super) fn seconds(item: &Item) -> Result<Duration, Wrong> {
    let duration = seconds_or_zero(item)?;
    if duration < Duration::from_millis(1) {
        return Err(Wrong::new("must be above 0").suggest("write 1 or more"));
    }
    Ok(duration)
}

/// Milliseconds, zero among them.
pub(super) fn milliseconds(item: &Item) -> Result<Duration, Wrong> {
    if let Value::Text(text) = &item.value {
        let wrong = Wrong::kind("a number of milliseconds", item);
        let written = text.trim();
        let millis = written.strip_suffix("ms").and_then(suggestion::number);
        let seconds = || Some(units::parse_duration(written).ok()?.as_millis().to_string());
        return Err(wrong.maybe(millis.or_else(seconds).or_else(|| plain_number(item))));
    }
    let number = number(item)?;
    if !(0.0..=MAX_SECS * 1000.0).contains(&number) {
        return Err(Wrong::new(
            "must be a number of milliseconds from 0 on, at most ten years",
        ));
    }
    Ok(Duration::from_secs_f64(number / 1000.0))
}

/// Units of 10^9 bytes.
pub(super) fn gigabytes(item: &Item) -> Result<Size, Wrong> {
    if let Value::Text(text) = &item.value {
        let wrong = Wrong::kind("a number of gigabytes", item);
        // Nobody who writes 80gb means anything but 80GB.
        let upper = || text.to_ascii_uppercase().replace("IB", "iB");
        let size = text.parse::<Size>().or_else(|_| upper().parse()).ok();
        let size = size.map(|size| in_gigabytes(size).to_string());
        return Err(wrong.maybe(size.or_else(|| plain_number(item))));
    }
    let number = number(item)?;
    if number < 0.0 {
        return Err(Wrong::new("must not be negative"));
    }
    Size::from_gigabytes(number).ok_or_else(|| Wrong::new("is too large"))
}

/// The number of 10^9 bytes in `size`.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "for people; far below 2^53 in practice"
)]
pub(super) fn in_gigabytes(size: Size) -> f64 {
    size.bytes() as f64 / 1e9
}

/// One of a few names.
pub(super) fn choice<T: Copy>(item: &Item, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    let text = named(item, &names)?;
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let near = nearest::closest(&text, names.iter().copied());
    let (last, first) = names.split_last().unwrap_or((&"", &[]));
    let wrong = Wrong::new(match first {
        [] => format!("must be {last}"),
        _ => format!("must be {} or {last}", first.join(", ")),
    });
    Err(wrong.suggest(match near {
        Some(near) => suggestion::one_of([near].into_iter()),
        None => suggestion::one_of(names.iter().copied()),
    }))
}

/// A text that is to be one of `names`; anything but a text gets all of them as the suggestion.
pub(super) fn named(item: &Item, names: &[&str]) -> Result<String, Wrong> {
    text(item).map_err(|wrong| match item.value {
        Value::Text(_) => wrong,
        _ => wrong.suggest(suggestion::one_of(names.iter().copied())),
    })
}

/// A path; `~/` in front is the home directory.
pub(super) fn path(item: &Item, home: Option<&str>) -> Result<PathBuf, Wrong> {
    if !matches!(item.value, Value::Text(_)) {
        // A number in quotes would be a path too, but not the one that is meant.
        return Err(Wrong::kind("a path", item));
    }
    let text = filled(item)?;
    // Whoever names a file with a quote at its end has copied that from somewhere.
    if let Some(inner) = suggestion::within_quotes(&text) {
        let wrong = Wrong::new("has quotes that are part of the name");
        return Err(if inner.is_empty() {
            wrong
        } else {
            wrong.suggest(format!("write {}", quoted(inner)))
        });
    }
    let below = match text.strip_prefix('~') {
        None => return Ok(PathBuf::from(text)),
        Some("") => "",
        Some(below) => match below.strip_prefix('/') {
            Some(below) => below,
            None => {
                return Err(Wrong::new("begins with ~ but not with ~/")
                    .suggest("write the directory in full"));
            }
        },
    };
    match home {
        Some(home) => Ok(PathBuf::from(home).join(below)),
        None => {
            Err(Wrong::new("begins with ~ but HOME is not set").suggest("write the path in full"))
        }
    }
}

impl Wrong {
    /// With the suggestion to write this, if there is one.
    fn maybe(self, write: Option<String>) -> Self {
        match write {
            Some(write) => self.suggest(format!("write {write}")),
            None => self,
        }
    }
}

/// The number that a text means.
fn plain_number(item: &Item) -> Option<String> {
    let Value::Text(text) = &item.value else {
        return None;
    };
    suggestion::number(text)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "configured numbers are far below 2^53"
)]
fn whole_as_f64(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::item::{Origin, text_item};

    fn item(value: Value) -> Item {
        Item {
            value,
            origin: Origin::Default,
            written: "x".into(),
        }
    }

    #[test]
    fn a_duration_with_a_unit_is_refused_with_the_seconds_to_write() {
        let wrong = seconds(&text_item("2m")).unwrap_err();
        assert_eq!(wrong.suggestion.as_deref(), Some("write 120"));
    }

    #[test]
    fn a_size_with_a_unit_is_refused_with_the_gigabytes_to_write() {
        let wrong = gigabytes(&text_item("1.5TB")).unwrap_err();
        assert_eq!(wrong.suggestion.as_deref(), Some("write 1500"));
    }

    #[test]
    fn numbers_have_bounds() {
        assert!(seconds(&item(Value::Integer(0))).is_err());
        assert!(seconds_or_zero(&item(Value::Integer(0))).is_ok());
        assert!(seconds(&item(Value::Float(f64::NAN))).is_err());
        assert!(seconds(&item(Value::Float(1e300))).is_err());
        assert!(gigabytes(&item(Value::Integer(-1))).is_err());
        assert!(gigabytes(&item(Value::Float(1e300))).is_err());
        assert!(rate(&item(Value::Float(0.0))).is_err());
        assert!(whole::<u32>(&item(Value::Integer(i64::MAX)), 0).is_err());
        assert_eq!(whole::<u32>(&item(Value::Integer(7)), 0), Ok(7));
        assert_eq!(number(&item(Value::Integer(7))), Ok(7.0));
    }

    #[test]
    fn a_home_directory_is_put_in_place_of_the_tilde() {
        assert_eq!(
            path(&text_item("~/a"), Some("/home/me")),
            Ok("/home/me/a".into())
        );
        assert_eq!(path(&text_item("/a"), None), Ok("/a".into()));
        assert!(path(&text_item("~/a"), None).is_err());
        assert!(path(&text_item("~you/a"), Some("/home/me")).is_err());
        assert!(path(&text_item(""), Some("/home/me")).is_err());
    }

    #[test]
    fn a_choice_names_the_nearest() {
        let wrong = choice(&text_item("atached"), &[("embedded", 1), ("attached", 2)]).unwrap_err();
        assert_eq!(wrong.message, "must be embedded or attached");
        assert_eq!(wrong.suggestion.as_deref(), Some("write \"attached\""));
    }
}

//! Durations as people write them: a number and a unit.
//!
//! Amounts of bytes are [`crate::values::Size`]. Keys of the configuration carry their unit in
//! their name and are plain numbers; these texts are for the command line.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseDurationError {
    /// A bare number: nobody knows what it counts.
    #[error("a duration needs a unit: write `{0}s` for seconds, or m, h, d")]
    NoUnit(String),
    /// Not numbers with the units s, m, h or d.
    #[error("`{0}` is not a duration: write a number and a unit, such as 30s, 5m, 1h30m or 2d")]
    NotADuration(String),
}

/// Reads a duration such as `90s`, `5m`, `1h30m` or `2d`: whole numbers, each with one of the units
/// s, m, h and d.
pub fn parse_duration(text: &str) -> Result<Duration, ParseDurationError> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(ParseDurationError::NoUnit(text.into()));
    }
    // Of the units humantime knows, only those that nobody misreads: its `M` is a month.
    if !text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b's' | b'm' | b'h' | b'd' | b' '))
        || text.contains("ms")
    {
        return Err(ParseDurationError::NotADuration(text.into()));
    }
    humantime::parse_duration(text).map_err(|_| ParseDurationError::NotADuration(text.into()))
}

/// A duration for people, in the form [`parse_duration`] reads when it is whole seconds: `1h 30m`.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (seconds / 86_400, 'd'),
        (seconds / 3600 % 24, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    let parts: Vec<_> = units
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if parts.is_empty() {
        "0s".into()
    } else {
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_duration_is_numbers_with_units() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration(" 2d 1h "), Ok(Duration::from_hours(49)));
    }

    #[test]
    fn a_bare_number_is_refused_with_what_to_write() {
        let error = parse_duration("30").unwrap_err();
        assert_eq!(error, ParseDurationError::NoUnit("30".into()));
        assert!(error.to_string().contains("`30s`"), "{error}");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "-5s",
            "5x",
            "1M",
            "5ms",
            "1y",
            "1e3s",
            "99999999999999999999d",
            "h5",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(seconds in 0_u64..10_000_000) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = parse_duration(&text);
        }
    }
}

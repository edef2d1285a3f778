//! Amounts of bytes, written with a unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of bytes.
///
/// Written with a unit: `B`; `K`, `KB` = 10^3; `Ki`, `KiB` = 2^10; likewise M, G, T. Fractions are
/// fine. In a document it is the number of bytes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(description = "A number of bytes.")]
pub struct Size(u64);

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl Size {
    /// `bytes` bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// `gigabytes` times 10^9 bytes, rounded to a byte; `None` if negative, not a number or beyond
    /// 2^63.
    #[must_use]
    pub fn from_gigabytes(gigabytes: f64) -> Option<Self> {
        scaled(gigabytes, 1_000_000_000)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// The units, the longer name of each pair first so that a suffix match finds it.
const UNITS: [(&str, u64); 17] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("B", 1),
];

/// Why a text is not an amount of bytes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseSizeError {
    /// A bare number: nobody knows what it counts.
    #[error(
        "a size needs a unit: write `{0}G` for 10^9 bytes each, `{0}Gi` for 2^30, or B, K, M, T"
    )]
    NoUnit(String),
    /// Not a number before the unit.
    #[error("`{0}` is not a size: write a number and a unit, such as 80G or 1.5GiB")]
    NotANumber(String),
    /// More than 2^63 bytes.
    #[error("`{0}` is too large for a size")]
    TooLarge(String),
}

impl FromStr for Size {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let text = text.trim();
        let found = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)));
        let Some((number, unit)) = found else {
            let bare = !text.is_empty() && is_plain_number(text);
            return Err(if bare {
                ParseSizeError::NoUnit(text.into())
            } else {
                ParseSizeError::NotANumber(text.into())
            });
        };
        let number = number.trim_end();
        if !is_plain_number(number) {
            return Err(ParseSizeError::NotANumber(text.into()));
        }
        if let Ok(whole) = number.parse::<u64>() {
            let bytes = whole
                .checked_mul(unit)
                .filter(|bytes| i64::try_from(*bytes).is_ok());
            return bytes
                .map(Self)
                .ok_or_else(|| ParseSizeError::TooLarge(text.into()));
        }
        let number: f64 = number
            .parse()
            .map_err(|_| ParseSizeError::NotANumber(text.into()))?;
        scaled(number, unit).ok_or_else(|| ParseSizeError::TooLarge(text.into()))
    }
}

/// Digits with at most one point: no sign, exponent, `inf` or `nan`, which `f64` would take.
fn is_plain_number(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.bytes().filter(|b| *b == b'.').count() <= 1
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first; a fraction of a byte is rounded on purpose"
)]
fn scaled(number: f64, unit: u64) -> Option<Size> {
    let bytes = (number * unit as f64).round();
    (bytes >= 0.0 && bytes < i64::MAX as f64).then_some(Size(bytes as u64))
}

impl fmt::Display for Size {
    /// Three figures and a decimal unit, as disks are sold and as `*_gb` keys count: `80.0 GB`.
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "three figures are shown"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            0..1_000 => return write!(f, "{} B", self.0),
            1_000..1_000_000 => (1e3, "KB"),
            1_000_000..1_000_000_000 => (1e6, "MB"),
            1_000_000_000..1_000_000_000_000 => (1e9, "GB"),
            _ => (1e12, "TB"),
        };
        write!(f, "{:.1} {name}", self.0 as f64 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_size_is_the_same_amount_on_the_command_line_and_in_a_gb_key() {
        assert_eq!("80G".parse::<Size>().ok(), Size::from_gigabytes(80.0));
        assert_eq!("0.5GB".parse::<Size>().ok(), Size::from_gigabytes(0.5));
    }

    #[test]
    fn binary_units_are_powers_of_two() {
        assert_eq!("1.5GiB".parse(), Ok(Size(1_610_612_736)));
        assert_eq!("64 Ki".parse(), Ok(Size(65_536)));
    }

    #[test]
    fn a_size_without_a_unit_is_refused_with_what_to_write() {
        let error = "80".parse::<Size>().unwrap_err().to_string();
        assert!(error.contains("`80G`"), "{error}");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "G",
            "-1G",
            "1e3G",
            "infG",
            "nanG",
            "1.2.3G",
            "12x",
            "99999999T",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_bytes_survive_every_unit(n in 0_u64..4_000_000) {
            for (name, unit) in UNITS {
                prop_assert_eq!(format!("{n}{name}").parse::<Size>(), Ok(Size(n * unit)));
            }
        }
    }
}

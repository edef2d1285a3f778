//! Whole numbers in requests: `86` and `86.0` are the same number in JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// The least number that is too large for a `u64`, and so for any of these.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

/// Reads a whole number that is not negative, or `null`.
pub(super) fn whole_number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    deserializer.deserialize_any(WholeNumber(PhantomData))
}

struct WholeNumber<T>(PhantomData<T>);

impl<T: TryFrom<u64>> Visitor<'_> for WholeNumber<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
        T::try_from(number).map(Some).map_err(wrong)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() == 0.0 && (0.0..TOO_LARGE).contains(&number) {
            // It is whole and fits: nothing is lost.
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is whole, not negative, and below 2^64"
            )]
            return self.visit_u64(number as u64);
        }
        Err(E::invalid_type(Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Holder {
        #[serde(default, deserialize_with = "whole_number")]
        blocks: Option<u32>,
    }

    fn read(blocks: &str) -> Result<Option<u32>, String> {
        let holder = serde_json::from_str::<Holder>(&format!("{{\"blocks\":{blocks}}}"));
        holder
            .map(|holder| holder.blocks)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        for (text, number) in [
            ("86", Some(86)),
            ("86.0", Some(86)),
            ("8.6e1", Some(86)),
            ("4294967295.0", Some(u32::MAX)),
            ("-0.0", Some(0)),
            ("null", None),
        ] {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        for wrong in [
            "86.5",
            "-1",
            "-1.0",
            "4294967296",
            "1e30",
            "\"86\"",
            "true",
            "[]",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains("whole number"), "{wrong}: {error}");
        }
        let absent: Holder = serde_json::from_str("{}").unwrap();
        assert_eq!(absent.blocks, None);
    }
}

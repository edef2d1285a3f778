//! Parameters, by position or by name, of the types that a method declares. Pure.

use std::str::FromStr;

use bitcoin::Amount;
use bitcoin::hex::FromHex;

use super::call::RawParams;
use super::error::{MISC, RpcError, TYPE_ERROR};
use super::json::Json;
use super::usage::{MethodUsage, Param};

/// A method's parameters, in its order; what was left out is null.
#[derive(Debug)]
pub(super) struct MethodParams {
    values: Vec<Json>,
    names: &'static [Param],
}

impl MethodParams {
    /// The parameters `given` to the method of `usage`.
    pub(super) fn read(usage: &MethodUsage, given: RawParams) -> Result<Self, RpcError> {
        let names = usage.params;
        let values = match given {
            RawParams::None => Vec::new(),
            RawParams::ByPosition(values) => values,
            RawParams::ByName(given) => by_position(given, names)?,
        };
        let required = names
            .iter()
            .rposition(|(_, _, required)| *required)
            .map_or(0, |last| last + 1);
        if values.len() > names.len() || values.len() < required {
            return Err(RpcError::new(MISC, usage.help()));
        }
        check_types(&values, names)?;
        Ok(Self { values, names })
    }

    /// The parameter `name`; `None` where it was left out.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        let at = self.names.iter().position(|(known, _, _)| *known == name)?;
        self.values.get(at).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        if let Json::Text(text) = self.get(name)? {
            Some(text)
        } else {
            None
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        if let Json::Bool(flag) = self.get(name)? {
            Some(*flag)
        } else {
            None
        }
    }

    /// A whole number within the bounds of `T`, which are those that bitcoind has for it.
    pub(super) fn integer<T: FromStr>(&self, name: &str) -> Result<Option<T>, RpcError> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Number(text)) => {
                let number = text
                    .parse()
                    .map_err(|_| RpcError::new(MISC, "JSON integer out of range"))?;
                Ok(Some(number))
            }
            Some(other) => Err(wrong_type(other, "number")),
        }
    }

    /// A verbosity: a number, or a flag for 0 and 1.
    pub(super) fn level(&self, name: &str, default: i32) -> Result<i32, RpcError> {
        match self.get(name) {
            Some(Json::Bool(flag)) => Ok(i32::from(*flag)),
            _ => Ok(self.integer(name)?.unwrap_or(default)),
        }
    }

    /// An amount in BTC, a number or a string.
    pub(super) fn amount(&self, name: &str) -> Result<Option<Amount>, RpcError> {
        let wrong = |message| RpcError::new(TYPE_ERROR, message);
        let text = match self.get(name) {
            None => return Ok(None),
            Some(Json::Number(text) | Json::Text(text)) => text,
            Some(_) => return Err(wrong("Amount is not a number or string")),
        };
        let satoshi = satoshi(text).ok_or_else(|| wrong("Invalid amount"))?;
        let amount = u64::try_from(satoshi)
            .map(Amount::from_sat)
            .ok()
            .filter(|amount| *amount <= Amount::MAX_MONEY);
        amount.map(Some).ok_or_else(|| wrong("Amount out of range"))
    }

    /// The hash `name` in hexadecimal, as hashes are written.
    pub(super) fn hash<H: FromStr>(&self, name: &str) -> Result<H, RpcError> {
        hash(name, self.text(name).unwrap_or_default())
    }

    /// Bytes in hexadecimal; `failure` is what the method says of others.
    pub(super) fn bytes(&self, name: &str, failure: &RpcError) -> Result<Vec<u8>, RpcError> {
        Vec::from_hex(self.text(name).unwrap_or_default()).map_err(|_| failure.clone())
    }
}

/// The hash that `text`, a value of `name`, is.
pub(super) fn hash<H: FromStr>(name: &str, text: &str) -> Result<H, RpcError> {
    let length = text.len();
    if length != 64 {
        return Err(RpcError::parameter(format!(
            "{name} must be of length 64 (not {length}, for '{text}')"
        )));
    }
    let not_hex =
        |_| RpcError::parameter(format!("{name} must be hexadecimal string (not '{text}')"));
    text.parse().map_err(not_hex)
}

/// The satoshi of an amount in BTC, written as a number of JSON; `None` if it is none, has a part
/// of a satoshi, or has more than eighteen digits.
fn satoshi(text: &str) -> Option<i64> {
    const DECIMALS: i64 = 8;
    const DIGITS: i64 = 18;
    let (is_negative, rest) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (number, exponent) = match rest.split_once(['e', 'E']) {
        Some((number, exponent)) => (
            number,
            digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?,
        ),
        None => (rest, "0"),
    };
    let is_fraction = rest.contains("e-") || rest.contains("E-");
    let sign = if is_fraction { -1 } else { 1 };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (digits(whole)?, digits(fraction)?),
        None => (digits(number)?, ""),
    };
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    // The zeros at its end are no digits, but for the one before the point.
    let all = format!("{}{fraction}", if whole == "0" { "" } else { whole });
    let significant = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - significant.len()).ok()?;
    let places = i64::try_from(fraction.len()).ok()?;
    let exponent = sign
        * exponent
            .parse::<i64>()
            .ok()
            .filter(|exponent| *exponent < 1_000)?
        - places
        + zeros
        + DECIMALS;
    if !(0..DIGITS).contains(&exponent) {
        return None;
    }
    let mantissa: i128 = match significant {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    let value = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(exponent).ok()?)?)?;
    let value = i64::try_from(value)
        .ok()
        .filter(|value| *value < 10_i64.pow(18))?;
    Some(if is_negative { -value } else { value })
}

/// `text`, if it is digits and nothing else.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// What is said of a value whose type nobody has looked at before.
pub(super) fn wrong_type(value: &Json, wanted: &str) -> RpcError {
    let found = value.type_name();
    RpcError::new(
        TYPE_ERROR,
        format!("JSON value of type {found} is not of expected type {wanted}"),
    )
}

/// Some parameters go by an older name too.
fn names_of(name: &str) -> Vec<&str> {
    if name == "verbosity" {
        vec![name, "verbose"]
    } else {
        vec![name]
    }
}

fn without_duplicates(given: Vec<(String, Json)>) -> Result<Vec<(String, Json)>, RpcError> {
    let mut known: Vec<(String, Json)> = Vec::with_capacity(given.len());
    for (name, value) in given {
        if known.iter().any(|(other, _)| *other == name) {
            return Err(RpcError::parameter(format!(
                "Parameter {name} specified multiple times"
            )));
        }
        known.push((name, value));
    }
    Ok(known)
}

/// Named parameters in their order; the first ones may stand in a list called `args` instead.
fn by_position(given: Vec<(String, Json)>, names: &[Param]) -> Result<Vec<Json>, RpcError> {
    let mut left = without_duplicates(given)?;
    let mut take = |name: &str| {
        left.iter()
            .position(|(known, _)| known == name)
            .map(|at| left.remove(at).1)
    };
    // Of two names of one parameter the first counts, and the other one is unknown.
    let mut found: Vec<Option<Json>> = names
        .iter()
        .map(|(name, _, _)| names_of(name).into_iter().find_map(&mut take))
        .collect();
    // What is null was given all the same.
    found.truncate(
        found
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1),
    );
    // What else is called so says nothing.
    let first = take("args")
        .and_then(|args| args.items())
        .unwrap_or_default();
    let lowest = found
        .iter()
        .position(Option::is_some)
        .filter(|lowest| *lowest < first.len());
    if let Some((name, _, _)) = lowest.and_then(|lowest| names.get(lowest)) {
        let name = names_of(name).join("|");
        let twice =
            format!("Parameter {name} specified twice both as positional and named argument");
        return Err(RpcError::parameter(twice));
    }
    if let Some((name, _)) = left.first() {
        return Err(RpcError::parameter(format!(
            "Unknown named parameter {name}"
        )));
    }
    let count = first.len();
    let behind = found
        .into_iter()
        .skip(count)
        .map(|value| value.unwrap_or(Json::Null));
    Ok(first.into_iter().chain(behind).collect())
}

fn check_types(values: &[Json], names: &[Param]) -> Result<(), RpcError> {
    let wrong = |(at, (value, (name, kind, required))): (usize, (&Json, &Param))| {
        let expected = kind.refuses(value, *required)?;
        let position = at + 1;
        let type_of = value.type_name();
        Some(format!(
            "    \"Position {position} ({name})\": \"JSON value of type {type_of} is not of \
             expected type {expected}\""
        ))
    };
    let wrong: Vec<String> = values
        .iter()
        .zip(names)
        .enumerate()
        .filter_map(wrong)
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(RpcError::new(
        TYPE_ERROR,
        format!("Wrong type passed:\n{{\n{}\n}}", wrong.join(",\n")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_satoshi() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1", Some(100_000_000)),
            ("0.1", Some(10_000_000)),
            ("0.00000001", Some(1)),
            ("0.000000010", Some(1)),
            ("1e-8", Some(1)),
            ("1E+1", Some(1_000_000_000)),
            ("20999999.9769", Some(2_099_999_997_690_000)),
            ("-1.5", Some(-150_000_000)),
            ("9999999999.99999999", Some(999_999_999_999_999_999)),
            ("0.29", Some(29_000_000)),
            ("10000000000", None),
            ("0.000000001", None),
            ("1e-9", None),
            ("1e400", None),
            ("00", None),
            ("01.5", None),
            (".5", None),
            ("5.", None),
            ("1e", None),
            ("1e+", None),
            ("-", None),
            ("", None),
            (" 1", None),
            ("+1", None),
            ("1 ", None),
            ("0x1", None),
        ] {
            assert_eq!(satoshi(text), wanted, "{text}");
        }
    }
}

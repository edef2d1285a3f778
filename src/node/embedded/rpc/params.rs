//! Parameters, by position or by name, of the types that a method declares. Pure.

use bitcoin::hex::FromHex;
use serde_json::{Map, Value};

use super::error::{MISC, RpcError, TYPE_ERROR};
use super::methods::{Kind, Method};

/// A method's parameters, in its order; what was left out is null.
#[derive(Debug)]
pub(super) struct Params {
    values: Vec<Value>,
    names: &'static [(&'static str, Kind, bool)],
}

impl Params {
    /// The parameters `given` to `method`.
    pub(super) fn read(method: &Method, given: &Value) -> Result<Self, RpcError> {
        let names = method.params;
        let values = match given {
            Value::Array(values) => values.clone(),
            Value::Object(given) => by_position(given, names)?,
            _ => Vec::new(),
        };
        let required = names.iter().rposition(|(_, _, required)| *required).map_or(0, |last| last + 1);
        if values.len() > names.len() || values.len() < required {
            return Err(RpcError::new(MISC, method.help()));
        }
        check_types(&values, names)?;
        Ok(Self { values, names })
    }

    /// The parameter `name`; `None` where it was left out.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let at = self.names.iter().position(|(known, _, _)| *known == name)?;
        self.values.get(at).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// A whole number within the bounds of `T`, which are those that bitcoind has for it.
    pub(super) fn integer<T: TryFrom<i128>>(&self, name: &str) -> Result<Option<T>, RpcError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let whole = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
        let within = whole.and_then(|whole| T::try_from(whole).ok());
        within.map(Some).ok_or_else(|| RpcError::new(MISC, "JSON integer out of range"))
    }

    /// A verbosity: a number, or a flag for 0 and 1.
    pub(super) fn level(&self, name: &str, default: i32) -> Result<i32, RpcError> {
        match self.get(name) {
            Some(Value::Bool(flag)) => Ok(i32::from(*flag)),
            _ => Ok(self.integer(name)?.unwrap_or(default)),
        }
    }

    /// The hash `name` in hexadecimal, as hashes are written.
    pub(super) fn hash<H: std::str::FromStr>(&self, name: &str) -> Result<H, RpcError> {
        hash(name, self.text(name).unwrap_or_default())
    }

    /// Bytes in hexadecimal; `failure` is what the method says of others.
    pub(super) fn bytes(&self, name: &str, failure: &RpcError) -> Result<Vec<u8>, RpcError> {
        Vec::from_hex(self.text(name).unwrap_or_default()).map_err(|_| failure.clone())
    }
}

/// The hash that `text`, a value of `name`, is.
pub(super) fn hash<H: std::str::FromStr>(name: &str, text: &str) -> Result<H, RpcError> {
    let length = text.len();
    if length != 64 {
        return Err(RpcError::parameter(format!("{name} must be of length 64 (not {length}, for '{text}')")));
    }
    let not_hex = |_| RpcError::parameter(format!("{name} must be hexadecimal string (not '{text}')"));
    text.parse().map_err(not_hex)
}

/// Some parameters go by an older name too.
fn names_of(name: &str) -> Vec<&str> {
    if name == "verbosity" { vec![name, "verbose"] } else { vec![name] }
}

/// Named parameters in their order; the first ones may stand in a list called `args` instead.
fn by_position(given: &Map<String, Value>, names: &[(&str, Kind, bool)]) -> Result<Vec<Value>, RpcError> {
    const FIRST: &str = "args";
    let first = given.get(FIRST).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_first = |key: &str| key == FIRST && given.get(FIRST).is_some_and(Value::is_array);
    // Of two names of one parameter the first counts, and the other one is unknown.
    let said = |name| names_of(name).into_iter().find(|name| given.contains_key(*name));
    let place = |key: &str| names.iter().position(|(name, _, _)| said(name) == Some(key));
    for key in given.keys().filter(|key| !is_first(key)) {
        let Some(at) = place(key) else {
            return Err(RpcError::parameter(format!("Unknown named parameter {key}")));
        };
        if at < first.len() {
            let key = names.get(at).map_or(key.clone(), |(name, _, _)| names_of(name).join("|"));
            let twice = format!("Parameter {key} specified twice both as positional and named argument");
            return Err(RpcError::parameter(twice));
        }
    }
    let mut values = first.to_vec();
    let by_name = names.iter().map(|(name, _, _)| given.get(said(name)?)).skip(first.len());
    values.extend(by_name.map(|value| value.cloned().unwrap_or(Value::Null)));
    // What was left out at the end was not given.
    let given_up_to = values.iter().rposition(|value| !value.is_null()).map_or(0, |last| last + 1);
    values.truncate(given_up_to.max(first.len()));
    Ok(values)
}

fn check_types(values: &[Value], names: &[(&str, Kind, bool)]) -> Result<(), RpcError> {
    let wrong = |(at, (value, (name, kind, required))): (usize, (&Value, &(&str, Kind, bool)))| {
        let expected = kind.refuses(value, *required)?;
        let position = at + 1;
        let type_of = type_name(value);
        Some(format!(
            "    \"Position {position} ({name})\": \"JSON value of type {type_of} is not of expected type {expected}\""
        ))
    };
    let wrong: Vec<String> = values.iter().zip(names).enumerate().filter_map(wrong).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(RpcError::new(TYPE_ERROR, format!("Wrong type passed:\n{{\n{}\n}}", wrong.join(",\n"))))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

//! One parameter of a call, found in the text of all of them without parsing the others. Pure.
//!
//! The text is JSON that a parser has read before. What is not gives no parameter, and never a
//! panic.

use std::iter;

use memchr::memchr2;
use memchr::memmem;

/// Under this name an object of named parameters has those that are positional (Core 25 and later).
const POSITIONAL_MEMBER: &str = "args";

/// Bytes of a block hash, as hex digits.
const HASH_DIGITS: usize = 64;

/// A parameter of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands among positional parameters, from 0.
    pub index: usize,
    /// What it is called among named ones.
    pub name: &'static str,
}

/// The value of `wanted` among `params`, as it is written; none if it is absent or null.
pub(super) fn argument(params: &str, wanted: Parameter) -> Option<&str> {
    let value = if params.starts_with('{') {
        named(params, wanted.name).or_else(|| {
            named(params, POSITIONAL_MEMBER).and_then(|list| elements(list).nth(wanted.index))
        })
    } else {
        elements(params).nth(wanted.index)
    };
    value.filter(|value| *value != "null")
}

/// The first parameter of the call that is `body`, which is called `name`, as it is written; none
/// if it is absent or null.
#[must_use]
pub fn first_argument<'a>(body: &'a str, name: &'static str) -> Option<&'a str> {
    written_argument(body, Parameter { index: 0, name })
}

/// A parameter of the call that is `body`, as it is written; none if it is absent or null.
#[must_use]
pub fn written_argument(body: &str, wanted: Parameter) -> Option<&str> {
    let params = named(body.trim_ascii_start(), "params")?;
    argument(params, wanted)
}

/// The block hash that the call that is `body` names by `parameter`, without its quotes.
#[must_use]
pub fn block_hash_argument(body: &str, parameter: Parameter) -> Option<&str> {
    let params = named(body.trim_ascii_start(), "params")?;
    let hash = argument(params, parameter).filter(|value| is_block_hash(value))?;
    hash.strip_prefix('"')?.strip_suffix('"')
}

/// The value of the member `name` of `object`, as it is written; none if it is absent or null.
pub(super) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    named(object, name).filter(|value| *value != "null")
}

/// Whether `value` is a string of 64 hex digits, as block hashes are written.
pub(super) fn is_block_hash(value: &str) -> bool {
    let digits = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    digits.is_some_and(|digits| {
        digits.len() == HASH_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// Whether there may be a private key in `params`: an extended one (`xprv…`, `tprv…`), one in the
/// wallet import format, or an escape that could hide one.
pub(super) fn may_hold_private_key(params: &str) -> bool {
    let text = params.as_bytes();
    memmem::find(text, b"prv").is_some()
        || memchr::memchr(b'\\', text).is_some()
        || text.split(|byte| !is_base58(*byte)).any(is_like_wif)
}

fn is_base58(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l')
}

/// 33 or 34 bytes and a checksum in base58; the first digit follows from the version byte.
fn is_like_wif(word: &[u8]) -> bool {
    matches!(word.len(), 51 | 52) && matches!(word.first(), Some(b'5' | b'K' | b'L' | b'9' | b'c'))
}

fn named<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut members = members(object);
    members.find_map(|(key, value)| is_name(key, name).then_some(value))
}

/// Whether the string that is written as `key` is `name`.
fn is_name(key: &str, name: &str) -> bool {
    if key.contains('\\') {
        return serde_json::from_str::<String>(key).is_ok_and(|key| key == name);
    }
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    key == Some(name)
}

/// The elements of an array, as they are written; none of anything else.
fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut cursor = Cursor(array);
    let mut is_open = cursor.take("[");
    iter::from_fn(move || {
        let value = if is_open { cursor.value() } else { None };
        is_open = cursor.take(",");
        value
    })
}

/// The keys and values of an object, as they are written; none of anything else.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut cursor = Cursor(object);
    let mut is_open = cursor.take("{");
    iter::from_fn(move || {
        if !is_open {
            return None;
        }
        let key = cursor.value()?;
        let value = cursor.take(":").then(|| cursor.value())??;
        is_open = cursor.take(",");
        Some((key, value))
    })
}

/// What is still to be read.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Takes `mark` if it comes next.
    fn take(&mut self, mark: &str) -> bool {
        let rest = self.0.trim_ascii_start().strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Takes the value that comes next, as it is written.
    fn value(&mut self) -> Option<&'a str> {
        let text = self.0.trim_ascii_start();
        let length = match text.as_bytes().first()? {
            b'"' => string_length(text)?,
            b'[' | b'{' => container_length(text)?,
            _ => text
                .find(|c: char| matches!(c, ',' | ']' | '}' | ':') || c.is_ascii_whitespace())
                .unwrap_or(text.len()),
        };
        let (value, rest) = text.split_at_checked(length)?;
        self.0 = rest;
        (!value.is_empty()).then_some(value)
    }
}

/// The bytes of the string that `text` begins with, with its quotes.
fn string_length(text: &str) -> Option<usize> {
    let mut length = 1;
    loop {
        let rest = text.as_bytes().get(length..)?;
        let mark = memchr2(b'"', b'\\', rest)?;
        if rest.get(mark) == Some(&b'"') {
            return Some(length + mark + 1);
        }
        length += mark + 2;
    }
}

/// The bytes of the array or the object that `text` begins with, with its brackets.
fn container_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut length = 0;
    loop {
        match text.as_bytes().get(length)? {
            b'"' => length += string_length(text.get(length..)?)?,
            b'[' | b'{' => {
                depth += 1;
                length += 1;
            }
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                length += 1;
                if depth == 0 {
                    return Some(length);
                }
            }
            _ => length += 1,
        }
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;

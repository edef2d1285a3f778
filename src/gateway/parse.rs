//! What of a JSON-RPC body has to be known before it is passed on: how many calls, of which
//! methods, with which ids.
//!
//! Refuses to know parameters, but for their depth and what `route` classifies a call by.
//! Invariant: what is accepted means the same to every JSON reader: no key that matters stands
//! twice, and nothing is left over. What a node answers with an error is for it to say. The body
//! itself is passed on, not what was made of it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::metrics::Method;
use crate::route::{Class, Classification, classify};

/// bitcoind rejects JSON that is nested deeper (`MAX_JSON_DEPTH` of its parser).
const MAX_DEPTH: usize = 512;

/// Longer than any method's name; a longer one would only fill logs.
pub(super) const MAX_METHOD_BYTES: usize = 128;

/// One call, or an invalid member of a batch, which the node answers with an error.
#[derive(Debug)]
pub(super) struct ParsedCall<'a> {
    /// `None` if it names no method, and so calls none.
    pub(super) method: Option<Cow<'a, str>>,
    /// The method, as metrics know it.
    pub(super) known: Method,
    /// As the caller wrote it; `None` for a notification, or for a version 1 call without an id.
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) version: RpcVersion,
    /// What its node is chosen by. What calls nothing is [`Class::Pure`]: any node has an answer.
    pub(super) classification: Classification,
}

/// The JSON-RPC version a caller speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RpcVersion {
    /// 1.0, or 1.1, or what bitcoind takes for it.
    #[default]
    One,
    Two,
}

impl RpcVersion {
    /// That of `"2.0"`, as it is written.
    fn of(raw: &str) -> Self {
        if raw == "\"2.0\"" {
            Self::Two
        } else {
            Self::One
        }
    }
}

/// The calls of one body.
#[derive(Debug)]
pub(super) enum RpcCalls<'a> {
    Single(ParsedCall<'a>),
    /// Perhaps none.
    Batch(Vec<ParsedCall<'a>>),
}

impl<'a> RpcCalls<'a> {
    /// The same, without the body that it borrows from.
    pub(super) fn into_owned(self) -> RpcCalls<'static> {
        let owned = |call: ParsedCall<'_>| ParsedCall {
            method: call.method.map(|method| Cow::Owned(method.into_owned())),
            known: call.known,
            id: call.id.map(|id| Cow::Owned(id.into_owned())),
            version: call.version,
            classification: call.classification,
        };
        match self {
            Self::Single(call) => RpcCalls::Single(owned(call)),
            Self::Batch(calls) => RpcCalls::Batch(calls.into_iter().map(owned).collect()),
        }
    }

    pub(super) fn as_slice(&self) -> &[ParsedCall<'a>] {
        match self {
            Self::Single(call) => std::slice::from_ref(call),
            Self::Batch(calls) => calls,
        }
    }

    /// Tokens that they cost: an empty batch is work too.
    pub(super) fn cost(&self) -> u32 {
        u32::try_from(self.as_slice().len())
            .unwrap_or(u32::MAX)
            .max(1)
    }

    /// Whether their answer waits for a block.
    pub(super) fn are_long_poll(&self) -> bool {
        self.as_slice()
            .iter()
            .any(|call| call.classification.class == Class::LongPoll)
    }
}

/// Why a body is not passed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MalformedBody {
    /// Not JSON to a node, or not UTF-8.
    NotJson(String),
    /// JSON, but no call, or an ambiguous one; with the id if there is one, and the version it is
    /// to be answered in.
    NotACall {
        detail: String,
        id: Option<String>,
        version: RpcVersion,
    },
    /// More calls than a batch may have.
    TooMany { most: usize },
}

impl From<serde_json::Error> for MalformedBody {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error.to_string())
    }
}

/// The calls in `body`, at most `most` of them.
pub(super) fn parse(body: &[u8], most: usize) -> Result<RpcCalls<'_>, MalformedBody> {
    let text =
        std::str::from_utf8(body).map_err(|error| MalformedBody::NotJson(error.to_string()))?;
    if is_too_deep(text) {
        return Err(MalformedBody::NotJson(format!(
            "it is nested deeper than {MAX_DEPTH}"
        )));
    }
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => single(serde_json::from_str(text)?).map(RpcCalls::Single),
        Some(b'[') => batch(text, most).map(RpcCalls::Batch),
        _ => {
            serde_json::from_str::<IgnoredAny>(text)?;
            Err(MalformedBody::NotACall {
                detail: NO_CALL_DETAIL.to_owned(),
                id: None,
                version: RpcVersion::One,
            })
        }
    }
}

const NO_CALL_DETAIL: &str = "a call is an object with a method";

/// Whether `text` is nested deeper than a node reads. Most bodies do not even have so many
/// brackets, which is found quickly.
fn is_too_deep(text: &str) -> bool {
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    if text.len() <= MAX_DEPTH || text.bytes().filter(opens).count() <= MAX_DEPTH {
        return false;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => drop(bytes.next()),
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn single(members: CallMembers<'_>) -> Result<ParsedCall<'_>, MalformedBody> {
    let id = members.id();
    let version = members.version();
    let not_a_call = |detail: String| {
        Err(MalformedBody::NotACall {
            detail,
            id: id.map(str::to_owned),
            version,
        })
    };
    if let Some(fault) = members.fault {
        return not_a_call(fault);
    }
    let call = members.call()?;
    match call.method.as_deref().map(str::len) {
        Some(1..=MAX_METHOD_BYTES) => Ok(call),
        Some(_) => not_a_call(format!("a method's name has 1 to {MAX_METHOD_BYTES} bytes")),
        None => not_a_call(NO_CALL_DETAIL.to_owned()),
    }
}

fn batch(text: &str, most: usize) -> Result<Vec<ParsedCall<'_>>, MalformedBody> {
    // Nearly all batches are of objects, which are then read once.
    if let Ok(RawBatch(members)) = RawBatch::read(text, most) {
        return calls(members, most, of_batch);
    }
    let RawBatch(members) = RawBatch::<&RawValue>::read(text, most)?;
    calls(members, most, |raw| {
        let is_object = raw.get().starts_with('{');
        of_batch(if is_object {
            serde_json::from_str(raw.get())?
        } else {
            CallMembers::default()
        })
    })
}

fn calls<'a, T>(
    members: Vec<T>,
    most: usize,
    call: impl FnMut(T) -> Result<ParsedCall<'a>, MalformedBody>,
) -> Result<Vec<ParsedCall<'a>>, MalformedBody> {
    if members.len() > most {
        return Err(MalformedBody::TooMany { most });
    }
    members.into_iter().map(call).collect()
}

/// A member of a batch. One that is no call is left to the node; one that other readers may read
/// differently is refused.
fn of_batch(members: CallMembers<'_>) -> Result<ParsedCall<'_>, MalformedBody> {
    match members.fault {
        Some(detail) => Err(MalformedBody::NotACall {
            detail,
            id: None,
            version: RpcVersion::One,
        }),
        None => members.call(),
    }
}

/// The members of a batch, no more than one too many.
struct RawBatch<T>(Vec<T>);

impl<'a, T: Deserialize<'a>> RawBatch<T> {
    fn read(text: &'a str, most: usize) -> serde_json::Result<Self> {
        struct BatchVisitor<T>(usize, PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for BatchVisitor<T> {
            type Value = RawBatch<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of calls")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = seq.next_element()? {
                    members.push(member);
                    // The rest is read, since it may be no JSON, but not kept.
                    if members.len() > self.0 {
                        while seq.next_element::<IgnoredAny>()?.is_some() {}
                    }
                }
                Ok(RawBatch(members))
            }
        }

        let mut json = serde_json::Deserializer::from_str(text);
        let batch = json.deserialize_seq(BatchVisitor(most, PhantomData))?;
        json.end().map(|()| batch)
    }
}

/// The keys that matter.
const CALL_KEYS: [&str; 4] = ["method", "id", "jsonrpc", "params"];

/// The values of the keys that matter, as they are written.
#[derive(Default)]
struct CallMembers<'a> {
    method: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    /// What makes it ambiguous.
    fault: Option<String>,
    /// There are several ids, or what some readers take for another one.
    has_other_id: bool,
}

impl<'a> CallMembers<'a> {
    /// The id, if it is clear.
    fn id(&self) -> Option<&'a str> {
        self.id.filter(|_| !self.has_other_id).map(RawValue::get)
    }

    fn version(&self) -> RpcVersion {
        self.version
            .map_or(RpcVersion::One, |version| RpcVersion::of(version.get()))
    }

    fn call(self) -> Result<ParsedCall<'a>, MalformedBody> {
        let method = match self.method.map(RawValue::get) {
            Some(raw) if raw.starts_with('"') => Some(string(raw)?),
            _ => None,
        };
        let known = Method::of(method.as_deref().unwrap_or_default());
        let params = self.params.map(RawValue::get);
        let classification = match method {
            Some(_) => classify(known.known(), params),
            None => Classification::of(Class::Pure),
        };
        Ok(ParsedCall {
            known,
            classification,
            id: self.id().map(Cow::Borrowed),
            version: self.version(),
            method,
        })
    }

    /// Takes the value of `key`.
    fn take(&mut self, key: &str, value: &'a RawValue) {
        let place = match key {
            "method" => &mut self.method,
            "id" => &mut self.id,
            "jsonrpc" => &mut self.version,
            "params" => &mut self.params,
            other => {
                // Some readers take it for the other one.
                if CALL_KEYS.iter().any(|key| key.eq_ignore_ascii_case(other)) {
                    self.has_other_id |= other.eq_ignore_ascii_case("id");
                    self.fault
                        .get_or_insert_with(|| "keys are written in lower case".to_owned());
                }
                return;
            }
        };
        if place.replace(value).is_some() {
            self.has_other_id |= key == "id";
            self.fault
                .get_or_insert_with(|| format!("{key} stands twice"));
        }
    }
}

/// The string that is written so, borrowed where it has no escapes.
fn string(raw: &str) -> serde_json::Result<Cow<'_, str>> {
    match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        _ => serde_json::from_str(raw).map(Cow::Owned),
    }
}

impl<'de> Deserialize<'de> for CallMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = CallMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NO_CALL_DETAIL)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = CallMembers::default();
                while let Some(Text(key)) = map.next_key()? {
                    members.take(&key, map.next_value()?);
                }
                Ok(members)
            }
        }

        json.deserialize_map(MembersVisitor)
    }
}

/// A string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        json.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

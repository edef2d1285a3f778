//! What of a JSON-RPC body has to be known before it is passed on: how many calls, of which methods, with which ids.
//!
//! Refuses to know parameters, but for their depth. Invariant: what is accepted means the same to every JSON reader:
//! no key that matters stands twice, and nothing is left over. The body itself is passed on, not what was made of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::metrics::Method;

/// Longer than any method's name; what is longer would only fill logs.
const LONGEST_METHOD: usize = 128;

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Cow<'a, str>,
    /// The method, as metrics know it.
    pub(super) known: Method,
    /// As the caller wrote it; `None` for a notification, or where version 1 has none.
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) version: Version,
}

/// The JSON-RPC version a caller speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Version {
    /// 1.0, or 1.1, or what bitcoind takes for it.
    #[default]
    One,
    Two,
}

impl Version {
    /// That of `"2.0"`, as it is written.
    fn of(raw: &str) -> Self {
        if raw == "\"2.0\"" { Self::Two } else { Self::One }
    }
}

/// The calls of one body.
#[derive(Debug)]
pub(super) enum Calls<'a> {
    Single(Call<'a>),
    Batch(Vec<Call<'a>>),
}

impl<'a> Calls<'a> {
    /// The same, without the body it came in.
    pub(super) fn into_owned(self) -> Calls<'static> {
        let owned = |call: Call<'_>| Call {
            method: Cow::Owned(call.method.into_owned()),
            known: call.known,
            id: call.id.map(|id| Cow::Owned(id.into_owned())),
            version: call.version,
        };
        match self {
            Self::Single(call) => Calls::Single(owned(call)),
            Self::Batch(calls) => Calls::Batch(calls.into_iter().map(owned).collect()),
        }
    }

    pub(super) fn as_slice(&self) -> &[Call<'a>] {
        match self {
            Self::Single(call) => std::slice::from_ref(call),
            Self::Batch(calls) => calls,
        }
    }
}

/// Why a body is not passed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// Not JSON, or not UTF-8.
    NotJson(String),
    /// JSON, but no call, or an ambiguous one; with the id if there is one, and the version it is to be answered in.
    NotACall { detail: String, id: Option<String>, version: Version },
    /// More calls than a batch may have.
    TooMany { most: usize },
}

/// The calls in `body`, at most `most` of them.
pub(super) fn parse(body: &[u8], most: usize) -> Result<Calls<'_>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|error| Malformed::NotJson(error.to_string()))?;
    let is_batch = text.trim_ascii_start().starts_with('[');
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = if is_batch {
        json.deserialize_seq(BatchVisitor { most }).map(Calls::Batch)
    } else {
        Call::deserialize(&mut json).map(Calls::Single)
    };
    match parsed.and_then(|calls| json.end().map(|()| calls)) {
        Ok(calls) if calls.as_slice().len() > most => Err(Malformed::TooMany { most }),
        Ok(calls) => Ok(calls),
        Err(error) if error.is_data() => Err(not_a_call(text, is_batch, &error)),
        // `serde_json`'s own limit, which is no fault of syntax.
        Err(error) if error.to_string().starts_with("recursion limit") => {
            let detail = "it is nested too deeply".to_owned();
            Err(Malformed::NotACall { detail, id: None, version: Version::One })
        }
        Err(error) => Err(Malformed::NotJson(error.to_string())),
    }
}

fn not_a_call(text: &str, is_batch: bool, error: &serde_json::Error) -> Malformed {
    // What is wrong may stand before the rest of the text, which may be no JSON at all.
    if let Err(error) = serde_json::from_str::<Shallow>(text) {
        return Malformed::NotJson(error.to_string());
    }
    let asker = if is_batch { None } else { serde_json::from_str::<Asker<'_>>(text).ok() };
    let asker = asker.unwrap_or_default();
    Malformed::NotACall {
        detail: without_value(&error.to_string()),
        id: asker.id.map(str::to_owned),
        version: asker.version,
    }
}

/// The words of an error without what was found in the place of something else: it may be a parameter, and secret.
fn without_value(error: &str) -> String {
    match error.rsplit_once(", expected ") {
        Some((_found, expected)) => format!("expected {expected}"),
        None => error.to_owned(),
    }
}

struct BatchVisitor {
    most: usize,
}

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Vec<Call<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of calls")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut calls = Vec::new();
        while let Some(call) = seq.next_element()? {
            calls.push(call);
            // The rest is read, since it may be no JSON, but not kept.
            if calls.len() > self.most {
                while seq.next_element::<Depth>()?.is_some() {}
            }
        }
        if calls.is_empty() { Err(A::Error::custom("a batch without a call")) } else { Ok(calls) }
    }
}

impl<'de> Deserialize<'de> for Call<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(CallVisitor)
    }
}

/// The keys that matter.
const KEYS: [&str; 4] = ["method", "id", "jsonrpc", "params"];

struct CallVisitor;

impl<'de> Visitor<'de> for CallVisitor {
    type Value = Call<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call: an object with a method")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Call<'de>, A::Error> {
        let (mut method, mut id, mut version, mut has_params) = (None, None, None, false);
        while let Some(Text(key)) = map.next_key()? {
            let twice = match &*key {
                "method" => method.replace(map.next_value::<Text<'_>>()?.0).is_some(),
                "id" => id.replace(map.next_value::<Scalar<'_>>()?.0).is_some(),
                "jsonrpc" => version.replace(map.next_value::<Scalar<'_>>()?.0).is_some(),
                "params" => {
                    map.next_value::<Depth>()?;
                    std::mem::replace(&mut has_params, true)
                }
                // Some readers take it for the other one.
                other if KEYS.iter().any(|key| key.eq_ignore_ascii_case(other)) => {
                    return Err(A::Error::custom("keys are written in lower case"));
                }
                _ => {
                    map.next_value::<Depth>()?;
                    false
                }
            };
            if twice {
                return Err(A::Error::custom(format_args!("{key} stands twice")));
            }
        }
        let method = method.ok_or_else(|| A::Error::missing_field("method"))?;
        if method.is_empty() || method.len() > LONGEST_METHOD {
            return Err(A::Error::custom(format_args!("a method's name has 1 to {LONGEST_METHOD} bytes")));
        }
        Ok(Call {
            known: Method::of(&method),
            method,
            id: id.map(|id: &RawValue| Cow::Borrowed(id.get())),
            version: version.map_or(Version::One, |version: &RawValue| Version::of(version.get())),
        })
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

/// A value that is no array and no object, as it was written.
struct Scalar<'a>(&'a RawValue);

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(json)?;
        if raw.get().starts_with(['[', '{']) {
            return Err(D::Error::custom("an id, or a version, that is an array or an object"));
        }
        Ok(Self(raw))
    }
}

/// Any value, which is read to its end and not kept; `serde_json` bounds its depth.
struct Depth;

impl<'de> Deserialize<'de> for Depth {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(DepthVisitor)
    }
}

struct DepthVisitor;

impl<'de> Visitor<'de> for DepthVisitor {
    type Value = Depth;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_str<E>(self, _: &str) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_unit<E>(self) -> Result<Depth, E> {
        Ok(Depth)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Depth, A::Error> {
        while seq.next_element::<Depth>()?.is_some() {}
        Ok(Depth)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Depth, A::Error> {
        while map.next_entry::<IgnoredAny, Depth>()?.is_some() {}
        Ok(Depth)
    }
}

/// Whether a text is JSON at all.
type Shallow = Depth;

/// The last id and version of an object that is no call, so that the refusal finds who asked.
#[derive(Default)]
struct Asker<'a> {
    id: Option<&'a str>,
    version: Version,
}

impl<'de> Deserialize<'de> for Asker<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct AskerVisitor;
        impl<'de> Visitor<'de> for AskerVisitor {
            type Value = Asker<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut asker = Asker::default();
                while let Some(Text(key)) = map.next_key()? {
                    match &*key {
                        "id" => asker.id = Some(map.next_value::<&RawValue>()?.get()),
                        "jsonrpc" => asker.version = Version::of(map.next_value::<&RawValue>()?.get()),
                        _ => {
                            map.next_value::<Depth>()?;
                        }
                    }
                }
                asker.id = asker.id.filter(|id| !id.starts_with(['[', '{']));
                Ok(asker)
            }
        }
        json.deserialize_map(AskerVisitor)
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

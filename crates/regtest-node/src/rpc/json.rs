//! JSON as a request has it written: a number is kept to the letter, since what is read of it
//! depends on what is asked for. Pure.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    /// As it is written.
    Array(String),
    Object,
}

impl Json {
    /// `None` if it is a string with half of a character in it.
    pub(super) fn read(written: &RawValue) -> Option<Self> {
        let text = written.get();
        Some(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::Text(serde_json::from_str(text).ok()?),
            Some(b'[') => Self::Array(text.to_owned()),
            Some(b'{') => Self::Object,
            _ => Self::Number(text.to_owned()),
        })
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The members of an array.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Self::Array(text) = self else { return None };
        items(text)?.into_iter().map(Self::read).collect()
    }

    /// What bitcoind calls its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object => "object",
        }
    }
}

/// The members of the array `text`; `None` if it is none.
pub(super) fn items(text: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(text).ok()
}

/// The members of the object `text`, in their order; `None` if it is none.
pub(super) fn members(text: &str) -> Option<Vec<(String, &RawValue)>> {
    serde_json::from_str(text)
        .ok()
        .map(|ObjectMembers(members)| members)
}

struct ObjectMembers<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for ObjectMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberCollector;

        impl<'de> Visitor<'de> for MemberCollector {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MemberCollector).map(Self)
    }
}

/// `text`, which is JSON, without the blanks between its words.
pub(super) fn without_blanks(text: &str) -> String {
    let mut in_string = false;
    let mut is_escaped = false;
    let is_kept = |letter: &char| {
        let is_blank = !in_string && letter.is_ascii_whitespace();
        if *letter == '"' && !is_escaped {
            in_string = !in_string;
        }
        is_escaped = *letter == '\\' && !is_escaped;
        !is_blank
    };
    text.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Json> {
        Json::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn numbers_are_kept_to_the_letter() {
        for number in ["0", "-0", "1.50", "1e400", "123456789012345678901234567890"] {
            assert_eq!(read(number), Some(Json::Number(number.to_owned())));
        }
        let list = read(r#"[-0, "a\u0062", null]"#).unwrap();
        let items = [
            Json::Number("-0".into()),
            Json::Text("ab".into()),
            Json::Null,
        ];
        assert_eq!(list.items(), Some(items.to_vec()));
        assert_eq!(read(r#"{"a":1}"#).unwrap().items(), None);
        assert_eq!(read(r#""\ud800""#), None);
    }

    #[test]
    fn members_keep_their_order_and_are_there_as_often_as_they_were_written() {
        let names = |text| {
            members(text).map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(
            names(r#"{"b":1,"a":2,"b":3}"#),
            Some(vec!["b".into(), "a".into(), "b".into()])
        );
        assert_eq!(names("[1]"), None);
    }

    #[test]
    fn blanks_go_where_they_say_nothing() {
        assert_eq!(
            without_blanks("[ 1 ,\n\"a \\\" b\\\\\" ,{ } ]"),
            r#"[1,"a \" b\\",{}]"#
        );
    }
}

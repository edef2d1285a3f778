//! What must hold of any bytes, told by a second reader: the judge of the tests and of the fuzz
//! target.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::parse::{Call, Calls, Malformed, Version, parse};

/// The members of an object as they stand, none lost.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        json.deserialize_map(MembersVisitor)
    }
}

/// Panics if what is made of `body` is not what another reader finds there, whichever of two like
/// keys it takes.
pub(super) fn judge(body: &[u8], most: usize) {
    match parse(body, most) {
        Ok(Calls::Single(call)) => judge_call(&call, &read(body)),
        Ok(Calls::Batch(calls)) => {
            let read: Vec<Box<RawValue>> = read(body);
            assert!(
                calls.len() <= most,
                "{} calls of at most {most}",
                calls.len()
            );
            assert_eq!(calls.len(), read.len(), "a call is lost, or made up");
            for (call, read) in calls.iter().zip(&read) {
                match serde_json::from_str::<Members>(read.get()) {
                    Ok(members) => judge_call(call, &members),
                    Err(_) => assert!(
                        call.method.is_none() && call.id.is_none(),
                        "{read} calls nothing"
                    ),
                }
            }
        }
        Err(Malformed::TooMany { .. }) => assert!(read::<Vec<Box<RawValue>>>(body).len() > most),
        Err(Malformed::NotACall { id: Some(id), .. }) => {
            let all: Vec<(String, Box<RawValue>)> = read::<Members>(body).0;
            let ids = all
                .iter()
                .filter(|(key, _)| key.eq_ignore_ascii_case("id"))
                .map(|(_, value)| value.get());
            assert_eq!(ids.collect::<Vec<_>>(), [id], "one id, or none");
        }
        Err(Malformed::NotACall { .. }) => drop(read::<Box<RawValue>>(body)),
        Err(Malformed::NotJson(why)) => {
            let read = serde_json::from_slice::<serde_json::Value>(body);
            assert!(read.is_err(), "{why}: {read:?}");
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("accepted, but: {error}"))
}

fn judge_call(call: &Call<'_>, read: &Members) {
    let all = |name: &str| -> Vec<&str> {
        read.0
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.get())
            .collect()
    };
    let methods = all("method");
    assert!(methods.len() <= 1, "{methods:?}");
    let named: Option<String> = methods
        .first()
        .and_then(|method| serde_json::from_str(method).ok());
    assert_eq!(named.as_deref(), call.method.as_deref());
    assert_eq!(all("id"), call.id.as_deref().as_slice());
    assert!(all("params").len() <= 1 && all("jsonrpc").len() <= 1);
    assert_eq!(call.version == Version::Two, all("jsonrpc") == ["\"2.0\""]);
}

//! What must hold of any bytes, checked by a second parser: the judge of the tests and of the fuzz
//! target.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::parse::{MalformedBody, ParsedCall, RpcCalls, RpcVersion, parse};

/// The members of an object as they stand, none lost.
struct OracleMembers(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for OracleMembers {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct OracleMembersVisitor;
        impl<'de> Visitor<'de> for OracleMembersVisitor {
            type Value = OracleMembers;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OracleMembers, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(OracleMembers(members))
            }
        }
        json.deserialize_map(OracleMembersVisitor)
    }
}

/// Panics if what is made of `body` is not what another reader finds there, whichever of two like
/// keys it takes.
pub(super) fn judge(body: &[u8], most: usize) {
    match parse(body, most) {
        Ok(RpcCalls::Single(call)) => judge_call(&call, &read(body)),
        Ok(RpcCalls::Batch(calls)) => {
            let read: Vec<Box<RawValue>> = read(body);
            assert!(
                calls.len() <= most,
                "{} calls of at most {most}",
                calls.len()
            );
            assert_eq!(calls.len(), read.len(), "a call is lost, or made up");
            for (call, read) in calls.iter().zip(&read) {
                match serde_json::from_str::<OracleMembers>(read.get()) {
                    Ok(members) => judge_call(call, &members),
                    Err(_) => assert!(
                        call.method.is_none() && call.id.is_none(),
                        "{read} calls nothing"
                    ),
                }
            }
        }
        Err(MalformedBody::TooMany { .. }) => {
            assert!(read::<Vec<Box<RawValue>>>(body).len() > most);
        }
        Err(MalformedBody::NotACall { id: Some(id), .. }) => {
            let all: Vec<(String, Box<RawValue>)> = read::<OracleMembers>(body).0;
            let ids = all
                .iter()
                .filter(|(key, _)| key.eq_ignore_ascii_case("id"))
                .map(|(_, value)| value.get());
            assert_eq!(ids.collect::<Vec<_>>(), [id], "one id, or none");
        }
        Err(MalformedBody::NotACall { .. }) => drop(read::<Box<RawValue>>(body)),
        Err(MalformedBody::NotJson(why)) => {
            let read = serde_json::from_slice::<serde_json::Value>(body);
            assert!(read.is_err(), "{why}: {read:?}");
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("accepted, but: {error}"))
}

fn judge_call(call: &ParsedCall<'_>, read: &OracleMembers) {
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
    assert_eq!(
        call.version == RpcVersion::Two,
        all("jsonrpc") == ["\"2.0\""]
    );
}

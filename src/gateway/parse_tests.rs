//! What is accepted, what is refused, and that no bytes make one pass for the other.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn single(body: &str) -> Call<'_> {
    match parse(body.as_bytes(), 100) {
        Ok(Calls::Single(call)) => call,
        other => panic!("{body}: {other:?}"),
    }
}

fn refused(body: &str) -> Malformed {
    parse(body.as_bytes(), 3).unwrap_err()
}

#[test]
fn a_call_says_its_method_its_id_and_its_version() {
    let call = single(r#" {"jsonrpc":"2.0","id": 7 ,"method":"getblockhash","params":[1,{"a":[]}],"x":null} "#);
    assert_eq!((&*call.method, call.id.as_deref().unwrap(), call.version), ("getblockhash", "7", Version::Two));
    let call = single(r#"{"method":"stop","id":"a\"b"}"#);
    assert_eq!((call.id.as_deref().unwrap(), call.version), ("\"a\\\"b\"", Version::One));
    assert!(single(r#"{"method":"stop"}"#).id.is_none());
}

#[test]
fn a_method_is_what_it_means_however_it_is_written() {
    assert_eq!(single(r#"{"method":"\u0073top"}"#).method, "stop");
    assert_eq!(single(r#"{"\u006dethod":"stop"}"#).method, "stop");
}

#[test]
fn a_batch_says_all_its_calls() {
    let Ok(Calls::Batch(calls)) = parse(br#"[{"method":"a","id":1},{"method":"b"}]"#, 2) else { panic!() };
    assert_eq!(calls.iter().map(|call| &*call.method).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_batch_longer_than_allowed_is_told_from_what_is_no_json() {
    assert_eq!(
        refused(r#"[{"method":"a"},{"method":"a"},{"method":"a"},{"method":"a"}]"#),
        Malformed::TooMany { most: 3 }
    );
    assert!(matches!(
        refused(r#"[{"method":"a"},{"method":"a"},{"method":"a"},{"method":"a"},}"#),
        Malformed::NotJson(_)
    ));
}

#[test]
fn what_is_no_json_is_told_from_what_is_no_call() {
    for body in
        ["", "  ", "{", "nonsense", r#"{"method":"a"}x"#, r#"{"method":"a",}"#, "[", r#"{"method":1"#, "\u{feff}{}"]
    {
        assert!(matches!(refused(body), Malformed::NotJson(_)), "{body}: {:?}", refused(body));
    }
    for body in
        ["1", "null", "\"stop\"", "{}", "[]", "[1]", "[[]]", r#"{"method":1}"#, r#"{"method":""}"#, r#"{"params":[]}"#]
    {
        assert!(matches!(refused(body), Malformed::NotACall { .. }), "{body}: {:?}", refused(body));
    }
    assert!(matches!(parse(b"{\"method\":\"a\xff\"}", 1), Err(Malformed::NotJson(_))));
}

#[test]
fn what_is_no_call_is_told_without_what_was_found() {
    for body in [
        r#""hunter2""#,
        r#"["hunter2"]"#,
        r#"["a, expected b, expected hunter2"]"#,
        "77777",
        "[77777.5]",
        r#"{"method":77777}"#,
        r#"{"method":["hunter2"]}"#,
        r#"{"id":["hunter2"],"method":"a"}"#,
        r#"{"hunter2":"hunter2"}"#,
    ] {
        let Malformed::NotACall { detail, .. } = refused(body) else { panic!("{body}") };
        assert!(!detail.contains("hunter2") && !detail.contains("77777"), "{body}: {detail}");
    }
}

#[test]
fn a_key_that_some_readers_take_for_one_that_matters_is_refused() {
    for body in [r#"{"method":"a","Method":"b"}"#, r#"{"METHOD":"a"}"#, r#"{"method":"a","ID":1}"#] {
        let Malformed::NotACall { detail, .. } = refused(body) else { panic!("{body}") };
        assert!(detail.contains("lower case"), "{detail}");
    }
}

#[test]
fn what_is_no_call_is_answered_with_its_id_where_it_has_one() {
    let id = |body| match refused(body) {
        Malformed::NotACall { id, .. } => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(r#"{"id":7}"#), Some("7".to_owned()));
    assert_eq!(id(r#"{"id":"x","method":"a","method":"b"}"#), Some("\"x\"".to_owned()));
    assert_eq!(id(r#"{"id":[1],"method":"a"}"#), None);
    let two = refused(r#"{"jsonrpc":"2.0","id":7}"#);
    assert!(matches!(two, Malformed::NotACall { version: Version::Two, .. }), "{two:?}");
}

#[test]
fn a_key_that_matters_stands_once() {
    for body in [
        r#"{"method":"getblockcount","method":"stop"}"#,
        r#"{"method":"getblockcount","\u006dethod":"stop"}"#,
        r#"{"method":"a","id":1,"id":2}"#,
        r#"{"method":"a","params":[],"params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"a","jsonrpc":"1.0"}"#,
    ] {
        let Malformed::NotACall { detail, .. } = refused(body) else { panic!("{body}") };
        assert!(detail.contains("twice"), "{detail}");
    }
    assert_eq!(single(r#"{"method":"a","x":1,"x":2}"#).method, "a");
}

#[test]
fn a_nesting_bomb_is_refused_wherever_it_is_put() {
    let bomb = "[".repeat(200) + &"]".repeat(200);
    for body in [
        bomb.clone(),
        "[".repeat(1_000_000),
        format!(r#"{{"method":"a","params":{bomb}}}"#),
        format!(r#"{{"method":"a","x":{bomb}}}"#),
        format!(r#"{{"method":"a","id":{bomb}}}"#),
        format!(r#"[{{"method":"a","params":{bomb}}}]"#),
        r#"{"a":"#.repeat(100_000),
    ] {
        assert!(parse(body.as_bytes(), 10).is_err(), "{}", &body[..40]);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&body, 3);
    }

    #[test]
    fn what_is_accepted_is_what_any_json_reader_finds(
        calls in prop::collection::vec(("[a-z\"\\\\é]{1,12}", any::<Option<i32>>(), any::<bool>()), 1..5),
        as_batch in any::<bool>(),
    ) {
        let written: Vec<Value> = calls.iter().map(|(method, id, two)| {
            let mut call = json!({"params": [method, id], "method": method});
            if let Some(id) = id { call["id"] = json!(id); }
            if *two { call["jsonrpc"] = json!("2.0"); }
            call
        }).collect();
        let body = if as_batch { json!(written) } else { written[0].clone() }.to_string();
        let parsed = parse(body.as_bytes(), 10).unwrap();
        let expected = if as_batch { &written[..] } else { &written[..1] };
        prop_assert_eq!(parsed.as_slice().len(), expected.len());
        for (call, written) in parsed.as_slice().iter().zip(expected) {
            prop_assert_eq!(&*call.method, written["method"].as_str().unwrap());
            prop_assert_eq!(call.id.as_deref().map(str::to_owned), written.get("id").map(Value::to_string));
            prop_assert_eq!(call.version == Version::Two, written.get("jsonrpc").is_some());
        }
    }
}

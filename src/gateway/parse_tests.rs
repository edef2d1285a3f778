//! What is accepted, what is refused, and that no bytes make one pass for the other.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::route::Needs;

fn single(body: &str) -> ParsedCall<'_> {
    match parse(body.as_bytes(), 100) {
        Ok(RpcCalls::Single(call)) => call,
        other => panic!("{body}: {other:?}"),
    }
}

fn refused(body: &str) -> MalformedBody {
    parse(body.as_bytes(), 3).unwrap_err()
}

#[test]
fn a_call_says_its_method_its_id_and_its_version() {
    let call = single(
        r#" {"jsonrpc":"2.0","id": 7 ,"method":"getblockhash","params":[1,{"a":[]}],"x":null} "#,
    );
    assert_eq!(
        (
            call.method.as_deref().unwrap(),
            call.id.as_deref().unwrap(),
            call.version
        ),
        ("getblockhash", "7", RpcVersion::Two)
    );
    let call = single(r#"{"method":"stop","id":"a\"b"}"#);
    assert_eq!(
        (call.id.as_deref().unwrap(), call.version),
        ("\"a\\\"b\"", RpcVersion::One)
    );
    assert!(single(r#"{"method":"stop"}"#).id.is_none());
}

#[test]
fn a_method_is_what_it_means_however_it_is_written() {
    assert_eq!(single(r#"{"method":"\u0073top"}"#).method.unwrap(), "stop");
    assert_eq!(single(r#"{"\u006dethod":"stop"}"#).method.unwrap(), "stop");
}

#[test]
fn a_batch_says_all_its_calls() {
    let Ok(RpcCalls::Batch(calls)) = parse(br#"[{"method":"a","id":1},{"method":"b"}]"#, 2) else {
        panic!()
    };
    assert_eq!(
        calls
            .iter()
            .map(|call| call.method.as_deref().unwrap())
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[test]
fn a_batch_longer_than_allowed_is_distinguished_from_what_is_no_json() {
    assert_eq!(
        refused(r#"[{"method":"a"},{"method":"a"},{"method":"a"},{"method":"a"}]"#),
        MalformedBody::TooMany { most: 3 }
    );
    assert!(matches!(
        refused(r#"[{"method":"a"},{"method":"a"},{"method":"a"},{"method":"a"},}"#),
        MalformedBody::NotJson(_)
    ));
}

#[test]
fn what_is_no_json_is_distinguished_from_what_is_no_call() {
    for body in [
        "",
        "  ",
        "{",
        "nonsense",
        r#"{"method":"a"}x"#,
        r#"{"method":"a",}"#,
        "[",
        r#"{"method":1"#,
        "\u{feff}{}",
    ] {
        assert!(
            matches!(refused(body), MalformedBody::NotJson(_)),
            "{body}: {:?}",
            refused(body)
        );
    }
    for body in [
        r#"{"method":""}"#,
        "1",
        "null",
        "1e999",
        "\"stop\"",
        "{}",
        r#"{"method":1}"#,
        r#"{"method":null}"#,
        r#"{"params":[]}"#,
    ] {
        assert!(
            matches!(refused(body), MalformedBody::NotACall { .. }),
            "{body}: {:?}",
            refused(body)
        );
    }
    assert!(matches!(
        parse(b"{\"method\":\"a\xff\"}", 1),
        Err(MalformedBody::NotJson(_))
    ));
}

#[test]
fn what_is_no_call_is_reported_without_what_was_found() {
    for body in [
        r#""hunter2""#,
        "77777",
        r#"{"method":77777}"#,
        r#"{"method":["hunter2"]}"#,
        r#"{"hunter2":"hunter2"}"#,
        r#"[{"hunter2":1,"method":"hunter2","method":"hunter2"}]"#,
    ] {
        let MalformedBody::NotACall { detail, .. } = refused(body) else {
            panic!("{body}")
        };
        assert!(
            !detail.contains("hunter2") && !detail.contains("77777"),
            "{body}: {detail}"
        );
    }
}

#[test]
fn a_key_that_some_readers_take_for_one_that_matters_is_refused() {
    for body in [
        r#"{"method":"a","Method":"b"}"#,
        r#"{"METHOD":"a"}"#,
        r#"{"method":"a","ID":1}"#,
    ] {
        let MalformedBody::NotACall { detail, .. } = refused(body) else {
            panic!("{body}")
        };
        assert!(detail.contains("lower case"), "{detail}");
    }
}

#[test]
fn what_is_no_call_is_answered_with_its_id_where_it_has_one() {
    let id = |body| match refused(body) {
        MalformedBody::NotACall { id, .. } => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(r#"{"id":7}"#), Some("7".to_owned()));
    assert_eq!(
        id(r#"{"id":"x","method":"a","method":"b"}"#),
        Some("\"x\"".to_owned())
    );
    assert_eq!(
        id(r#"{"id":[1, {"a":2}]}"#),
        Some(r#"[1, {"a":2}]"#.to_owned())
    );
    for several in [
        r#"{"id":1,"id":2,"method":"a"}"#,
        r#"{"id":1,"ID":2,"method":"a"}"#,
        r#"{"Id":1,"method":"a"}"#,
    ] {
        assert_eq!(id(several), None, "{several}");
    }
    let two = refused(r#"{"jsonrpc":"2.0","id":7}"#);
    assert!(
        matches!(
            two,
            MalformedBody::NotACall {
                version: RpcVersion::Two,
                ..
            }
        ),
        "{two:?}"
    );
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
        let MalformedBody::NotACall { detail, .. } = refused(body) else {
            panic!("{body}")
        };
        assert!(detail.contains("twice"), "{detail}");
    }
    assert_eq!(single(r#"{"method":"a","x":1,"x":2}"#).method.unwrap(), "a");
    let twice = refused(r#"[{"method":"a"},{"id":1,"method":"a","method":"b"}]"#);
    assert!(
        matches!(twice, MalformedBody::NotACall { id: None, .. }),
        "{twice:?}"
    );
}

#[test]
fn what_a_node_takes_is_a_call() {
    let nested = |depth: usize| {
        format!(
            r#"{{"method":"a","params":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    for body in [
        r#"{"id":[1,"a"],"method":"a"}"#,
        r#"{"id":{"a":1.0,"a":2},"method":"a"}"#,
        r#"{"id":1e999,"method":"a","params":[1e999,-0,123456789012345678901234567890]}"#,
        &format!(r#"{{"method":"{}"}}"#, "a".repeat(128)),
        r#"{"jsonrpc":{},"method":"a","params":5}"#,
        r#"{"method":"a","params":["[[[\\\"[[["]}"#,
        &nested(127),
        &nested(510),
        &nested(511),
    ] {
        assert!(single(body).method.is_some(), "{body}");
    }
    assert_eq!(
        single(r#"{"id":[1, "a"],"method":"a"}"#).id.unwrap(),
        r#"[1, "a"]"#
    );
    let many_strings = format!(
        r#"{{"method":"a","params":[{}0]}}"#,
        r#""[\"[","{","#.repeat(1000)
    );
    assert!(
        single(&many_strings).method.is_some(),
        "brackets in strings are none"
    );
}

#[test]
fn a_batch_may_be_empty_and_have_members_that_are_no_calls() {
    let batch = |body| match parse(str::as_bytes(body), 9) {
        Ok(RpcCalls::Batch(calls)) => calls,
        other => panic!("{body}: {other:?}"),
    };
    assert!(batch(" [ ] ").is_empty() && RpcCalls::Batch(batch("[]")).cost() == 1);
    let calls = batch(
        r#"[{"id":1,"method":"a"},5,null,"stop",["stop"],1e999,{"id":{}},{"jsonrpc":"2.0","id":2,"method":5}]"#,
    );
    let methods: Vec<_> = calls.iter().map(|call| call.method.as_deref()).collect();
    assert_eq!(
        methods,
        [Some("a"), None, None, None, None, None, None, None]
    );
    let ids: Vec<_> = calls.iter().map(|call| call.id.as_deref()).collect();
    assert_eq!(
        ids,
        [
            Some("1"),
            None,
            None,
            None,
            None,
            None,
            Some("{}"),
            Some("2")
        ]
    );
    assert_eq!(calls.last().unwrap().version, RpcVersion::Two);
    assert_eq!(RpcCalls::Batch(calls).cost(), 8);
}

#[test]
fn calls_that_wait_for_a_block_are_known() {
    let polls = |body| parse(str::as_bytes(body), 9).unwrap().are_long_poll();
    for body in [
        r#"{"method":"waitfornewblock"}"#,
        r#"{"method":"\u0077aitforblock"}"#,
        r#"[{"method":"a"},{"params":[{"longpollid":"x"}],"method":"getblocktemplate"}]"#,
    ] {
        assert!(polls(body), "{body}");
    }
    for body in [
        "[]",
        r#"{"method":"getblocktemplate","params":[{}]}"#,
        r#"["waitfornewblock"]"#,
    ] {
        assert!(!polls(body), "{body}");
    }
}

#[test]
fn each_call_has_the_class_of_its_method_and_parameters() {
    let hash = "0".repeat(64);
    let body = [
        r#"{"method":"getblockcount"}"#,
        r#"{"params":["HASH",1,"HASH"],"method":"getrawtransaction"}"#,
        r#"{"params" : { "blockhash" : "HASH" } , "method":"getblock"}"#,
        r#"{"method":"\u0073top","params":[]}"#,
        r#"{"method":"getblockz","params":["HASH"]}"#,
        r#"{"method":7}"#,
        "1",
    ];
    let body = format!("[{}]", body.join(",").replace("HASH", &hash));
    let RpcCalls::Batch(calls) = parse(body.as_bytes(), 9).unwrap().into_owned() else {
        panic!("a batch");
    };
    let given: Vec<_> = calls.iter().map(|call| call.classification).collect();
    let blocks = |class| Classification {
        needs: Needs::BLOCKS,
        ..Classification::of(class)
    };
    assert_eq!(
        given,
        [
            Classification::of(Class::View),
            blocks(Class::ByHash),
            blocks(Class::ByHash),
            Classification::of(Class::NodeChange),
            Classification::UNKNOWN,
            Classification::of(Class::Pure),
            Classification::of(Class::Pure),
        ]
    );
}

#[test]
fn a_nesting_bomb_is_refused_wherever_it_is_put() {
    let bomb = "[".repeat(512) + &"]".repeat(512);
    for body in [
        format!("[{bomb}]"),
        "[".repeat(1_000_000),
        format!(r#"{{"method":"a","params":{bomb}}}"#),
        format!(r#"{{"method":"a","x":{bomb}}}"#),
        format!(r#"{{"method":"a","id":{bomb}}}"#),
        format!(r#"[{{"method":"a","params":{bomb}}}]"#),
        r#"{"a":"#.repeat(100_000),
    ] {
        let refused = parse(body.as_bytes(), 10);
        assert!(
            matches!(refused, Err(MalformedBody::NotJson(_))),
            "{}: {refused:?}",
            &body[..40]
        );
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
            prop_assert_eq!(call.method.as_deref().unwrap(), written["method"].as_str().unwrap());
            prop_assert_eq!(call.id.as_deref().map(str::to_owned), written.get("id").map(Value::to_string));
            prop_assert_eq!(call.version == RpcVersion::Two, written.get("jsonrpc").is_some());
        }
    }
}

//! What clients read of refusals.

use super::*;
use crate::gateway::parse::parse;

fn limited() -> CallRefusal {
    CallRefusal::Limited {
        layer: "method",
        key: "stop".to_owned(),
        wait: Duration::from_micros(1_200_500),
    }
}

fn body(refusal: &CallRefusal, request: &str) -> Value {
    let calls = parse(request.as_bytes(), 10).unwrap();
    serde_json::from_str(&refusal.body(Some(&calls))).unwrap()
}

#[test]
fn the_answer_has_the_callers_id_and_version() {
    let one = body(&limited(), r#"{"method":"stop","id":"x"}"#);
    assert_eq!(
        (&one["id"], &one["result"], one.get("jsonrpc")),
        (&json!("x"), &Value::Null, None)
    );
    let two = body(&limited(), r#"{"jsonrpc":"2.0","method":"stop","id":7}"#);
    assert_eq!(
        (&two["id"], &two["jsonrpc"], two.get("result")),
        (&json!(7), &json!("2.0"), None)
    );
}

#[test]
fn a_refused_batch_has_an_error_for_each_call_that_wants_an_answer() {
    let both = body(
        &limited(),
        r#"[{"method":"a","id":1},{"jsonrpc":"2.0","method":"b"},{"method":"c","id":3}]"#,
    );
    let ids: Vec<_> = both
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["id"].clone())
        .collect();
    assert_eq!(ids, [json!(1), json!(3)]);
    assert!(body(&limited(), r#"[{"jsonrpc":"2.0","method":"b"}]"#).is_object());
}

#[test]
fn a_refusal_names_the_key_that_decides_it() {
    let limited = |layer, key: &str| CallRefusal::Limited {
        layer,
        key: key.to_owned(),
        wait: Duration::from_secs(1),
    };
    let above = |layer, key: &str| CallRefusal::AboveBurst {
        layer,
        key: key.to_owned(),
        cost: 9,
        burst: 5,
    };
    for (refusal, key) in [
        (
            CallRefusal::BodyTooLarge { most: 7 },
            "7 bytes (rpc.max_body_bytes)",
        ),
        (
            CallRefusal::BatchTooLarge { most: 7 },
            "7 calls (rpc.max_batch)",
        ),
        (
            above("address", "192.0.2.1"),
            "which is 5 (rpc.auth.rate_limit_burst)",
        ),
        (above("user", "bob"), "(burst of bob in rpc.auth.users"),
        (
            above("user", NODE_USER_LABEL),
            "(rpc.auth.rate_limit_burst)",
        ),
        (
            above("method", "stop"),
            "(burst of stop in rpc.auth.per_method_limits)",
        ),
        (
            limited("address", "192.0.2.1"),
            "(rpc.auth.rate_limit_rate)",
        ),
        (limited("user", "bob"), "(rate of bob in rpc.auth.users"),
        (
            limited("method", "stop"),
            "(rate of stop in rpc.auth.per_method_limits)",
        ),
        (
            CallRefusal::Forbidden {
                method: "stop".to_owned(),
                by: "rpc.methods".to_owned(),
            },
            "(rpc.methods)",
        ),
        (CallRefusal::NodeTimedOut, "rpc.request_timeout_secs"),
    ] {
        assert!(refusal.to_string().contains(key), "{refusal}");
    }
    assert!(
        !limited("user", NODE_USER_LABEL)
            .to_string()
            .contains("users")
    );
}

#[test]
fn a_limit_says_when_to_come_back_and_never_too_soon() {
    let error = &body(&limited(), r#"{"method":"stop"}"#)["error"];
    assert_eq!(
        error["data"],
        json!({"layer": "method", "key": "stop", "retry_after_ms": 1201})
    );
    assert_eq!(error["code"], -32005);
    assert_eq!(limited().retry_after_secs(), Some(2));
    assert!(
        error["message"].as_str().unwrap().contains("1.3 s"),
        "{error}"
    );
}

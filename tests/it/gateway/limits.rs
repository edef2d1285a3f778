//! The three layers of limits, as their callers see them.

use serde_json::json;

use super::{ECHO, assert_answered, assert_refused, batch, call, echo, front};
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::{Response, basic};
use crate::support::sight::Page;

/// As good as no refill during a test.
const SLOW: &str = "rate = 0.001";

#[track_caller]
fn post(daemon: &Daemon, headers: &[(&str, &str)], body: &str) -> Response {
    daemon.post("/", headers, body.as_bytes())
}

/// Spends one token of `method` at a time until it is refused; returns how many passed.
#[track_caller]
fn spend_all(daemon: &Daemon, headers: &[(&str, &str)], method: &str) -> usize {
    (0..1000)
        .take_while(|_| post(daemon, headers, &call(method)).status != 429)
        .count()
}

#[test]
fn a_call_that_one_layer_refuses_costs_no_layer_anything() {
    let (node, daemon) = front(&format!(
        "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 10\n\
         [rpc.auth.per_method_limits]\nstop = {{ {SLOW}, burst = 1 }}\nping = \
         {{ {SLOW}, burst = 5 }}"
    ));
    let as_alice = basic("alice:x");
    let headers = [("Authorization", as_alice.as_str())];
    post(&daemon, &headers, &call("stop"));
    assert_eq!(node.count("stop"), 1);
    for _ in 0..20 {
        let answer = post(&daemon, &headers, &call("stop"));
        assert_refused(&answer, 429, -32005);
        assert_eq!(answer.json()["error"]["data"]["layer"], "method");
        // Refused for one of its calls: the other costs nothing either.
        let answer = post(&daemon, &headers, &batch(&["ping", "stop", ECHO]));
        assert_eq!(answer.status, 429, "{answer:?}");
        assert_eq!(answer.json().as_array().map(Vec::len), Some(3));
    }
    assert_eq!(
        (node.count("stop"), node.count("ping"), node.count(ECHO)),
        (1, 0, 0)
    );
    assert_eq!(spend_all(&daemon, &headers, "ping"), 5);
    assert_eq!(spend_all(&daemon, &headers, ECHO), 4);
    let answer = echo(&daemon, &headers);
    assert_eq!(answer.status, 429, "{answer:?}");
}

#[test]
fn a_batch_costs_each_of_its_calls_and_cannot_get_around_the_limit_of_a_method() {
    let (node, daemon) = front(&format!(
        "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 20\n\
         [rpc.auth.per_method_limits]\nstop = {{ {SLOW}, burst = 3 }}"
    ));
    assert_eq!(
        post(&daemon, &[], &batch(&["stop", ECHO, "stop"])).status,
        200
    );
    // One is left, whatever it is called by.
    let escaped = r#"[{"id":0,"method":"\u0073top"},{"id":1,"\u006dethod":"stop"}]"#;
    for body in [
        batch(&["stop", "stop"]),
        batch(&[ECHO, "stop", ECHO, "stop"]),
        escaped.to_owned(),
    ] {
        let answer = post(&daemon, &[], &body);
        assert_eq!(
            (answer.status, &answer.json()[0]["error"]["data"]["key"]),
            (429, &json!("stop")),
            "{answer:?}"
        );
    }
    assert_eq!((node.count("stop"), node.count(ECHO)), (2, 1));
    post(&daemon, &[], r#"{"id":"me","method":"\u0073top"}"#);
    assert_eq!(node.count("stop"), 3);
    assert_refused(&post(&daemon, &[], &call("stop")), 429, -32005);
    // Of 20 four are spent.
    assert_eq!(post(&daemon, &[], &batch(&[ECHO; 17])).status, 429);
    assert_eq!(post(&daemon, &[], &batch(&[ECHO; 16])).status, 200);
}

#[test]
fn notifications_cost_as_much_as_calls() {
    let (_node, daemon) = front("[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 4");
    let silent =
        json!([{"jsonrpc": "2.0", "method": ECHO}, {"jsonrpc": "2.0", "method": ECHO}]).to_string();
    assert_eq!(post(&daemon, &[], &silent).status, 200);
    assert_eq!(post(&daemon, &[], &silent).status, 200);
    let answer = post(&daemon, &[], &silent);
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (429, &json!(-32005)),
        "{answer:?}"
    );
}

#[test]
fn nobody_spends_anothers_allowance_with_a_wrong_password() {
    // The node checks: here it takes anybody, which is the worst that a stranger can hope for.
    let (_node, daemon) = front(&format!(
        "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 100\n\
         [rpc.auth.per_method_limits]\necho = {{ {SLOW}, burst = 3 }}"
    ));
    let right = basic("alice:right");
    let wrong = basic("alice:wrong");
    assert_eq!(spend_all(&daemon, &[("Authorization", &wrong)], ECHO), 3);
    assert_eq!(spend_all(&daemon, &[("Authorization", &right)], ECHO), 3);
    assert_eq!(spend_all(&daemon, &[], ECHO), 3);
    let answer = echo(&daemon, &[("Authorization", &right)]);
    assert!(
        !answer
            .text()
            .contains(right.strip_prefix("Basic ").unwrap()),
        "{answer:?}"
    );
}

#[test]
fn addresses_behind_a_proxy_that_is_trusted_have_buckets_of_their_own() {
    let limits = "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 3";
    let from = |address: &str| [("X-Forwarded-For", address.to_owned())];
    let spend = |daemon: &Daemon, address: &str| {
        let headers = from(address);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        spend_all(daemon, &headers, ECHO)
    };
    let (_node, daemon) = front(&format!(
        "[rpc]\ntrusted_proxies = [\"127.0.0.0/8\"]\n{limits}"
    ));
    assert_eq!(spend(&daemon, "198.51.100.7"), 3);
    // What stands further left is what the client says itself.
    assert_eq!(spend(&daemon, "203.0.113.9, 198.51.100.7"), 0);
    assert_eq!(spend(&daemon, "::ffff:198.51.100.7"), 0);
    assert_eq!(spend(&daemon, "198.51.100.8, 127.0.0.1"), 3);
    assert_eq!(spend(&daemon, "2001:db8:1:2::1"), 3);
    assert_eq!(
        spend(&daemon, "2001:db8:1:2:ffff::9"),
        0,
        "a subscriber has a /64"
    );
    assert_eq!(spend(&daemon, "2001:db8:1:3::1"), 3);
    let answer = echo(&daemon, &[("X-Forwarded-For", "2001:db8:1:2::1")]);
    assert_eq!(answer.json()["error"]["data"]["key"], "2001:db8:1:2::/64");

    let (_node, daemon) = front(limits);
    assert_eq!(spend(&daemon, "198.51.100.7"), 3);
    assert_eq!(
        spend(&daemon, "198.51.100.8"),
        0,
        "a stranger chooses no address"
    );
}

#[test]
fn an_exempt_address_has_no_limits_but_may_call_no_more_methods() {
    let (_node, daemon) = front(&format!(
        "[rpc]\nmethods = [\"*\", \"!stop\"]\n[rpc.auth]\nrate_limit_rate = 0.001\n\
         rate_limit_burst = 1\n\
         rate_limit_exempt = [\"127.0.0.0/8\"]\n[rpc.auth.per_method_limits]\necho = \
         {{ {SLOW}, burst = 1 }}"
    ));
    for _ in 0..10 {
        assert_answered(&echo(&daemon, &[]));
        assert_eq!(post(&daemon, &[], &batch(&[ECHO; 5])).status, 200);
    }
    assert_eq!(post(&daemon, &[], &call("stop")).status, 403);
    let page = Page::of(&daemon);
    assert_eq!(
        page.series("bllvm_rpc_limiter_keys{layer=\"address\"}"),
        Some(0.0),
        "{}",
        page.text()
    );
}

#[test]
fn what_is_only_observed_is_counted_and_passes() {
    let (node, daemon) = front(
        "[rpc]\nqueue_timeout_ms = 200\n\
         [rpc.auth]\nrate_limit_mode = \"observe\"\nrate_limit_rate = 0.001\nrate_limit_burst = 2",
    );
    for _ in 0..5 {
        assert_answered(&echo(&daemon, &[]));
    }
    assert_eq!(post(&daemon, &[], &batch(&[ECHO; 3])).status, 200);
    assert_eq!(node.count(ECHO), 8);
    let limited = || Page::of(&daemon).series("bllvm_rpc_rate_limited_total{layer=\"address\"}");
    assert_eq!(limited(), Some(4.0));
    daemon.wait_for_log("limited=address");
    // What was not charged is not given back when the node does not take it.
    node.set(ECHO, Behaviour::queue_exceeded());
    for _ in 0..2 {
        assert_eq!(echo(&daemon, &[]).status, 503);
    }
    node.set(ECHO, Behaviour::Result(json!(1)));
    assert_answered(&echo(&daemon, &[]));
    assert_eq!(limited(), Some(7.0));
}

#[test]
fn without_limits_nothing_is_limited() {
    let (_node, daemon) = front(
        "[rpc.auth]\nrate_limit_enabled = false\nrate_limit_rate = 0.001\nrate_limit_burst = 1",
    );
    for _ in 0..5 {
        assert_answered(&echo(&daemon, &[]));
    }
    assert_eq!(post(&daemon, &[], &batch(&[ECHO; 100])).status, 200);
}

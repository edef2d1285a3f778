//! Credentials: the node's own, passed through; and users of the front.

use serde_json::json;

use super::{
    ECHO, SOON, assert_answered, assert_refused, batch, before, call, echo, echo_node, front,
};
use crate::support::config::FAKE_COOKIE;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Call;
use crate::support::http::basic;
use crate::support::sight::{Page, wait_ready};
use crate::support::surroundings::wait_until;

/// Two users: alice with the password "secret", bob with "p:w", who may call little and seldom.
pub(super) const USERS: &str = r#"
[[rpc.auth.users]]
name = "alice"
rpcauth = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937"
rate = 1000
burst = 1000
[[rpc.auth.users]]
name = "bob"
rpcauth = "salt$1ba971313e89568f41b42ef7a4ee25812f203946d9acc50a0a8b62763890e6ce"
methods = ["ec*", "getblock*", "!getblocktemplate"]
rate = 0.001
burst = 5
"#;

fn alice() -> String {
    basic("alice:secret")
}

fn bob() -> String {
    basic("bob:p:w")
}

#[test]
fn a_user_calls_with_the_daemons_credential_which_nobody_sees() {
    let (node, daemon) = front(USERS);
    node.require(&basic(FAKE_COOKIE));
    let answer = echo(&daemon, &[("Authorization", &alice())]);
    assert_answered(&answer);
    let call = node
        .calls()
        .into_iter()
        .rfind(|call| call.method == ECHO)
        .unwrap();
    assert_eq!(
        call.header("authorization"),
        Some(basic(FAKE_COOKIE).as_str())
    );
    assert!(
        call.headers.iter().all(|(_, value)| *value != alice()),
        "{:?}",
        call.headers
    );
    assert!(!format!("{answer:?}").contains("c0ffee"), "{answer:?}");
}

#[test]
fn a_user_may_call_what_its_list_allows_and_a_batch_no_more() {
    let (node, daemon) = front(&format!(
        "[rpc]\nmethods = [\"*\", \"!getblockhash\"]\n{USERS}"
    ));
    let headers = [("Authorization", bob())];
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for method in ["stop", "getblocktemplate", "getblockhash", "uptime"] {
        assert_refused(
            &daemon.post("/", &headers, call(method).as_bytes()),
            403,
            -32003,
        );
        let answer = daemon.post("/", &headers, batch(&[ECHO, method]).as_bytes());
        assert_eq!(answer.status, 403, "{method}: {answer:?}");
    }
    assert_eq!(
        (
            node.count("stop"),
            node.count("getblocktemplate"),
            node.count(ECHO)
        ),
        (0, 0, 0)
    );
    // None of it was charged.
    assert_eq!(
        daemon
            .post("/", &headers, batch(&[ECHO; 5]).as_bytes())
            .status,
        200
    );
    let answer = echo(&daemon, &headers);
    assert_refused(&answer, 429, -32005);
    assert_eq!(
        (
            &answer.json()["error"]["data"]["layer"],
            &answer.json()["error"]["data"]["key"]
        ),
        (&json!("user"), &json!("bob"))
    );
    assert_answered(&echo(&daemon, &[("Authorization", &alice())]));
}

#[test]
fn wrong_passwords_cost_their_user_nothing() {
    let (_node, daemon) = front(USERS);
    for _ in 0..9 {
        assert_refused(
            &echo(&daemon, &[("Authorization", &basic("bob:wrong"))]),
            401,
            -32001,
        );
    }
    assert_eq!(
        daemon
            .post(
                "/",
                &[("Authorization", &bob())],
                batch(&[ECHO; 5]).as_bytes()
            )
            .status,
        200
    );
}

#[test]
fn the_eleventh_failed_login_in_a_minute_has_to_wait_and_the_right_one_passes() {
    let (node, daemon) = front(USERS);
    for attempt in 0..10 {
        assert_refused(
            &echo(
                &daemon,
                &[("Authorization", &basic(format!("alice:{attempt}")))],
            ),
            401,
            -32001,
        );
    }
    for credentials in [
        basic("alice:guess"),
        basic("carol:x"),
        "Bearer x".to_owned(),
    ] {
        let answer = echo(&daemon, &[("Authorization", &credentials)]);
        assert_refused(&answer, 429, -32005);
        let wait: u64 = answer
            .header("retry-after")
            .and_then(|wait| wait.parse().ok())
            .expect("Retry-After");
        assert!((1..=60).contains(&wait), "{answer:?}");
    }
    assert_answered(&echo(&daemon, &[("Authorization", &alice())]));
    assert_eq!(node.count(ECHO), 1);
    assert_eq!(
        Page::of(&daemon).series("bllvm_auth_failures_total{where=\"front\"}"),
        Some(10.0)
    );
}

#[test]
fn a_long_body_of_somebody_without_credentials_is_refused_before_it_is_read() {
    let (_node, daemon) = front(USERS);
    let mut connection = daemon.connect();
    connection
        .write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n{")
        .unwrap();
    let answer = connection.read(false).unwrap();
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (401, &json!(-32001)),
        "{answer:?}"
    );
}

#[test]
fn credentials_of_the_node_pass_untouched_and_its_refusals_count() {
    let (node, daemon) = front("");
    let right = basic("rpc:right");
    assert_answered(&echo(&daemon, &[("Authorization", &right)]));
    let seen = node
        .calls()
        .into_iter()
        .find(|call| call.method == ECHO)
        .unwrap();
    assert_eq!(seen.header("authorization"), Some(right.as_str()));
    echo(&daemon, &[]);
    let bare = node
        .calls()
        .into_iter()
        .rfind(|call| call.method == ECHO)
        .unwrap();
    assert_eq!(
        bare.header("authorization"),
        None,
        "the daemon's own is not lent"
    );

    node.require(&right);
    for attempt in 0..10 {
        let answer = echo(
            &daemon,
            &[("Authorization", &basic(format!("rpc:{attempt}")))],
        );
        assert_eq!(
            (answer.status, answer.body.len()),
            (401, 0),
            "as the node says it: {answer:?}"
        );
        assert!(answer.header("www-authenticate").is_some());
    }
    let calls = node.count(ECHO);
    assert_refused(
        &echo(&daemon, &[("Authorization", &basic("rpc:guess"))]),
        429,
        -32005,
    );
    assert_eq!(node.count(ECHO), calls, "the node hears no more of it");
    assert_eq!(
        Page::of(&daemon).series("bllvm_auth_failures_total{where=\"node\"}"),
        Some(10.0)
    );
}

#[test]
fn credentials_that_the_node_has_accepted_pass_though_others_fail_at_the_same_address() {
    let (node, daemon) = front("");
    let right = basic("rpc:right");
    let stale = basic("rpc:stale");
    let ask = |credentials: &str| echo(&daemon, &[("Authorization", credentials)]);
    node.require(&stale);
    assert_answered(&ask(&stale));
    node.require(&right);
    assert_answered(&ask(&right));
    // The first of these was known to be right, and is forgotten.
    for _ in 0..10 {
        assert_eq!(ask(&stale).status, 401);
    }
    let calls = node.count(ECHO);
    for credentials in [&*stale, &basic("rpc:guess"), "Basic !", "Bearer"] {
        assert_refused(&ask(credentials), 429, -32005);
    }
    assert_refused(&echo(&daemon, &[]), 429, -32005);
    assert_eq!(node.count(ECHO), calls, "the node hears no more of them");
    for _ in 0..20 {
        assert_answered(&ask(&right));
    }
    // Once the node thinks otherwise, they are as good as any others.
    node.require(&basic("rpc:new"));
    assert_eq!(ask(&right).status, 401);
    assert_refused(&ask(&right), 429, -32005);
}

#[test]
fn credentials_that_the_daemon_uses_itself_pass_though_others_fail_at_the_same_address() {
    let node = echo_node();
    let own = basic(FAKE_COOKIE);
    node.require(&own);
    let daemon = Daemon::start(before(
        &node,
        "[node]\npoll_interval_secs = 600\ntimeout_secs = 600",
    ));
    // The first poll has read the cookie.
    wait_ready(&daemon);
    let ask = |credentials: &str| echo(&daemon, &[("Authorization", credentials)]);
    for attempt in 0..10 {
        assert_eq!(ask(&basic(format!("rpc:{attempt}"))).status, 401);
    }
    assert_refused(&ask(&basic("rpc:guess")), 429, -32005);
    assert_answered(&ask(&own));
    // After a restart of the node there are clients that go on with the old cookie, long before the
    // next poll.
    let renewed = "__cookie__:decaf";
    crate::support::daemon::write_private(&daemon.directory().join("node.cookie"), renewed);
    node.require(&basic(renewed));
    assert_eq!(ask(&own).status, 401);
    assert_refused(&ask(&own), 429, -32005);
    assert_answered(&ask(&basic(renewed)));
}

#[test]
fn a_spelling_that_the_node_refuses_locks_nobody_out_who_uses_another() {
    let node = echo_node();
    let own = basic(FAKE_COOKIE);
    for right in [own, basic("rpc:right")] {
        let daemon = Daemon::start(before(&node, ""));
        node.require(&right);
        let ask = |credentials: &str| echo(&daemon, &[("Authorization", credentials)]).status;
        wait_until("a right login", SOON, || ask(&right) == 200);
        // As bitcoind does with a scheme in lower case.
        let refused = right.replacen("Basic", "basic", 1);
        for _ in 0..10 {
            assert_eq!(ask(&refused), 401);
        }
        for _ in 0..5 {
            assert_eq!((ask(&right), ask(&refused)), (200, 429), "{right}");
        }
    }
}

#[test]
fn wrong_credentials_that_the_daemon_uses_itself_are_no_better_than_others() {
    let node = echo_node();
    let own = basic(FAKE_COOKIE);
    node.require(&basic("rpc:right"));
    let daemon = Daemon::start(before(&node, ""));
    let are_of_daemon = |call: &Call| call.header("authorization") == Some(own.as_str());
    wait_until("two polls", SOON, || {
        node.calls()
            .iter()
            .filter(|call| are_of_daemon(call))
            .count()
            >= 2
    });
    let ask = || echo(&daemon, &[("Authorization", &own)]);
    for _ in 0..10 {
        assert_eq!(ask().status, 401);
    }
    for _ in 0..5 {
        assert_refused(&ask(), 429, -32005);
    }
    assert_eq!(node.count(ECHO), 10, "the node hears no more of them");
    // Once the node takes them, its own poll shows that they are right.
    node.require(&own);
    wait_until("the daemon's own login", SOON, || ask().status == 200);
}

#[test]
fn a_credential_of_the_daemon_that_is_refused_is_read_again_before_a_client_is_refused() {
    let (node, daemon) = front(USERS);
    assert_answered(&echo(&daemon, &[("Authorization", &alice())]));
    let renewed = "__cookie__:decaf";
    crate::support::daemon::write_private(&daemon.directory().join("node.cookie"), renewed);
    node.require(&basic(renewed));
    assert_answered(&echo(&daemon, &[("Authorization", &alice())]));
    node.require(&basic("__cookie__:nobody knows"));
    let answer = echo(&daemon, &[("Authorization", &alice())]);
    assert_refused(&answer, 502, -32010);
    assert!(!answer.text().contains("decaf"), "{answer:?}");
    // Nor does its user pay for it: it is no failed login of the client's.
    for _ in 0..12 {
        assert_refused(&echo(&daemon, &[("Authorization", &alice())]), 502, -32010);
    }
}

#[test]
fn users_may_come_and_go_with_a_reload() {
    let (_node, mut daemon) = front("");
    assert_answered(&echo(&daemon, &[]));
    let file = std::fs::read_to_string(daemon.config_file()).unwrap();
    let folder = daemon.directory().to_str().unwrap().to_owned();
    daemon.rewrite_config(format!("{file}\n{USERS}").replace(&folder, "{dir}"));
    daemon.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("users", SOON, || echo(&daemon, &[]).status == 401);
    assert_answered(&echo(&daemon, &[("Authorization", &alice())]));
}

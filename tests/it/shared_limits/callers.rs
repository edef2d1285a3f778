//! What a caller sees of limits that are shared: the same as of a daemon's own.

use super::*;
use crate::support::http::basic;
use crate::support::redis::redis_or_skip;

const ALICE: &str = r#"
[[rpc.auth.users]]
name = "alice"
# the password is "secret"
rpcauth = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937"
rate = 0.001
burst = 4
"#;

#[test]
fn a_refusal_says_when_to_come_back_and_then_the_call_passes() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (2.0, 1), ""));
    assert_eq!(call(&daemon, "10.0.0.1").status, 200);
    let refused = call(&daemon, "10.0.0.1");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let error = &refused.json()["error"];
    assert_eq!(
        (&error["code"], &error["data"]["layer"]),
        (&(-32005).into(), &"address".into())
    );
    assert_eq!(error["data"]["key"], "10.0.0.1");
    let wait = error["data"]["retry_after_ms"].as_u64().expect("a number");
    assert!((1..=500).contains(&wait), "{wait}");
    thread::sleep(Duration::from_millis(wait + 1));
    assert_eq!(call(&daemon, "10.0.0.1").status, 200);
    assert_eq!(call(&daemon, "10.0.0.2").status, 200, "another caller");
}

#[test]
fn a_refused_batch_costs_no_layer_anything_at_any_daemon() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let config = || shared(&node, &redis, (0.001, 10), "").with(ALICE);
    let one = start(config());
    let other = start(config());
    let alice = basic("alice:secret");
    let headers = [("Authorization", alice.as_str())];
    let batch = |calls: usize| {
        let call = r#"{"id":1,"method":"getblockcount"}"#;
        format!("[{}]", vec![call; calls].join(","))
    };
    assert_eq!(one.post("/", &headers, batch(3).as_bytes()).status, 200);
    for _ in 0..5 {
        let refused = other.post("/", &headers, batch(2).as_bytes());
        assert_eq!(refused.status, 429, "{refused:?}");
        assert_eq!(refused.json()[0]["error"]["data"]["layer"], "user");
    }
    let large = one.post("/", &headers, batch(5).as_bytes());
    assert_eq!(
        large.status, 413,
        "it costs more than alice's burst: {large:?}"
    );
    assert_eq!(other.post("/", &headers, batch(1).as_bytes()).status, 200);
    assert_eq!(one.post("/", &headers, batch(1).as_bytes()).status, 429);
}

#[test]
fn a_call_that_no_node_took_costs_nothing() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (0.001, 5), ""));
    let port = node.port();
    drop(node);
    for _ in 0..20 {
        assert_eq!(call(&daemon, "10.0.0.1").status, 502);
    }
    let _node = FakeNode::from_fixtures_on(port, "core-31.99/synced-prunable");
    assert_eq!(passed(&daemon, "10.0.0.1", 20), 5);
}

#[test]
fn no_address_and_no_name_is_in_the_store_in_clear() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (0.001, 10), "").with(ALICE));
    let alice = basic("alice:secret");
    let headers = [
        ("Authorization", alice.as_str()),
        ("X-Forwarded-For", "203.0.113.77"),
    ];
    assert_eq!(daemon.post("/", &headers, CALL).status, 200);
    let keys = redis.command(&["KEYS", "*"]);
    let script = "local all = '' for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('TYPE', key).ok == 'string' then \
                  all = all .. key .. '=' .. redis.call('GET', key) .. '\\n' end end return all";
    let full = redis.command(&["EVAL", script, "0"]);
    assert!(
        keys.contains("{bllvm:main}:a:") && keys.contains("{bllvm:main}:u:"),
        "{keys}"
    );
    for clear in ["203.0.113.77", "alice", "74ef20277296"] {
        assert!(
            !keys.contains(clear) && !full.contains(clear),
            "{clear}: {full}"
        );
    }
}

#[test]
fn a_bucket_that_is_full_again_is_no_key() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (1000.0, 2), ""));
    assert_eq!(call(&daemon, "10.0.0.1").status, 200);
    wait_until("the key to go", SOON, || {
        !redis.command(&["KEYS", "*"]).contains("{bllvm:main}:a:")
    });
}

#[test]
fn daemons_of_another_namespace_have_limits_of_their_own() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let one = start(shared(&node, &redis, (0.001, 3), ""));
    let other = start(shared(&node, &redis, (0.001, 3), "namespace = \"test\""));
    assert_eq!(passed(&one, "10.0.0.1", 5), 3);
    assert_eq!(passed(&other, "10.0.0.1", 5), 3);
}

#[test]
fn daemons_share_by_a_secret_of_a_file_and_not_with_one_that_has_another() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        crate::support::daemon::write_private(&path, text);
        format!("secret_file = \"{}\"", path.display())
    };
    let same = file("same", "one\n");
    let another = file("another", "two\n");
    let one = start(shared(&node, &redis, (0.001, 3), &same));
    let other = start(shared(&node, &redis, (0.001, 3), &same));
    assert_eq!(passed(&one, "10.0.0.1", 2), 2);
    assert_eq!(passed(&other, "10.0.0.1", 5), 1);
    assert!(!redis.command(&["GET", "{bllvm:main}:secret"]).contains(' '));
    let stranger = Daemon::start(shared(&node, &redis, (0.001, 3), &another));
    stranger.wait_for_log("limits.secret_file must be the same file");
}

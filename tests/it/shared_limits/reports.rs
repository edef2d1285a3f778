//! `bllvmctl limits`, and a reload that begins to share, or ends it.

use nix::sys::signal::Signal;

use super::*;
use crate::support::redis::redis_or_skip;

#[test]
fn the_store_is_shown_for_people_and_for_programs() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let config = || shared(&node, &redis, (0.001, 10), "replicas = 2");
    let one = start(config());
    let other = start(config());
    wait_members(&one, 2);
    wait_members(&other, 2);
    let limits = limits(&one);
    let store = &limits["store"];
    assert_eq!(
        (&store["mode"], &store["up"]),
        (&"shared".into(), &true.into()),
        "{limits}"
    );
    assert_eq!(
        (&store["replicas"], &store["namespace"]),
        (&2.into(), &"main".into())
    );
    assert_eq!(store["url"], redis.url());
    let table = one.cli(&["limits"]);
    assert_eq!(table.code, Some(0));
    for part in [redis.url().as_str(), "2 alive", "namespace main"] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
    assert_eq!(passed(&one, "10.0.0.1", 4), 4);
    let explained = other.cli(&["limits", "explain", "--ip", "10.0.0.1"]);
    assert_eq!(explained.code, Some(0), "{explained:?}");
    let tokens = |number: u32| format!("{number} of 10");
    assert!(
        (3..=6).any(|number| explained.stdout.contains(&tokens(number))),
        "what the other one has spent, and holds, is known here: {}",
        explained.stdout
    );
    let rest = passed(&other, "10.0.0.1", 20) + passed(&one, "10.0.0.1", 20);
    assert!(
        (5..=6).contains(&rest),
        "one may have lost what it held: {rest}"
    );
    let explained = one.cli(&["limits", "explain", "--ip", "10.0.0.1"]);
    assert_eq!(explained.code, Some(1), "{explained:?}");
}

#[test]
fn a_reload_begins_to_share_and_ends_it() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let config = shared(&node, &redis, (0.001, 10), "");
    let alone = config.clone().without("limits", "store");
    let mut daemon = Daemon::start(alone.clone());
    assert!(!daemon.get("/metrics").text().contains("bllvm_limits_"));
    assert!(limits(&daemon)["store"].is_null());
    assert!(!daemon.get("/health?verbose").text().contains("limits:"));
    daemon.rewrite_config(config);
    daemon.signal(Signal::SIGHUP);
    wait_up(&daemon, true);
    assert_eq!(passed(&daemon, "10.0.0.1", 20), 10);
    daemon.rewrite_config(alone);
    daemon.signal(Signal::SIGHUP);
    wait_until("no store", SOON, || limits(&daemon)["store"].is_null());
    assert!(!daemon.get("/metrics").text().contains("bllvm_limits_mode{"));
    assert_eq!(call(&daemon, "10.0.0.2").status, 200);
    assert!(
        redis
            .command(&["ZCARD", "{bllvm:main}:members"])
            .starts_with(':')
    );
}

#[test]
fn a_daemon_that_ends_is_counted_no_longer() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let config = || shared(&node, &redis, (0.001, 10), "");
    let one = start(config());
    let mut other = start(config());
    wait_members(&one, 2);
    assert_eq!(other.stop(), 0);
    assert_eq!(
        redis.command(&["ZCARD", "{bllvm:main}:members"]).trim_end(),
        ":1\r\n+OK"
    );
    wait_members(&one, 1);
}

#[test]
fn limits_that_are_only_observed_refuse_nothing() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let observe = "[rpc.auth]\nrate_limit_mode = \"observe\"";
    let daemon = start(shared(&node, &redis, (0.001, 3), "").with(observe));
    assert_eq!(passed(&daemon, "10.0.0.1", 10), 10);
    let metrics = daemon.get("/metrics");
    let line = "bllvm_rpc_rate_limited_total{layer=\"address\"} 7\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[test]
fn the_doctor_tries_them_in_the_store_as_a_caller_that_nobody_else_is() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (0.001, 30), ""));
    wait_members(&daemon, 1);
    let found = || {
        let report = daemon.cli(&["doctor", "--active", "-o", "json"]).json();
        let findings = report["findings"].as_array().unwrap().iter();
        let mut of_limits = findings.filter(|found| found["check"] == "limits");
        of_limits.next_back().unwrap().clone()
    };
    let tried = found();
    assert_eq!(tried["level"], "good", "{tried}");
    let text = tried["text"].as_str().unwrap();
    assert!(text.contains("each address: 30 calls passed"), "{text}");
    assert_eq!(passed(&daemon, "10.0.0.1", 40), 30, "nobody else has paid");
    redis.kill();
    wait_up(&daemon, false);
    let tried = found();
    assert_eq!(tried["level"], "warning", "{tried}");
}

//! A reload changes what the front allows; nobody's connection is dropped, and nobody's bucket is
//! filled by it.

use nix::sys::signal::Signal;
use serde_json::json;

use super::{
    ECHO, SOON, ask, assert_answered, assert_refused, batch, before, call, echo, echo_node,
};
use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::fake_node::Behaviour;
use crate::support::http::Request;
use crate::support::surroundings::wait_until;

#[track_caller]
fn reload(daemon: &mut Daemon, config: Config) {
    daemon.rewrite_config(config);
    let cookie = std::fs::read_to_string(daemon.state_dir().join("control.cookie")).unwrap();
    let answer = daemon.post(
        "/api/v1/config/reload",
        &[("Authorization", &format!("Bearer {cookie}"))],
        b"",
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_reload_changes_the_limits_and_keeps_what_was_spent_and_who_is_connected() {
    let node = echo_node();
    node.set("slow", Behaviour::Hang);
    let limits = |rate: f64, burst: u32, of_stop: u32| {
        format!(
            "[rpc.auth]\nrate_limit_rate = {rate}\nrate_limit_burst = {burst}\n\
             [rpc.auth.per_method_limits]\nstop = {{ rate = 0.001, burst = {of_stop} }}"
        )
    };
    let config = before(&node, "");
    let mut daemon = Daemon::start(config.clone().with(&limits(0.001, 10, 4)));
    let mut kept = daemon.connect();
    let mut awaited = ask(&daemon, "slow");
    wait_until("a call at the node", SOON, || node.count("slow") == 1);
    let body = batch(&[ECHO; 4]);
    let stops = batch(&["stop"; 3]);
    assert_eq!(
        kept.send(Request::post("/", body.as_bytes()))
            .unwrap()
            .status,
        200
    );
    assert_eq!(
        kept.send(Request::post("/", stops.as_bytes()))
            .unwrap()
            .status,
        200
    );

    // Of 10 two are left, of "stop" one.
    reload(&mut daemon, config.clone().with(&limits(0.002, 10, 4)));
    let send = |connection: &mut crate::support::http::Connection, methods: &[&str]| {
        connection
            .send(Request::post("/", batch(methods).as_bytes()))
            .unwrap()
            .status
    };
    assert_eq!(send(&mut kept, &[ECHO; 3]), 429);
    assert_eq!(send(&mut kept, &["stop"; 2]), 429);
    assert_eq!(send(&mut kept, &["stop", ECHO]), 200);
    assert_refused(&echo(&daemon, &[]), 429, -32005);
    // A change is no gift, not even a change back and forth.
    for rate in [0.5, 0.001, 0.5, 0.001] {
        reload(&mut daemon, config.clone().with(&limits(rate, 10, 4)));
    }
    assert_eq!(send(&mut kept, &[ECHO; 2]), 429);
    assert_eq!(send(&mut kept, &["stop"]), 429);
    reload(
        &mut daemon,
        config
            .clone()
            .with("[rpc.auth]\nrate_limit_enabled = false"),
    );
    assert_answered(
        &kept
            .send(Request::post("/", call(ECHO).as_bytes()))
            .unwrap(),
    );
    node.set("slow", Behaviour::Result(json!("over all reloads")));
    let answer = awaited.read(false).unwrap();
    assert_eq!(
        (answer.status, &answer.json()["result"]),
        (200, &json!("over all reloads"))
    );
}

#[test]
fn a_reload_changes_methods_and_sizes_and_a_bad_one_nothing() {
    let node = echo_node();
    let config = before(&node, "");
    let mut daemon = Daemon::start(config.clone());
    let mut kept = daemon.connect();
    assert_answered(
        &kept
            .send(Request::post("/", call(ECHO).as_bytes()))
            .unwrap(),
    );
    reload(
        &mut daemon,
        config
            .clone()
            .with("[rpc]\nmethods = [\"get*\"]\nmax_batch = 2"),
    );
    assert_refused(
        &kept
            .send(Request::post("/", call(ECHO).as_bytes()))
            .unwrap(),
        403,
        -32003,
    );
    let many = batch(&["getblockcount"; 3]);
    assert_eq!(
        kept.send(Request::post("/", many.as_bytes()))
            .unwrap()
            .status,
        413
    );
    daemon.rewrite_config(config.with("[rpc]\nmethods = [\"[\"]"));
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_log("rpc.methods");
    assert_refused(
        &kept
            .send(Request::post("/", call(ECHO).as_bytes()))
            .unwrap(),
        403,
        -32003,
    );
    assert_answered(
        &kept
            .send(Request::post("/", call("getblockcount").as_bytes()))
            .unwrap(),
    );
}

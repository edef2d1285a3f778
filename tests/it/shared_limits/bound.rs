//! What several daemons admit together.

use super::*;
use crate::support::redis::redis_or_skip;

fn three(node: &FakeNode, redis: &Redis, limits: (f64, u32)) -> Vec<Daemon> {
    let daemons: Vec<_> = (0..3)
        .map(|_| start(shared(node, redis, limits, "replicas = 3")))
        .collect();
    for daemon in &daemons {
        wait_members(daemon, 3);
    }
    daemons
}

fn addrs(daemons: &[Daemon]) -> Vec<SocketAddr> {
    daemons.iter().map(Daemon::addr).collect()
}

/// What a burst and the rate allow in this time, to the last token.
fn allowed((rate, burst): (f64, u32), elapsed: Duration) -> f64 {
    f64::from(burst) + rate * elapsed.as_secs_f64()
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "small")]
fn number(count: u64) -> f64 {
    count as f64
}

#[test]
fn three_daemons_admit_to_one_caller_what_one_would() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let limits = (1000.0, 2000);
    let daemons = three(&node, &redis, limits);
    redis.command(&["CONFIG", "RESETSTAT"]);
    let clients = Clients::start(&addrs(&daemons), 32, 1, Duration::from_millis(5));
    thread::sleep(round());
    let tally = clients.stop();
    let calls = redis.script_calls();
    let allowed = allowed(limits, tally.elapsed);
    println!("{tally:?}, {calls} calls to the store, {allowed} allowed");
    assert!(tally.others.is_empty(), "{tally:?}");
    assert!(
        number(tally.passed) <= allowed,
        "{} of {allowed}",
        tally.passed
    );
    assert!(
        number(calls) <= 0.25 * number(tally.requests()),
        "{calls} calls, {tally:?}"
    );
    if is_strict() {
        assert!(
            number(tally.passed) >= 0.95 * allowed,
            "{} of {allowed}",
            tally.passed
        );
        assert!(
            number(calls) <= 0.25 * number(tally.passed),
            "{calls} calls, {tally:?}"
        );
    }
}

#[test]
fn below_the_limit_few_calls_need_the_store() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemons = three(&node, &redis, (1000.0, 2000));
    let clients = || Clients::start(&addrs(&daemons), 8, 1, Duration::from_millis(40));
    redis.command(&["CONFIG", "RESETSTAT"]);
    let running = clients();
    thread::sleep(round());
    let tally = running.stop();
    let calls = redis.script_calls();
    println!("{tally:?}, {calls} calls to the store");
    assert_eq!((tally.limited, tally.others.len()), (0, 0), "{tally:?}");
    let most = if is_strict() { 0.1 } else { 0.3 };
    assert!(
        number(calls) <= most * number(tally.passed),
        "{calls} calls, {tally:?}"
    );
}

#[test]
fn ten_thousand_callers_have_a_bucket_each() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemons = three(&node, &redis, (0.001, 2));
    let clients = Clients::start(&addrs(&daemons), 32, 10_000, Duration::ZERO);
    thread::sleep(round());
    let tally = clients.stop();
    println!("{tally:?}");
    assert!(tally.others.is_empty(), "{tally:?}");
    assert!(tally.passed <= 20_000, "{tally:?}");
    if tally.requests() >= 20_000 + 10_000 {
        // Each key had its turn at least twice.
        assert!(tally.passed >= 19_000, "{tally:?}");
    } else {
        assert!(tally.limited <= tally.requests() / 10 + 100, "{tally:?}");
    }
}

#[test]
fn a_burst_is_exactly_one_burst_whichever_daemon_is_asked() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemons = three(&node, &redis, (0.001, 30));
    let passed: usize = (0..60)
        .filter(|number| call(&daemons[number % 3], "10.9.9.9").status == 200)
        .count();
    assert!((26..=30).contains(&passed), "{passed}");
    let total: usize = (0..60)
        .filter(|number| call(&daemons[number % 3], "10.9.9.9").status == 200)
        .count();
    assert!(passed + total <= 30, "{passed} and {total}");
}

#[test]
fn one_daemon_alone_has_the_whole_burst() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (0.001, 30), ""));
    assert_eq!(passed(&daemon, "10.9.9.9", 60), 30);
}

#[test]
fn two_daemons_with_different_limits_admit_no_more_than_the_higher_ones() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let low = start(shared(&node, &redis, (0.001, 10), ""));
    let high = start(shared(&node, &redis, (0.001, 20), ""));
    let mut admitted = 0;
    for round in 0..40 {
        let daemon = if round % 2 == 0 { &low } else { &high };
        admitted += passed(daemon, "10.9.9.9", 1);
    }
    assert!((10..=20).contains(&admitted), "{admitted}");
    assert_eq!(call(&low, "10.9.9.9").status, 429);
    low.rewrite_config(shared(&node, &redis, (0.001, 20), ""));
    assert!(passed(&high, "10.9.9.9", 20) + admitted <= 20);
}

//! The store goes away, comes back, and does not do what it is for.

use super::*;
use crate::support::network::{Lost, in_own_network};
use crate::support::redis::redis_or_skip;
use crate::support::skip::or_skip;

/// Slow enough that nothing flows in during a test.
const STILL: (f64, u32) = (0.001, 30);

/// Calls while the store is away: none fails, nobody waits, and what passes is this daemon's part.
#[track_caller]
fn enforces_its_part(daemon: &Daemon, address: &str, part: usize) {
    let asked = now();
    let mut admitted = 0;
    for _ in 0..40 {
        let answer = call(daemon, address);
        assert!(matches!(answer.status, 200 | 429), "{answer:?}");
        admitted += usize::from(answer.status == 200);
    }
    assert_eq!(admitted, part);
    assert!(now() - asked < TIMEOUT * 4 + SLACK, "{:?}", now() - asked);
}

fn is_ready(daemon: &Daemon) -> bool {
    daemon.get("/health/ready").status == 200 && daemon.get("/health/live").status == 200
}

#[test]
fn without_its_store_a_daemon_enforces_its_part_and_is_as_ready_as_before() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, STILL, "replicas = 3"));
    wait_until("a ready node", SOON, || is_ready(&daemon));
    redis.kill();
    // The first call after the end finds the connection closed.
    enforces_its_part(&daemon, "10.0.0.1", 10);
    wait_up(&daemon, false);
    assert!(is_ready(&daemon));
    assert!(daemon.get("/health").status == 200);
    let verbose = daemon.get("/health?verbose");
    assert!(
        verbose.text().contains("[!] limits: redis://127.0.0.1:")
            && verbose
                .text()
                .contains("this daemon enforces 1/3 of each limit"),
        "{}",
        verbose.text()
    );
    let metrics = daemon.get("/metrics");
    for line in [
        "bllvm_limits_mode{mode=\"share\"} 1\n",
        "bllvm_limits_mode{mode=\"shared\"} 0\n",
        "bllvm_health_check{node=\"main\",check=\"limits\"} 0.5\n",
    ] {
        assert!(metrics.text().contains(line), "{line}\n{}", metrics.text());
    }
    daemon.wait_for_log("WARN limits] from=shared to=share");
    redis.restart();
    wait_up(&daemon, true);
    daemon.wait_for_log("INFO limits] from=share to=shared");
    let verbose = daemon.get("/health?verbose");
    assert!(
        verbose.text().contains("[+] limits: shared in redis://"),
        "{}",
        verbose.text()
    );
}

#[test]
fn what_was_spent_without_the_store_is_posted_when_it_is_back() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let config = || shared(&node, &redis, STILL, "replicas = 2");
    let one = start(config());
    let other = start(config());
    redis.kill();
    enforces_its_part(&one, "10.0.0.1", 15);
    redis.restart();
    wait_up(&one, true);
    wait_up(&other, true);
    assert_eq!(passed(&other, "10.0.0.1", 40), 15, "the rest of one burst");
    assert_eq!(passed(&one, "10.0.0.1", 10), 0);
}

#[test]
fn a_store_that_is_frozen_holds_three_calls_up_and_then_none() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (1e6, 1_000_000), ""));
    let clients = Clients::start(&[daemon.addr()], 1, 10_000, Duration::from_millis(2));
    redis.freeze();
    wait_up(&daemon, false);
    thread::sleep(Duration::from_secs(if is_strict() { 10 } else { 2 }));
    redis.thaw();
    wait_up(&daemon, true);
    let tally = clients.stop();
    assert!(tally.others.is_empty() && tally.limited == 0, "{tally:?}");
    let most = if is_strict() { 4 } else { 20 };
    assert!(
        tally.slow <= most,
        "three were held up, but for a busy machine: {tally:?}"
    );
    assert!(tally.slowest < TIMEOUT + SLACK, "{tally:?}");
}

#[test]
fn a_store_that_pauses_its_clients_is_away_and_comes_back() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, (1e6, 1_000_000), ""));
    let clients = Clients::start(&[daemon.addr()], 1, 10_000, Duration::from_millis(2));
    redis.command(&["CLIENT", "PAUSE", "3000", "ALL"]);
    wait_up(&daemon, false);
    wait_up(&daemon, true);
    let tally = clients.stop();
    assert!(tally.others.is_empty() && tally.limited == 0, "{tally:?}");
    assert!(tally.slowest < TIMEOUT + SLACK, "{tally:?}");
}

#[test]
fn a_script_that_the_store_has_forgotten_is_loaded_again() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, STILL, ""));
    assert_eq!(passed(&daemon, "10.0.0.1", 10), 10);
    redis.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(passed(&daemon, "10.0.0.1", 40), 20);
    let away = "from=shared to=share";
    assert!(!daemon.log().contains(away), "{}", daemon.log());
}

#[test]
fn a_store_that_is_full_is_not_used_until_it_has_room() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, STILL, "replicas = 3"));
    redis.command(&["CONFIG", "SET", "maxmemory", "1mb"]);
    enforces_its_part(&daemon, "10.0.0.1", 10);
    wait_up(&daemon, false);
    daemon.wait_for_log("OOM");
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_up(&daemon, true);
    assert_eq!(passed(&daemon, "10.0.0.1", 40), 20, "the rest of one burst");
}

#[test]
fn a_store_that_lost_its_data_costs_one_burst() {
    let node = node();
    let redis = Redis::start(&redis_or_skip!());
    let config = || shared(&node, &redis, STILL, "");
    let one = start(config());
    let other = start(config());
    assert_eq!(passed(&one, "10.0.0.1", 40), 30);
    redis.command(&["FLUSHALL"]);
    wait_until("one burst more", SOON, || {
        call(&other, "10.0.0.1").status == 200
    });
    let admitted = 1 + passed(&one, "10.0.0.1", 40) + passed(&other, "10.0.0.1", 40);
    assert!(admitted <= 30, "{admitted}");
    let secret = |daemon: &Daemon| limits(daemon)["store"]["mode"] == "shared";
    wait_until("both to share again", SOON, || {
        secret(&one) && secret(&other)
    });
    let admitted: usize = (0..60)
        .map(|number| passed(if number % 2 == 0 { &one } else { &other }, "10.0.0.2", 1))
        .sum();
    assert!(admitted <= 30, "they share the same buckets: {admitted}");
}

#[test]
fn no_flap_of_the_store_gives_a_burst() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let daemon = start(shared(&node, &redis, STILL, ""));
    let flaps = if is_strict() { 30 } else { 3 };
    let mut admitted = passed(&daemon, "10.0.0.1", 40);
    assert_eq!(admitted, 30);
    for _ in 0..flaps {
        redis.freeze();
        admitted += passed(&daemon, "10.0.0.1", 10);
        wait_until("the store to be away", SOON, || {
            // Each new caller has to be asked about.
            call(&daemon, &format!("10.1.{}.1", admitted % 250));
            !limits(&daemon)["store"]["up"].as_bool().expect("a word")
        });
        admitted += passed(&daemon, "10.0.0.1", 10);
        redis.thaw();
        wait_up(&daemon, true);
        admitted += passed(&daemon, "10.0.0.1", 10);
    }
    assert_eq!(admitted, 30);
}

#[test]
fn closed_lets_nothing_pass_and_open_each_the_whole() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    let closed = start(shared(&node, &redis, STILL, "when_away = \"closed\""));
    let open = start(shared(
        &node,
        &redis,
        STILL,
        "when_away = \"open\"\nreplicas = 3",
    ));
    redis.kill();
    wait_until("a refusal", SOON, || {
        call(&closed, "10.0.0.1").status == 503
    });
    let refused = call(&closed, "10.0.0.1");
    assert_eq!(refused.json()["error"]["code"], -32011);
    assert!(
        refused.text().contains("limits.when_away"),
        "{}",
        refused.text()
    );
    assert!(refused.header("retry-after").is_some());
    enforces_its_part(&open, "10.0.0.1", 30);
}

#[test]
fn a_link_that_goes_silent_holds_nobody_up_for_long() {
    let executable = redis_or_skip!();
    let done = in_own_network(|| {
        let node = node();
        let redis = Redis::start(&executable);
        let daemon = start(shared(&node, &redis, (1e6, 1_000_000), ""));
        let clients = Clients::start(&[daemon.addr()], 1, 10_000, Duration::from_millis(2));
        let lost = Lost::from_port(redis.port())?;
        wait_up(&daemon, false);
        thread::sleep(Duration::from_secs(1));
        drop(lost);
        wait_up(&daemon, true);
        let tally = clients.stop();
        assert!(tally.others.is_empty() && tally.limited == 0, "{tally:?}");
        let most = if is_strict() { 4 } else { 20 };
        assert!(tally.slow <= most, "{tally:?}");
        assert!(tally.slowest < TIMEOUT + SLACK, "{tally:?}");
        Some(())
    });
    or_skip!(
        done.flatten(),
        "this machine does not let a test make a network"
    );
}

#[test]
fn a_daemon_that_starts_without_its_store_enforces_its_part_until_it_is_there() {
    let node = node();
    let mut redis = Redis::start(&redis_or_skip!());
    redis.kill();
    let daemon = Daemon::start(shared(&node, &redis, STILL, "replicas = 2"));
    enforces_its_part(&daemon, "10.0.0.1", 15);
    redis.restart();
    wait_up(&daemon, true);
    assert_eq!(passed(&daemon, "10.0.0.1", 40), 15);
}

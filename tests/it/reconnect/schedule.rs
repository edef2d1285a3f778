//! When a lost peer is dialled, in which order, and when no more.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    Lab, SOON, entry, queue, reconnection, wait_all_kept, wait_entry, wait_gone, wait_reconnection,
};
use crate::support::bitcoind::Bitcoind;
use crate::support::daemon::Daemon;
use crate::support::skip::bitcoind_or_skip;
use crate::support::surroundings::{listen_again, now, throughout, wait_until};

/// Listens where a peer was, closes each connection, and returns when they came, until there were
/// `most`.
fn count_dials(port: u16, most: usize) -> mpsc::Receiver<Instant> {
    let listener = listen_again(port);
    let (sender, dials) = mpsc::channel();
    std::thread::spawn(move || {
        for _ in listener.incoming().take(most) {
            if sender.send(now()).is_err() {
                break;
            }
        }
    });
    dials
}

#[test]
fn a_lost_peer_is_dialled_on_the_schedule_and_back_within_one_attempt() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let config = lab
        .config_for_peers()
        .with("[network]\nreconnect_max_retries = 10\nreconnect_max_delay_secs = 1.5");
    let daemon = Daemon::start(config);
    wait_all_kept(&daemon, 1);

    lab.peers[0].kill();
    let lost = now();
    let dials = count_dials(lab.peers[0].p2p_port(), 4);
    let at: Vec<Instant> = (0..4)
        .map(|_| dials.recv_timeout(SOON).expect("a dial"))
        .collect();
    let waited = std::iter::once(&lost)
        .chain(&at)
        .zip(&at)
        .map(|(before, after)| *after - *before);
    // Between two dials are the delay, a tenth more or less, and the look at the list that shows
    // that the first failed, which a busy machine delays; what the delay was is in the log.
    for (n, (waited, base)) in waited.zip([0.5, 1.0, 1.5, 1.5]).enumerate() {
        let least = base * 0.9;
        let most = base * 1.1 + 20.0;
        assert!(
            (least..most).contains(&waited.as_secs_f64()),
            "attempt {n} after {waited:?}\n{}",
            daemon.log()
        );
    }
    let log = daemon.log();
    let reported = log.lines().filter_map(|line| {
        line.split_once("next_secs=")?
            .1
            .split(' ')
            .next()?
            .parse::<f64>()
            .ok()
    });
    for (delay, base) in reported.zip([1.0, 1.5, 1.5]) {
        assert!(
            (base * 0.9..=f64::min(base * 1.1, 1.5)).contains(&delay),
            "{delay} for {base}"
        );
        assert!((delay - base).abs() > 0.0, "no jitter");
    }
    let seen = wait_entry(&daemon, &address, "four failures", |entry| {
        entry["attempts"].as_u64() >= Some(4)
    });
    // What was there for a moment may have been seen in the list.
    let error = seen["last_error"].as_str().unwrap();
    assert!(
        ["not connected", "gone again"]
            .iter()
            .any(|words| error.contains(words)),
        "{seen}"
    );
    assert_eq!(
        (seen["max_retries"].clone(), seen["state"].clone()),
        (json!(10), json!("waiting"))
    );

    lab.peers[0].restart();
    let failed = reconnection(&daemon)["attempts"]["failed"]
        .as_u64()
        .unwrap();
    wait_gone(&daemon, &address);
    let after = reconnection(&daemon);
    assert!(
        after["attempts"]["failed"].as_u64().unwrap() <= failed + 1,
        "{after}"
    );
    assert_eq!(after["kept_connected"], 1);
    daemon.wait_for_log("peer reconnected");
}

#[test]
fn a_peer_that_stays_away_is_abandoned_stays_visible_and_is_revived_by_hand() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 1);
    let address = lab.peers[0].p2p_addr();
    let mut daemon = Daemon::start(lab.config_for_peers());
    wait_all_kept(&daemon, 1);
    lab.peers[0].kill();
    let seen = wait_entry(&daemon, &address, "an abandoned peer", |entry| {
        entry["state"] == "abandoned"
    });
    assert_eq!(
        (seen["attempts"].clone(), seen["next_attempt_at"].clone()),
        (json!(3), json!(null))
    );
    daemon.wait_for_log("peer abandoned");
    let table = daemon.cli(&["queue"]);
    assert!(
        table.stdout.contains("abandoned") && table.stdout.contains("3/3"),
        "{table:?}"
    );

    daemon.restart();
    assert_eq!(
        entry(&daemon, &address).unwrap(),
        seen,
        "also after a restart"
    );
    lab.peers[0].restart();
    let failed = reconnection(&daemon)["attempts"]["failed"].clone();
    throughout(
        "abandoned",
        Duration::from_secs(2),
        || entry(&daemon, &address),
        Option::is_some,
    );
    assert_eq!(reconnection(&daemon)["attempts"]["failed"], failed);

    let revived = daemon.cli(&["queue", "retry", &address]);
    assert_eq!(revived.code, Some(0), "{revived:?}");
    wait_gone(&daemon, &address);
    lab.wait_listed(&daemon, &address);
}

#[test]
fn the_better_of_two_lost_peers_is_dialled_first() {
    let mut lab = Lab::start(&bitcoind_or_skip!(), 2);
    let daemon = Daemon::start(
        lab.config_for_peers()
            .with("[network]\nreconnect_max_concurrent = 1"),
    );
    wait_all_kept(&daemon, 2);
    // The second one gives a block.
    lab.peers[1].mine(1);
    let blocks = || {
        let peers = daemon.cli(&["peers", "-o", "json"]).json();
        let of = |address: &str| {
            peers
                .as_array()
                .unwrap()
                .iter()
                .find(|peer| peer["address"] == address)
                .cloned()
        };
        let part = |address: &str| of(address)?["quality_parts"]["blocks"].as_f64();
        (
            part(&lab.peers[0].p2p_addr()),
            part(&lab.peers[1].p2p_addr()),
        )
    };
    wait_until(
        "a better peer",
        SOON,
        || matches!(blocks(), (Some(worse), Some(better)) if worse < better),
    );

    assert_eq!(daemon.cli(&["queue", "pause"]).code, Some(0));
    lab.peers.iter_mut().for_each(Bitcoind::kill);
    let due = |entries: &[serde_json::Value]| {
        entries.len() == 2 && entries.iter().all(|e| e["state"] == "paused")
    };
    wait_until("both in the queue", SOON, || due(&queue(&daemon)));
    throughout(
        "paused",
        Duration::from_secs(1),
        || queue(&daemon),
        |entries| due(entries),
    );
    assert!(!daemon.log().contains("reconnection failed"));
    assert_eq!(daemon.cli(&["queue", "resume"]).code, Some(0));
    wait_reconnection(&daemon, "both tried", |seen| {
        seen["attempts"]["failed"].as_u64() >= Some(2)
    });
    let log = daemon.log();
    let (_, resumed) = log.split_once("/api/v1/queue/resume").unwrap();
    let first = resumed
        .lines()
        .find(|line| line.contains("reconnection failed"))
        .unwrap();
    assert!(first.contains(&lab.peers[1].p2p_addr()), "{first}");
}

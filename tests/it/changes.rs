//! Each change of the node's state and of a check is a line of the log, and the state's are
//! counted.

use std::time::Duration;

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::{Behaviour, FakeNode};
use crate::support::sight::{Page, wait_metrics, wait_not_ready, wait_ready};
use crate::support::surroundings::{now, wait_until};

const CORE: &str = "core-31.99/synced-prunable";
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
const SOON: Duration = Duration::from_mins(1);

/// The lines of `target`, without their time.
fn lines(daemon: &Daemon, target: &str) -> Vec<String> {
    let log = daemon.log();
    let of_target = log
        .lines()
        .filter_map(|line| line.split_once('Z'))
        .map(|(_, rest)| rest.trim());
    of_target
        .filter(|line| line.contains(&format!(" {target}] ")))
        .map(str::to_owned)
        .collect()
}

/// When the lines of `target` were written, seconds after midnight.
fn times(daemon: &Daemon, target: &str) -> Vec<i64> {
    let log = daemon.log();
    let of_target = log
        .lines()
        .filter(|line| line.contains(&format!(" {target}] ")));
    let clock = of_target.filter_map(|line| line.split_once('T')?.1.split_once('Z'));
    let seconds = |clock: &str| {
        clock
            .split(':')
            .fold(0, |sum, part| sum * 60 + part.parse::<i64>().unwrap())
    };
    clock.map(|(clock, _)| seconds(clock)).collect()
}

fn changes(page: &Page, to: &str) -> Option<f64> {
    page.node("node_state_changes_total", &[("to", to)])
}

#[test]
fn a_node_that_goes_and_comes_leaves_a_line_each_way() {
    let node = FakeNode::from_fixtures(CORE);
    let port = node.port();
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    wait_ready(&daemon);
    let ready = "INFO state] node=main from=starting to=ready lasted_secs=";
    wait_until("ready", SOON, || {
        lines(&daemon, "state")
            .iter()
            .any(|line| line.starts_with(ready))
    });
    let page = wait_metrics(&daemon, "a count", |page| {
        changes(page, "ready") == Some(1.0)
    });
    for to in ["starting", "syncing", "stalled", "unreachable", "draining"] {
        assert_eq!(changes(&page, to), Some(0.0), "{to}");
    }
    drop(node);
    wait_not_ready(&daemon, "node", &["cannot connect to"]);
    let gone = "WARN state] node=main from=ready to=unreachable lasted_secs=";
    wait_until("unreachable", SOON, || {
        lines(&daemon, "state")
            .iter()
            .any(|line| line.starts_with(gone))
    });
    let line = lines(&daemon, "state")
        .into_iter()
        .find(|line| line.starts_with(gone))
        .unwrap();
    assert!(
        line.contains(" reason=\"node: cannot connect to 127.0.0.1:"),
        "{line}"
    );
    let bad =
        "WARN check] node=main check=node from=good to=bad reason=\"cannot connect to 127.0.0.1:";
    wait_until("the check", SOON, || {
        lines(&daemon, "check")
            .iter()
            .any(|line| line.starts_with(bad))
    });
    let _back = FakeNode::from_fixtures_on(port, CORE);
    wait_ready(&daemon);
    let back = "INFO check] node=main check=node from=bad to=good reason=\"answers, last answer ";
    wait_until("the check again", SOON, || {
        lines(&daemon, "check")
            .iter()
            .any(|line| line.starts_with(back))
    });
    wait_metrics(&daemon, "counts", |page| {
        changes(page, "ready") == Some(2.0) && changes(page, "unreachable") == Some(1.0)
    });
}

#[test]
fn a_daemon_that_shuts_down_says_so_as_the_last_state() {
    let node = FakeNode::from_fixtures(CORE);
    let mut daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    wait_metrics(&daemon, "ready", |page| changes(page, "ready") == Some(1.0));
    // Longer than the quiet after the last line.
    let began = now();
    wait_until("quiet", SOON, || now() - began > Duration::from_secs(11));
    assert_eq!(daemon.stop(), 0);
    let last = lines(&daemon, "state").pop().unwrap_or_default();
    assert!(
        last.starts_with("INFO state] node=main from=ready to=draining lasted_secs=1"),
        "{last}"
    );
    assert!(last.ends_with("reason=\"daemon: shutting down\""), "{last}");
}

#[test]
fn a_wrong_chain_leaves_a_line_though_it_was_wrong_from_the_beginning() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(
        attached_to_fake(&node)
            .with(QUICK)
            .with("[node]\nchain = \"main\""),
    );
    let reason = "reason=\"the node is on regtest, but node.chain is main\"";
    let bad = format!("WARN check] node=main check=chain from=unknown to=bad {reason}");
    wait_until("the check", SOON, || lines(&daemon, "check").contains(&bad));
    let state = lines(&daemon, "state");
    let worse = "WARN state] node=main from=starting to=unreachable ";
    assert!(
        state
            .iter()
            .any(|line| line.starts_with(worse) && line.contains("chain: the node is on regtest")),
        "{state:?}"
    );
}

#[test]
fn a_state_that_flaps_is_a_line_in_ten_seconds_that_says_how_many_were_left_out() {
    let node = FakeNode::from_fixtures(CORE);
    let daemon = Daemon::start(attached_to_fake(&node).with(QUICK));
    wait_metrics(&daemon, "ready", |page| changes(page, "ready") == Some(1.0));
    let left_out = || {
        lines(&daemon, "state")
            .iter()
            .any(|line| line.contains(" left_out="))
    };
    let mut flaps = 0;
    while !left_out() {
        flaps += 1;
        assert!(flaps < 100, "{:?}", lines(&daemon, "state"));
        node.override_all(Behaviour::warming_up());
        wait_metrics(&daemon, "starting", |page| {
            changes(page, "starting") == Some(f64::from(flaps))
        });
        node.end_override();
        wait_metrics(&daemon, "ready", |page| {
            changes(page, "ready") == Some(f64::from(flaps + 1))
        });
    }
    for pair in lines(&daemon, "state").windows(2) {
        let field = |line: &str, name: &str| {
            line.split(' ')
                .find_map(|part| part.strip_prefix(name).map(str::to_owned))
        };
        assert_eq!(field(&pair[0], "to="), field(&pair[1], "from="), "{pair:?}");
    }
    let seconds = times(&daemon, "state");
    // Written in whole seconds.
    assert!(
        seconds
            .windows(2)
            .all(|pair| (pair[1] - pair[0]).rem_euclid(86_400) >= 9),
        "{seconds:?}"
    );
}

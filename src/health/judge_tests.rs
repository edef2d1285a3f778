//! Examples of the judgement. The snapshots are made as the collectors make them.

#[path = "judge_chain_tests.rs"]
mod chain_checks;
#[path = "judge_disk_tests.rs"]
mod disk_checks;
#[path = "judge_property_tests.rs"]
mod properties;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::health::{Outcome, Question, sample};
use crate::node::{
    BackgroundValidation, Direction, Identity, NetworkInfo, RefusedCredentials, Volume,
};
use crate::values::Size;
use crate::watch::PollResult;

const TIMEOUT: Duration = Duration::from_secs(10);

fn policy() -> HealthPolicy {
    HealthPolicy {
        min_peers: 1,
        min_free: Size::from_bytes(5_000_000_000),
        storage_critical: Size::from_bytes(500_000_000),
        ..sample::policy(TIMEOUT)
    }
}

/// As the daemon judges it with pruning switched off.
fn judge(snapshot: &Snapshot, policy: &HealthPolicy, loops: Loops, now: Now) -> Verdict {
    super::judge(snapshot, policy, &sample::no_pruning(), loops, now)
}

fn at(seconds: u64) -> Now {
    let wall = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    Now {
        mono: Mono::from_start(Duration::from_secs(seconds)),
        wall,
    }
}

fn chain(name: &str, blocks: u32, headers: u32) -> ChainInfo {
    ChainInfo {
        pruned: Some(false),
        ..ChainInfo::bare(name, blocks, headers)
    }
}

fn network(subversion: &str) -> NetworkInfo {
    let identity = Identity::of(subversion.into(), Some(290_000), "290000".into());
    NetworkInfo {
        identity,
        active: Some(true),
        proxied: false,
        own_addresses: Vec::new(),
        protocol_version: None,
        has_warning: None,
        time_offset_secs: None,
        connections: crate::node::ConnectionCounts::default(),
    }
}

fn peer(synced: u32) -> Peer {
    let synced_headers = Some(synced);
    let synced_blocks = Some(synced);
    Peer {
        synced_headers,
        synced_blocks,
        ..Peer::bare("192.0.2.1:8333", Some(Direction::Outbound))
    }
}

/// One that took the connection and has said nothing.
fn silent() -> Peer {
    Peer {
        handshaken: false,
        ..Peer::bare("192.0.2.9:8333", Some(Direction::Outbound))
    }
}

/// The uptime of a node that was there a minute before the daemon.
fn running(seconds: u64) -> PollResult {
    PollResult::Uptime(Some(Duration::from_secs(60 + seconds)))
}

/// A node on `info` that answered everything at `seconds`.
fn answering(info: ChainInfo, peers: Vec<Peer>, seconds: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let now = at(seconds).mono;
    snapshot.answered(running(seconds), now);
    snapshot.answered(PollResult::Network(network("/Satoshi:29.0.0/")), now);
    snapshot.answered(
        PollResult::Chain {
            info,
            reorged: false,
        },
        now,
    );
    snapshot.answered(PollResult::Peers(peers), now);
    snapshot.answered(
        PollResult::Volume(Volume {
            free_bytes: 90_000_000_000,
            size_bytes: 100_000_000_000,
            rest_free_bytes: None,
            write_failure: None,
        }),
        now,
    );
    snapshot
}

fn refused() -> NodeError {
    NodeError::Connect {
        address: "127.0.0.1:8332".into(),
        reason: "Connection refused".into(),
    }
}

fn reasons(verdict: &Verdict, question: Question) -> Vec<String> {
    let Outcome { ok, reasons, .. } = verdict.answer(question, &[]);
    assert_eq!(ok, reasons.is_empty());
    reasons
}

#[test]
fn a_node_at_the_tip_is_ready_and_healthy() {
    let snapshot = answering(chain("main", 900_000, 900_000), vec![peer(900_000)], 30);
    let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
    assert_eq!(verdict.state, State::Ready);
    assert!(reasons(&verdict, Question::Health).is_empty());
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.level == Level::Good),
        "{:?}",
        verdict.checks
    );
}

#[test]
fn being_behind_is_reported_with_the_number_and_the_time_it_takes() {
    let mut snapshot = answering(chain("main", 898_000, 900_000), vec![peer(900_000)], 0);
    snapshot.answered(
        PollResult::Chain {
            info: chain("main", 898_800, 900_000),
            reorged: false,
        },
        at(160).mono,
    );
    snapshot.answered(running(160), at(160).mono);
    let verdict = judge(&snapshot, &policy(), Loops::default(), at(160));
    assert_eq!(verdict.state, State::Syncing);
    assert_eq!(
        reasons(&verdict, Question::Ready),
        ["sync: 1200 blocks behind, about 4 min"]
    );
}

#[test]
fn three_blocks_behind_are_ready_and_four_are_not() {
    for (behind, ready) in [(3, true), (4, false)] {
        let snapshot = answering(
            chain("main", 900_000 - behind, 900_000),
            vec![peer(900_000)],
            30,
        );
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
        assert_eq!(verdict.answer(Question::Ready, &[]).ok, ready, "{behind}");
    }
}

#[test]
fn another_chain_than_the_wanted_one_is_unreachable_and_says_so() {
    let snapshot = answering(chain("regtest", 101, 101), vec![], 30);
    let policy = HealthPolicy {
        chain: Some(Chain::Main),
        ..policy()
    };
    let verdict = judge(&snapshot, &policy, Loops::default(), at(31));
    assert_eq!(verdict.state, State::Unreachable);
    assert!(!verdict.chain_initialized);
    assert_eq!(
        reasons(&verdict, Question::Ready),
        ["chain: the node is on regtest, but node.chain is main"]
    );
}

#[test]
fn a_node_that_is_gone_fails_ready_at_once_and_live_after_two_minutes() {
    let mut snapshot = answering(chain("main", 5, 5), vec![], 10);
    snapshot.failed(Topic::Uptime, refused(), at(20).mono);
    let soon = judge(&snapshot, &policy(), Loops::default(), at(129));
    assert_eq!(soon.state, State::Unreachable);
    assert_eq!(
        reasons(&soon, Question::Ready),
        ["node: cannot connect to 127.0.0.1:8332: Connection refused; last answer 119 s ago"]
    );
    assert!(soon.answer(Question::Live, &[]).ok);
    let late = judge(&snapshot, &policy(), Loops::default(), at(130));
    assert!(!late.answer(Question::Live, &[]).ok);
    assert!(late.answer(Question::LiveDaemon, &[]).ok);
}

#[test]
fn before_the_first_answer_life_is_counted_from_the_start() {
    let snapshot = Snapshot::default();
    assert!(
        judge(&snapshot, &policy(), Loops::default(), at(119))
            .answer(Question::Live, &[])
            .ok
    );
    assert!(
        !judge(&snapshot, &policy(), Loops::default(), at(120))
            .answer(Question::Live, &[])
            .ok
    );
}

#[test]
fn a_refusal_is_an_answer() {
    let unauthorized = NodeError::Unauthorized {
        address: "a".into(),
        status: 401,
        detail: RefusedCredentials::Sent("cookie /x".into()),
    };
    let starting = NodeError::Starting {
        message: "Loading block index…".into(),
    };
    let busy = NodeError::Busy {
        method: "uptime",
        status: 503,
    };
    for error in [unauthorized, starting, busy] {
        let mut snapshot = Snapshot::default();
        snapshot.failed(Topic::Uptime, error.clone(), at(200).mono);
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(210));
        assert!(verdict.answer(Question::Live, &[]).ok, "{error}");
        assert!(!verdict.answer(Question::Ready, &[]).ok, "{error}");
    }
}

#[test]
fn a_chain_lock_held_for_a_minute_is_a_warning_and_for_two_a_no() {
    let mut snapshot = answering(chain("main", 900_000, 900_000), vec![peer(900_000)], 30);
    snapshot.asked(Topic::Chain, at(35).mono);
    for seconds in [90, 151] {
        snapshot.answered(running(seconds), at(seconds).mono);
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(seconds));
        let level = |name| verdict.check(name).unwrap().level;
        assert_eq!(
            level(CheckName::Chain),
            if seconds == 90 {
                Level::Warning
            } else {
                Level::Bad
            }
        );
        assert_eq!(
            level(CheckName::Sync),
            if seconds == 90 {
                Level::Warning
            } else {
                Level::Unknown
            }
        );
        assert_eq!(
            level(CheckName::Stall),
            Level::Unknown,
            "it rests on what is old"
        );
        assert_eq!(verdict.answer(Question::Ready, &[]).ok, seconds == 90);
        assert!(verdict.answer(Question::Live, &[]).ok);
    }
}

#[test]
fn few_peers_never_fail_a_probe_and_a_silent_one_is_none() {
    for peers in [vec![], vec![silent()]] {
        let snapshot = answering(chain("main", 900_000, 900_000), peers, 30);
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
        let check = verdict.check(CheckName::Peers).unwrap();
        assert_eq!(
            (check.level, check.text.as_str()),
            (Level::Warning, "0 connected, at least 1 wanted")
        );
        assert!(verdict.answer(Question::Health, &[]).ok);
    }
}

#[test]
fn a_check_that_rests_on_an_old_list_of_peers_is_not_good_and_says_how_old_it_is() {
    let mut snapshot = answering(chain("main", 900_000, 900_000), vec![peer(900_000)], 30);
    let peers = |snapshot: &Snapshot, seconds| {
        let verdict = judge(snapshot, &policy(), Loops::default(), at(seconds));
        let check = verdict.check(CheckName::Peers).unwrap();
        (check.level, check.text.clone())
    };
    assert_eq!(peers(&snapshot, 31).0, Level::Good);
    let mut refusing = snapshot.clone();
    refusing.failed(
        Topic::Peers,
        NodeError::Busy {
            method: "getpeerinfo",
            status: 503,
        },
        at(40).mono,
    );
    let expected = "the node is too busy for getpeerinfo (HTTP 503); 1 connected 15 s ago";
    assert_eq!(peers(&refusing, 45), (Level::Warning, expected.to_owned()));
    snapshot.asked(Topic::Peers, at(35).mono);
    snapshot.answered(running(50), at(50).mono);
    let expected = "the node does not answer getpeerinfo; 1 connected 20 s ago";
    assert_eq!(peers(&snapshot, 50), (Level::Warning, expected.to_owned()));
    snapshot.failed(Topic::Uptime, refused(), at(51).mono);
    assert_eq!(
        peers(&snapshot, 52),
        (
            Level::Unknown,
            "the node does not answer; 1 connected 22 s ago".to_owned()
        )
    );
}

#[test]
fn what_is_left_out_does_not_count_and_everything_else_does() {
    let snapshot = answering(chain("main", 5, 900_000), vec![peer(900_000)], 30);
    let verdict = judge(&snapshot, &policy(), Loops::default(), at(31));
    assert!(!verdict.answer(Question::Ready, &[]).ok);
    assert!(verdict.answer(Question::Ready, &[CheckName::Sync]).ok);
    assert!(!verdict.answer(Question::Ready, &[CheckName::Storage]).ok);
}

#[test]
fn the_silence_of_a_process_that_was_stopped_is_its_own() {
    let mut snapshot = answering(chain("main", 900_000, 900_000), vec![peer(900_000)], 10);
    snapshot.asked(Topic::Uptime, at(15).mono);
    let stopped = Loops {
        resumed: at(500).mono,
        ..Loops::default()
    };
    assert!(
        judge(&snapshot, &policy(), stopped, at(501))
            .answer(Question::Live, &[])
            .ok
    );
    assert!(
        !judge(&snapshot, &policy(), stopped, at(620))
            .answer(Question::Live, &[])
            .ok
    );
    assert!(
        !judge(&snapshot, &policy(), stopped, at(511))
            .answer(Question::Ready, &[])
            .ok
    );
}

#[test]
fn an_archive_in_prune_mode_is_a_warning_and_another_node_is_not() {
    let pruned = ChainInfo {
        pruned: Some(true),
        ..chain("main", 900_000, 900_000)
    };
    let snapshot = answering(pruned, vec![peer(900_000)], 30);
    for (archive, level) in [(true, Level::Warning), (false, Level::Good)] {
        let policy = HealthPolicy {
            archive,
            ..policy()
        };
        let verdict = judge(&snapshot, &policy, Loops::default(), at(31));
        assert_eq!(verdict.check(CheckName::Pruning).unwrap().level, level);
        assert!(reasons(&verdict, Question::Health).is_empty());
    }
}

use super::*;
use crate::api::{
    CheckId, CheckLevel, CheckResult, DetailedHealth, GatewayHour, HealthWord, History, NodeHour,
    NodeState, NodeStatus, OpenedBy, PeerDocument, PeerQuality, QueuedPeer, QueuedPeerState,
    StatusDocument,
};
use crate::http::audience::Audience;
use crate::overview::{NodeOverview, only_node};

const MARKUP: &str = "<script>alert(1)</script>\"'&";
const ADDRESS: &str = "203.0.113.7:8333";

fn check(name: CheckId, level: CheckLevel, text: &str) -> CheckResult {
    CheckResult {
        name,
        level,
        text: text.to_owned(),
        since: Some("2026-11-30T18:52:10Z".parse().unwrap()),
    }
}

fn peer() -> PeerDocument {
    PeerDocument {
        address: ADDRESS.to_owned(),
        connected: Some(true),
        kept: None,
        queue: None,
        direction: Some(OpenedBy::Outbound),
        connection_type: Some(MARKUP.to_owned()),
        quality: Some(0.5),
        quality_parts: PeerQuality::default(),
        connected_secs: Some(100.0),
        ping_secs: Some(0.02),
        last_block_at: None,
        last_transaction_at: None,
        attempts_succeeded: 0,
        attempts_failed: 0,
    }
}

fn lost(number: u32) -> QueuedPeer {
    QueuedPeer {
        address: format!("10.0.0.{number}:8333"),
        state: QueuedPeerState::Waiting,
        quality: Some(0.81),
        attempts: 3,
        max_retries: 10,
        next_attempt_at: Some("2026-11-30T19:05:54Z".parse().unwrap()),
        last_error: Some(format!("cannot resolve 10.0.0.{number}")),
        lost_at: Some("2026-11-30T19:04:16Z".parse().unwrap()),
    }
}

fn facts(status: HealthWord, checks: Vec<CheckResult>, audience: Audience) -> PageFacts {
    let document = DetailedHealth {
        status,
        state: NodeState::Ready,
        checks,
        node: NodeStatus {
            name: "main".to_owned(),
            subversion: Some(MARKUP.to_owned()),
            flavour: Some("core".to_owned()),
            chain: Some("regtest".to_owned()),
            ..NodeStatus::default()
        },
        ..DetailedHealth::default()
    };
    let overview = Overview {
        history: History {
            interval_secs: 10,
            gateway: GatewayHour {
                health: vec![Some(1.0), Some(0.0)],
                ..GatewayHour::default()
            },
            ..History::default()
        },
        now: "2026-11-30T19:05:16Z".parse().unwrap(),
        nodes: vec![NodeOverview {
            health: only_node(&document),
            hour: NodeHour::default(),
            priority: None,
            first_kept_height: None,
            in_flight: Some(1),
            max_in_flight: Some(8),
            p50_secs: None,
            peers: vec![peer()],
            queue: (0..60).map(lost).collect(),
            leases: Vec::new(),
        }],
        status: StatusDocument {
            detailed: document,
            ..StatusDocument::default()
        },
    };
    PageFacts { audience, overview }
}

#[test]
fn the_verdict_says_what_is_wrong_since_when_and_what_to_do() {
    let bad = check(
        CheckId::Sync,
        CheckLevel::Bad,
        "1200 blocks behind, about 4 min",
    );
    let low = check(
        CheckId::Disk,
        CheckLevel::Warning,
        "9.0 GB free, 20.0 GB wanted",
    );
    let unknown = check(CheckId::Stall, CheckLevel::Unknown, "not known");
    let facts = facts(
        HealthWord::Unhealthy,
        vec![low, bad, unknown],
        Audience::Operator,
    );
    let view = view(&facts);
    let verdict = &view.verdict;
    assert_eq!((verdict.level, &*verdict.word), ("bad", "Unhealthy"));
    assert_eq!(verdict.sentence, "sync: 1200 blocks behind, about 4 min");
    assert_eq!(verdict.since, "18:52:10 UTC, 13 min");
    assert_eq!(verdict.runbook, "BitcoinNodeNotSynced");
    assert!(!verdict.command.is_empty() && !verdict.advice.is_empty());
    let also: Vec<_> = view
        .problems
        .iter()
        .map(|problem| &*problem.subject)
        .collect();
    assert_eq!(
        also,
        ["disk"],
        "what is unknown is so because of another check"
    );
    assert_eq!(
        view.announcement, "Unhealthy: sync",
        "no number that changes each second"
    );
    assert_eq!(view.title, "Unhealthy · main · bllvmctl");
}

#[test]
fn what_is_well_says_so_and_gives_no_advice() {
    let good = check(CheckId::Sync, CheckLevel::Good, "0 blocks behind");
    let facts = facts(HealthWord::Healthy, vec![good], Audience::Operator);
    let view = view(&facts);
    assert_eq!(
        (view.verdict.level, &*view.verdict.word),
        ("good", "Healthy")
    );
    assert_eq!(
        view.verdict.sentence,
        "The node main answers and is at the tip of regtest."
    );
    assert!(view.verdict.advice.is_empty() && view.problems.is_empty());
    assert_eq!(
        view.checks[0].since, "",
        "nobody asks since when all is well"
    );
}

#[test]
fn no_text_of_a_node_or_a_peer_is_markup() {
    let check = check(CheckId::Node, CheckLevel::Bad, MARKUP);
    let page = render(&facts(
        HealthWord::Unhealthy,
        vec![check],
        Audience::Operator,
    ))
    .unwrap();
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(
        page.matches("&#60;script&#62;alert(1)").count() >= 4,
        "{page}"
    );
    assert_eq!(page.matches("<script").count(), 1, "its own");
}

#[test]
fn addresses_are_an_operators() {
    for (audience, is_shown) in [(Audience::Operator, true), (Audience::Anybody, false)] {
        let page = render(&facts(HealthWord::Healthy, Vec::new(), audience)).unwrap();
        for address in [ADDRESS, "10.0.0.7:8333", "cannot resolve 10.0.0.7"] {
            assert_eq!(page.contains(address), is_shown, "{address} {audience:?}");
        }
        assert_eq!(page.contains("with the control token"), !is_shown);
        assert!(page.contains("in 38 s") && page.contains("60 s ago") && page.contains("3/10"));
        assert!(page.contains("and 20 more: bllvmctl queue"));
    }
}

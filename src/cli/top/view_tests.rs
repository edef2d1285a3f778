use super::*;
use crate::cli::top::view_fixture::{NOW, one_node, three_nodes};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn away() -> DaemonAway {
    DaemonAway {
        report: "Connection refused".to_owned(),
        hint: "is it running?".to_owned(),
        is_unreachable: true,
    }
}

#[test]
fn a_daemon_that_is_away_is_so_since_its_last_answer_and_comes_back_by_itself() {
    let mut view = one_node();
    let mut newer = view.overview.clone();
    for time in ["2026-11-30T19:05:20Z", "2026-11-30T19:05:32Z"] {
        view.tick(at(time));
        view.fail(away());
        assert!(view.away.is_some());
        assert_eq!(
            view.answered_at,
            at(NOW),
            "the facts are as old as they are"
        );
    }
    newer.status.detailed.timestamp += 17;
    view.answer(newer, at("2026-11-30T19:05:33Z"));
    assert!(view.away.is_none());
    assert_eq!(view.answered_at, at("2026-11-30T19:05:33Z"));
}

#[test]
fn ages_are_by_the_clock_of_the_daemon() {
    let mut view = one_node();
    let behind = at(NOW)
        .saturating_add(SignedDuration::from_secs(-300))
        .unwrap();
    view.answer(view.overview.clone(), behind);
    assert_eq!(view.overview.now, at(NOW), "ours is five minutes late");
    view.tick(behind.saturating_add(SignedDuration::from_secs(5)).unwrap());
    assert_eq!(view.clock, at("2026-11-30T19:05:21Z"));
    let close = at("2026-11-30T19:05:17.900Z");
    view.answer(view.overview.clone(), close);
    assert_eq!(view.clock, close, "whole seconds are no difference");
}

#[test]
fn a_paused_view_stands_still_but_for_its_clock() {
    let mut view = one_node();
    view.is_paused = true;
    let mut newer = view.overview.clone();
    newer.status.detailed.chain.height = Some(1);
    view.answer(newer, at("2026-11-30T19:05:30Z"));
    view.tick(at("2026-11-30T19:05:40Z"));
    assert_eq!(view.overview.status.detailed.chain.height, Some(868_211));
    assert_eq!(view.overview.now, at(NOW));
    assert_eq!(view.clock, at("2026-11-30T19:05:40Z"));
}

#[test]
fn a_notice_goes_after_a_while() {
    let mut view = one_node();
    view.notify(OverviewLevel::Good, "b is drained");
    view.tick(at("2026-11-30T19:05:20Z"));
    assert!(view.notice.is_some());
    view.tick(at("2026-11-30T19:05:25Z"));
    assert!(view.notice.is_none());
}

#[test]
fn a_selected_node_that_is_gone_leaves_the_one_that_reads_go_to() {
    let mut view = three_nodes();
    assert_eq!(view.node().unwrap().health.name, "a");
    view.selected = Some("c".to_owned());
    assert_eq!(view.node().unwrap().health.name, "c");
    assert_eq!(
        view.next_node().as_deref(),
        Some("a"),
        "after the last comes the first"
    );
    view.overview.nodes.pop();
    assert_eq!(view.node().unwrap().health.name, "a");
}

#[test]
fn peers_are_sorted_the_best_first_and_the_unknown_last() {
    let view = one_node();
    let mut peers = view.node().unwrap().peers.clone();
    peers[2].quality = None;
    let order = |order: PeerOrder| -> Vec<&str> {
        let mut sorted: Vec<&PeerDocument> = peers.iter().collect();
        order.sort(&mut sorted);
        sorted.iter().map(|peer| &peer.address[..3]).collect()
    };
    assert_eq!(order(PeerOrder::Quality), ["198", "203", "192"]);
    assert_eq!(order(PeerOrder::Ping), ["192", "203", "198"]);
    assert_eq!(order(PeerOrder::Connected), ["192", "198", "203"]);
    assert_eq!(order(PeerOrder::Address), ["192", "198", "203"]);
    let mut one = PeerOrder::Quality;
    for _ in 0..4 {
        one = one.next();
    }
    assert_eq!(one, PeerOrder::Quality);
}

#[test]
fn an_answer_that_is_late_is_said_to_be_waited_for() {
    let mut view = one_node();
    view.tick(at("2026-11-30T19:05:18Z"));
    assert_eq!(view.waits_for(), None);
    view.tick(at("2026-11-30T19:05:20Z"));
    assert_eq!(view.waits_for(), Some(4));
    view.is_paused = true;
    assert_eq!(view.waits_for(), None, "nothing is asked");
}

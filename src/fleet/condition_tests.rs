//! Examples of what a node can be used for.

use super::*;
use crate::fleet::sample::{POLICY, SampleNode, TIMEOUT, at, at_ms};

fn regtest() -> ChainId {
    ChainId::of(&ChainInfo::bare("regtest", 0, 0))
}

fn condition(node: &SampleNode, now: Mono) -> (Rotation, Option<String>) {
    let verdict = node.verdict(now);
    node.view(&verdict)
        .condition(POLICY.probe, Some(&regtest()), true, now)
}

fn busy(node: &SampleNode, now: Mono) -> Option<String> {
    let verdict = node.verdict(now);
    node.view(&verdict).busy(POLICY.probe, now)
}

#[test]
fn a_node_at_the_tip_is_ready_for_no_reason() {
    let node = SampleNode::ready(7, at(1));
    assert_eq!(condition(&node, at(2)), (Rotation::Ready, None));
}

#[test]
fn a_question_that_is_open_for_longer_than_dead_secs_makes_the_node_unreachable() {
    let mut node = SampleNode::ready(7, at(1));
    node.snapshot.asked(Topic::Uptime, at(2));
    assert_eq!(condition(&node, at_ms(4000)).0, Rotation::Ready);
    let (left, reason) = condition(&node, at_ms(4001));
    assert_eq!(left, Rotation::Unreachable);
    assert_eq!(
        reason.unwrap(),
        "node: no answer to uptime within fleet.dead_secs (2.0 s)"
    );
    node.answer(at(9));
    assert_eq!(condition(&node, at(9)).0, Rotation::Ready);
}

#[test]
fn a_silence_while_this_process_was_stopped_is_its_own() {
    let mut node = SampleNode::ready(7, at(1));
    node.snapshot.asked(Topic::Uptime, at(2));
    node.snapshot.asked(Topic::BestBlock, at(2));
    let verdict = node.verdict(at(3));
    let view = MemberView {
        resumed: at(60),
        ..node.view(&verdict)
    };
    let of = |now| view.condition(POLICY.probe, None, true, now).0;
    assert_eq!(of(at(61)), Rotation::Ready);
    assert_eq!(view.busy(POLICY.probe, at(61)), None);
    assert_eq!(of(at(63)), Rotation::Unreachable);
}

#[test]
fn a_refused_connection_and_refused_credentials_are_told_apart() {
    let mut node = SampleNode::ready(7, at(1));
    node.refuse_connections(at(2));
    let (left, reason) = condition(&node, at(2));
    assert_eq!(left, Rotation::Unreachable);
    assert!(reason.unwrap().starts_with("node: "));
    node.refuse_credentials(at(3));
    let (left, reason) = condition(&node, at(3));
    assert_eq!(left, Rotation::CredentialsRefused);
    assert!(reason.unwrap().starts_with("credentials: "));
}

#[test]
fn a_node_that_was_never_asked_is_unknown_and_one_that_is_another_process_is_starting() {
    let mut node = SampleNode::default();
    assert_eq!(condition(&node, at(1)).0, Rotation::Unknown);
    node.answer(at(2));
    let verdict = node.verdict(at(2));
    let of = |is_known| {
        let view = node.view(&verdict);
        view.condition(POLICY.probe, None, is_known, at(2)).0
    };
    assert_eq!(of(false), Rotation::Unknown);
    assert_eq!(of(true), Rotation::Starting);
}

#[test]
fn a_node_behind_its_own_headers_is_syncing_with_the_number() {
    let mut node = SampleNode::ready(7, at(1));
    node.tell_chain(ChainInfo::bare("regtest", 7, 12), at(2));
    let (left, reason) = condition(&node, at(2));
    assert_eq!(left, Rotation::Syncing);
    assert_eq!(reason.unwrap(), "sync: 5 blocks behind");
}

#[test]
fn a_node_on_another_chain_or_signet_is_out_and_says_which() {
    let mut node = SampleNode::ready(7, at(1));
    node.tell_chain(ChainInfo::bare("main", 7, 7), at(2));
    let (left, reason) = condition(&node, at(2));
    assert_eq!(left, Rotation::WrongChain);
    assert_eq!(
        reason.unwrap(),
        "chain: the node is on main, the others are on regtest"
    );
    let signet = |challenge: Option<&str>| {
        ChainId::of(&ChainInfo {
            signet_challenge: challenge.map(str::to_owned),
            ..ChainInfo::bare("signet", 0, 0)
        })
    };
    assert!(signet(Some("51")).differs_from(&signet(Some("52"))));
    assert!(!signet(Some("51")).differs_from(&signet(None)));
}

#[test]
fn a_chain_that_does_not_answer_while_uptime_is_answered_is_busy() {
    let mut node = SampleNode::ready(7, at(1));
    node.snapshot.asked(Topic::BestBlock, at(2));
    assert_eq!(busy(&node, at_ms(5000)), None);
    let reason = busy(&node, at_ms(5001)).unwrap();
    assert!(
        reason.starts_with("chain: no answer to getbestblockhash within fleet.busy_secs (3.0 s)")
    );
    assert_eq!(condition(&node, at_ms(5001)).0, Rotation::Ready);
    node.answer(at(9));
    assert_eq!(busy(&node, at(9)), None);
}

#[test]
fn a_poll_that_waits_for_a_worker_of_ours_makes_no_busy_chain_while_the_probe_is_answered() {
    let mut node = SampleNode::ready(7, at(1));
    node.snapshot.asked(Topic::Chain, at(2));
    node.snapshot
        .answered(crate::watch::PollResult::BestBlock, at(4));
    assert_eq!(busy(&node, at(8)), None);
    let mut unprobed = SampleNode::ready(7, at(1));
    unprobed.snapshot.asked(Topic::Chain, at(2));
    assert!(busy(&unprobed, at(8)).is_some());
    assert!(TIMEOUT > POLICY.probe.busy);
}

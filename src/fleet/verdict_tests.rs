//! Examples of the gateway's own health.

use super::*;
use crate::fleet::rotation::RotationHistory;
use crate::fleet::sample::{POLICY, SampleNode, at, role};
use crate::health::Question;
use crate::route::Rotation;

/// The rotation of `nodes`, and the verdict on the gateway.
fn fleet(nodes: &[SampleNode], drained: &[usize], min_ready: usize) -> (Vec<NodeFacts>, Verdict) {
    let now = at(5);
    let verdicts: Vec<Verdict> = nodes.iter().map(|node| node.verdict(now)).collect();
    let mut views = Vec::new();
    for (index, (node, verdict)) in nodes.iter().zip(&verdicts).enumerate() {
        let mut role = role(["a", "b", "c"][index], 10);
        role.drained = drained
            .contains(&index)
            .then(|| "drained: upgrade".to_owned());
        views.push((role, node.view(verdict)));
    }
    let rotations = RotationHistory::default().observe(&views, &POLICY, now);
    let reads_at = crate::fleet::rotation::reader(&rotations, now);
    let verdict = fleet_verdict(&rotations, &verdicts[reads_at], min_ready);
    (rotations, verdict)
}

fn unreachable() -> SampleNode {
    let mut node = SampleNode::ready(7, at(1));
    node.refuse_connections(at(4));
    node
}

fn ready() -> SampleNode {
    SampleNode::ready(7, at(1))
}

fn reasons(verdict: &Verdict, question: Question) -> Vec<String> {
    verdict.answer(question, &[]).reasons
}

#[test]
fn one_node_of_two_is_enough_and_the_missing_redundancy_is_a_warning_that_fails_no_probe() {
    let (rotations, verdict) = fleet(&[unreachable(), ready()], &[], 1);
    assert_eq!(rotations[0].rotation, Rotation::Unreachable);
    assert_eq!(in_rotation(&rotations), 1);
    for question in [Question::Ready, Question::Health, Question::Live] {
        assert_eq!(reasons(&verdict, question), Vec::<String>::new());
    }
    let redundancy = verdict.check(CheckName::Redundancy).unwrap();
    assert_eq!(redundancy.level, Level::Warning);
    let text = &redundancy.text;
    assert!(
        text.starts_with(
            "1 of 2 nodes in rotation, none may be lost: fleet.min_ready is 1; a: node: "
        ),
        "{text}"
    );
}

#[test]
fn with_fewer_than_min_ready_it_is_not_ready_but_alive() {
    let (_, verdict) = fleet(&[unreachable(), ready()], &[], 2);
    let ready_reasons = reasons(&verdict, Question::Ready);
    assert_eq!(ready_reasons.len(), 1, "{ready_reasons:?}");
    assert!(
        ready_reasons[0].starts_with("node: 1 of 2 nodes in rotation, fleet.min_ready is 2; a: ")
    );
    assert!(reasons(&verdict, Question::Live).is_empty());
    let (_, verdict) = fleet(&[unreachable(), unreachable()], &[], 1);
    assert!(!reasons(&verdict, Question::Ready).is_empty());
    assert!(
        reasons(&verdict, Question::Live).is_empty(),
        "a restart brings no node back"
    );
}

#[test]
fn with_one_to_spare_all_checks_are_good() {
    let (_, verdict) = fleet(&[ready(), ready(), ready()], &[], 2);
    let text = |name| &verdict.check(name).unwrap().text;
    assert_eq!(
        text(CheckName::Redundancy),
        "3 of 3 nodes in rotation, 1 may be lost"
    );
    assert_eq!(text(CheckName::Node), "3 of 3 nodes in rotation");
}

#[test]
fn the_last_node_that_is_needed_cannot_be_drained() {
    let (both, _) = fleet(&[ready(), ready()], &[], 1);
    assert_eq!(check_drain(&both, 0, 1), Ok(()));
    let refused = check_drain(&both, 0, 2).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "1 of 2 nodes would be left in rotation, fleet.min_ready is 2; --force drains it all the \
         same"
    );
    let (one, _) = fleet(&[ready(), ready()], &[1], 1);
    assert_eq!(one[1].reason.as_deref(), Some("drained: upgrade"));
    assert!(check_drain(&one, 0, 1).is_err());
    let (one, _) = fleet(&[ready(), unreachable()], &[], 1);
    assert_eq!(check_drain(&one, 1, 1), Ok(()), "it is not needed");
}

#[test]
fn a_node_that_refuses_a_user_is_not_ready_for_balancers_and_the_gateway_is() {
    let now = at(5);
    let nodes = [ready(), ready()];
    let mut verdict = nodes[0].verdict(now);
    refuse_user(&mut verdict);
    let reason = &reasons(&verdict, Question::Ready)[0];
    assert!(
        reason.starts_with("credentials: the node refuses a user"),
        "{reason}"
    );
    assert!(verdict.chain_initialized, "it stays in rotation");
    let (rotations, _) = fleet(&nodes, &[], 1);
    let verdict = fleet_verdict(&rotations, &verdict, 1);
    for question in [Question::Ready, Question::Health] {
        assert_eq!(reasons(&verdict, question), Vec::<String>::new());
    }
    let credentials = verdict.check(CheckName::Credentials).unwrap();
    assert_eq!(credentials.level, Level::Warning);
}

#[test]
fn credentials_of_its_own_that_a_node_refuses_are_what_is_said_of_it() {
    let now = at(5);
    let mut node = ready();
    node.refuse_credentials(at(4));
    let mut verdict = node.verdict(now);
    let said = verdict.clone();
    refuse_user(&mut verdict);
    assert_eq!(
        verdict.check(CheckName::Credentials),
        said.check(CheckName::Credentials)
    );
}

//! Examples and properties of the rotation.

use proptest::prelude::*;

use super::*;
use crate::fleet::sample::{POLICY, SampleNode, at, at_ms, role};
use crate::health::Verdict;
use crate::node::ChainInfo;
use crate::watch::Topic;

/// Nodes by priority, and what is remembered of them.
struct RotatedFleet {
    nodes: Vec<(MemberRole, SampleNode)>,
    history: RotationHistory,
}

impl RotatedFleet {
    fn of(nodes: impl IntoIterator<Item = (MemberRole, SampleNode)>) -> Self {
        Self {
            nodes: nodes.into_iter().collect(),
            history: RotationHistory::default(),
        }
    }

    /// Two nodes at height 7, of which `a` is the better one.
    fn pair(now: Mono) -> Self {
        let node = || SampleNode::ready(7, now);
        Self::of([(role("a", 10), node()), (role("b", 20), node())])
    }

    fn look(&mut self, now: Mono) -> Vec<NodeFacts> {
        let verdicts: Vec<Verdict> = self
            .nodes
            .iter()
            .map(|(_, node)| node.verdict(now))
            .collect();
        let views: Vec<_> = self
            .nodes
            .iter()
            .zip(&verdicts)
            .map(|((role, node), verdict)| (role.clone(), node.view(verdict)))
            .collect();
        self.history.observe(&views, &POLICY, now)
    }

    fn reader(&mut self, now: Mono) -> usize {
        reader(&self.look(now), now)
    }

    fn answer(&mut self, index: usize, height: u32, now: Mono) {
        let node = &mut self.nodes[index].1;
        node.answer(now);
        node.tell_chain(ChainInfo::bare("regtest", height, height), now);
    }

    /// As [`RotatedFleet::answer`], of a node that says its work.
    fn tell_work(&mut self, index: usize, height: u32, work: u32, now: Mono) {
        let info = ChainInfo {
            chainwork: Some(format!("{work:064x}").into()),
            ..ChainInfo::bare("regtest", height, height)
        };
        self.nodes[index].1.tell_chain(info, now);
    }
}

#[test]
fn at_the_start_the_better_node_is_used_at_once() {
    let mut fleet = RotatedFleet::of([
        (role("a", 10), SampleNode::default()),
        (role("b", 20), SampleNode::ready(7, at(1))),
    ]);
    assert_eq!(fleet.reader(at(1)), 1);
    fleet.answer(0, 7, at(2));
    assert_eq!(fleet.look(at(2))[0].standby_until, None);
    assert_eq!(fleet.reader(at(2)), 0);
}

#[test]
fn a_better_node_that_is_back_is_used_after_failback_secs_and_not_before() {
    let mut fleet = RotatedFleet::pair(at(1));
    assert_eq!(fleet.reader(at(1)), 0);
    fleet.nodes[0].1.refuse_connections(at(2));
    assert_eq!(fleet.reader(at(2)), 1);
    fleet.answer(0, 7, at(3));
    let rotations = fleet.look(at(3));
    assert!(rotations[0].is_in_rotation());
    assert_eq!(rotations[0].standby_until, Some(at(63)));
    assert_eq!(fleet.reader(at_ms(62_999)), 1);
    assert_eq!(fleet.reader(at(63)), 0);
    assert_eq!(fleet.look(at(63))[0].standby_until, None);
}

#[test]
fn a_node_on_standby_is_used_when_the_other_one_is_lost() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    fleet.nodes[0].1.refuse_connections(at(2));
    fleet.look(at(2));
    fleet.answer(0, 7, at(3));
    fleet.look(at(3));
    fleet.nodes[1].1.refuse_connections(at(4));
    assert_eq!(fleet.reader(at(4)), 0);
}

#[test]
fn a_node_behind_the_others_is_out_after_lag_grace_secs_until_it_has_caught_up() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.answer(1, 9, at(1));
    let first = fleet.look(at(1));
    assert_eq!(
        (first[0].lag_blocks, first[1].lag_blocks),
        (Some(2), Some(0))
    );
    assert!(first[0].is_in_rotation());
    let later = fleet.look(at(11));
    assert!(later[0].lagging && !later[0].is_in_rotation());
    assert_eq!(
        later[0].reason.as_deref(),
        Some("sync: 2 blocks behind the others, fleet.max_lag_blocks is 1")
    );
    fleet.answer(0, 8, at(12));
    let caught_up = fleet.look(at(12));
    assert!(caught_up[0].is_in_rotation());
    assert_eq!(caught_up[0].standby_until, Some(at(72)));
}

#[test]
fn a_node_that_is_back_and_behind_is_out_at_once_until_it_has_caught_up() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.answer(1, 9, at(1));
    fleet.look(at(1));
    fleet.nodes[0].1.refuse_connections(at(2));
    fleet.look(at(2));
    fleet.answer(0, 7, at(3));
    assert!(fleet.look(at(3))[0].lagging);
    fleet.answer(0, 9, at(5));
    let caught_up = fleet.look(at(5));
    assert!(caught_up[0].is_in_rotation());
    assert_eq!(caught_up[0].standby_until, Some(at(65)));
}

#[test]
fn a_node_that_was_restarted_unseen_is_one_that_is_back() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.answer(1, 9, at(1));
    fleet.look(at(1));
    fleet.nodes[0].1.snapshot.process_replaced();
    fleet.answer(0, 7, at(2));
    let behind = fleet.look(at(2));
    assert!(behind[0].lagging && !behind[0].is_in_rotation());
    fleet.answer(0, 9, at(3));
    assert_eq!(fleet.look(at(3))[0].standby_until, Some(at(63)));
}

#[test]
fn a_lag_that_ends_within_the_grace_changes_nothing() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.answer(1, 9, at(1));
    fleet.look(at(1));
    fleet.answer(0, 9, at(10));
    fleet.look(at(10));
    fleet.answer(1, 11, at(11));
    assert!(!fleet.look(at(20))[0].lagging, "counted anew");
}

#[test]
fn a_reorganisation_to_less_height_and_more_work_leaves_nobody_behind() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.tell_work(0, 10, 100, at(1));
    fleet.tell_work(1, 8, 120, at(1));
    for now in [at(1), at(30)] {
        let rotations = fleet.look(now);
        assert!(rotations.iter().all(NodeFacts::is_in_rotation));
        assert!(rotations.iter().all(|node| node.lag_blocks == Some(0)));
    }
}

#[test]
fn a_busy_node_stays_in_rotation_and_reads_go_to_another_one() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    fleet.nodes[0].1.snapshot.asked(Topic::BestBlock, at(2));
    let rotations = fleet.look(at_ms(5001));
    assert!(rotations[0].busy && rotations[0].is_in_rotation());
    assert_eq!(fleet.reader(at_ms(5001)), 1);
    fleet.answer(0, 7, at(6));
    assert_eq!(fleet.look(at(6))[0].standby_until, Some(at(66)));
}

#[test]
fn a_drained_node_is_out_and_used_at_once_when_it_is_undrained() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    fleet.nodes[0].0.drained = Some("drained: upgrade".to_owned());
    assert_eq!(fleet.reader(at(2)), 1);
    fleet.nodes[0].0.drained = None;
    assert_eq!(fleet.reader(at(3)), 0);
}

#[test]
fn since_when_a_node_is_in_or_out_is_remembered_while_it_stays_so() {
    let mut fleet = RotatedFleet::pair(at(1));
    let since = |fleet: &mut RotatedFleet, now| fleet.look(at(now))[0].rotation_since;
    assert_eq!(since(&mut fleet, 1), Some(at(1)));
    assert_eq!(since(&mut fleet, 2), Some(at(1)));
    fleet.nodes[0].1.refuse_connections(at(3));
    assert_eq!(since(&mut fleet, 3), Some(at(3)));
    // That it is drained as well is another reason for the same.
    fleet.nodes[0].0.drained = Some("drained: upgrade".to_owned());
    assert_eq!(since(&mut fleet, 5), Some(at(3)));
    fleet.nodes[0].0.drained = None;
    fleet.answer(0, 7, at(6));
    assert_eq!(since(&mut fleet, 6), Some(at(6)), "on standby");
}

#[test]
fn a_node_that_is_replaced_by_one_of_another_chain_is_out_and_the_others_stay() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    fleet.nodes[0]
        .1
        .tell_chain(ChainInfo::bare("main", 900_000, 900_000), at(2));
    let rotations = fleet.look(at(2));
    assert_eq!(rotations[0].rotation, Rotation::WrongChain);
    assert!(rotations[1].is_in_rotation());
    assert_eq!(
        rotations[1].lag_blocks,
        Some(0),
        "its height counts for nothing"
    );
}

#[test]
fn the_fleet_moves_to_another_chain_with_most_of_its_nodes() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    for index in [0, 1] {
        fleet.nodes[index]
            .1
            .tell_chain(ChainInfo::bare("main", 9, 9), at(2));
    }
    assert!(fleet.look(at(2)).iter().all(NodeFacts::is_in_rotation));
}

#[test]
fn what_is_remembered_of_a_node_goes_with_it_and_stays_with_the_others() {
    let mut fleet = RotatedFleet::pair(at(1));
    fleet.look(at(1));
    fleet.nodes[0].1.refuse_connections(at(2));
    fleet.look(at(2));
    let back = fleet.nodes.remove(0);
    fleet.look(at(3));
    fleet.nodes.push(back);
    fleet.answer(1, 7, at(4));
    let rotations = fleet.look(at(4));
    assert_eq!(&*rotations[1].name, "a");
    assert_eq!(rotations[1].standby_until, None, "it is new");
}

/// What happens to the better node in a tenth of a second.
#[derive(Clone, Copy, Debug)]
enum RotationEvent {
    Answers,
    IsGone,
    IsSilent,
    ChainIsLocked,
}

fn events() -> impl Strategy<Value = Vec<(RotationEvent, u8)>> {
    let event = prop_oneof![
        Just(RotationEvent::Answers),
        Just(RotationEvent::IsGone),
        Just(RotationEvent::IsSilent),
        Just(RotationEvent::ChainIsLocked),
    ];
    proptest::collection::vec((event, 1_u8..200), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the better node does: while the other one is well, reads leave it at most once in
    /// `failback`, and come back only after it has been in service for as long.
    #[test]
    fn a_flapping_node_causes_at_most_one_failover_in_failback_secs(events in events()) {
        let mut fleet = RotatedFleet::pair(at(1));
        let mut now_ms = 1000;
        let mut reads_at = fleet.reader(at_ms(now_ms));
        prop_assert_eq!(reads_at, 0);
        let mut left_at = None;
        let mut in_service_since = Some(0);
        for (event, tenths) in events {
            for _ in 0..tenths {
                now_ms += 100;
                let now = at_ms(now_ms);
                fleet.answer(1, 7, now);
                let node = &mut fleet.nodes[0].1;
                match event {
                    RotationEvent::Answers => fleet.answer(0, 7, now),
                    RotationEvent::IsGone => node.refuse_connections(now),
                    RotationEvent::IsSilent => node.snapshot.asked(Topic::Uptime, now),
                    RotationEvent::ChainIsLocked => node.snapshot.asked(Topic::BestBlock, now),
                }
                let rotations = fleet.look(now);
                let is_in_service = rotations[0].is_in_rotation() && !rotations[0].busy;
                in_service_since = match (is_in_service, in_service_since) {
                    (false, _) => None,
                    (true, None) => Some(now_ms),
                    (true, since) => since,
                };
                let before = std::mem::replace(&mut reads_at, reader(&rotations, now));
                match (before, reads_at) {
                    (0, 1) => {
                        let failback_ms = 60_000;
                        prop_assert!(left_at.is_none_or(|left| now_ms - left >= failback_ms));
                        left_at = Some(now_ms);
                    }
                    (1, 0) => {
                        let since = in_service_since.unwrap();
                        prop_assert!(now_ms - since >= 60_000, "back after {} ms", now_ms - since);
                    }
                    _ => {}
                }
                prop_assert!(reads_at == 1 || is_in_service);
            }
        }
    }

    /// The reader is a node in rotation if there is any, and the order of the configuration decides
    /// between equals.
    #[test]
    fn reads_go_to_a_node_in_rotation_if_there_is_one(
        nodes in proptest::collection::vec((0_u32..3, any::<bool>(), any::<bool>(), any::<bool>()), 1..6)
    ) {
        let now = at(1);
        let rotations: Vec<NodeFacts> = nodes
            .iter()
            .enumerate()
            .map(|(index, (priority, is_ready, is_drained, busy))| {
                let role = role(&index.to_string(), *priority);
                let node = SampleNode::ready(7, now);
                let verdict = node.verdict(now);
                let rotation = if *is_ready { Rotation::Ready } else { Rotation::Unreachable };
                NodeFacts {
                    drained: *is_drained,
                    busy: *busy,
                    ..first_look(&role, &node.view(&verdict), rotation, None)
                }
            })
            .collect();
        let chosen = &rotations[reader(&rotations, now)];
        let best = |candidates: &dyn Fn(&NodeFacts) -> bool| {
            rotations.iter().filter(|node| candidates(node)).min_by_key(|node| node.priority)
        };
        let wanted = best(&|node| node.is_in_rotation() && !node.busy)
            .or_else(|| best(&|node| node.is_in_rotation()));
        if let Some(wanted) = wanted {
            prop_assert_eq!(&chosen.name, &wanted.name);
        }
    }
}

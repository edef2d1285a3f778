use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::route::{FleetPolicy, WalletClaims};

const NOW: Duration = Duration::from_secs(1_000);

fn now() -> Mono {
    Mono::from_start(NOW)
}

fn node(name: &str, priority: u32) -> NodeFacts {
    NodeFacts {
        rotation: Rotation::Ready,
        has: Needs::BLOCKS,
        ..NodeFacts::unknown(name.into(), priority, WalletClaims::Named(Arc::new([])))
    }
}

fn table(nodes: Vec<NodeFacts>) -> RouteTable {
    RouteTable {
        nodes,
        policy: FleetPolicy::default(),
    }
}

fn of(class: Class) -> RouteQuery<'static> {
    RouteQuery {
        class,
        needs: Needs::NONE,
        named: None,
        wallet: None,
        caller: 0,
        tried: NodeSet::default(),
        below_floor: NodeSet::default(),
        now: now(),
    }
}

fn candidates(table: &RouteTable, query: &RouteQuery<'_>) -> Vec<usize> {
    let explained = explain(table, query, |_| 0);
    let candidate = |(index, reason): (usize, Option<Exclusion>)| reason.is_none().then_some(index);
    explained.into_iter().filter_map(candidate).collect()
}

#[test]
fn the_lowest_priority_number_that_is_ready_gets_a_read_and_the_next_one_follows() {
    let mut table = table(vec![node("a", 20), node("b", 10), node("c", 30)]);
    assert_eq!(candidates(&table, &of(Class::View)), [1, 0, 2]);
    table.nodes[1].rotation = Rotation::Unreachable;
    assert_eq!(candidates(&table, &of(Class::View)), [0, 2]);
    assert_eq!(
        explain(&table, &of(Class::View), |_| 0).last(),
        Some(&(1, Some(Exclusion::NotReady(Rotation::Unreachable))))
    );
}

#[test]
fn a_node_that_came_back_is_preferred_only_after_its_standby() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[0].standby_until = Some(now().after(Duration::from_secs(1)));
    assert_eq!(candidates(&table, &of(Class::View)), [1, 0]);
    let later = RouteQuery {
        now: now().after(Duration::from_secs(1)),
        ..of(Class::View)
    };
    assert_eq!(candidates(&table, &later), [0, 1]);
}

#[test]
fn of_equal_nodes_the_one_with_the_fewest_calls_gets_the_next() {
    let table = table(vec![node("a", 10), node("b", 10), node("c", 10)]);
    let load = [5, 2, 3];
    let load = |index: usize| load[index];
    assert_eq!(choose(&table, &of(Class::View), load), Ok(1));
}

#[test]
fn callers_that_are_spread_stick_to_their_node_and_only_those_of_a_lost_node_move() {
    let mut table = table(vec![
        node("a", 10),
        node("b", 10),
        node("c", 10),
        node("d", 20),
    ]);
    table.policy.spread = true;
    let of_caller = |table: &RouteTable, caller| {
        let query = RouteQuery {
            caller,
            ..of(Class::View)
        };
        choose(table, &query, |_| 0).unwrap()
    };
    let before: Vec<_> = (0..3_000).map(|caller| of_caller(&table, caller)).collect();
    for index in 0..3 {
        let share = before.iter().filter(|chosen| **chosen == index).count();
        assert!((800..1_200).contains(&share), "{share} of 3000");
    }
    table.nodes[1].drained = true;
    for (caller, before) in (0..3_000).zip(before) {
        let after = of_caller(&table, caller);
        assert!(after == before || before == 1);
        assert!(after != 1 && after != 3);
    }
}

#[test]
fn a_named_node_is_asked_whatever_state_it_is_in_and_once() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[1].drained = true;
    table.nodes[1].rotation = Rotation::Unreachable;
    for class in Class::ALL {
        let mut query = RouteQuery {
            named: Some(1),
            ..of(class)
        };
        assert_eq!(choose(&table, &query, |_| 0), Ok(1));
        query.tried.insert(1);
        assert_eq!(choose(&table, &query, |_| 0), Err(NoNode::Exhausted));
    }
}

#[test]
fn what_changes_a_node_needs_its_name() {
    let table = table(vec![node("a", 10), node("b", 20)]);
    for class in [Class::NodeChange, Class::WalletFiles] {
        assert_eq!(choose(&table, &of(class), |_| 0), Err(NoNode::Unnamed));
    }
}

#[test]
fn a_wallet_is_at_its_node_or_nowhere() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[1].wallets = WalletClaims::Named(Arc::new(["hot".into(), "".into()]));
    let wallet = |wallet| RouteQuery {
        wallet,
        ..of(Class::Wallet)
    };
    assert_eq!(choose(&table, &wallet(Some("hot")), |_| 0), Ok(1));
    assert_eq!(choose(&table, &wallet(None), |_| 0), Ok(1));
    assert_eq!(
        choose(&table, &wallet(Some("cold")), |_| 0),
        Err(NoNode::UnknownWallet)
    );
    table.nodes[1].drained = true;
    assert_eq!(
        choose(&table, &wallet(Some("hot")), |_| 0),
        Err(NoNode::WalletNodeOut(1))
    );
}

#[test]
fn a_scan_goes_to_the_last_of_the_ready_nodes_and_mining_to_the_first() {
    let mut table = table(vec![
        node("a", 10),
        node("b", 30),
        node("c", 20),
        node("d", 40),
    ]);
    table.nodes[3].rotation = Rotation::Syncing;
    assert_eq!(choose(&table, &of(Class::Heavy), |_| 9), Ok(1));
    assert_eq!(choose(&table, &of(Class::Mining), |index| 9 - index), Ok(0));
    assert_eq!(primary(&table, now()), Some(0));
}

#[test]
fn a_busy_node_answers_no_question_about_the_chain_while_another_can() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[0].busy = true;
    assert_eq!(candidates(&table, &of(Class::View)), [1, 0]);
    assert_eq!(candidates(&table, &of(Class::NodeRead)), [0, 1]);
}

#[test]
fn a_lagging_node_answers_about_blocks_it_has_and_not_about_the_tip() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[0].lagging = true;
    assert_eq!(candidates(&table, &of(Class::View)), [1]);
    assert_eq!(candidates(&table, &of(Class::ByHash)), [1, 0]);
    table.nodes[1].rotation = Rotation::Unreachable;
    assert_eq!(
        choose(&table, &of(Class::View), |_| 0),
        Err(NoNode::NoneReady)
    );
    assert_eq!(choose(&table, &of(Class::ByHash), |_| 0), Ok(0));
}

#[test]
fn a_node_with_the_index_is_preferred_and_without_one_the_caller_gets_the_nodes_own_error() {
    let mut table = table(vec![node("a", 10), node("b", 20)]);
    table.nodes[1].has = Needs::TX_INDEX;
    let query = RouteQuery {
        needs: Needs::TX_INDEX,
        ..of(Class::View)
    };
    assert_eq!(candidates(&table, &query), [1, 0]);
    table.nodes[1].drained = true;
    assert_eq!(candidates(&table, &query), [0]);
}

#[test]
fn while_no_node_is_ready_what_needs_no_tip_goes_to_the_least_bad_that_answers() {
    let mut table = table(vec![node("a", 10), node("b", 20), node("c", 30)]);
    let rotations = [Rotation::Unreachable, Rotation::Starting, Rotation::Syncing];
    for (node, rotation) in table.nodes.iter_mut().zip(rotations) {
        node.rotation = rotation;
    }
    for class in [Class::Pure, Class::ByHash, Class::NodeRead] {
        assert_eq!(choose(&table, &of(class), |_| 0), Ok(2));
    }
    assert_eq!(
        choose(&table, &of(Class::View), |_| 0),
        Err(NoNode::NoneReady)
    );
    table.nodes[2].rotation = Rotation::Unreachable;
    assert_eq!(choose(&table, &of(Class::Pure), |_| 0), Ok(1));
    table.nodes[1].rotation = Rotation::Unknown;
    assert_eq!(
        choose(&table, &of(Class::Pure), |_| 0),
        Err(NoNode::NoneAnswers)
    );
}

/// The order of the contract, written as it is documented: each rule is one member of the key, and the
/// candidates are sorted by it.
fn model(table: &RouteTable, query: &RouteQuery<'_>, load: &[usize]) -> Vec<usize> {
    let view = !matches!(query.class, Class::Pure | Class::ByHash | Class::NodeRead);
    let tip = matches!(
        query.class,
        Class::View | Class::LongPoll | Class::Mining | Class::Heavy
    );
    let chain = !matches!(query.class, Class::Pure | Class::NodeRead);
    let takes = |node: &NodeFacts, worst: bool| {
        let state = match node.rotation {
            Rotation::Ready => true,
            Rotation::Syncing => !view,
            Rotation::Starting => worst && !view,
            _ => false,
        };
        let is_out = node.drained || (chain && node.off_fork) || (tip && node.lagging);
        state && !is_out
    };
    let some_are_good = table.nodes.iter().any(|node| takes(node, false));
    let mut candidates: Vec<(usize, &NodeFacts)> = table
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| takes(node, !some_are_good))
        .collect();
    candidates.sort_by_key(|(index, node)| {
        let priority = if query.class == Class::Heavy {
            -i64::from(node.priority)
        } else {
            i64::from(node.priority)
        };
        let counts_load = !matches!(query.class, Class::Heavy | Class::Mining);
        (
            chain && node.busy,
            node.lagging,
            query
                .needs
                .labels()
                .any(|need| !node.has.labels().any(|had| had == need)),
            node.rotation == Rotation::Syncing,
            node.standby_until.is_some_and(|until| until > query.now),
            priority,
            if counts_load { load[*index] } else { 0 },
            *index,
        )
    });
    candidates.into_iter().map(|(index, _)| index).collect()
}

fn any_node() -> impl Strategy<Value = (NodeFacts, usize)> {
    let rotations = [
        Rotation::Ready,
        Rotation::Ready,
        Rotation::Syncing,
        Rotation::Starting,
        Rotation::Unreachable,
        Rotation::CredentialsRefused,
        Rotation::WrongChain,
        Rotation::Unknown,
    ];
    (
        select(rotations.to_vec()),
        0_u32..4,
        vec(prop::bool::weighted(0.25), 6),
        0_usize..4,
    )
        .prop_map(|(rotation, priority, flags, load)| {
            let node = NodeFacts {
                rotation,
                drained: flags[0],
                off_fork: flags[1],
                busy: flags[2],
                lagging: flags[3],
                has: if flags[4] {
                    Needs::TX_INDEX
                } else {
                    Needs::NONE
                },
                standby_until: flags[5].then(|| now().after(Duration::from_secs(5))),
                ..node("n", priority)
            };
            (node, load)
        })
}

proptest! {
    #[test]
    fn the_candidates_are_those_of_the_sorted_list(
        nodes in vec(any_node(), 1..6),
        class in select(vec![
            Class::Pure, Class::NodeRead, Class::ByHash, Class::View, Class::LongPoll,
            Class::Broadcast, Class::Heavy, Class::Mining,
        ]),
        needs_index in any::<bool>(),
    ) {
        let (nodes, load): (Vec<_>, Vec<_>) = nodes.into_iter().unzip();
        let table = table(nodes);
        let query = RouteQuery {
            needs: if needs_index { Needs::TX_INDEX } else { Needs::NONE },
            ..of(class)
        };
        let expected = model(&table, &query, &load);
        let first = choose(&table, &query, |index| load[index]);
        prop_assert_eq!(first.ok(), expected.first().copied());
        if let Ok(first) = first
            && table.nodes[first].rotation != Rotation::Starting
        {
            let explained = explain(&table, &query, |index| load[index]);
            let candidates: Vec<_> = explained
                .iter()
                .filter(|(_, reason)| reason.is_none())
                .map(|(index, _)| *index)
                .collect();
            prop_assert_eq!(candidates, expected);
            prop_assert_eq!(explained.len(), table.nodes.len());
        }
    }
}

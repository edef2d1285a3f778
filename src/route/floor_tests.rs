use std::cell::Cell;

use super::*;
use crate::route::{
    ChainPosition, Exclusion, FleetPolicy, Needs, NoNode, NodeFacts, PublishedTip, Rotation,
    RouteQuery, WalletClaims, choose, explain,
};

const EXPIRY: Duration = Duration::from_secs(60);
const START: Mono = Mono::START;

fn hash(block: usize) -> String {
    format!("{block:064x}")
}

pub(super) fn tag(block: usize) -> BlockTag {
    BlockTag::of(&hash(block)).unwrap()
}

pub(super) fn tip(block: usize, position: ChainPosition) -> PublishedTip {
    PublishedTip {
        height: position.height,
        hash: hash(block).into(),
        chainwork: position.work.map(|work| format!("{work:064x}").into()),
    }
}

/// The block at this height of a chain that never forks.
fn plain(height: u64) -> PublishedTip {
    let position = ChainPosition {
        height,
        work: Some(2 * u128::from(height)),
    };
    tip(usize::try_from(height).unwrap(), position)
}

/// Nodes behind a floor, and their time.
pub(super) struct Nodes {
    pub(super) floor: Floor,
    pub(super) view: Arc<FloorView>,
    pub(super) table: RouteTable,
    published: RouteTable,
    milliseconds: Cell<u64>,
}

impl Nodes {
    /// Nodes with these priorities and heights.
    pub(super) fn new(nodes: &[(u32, u64)]) -> Self {
        let facts = |(index, (priority, height)): (usize, &(u32, u64))| NodeFacts {
            rotation: Rotation::Ready,
            tip: Some(plain(*height)),
            ..NodeFacts::unknown(
                format!("n{index}").into(),
                *priority,
                WalletClaims::Named(Arc::new([])),
            )
        };
        let mut nodes = Self {
            floor: Floor::default(),
            published: RouteTable::default(),
            milliseconds: Cell::default(),
            view: Arc::default(),
            table: RouteTable {
                nodes: nodes.iter().enumerate().map(facts).collect(),
                policy: FleetPolicy {
                    floor: EXPIRY,
                    ..FleetPolicy::default()
                },
            },
        };
        nodes.publish();
        nodes
    }

    pub(super) fn publish(&mut self) {
        // As the daemon does: what has not changed is not published.
        if self.published != self.table {
            self.published.clone_from(&self.table);
            self.view = self.floor.publish(&self.table, self.tick());
        }
    }

    pub(super) fn change(&mut self, index: usize, change: impl FnOnce(&mut NodeFacts)) {
        change(&mut self.table.nodes[index]);
        self.publish();
    }

    pub(super) fn query(&self, caller: u64, tried: NodeSet) -> RouteQuery<'static> {
        let of = FloorCaller {
            caller,
            class: Class::View,
        };
        RouteQuery {
            class: Class::View,
            needs: Needs::NONE,
            named: None,
            wallet: None,
            caller,
            tried,
            below_floor: self.view.below(&self.table, of),
            now: START,
        }
    }

    pub(super) fn choose(&self, caller: u64) -> Result<usize, NoNode> {
        choose(&self.table, &self.query(caller, NodeSet::default()), |_| 0)
    }

    /// A moment after all before.
    pub(super) fn tick(&self) -> Mono {
        self.milliseconds.set(self.milliseconds.get() + 1);
        START.after(Duration::from_millis(self.milliseconds.get()))
    }

    fn show(&self, index: usize, caller: u64, tip: ShownTip) -> bool {
        self.show_late(index, caller, tip, self.tick())
    }

    /// As `show`, for a call that was `sent` a while ago.
    pub(super) fn show_late(&self, index: usize, caller: u64, tip: ShownTip, sent: Mono) -> bool {
        let of = FloorCaller {
            caller,
            class: Class::View,
        };
        let answer = FloorAnswer {
            index,
            tip,
            sent,
            came: self.tick(),
        };
        self.floor.show((&self.view, &self.table), of, answer)
    }
}

#[test]
fn a_caller_whose_node_is_gone_waits_until_another_has_what_it_was_shown() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Height(102)));
    nodes.change(0, |node| node.rotation = Rotation::Unreachable);
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    let query = nodes.query(1, NodeSet::default());
    assert_eq!(
        explain(&nodes.table, &query, |_| 0)[1],
        (1, Some(Exclusion::BelowFloor))
    );
    nodes.change(1, |node| node.tip = Some(plain(102)));
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn what_only_the_polls_have_found_of_a_node_that_is_asked_counts_as_shown() {
    let mut nodes = Nodes::new(&[(10, 102), (20, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Known));
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
}

#[test]
fn a_node_that_nobody_has_asked_leaves_no_mark() {
    let mut nodes = Nodes::new(&[(10, 102), (20, 100)]);
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn a_better_node_that_is_back_is_used_once_it_has_what_was_shown_elsewhere() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 101)]);
    nodes.change(0, |node| node.rotation = Rotation::Unreachable);
    assert!(nodes.show(1, 1, ShownTip::Known));
    nodes.change(0, |node| node.rotation = Rotation::Ready);
    assert_eq!(nodes.choose(1), Ok(1));
    nodes.change(0, |node| node.tip = Some(plain(101)));
    assert_eq!(nodes.choose(1), Ok(0));
}

#[test]
fn a_node_that_lost_blocks_in_a_crash_is_below_its_own_mark() {
    let mut nodes = Nodes::new(&[(10, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Height(105)));
    assert_eq!(nodes.choose(1), Ok(0));
    nodes.change(0, |node| node.rotation = Rotation::Unreachable);
    nodes.change(0, |node| node.rotation = Rotation::Ready);
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    // Also if it was not seen that it was away.
    let nodes = Nodes::new(&[(10, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Height(105)));
    assert!(!nodes.show(0, 1, ShownTip::Height(90)));
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
}

#[test]
fn the_hash_of_an_old_block_is_passed_on_and_says_nothing_of_the_tip() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Height(102)));
    for height in [5, 100, 101] {
        assert!(nodes.show(0, 1, ShownTip::Ancestor(tag(5), height)));
        assert_eq!(nodes.choose(1), Ok(0));
    }
    // A block above the tip that is known is shown as any other.
    assert!(nodes.show(0, 1, ShownTip::Ancestor(tag(103), 103)));
    nodes.change(0, |node| node.drained = true);
    nodes.change(1, |node| node.tip = Some(plain(102)));
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    nodes.change(1, |node| node.tip = Some(plain(103)));
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn an_answer_that_was_overtaken_by_a_block_is_asked_for_again_at_the_same_node() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    let sent = nodes.tick();
    nodes.change(0, |node| node.tip = Some(plain(101)));
    assert!(nodes.show(0, 2, ShownTip::Known));
    assert!(!nodes.show_late(0, 1, ShownTip::Height(100), sent));
    assert_eq!(nodes.choose(1), Ok(0));
    // The same of a block that only another answer has shown.
    let sent = nodes.tick();
    assert!(nodes.show(0, 2, ShownTip::Height(102)));
    assert!(!nodes.show_late(0, 1, ShownTip::Height(101), sent));
    assert_eq!(nodes.choose(1), Ok(0));
    assert!(nodes.show(0, 1, ShownTip::Height(102)));
}

#[test]
fn a_node_that_lost_blocks_shows_that_to_no_call_that_is_on_its_way() {
    let nodes = Nodes::new(&[(10, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Height(105)));
    for caller in [1, 2, 1] {
        assert!(!nodes.show(0, caller, ShownTip::Height(90)));
    }
}

#[test]
fn no_block_is_taken_for_the_last_one_of_a_node_whose_last_one_is_unknown() {
    let nodes = Nodes::new(&[(10, 100)]);
    let sent = nodes.tick();
    // Only the height of the last block is known; the digits of the block that is shown are zeros.
    assert!(nodes.show(0, 1, ShownTip::Height(105)));
    let zeros = ShownTip::Block(tag(0), ChainPosition::from(&plain(90)));
    assert!(!nodes.show_late(0, 2, zeros, sent));
    // Nor does a height stand for that of a node of which nothing is known.
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    nodes.change(0, |node| {
        node.rotation = Rotation::Unreachable;
        node.tip = None;
    });
    assert!(nodes.show(0, 1, ShownTip::Height(u64::MAX)));
    assert!(nodes.show(0, 1, ShownTip::Hash(tag(1))));
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
}

#[test]
fn callers_that_are_spread_stay_where_they_are_though_the_others_have_seen_more() {
    let mut nodes = Nodes::new(&[(10, 101), (10, 100)]);
    nodes.table.policy.spread = true;
    nodes.publish();
    let home: Vec<_> = (0..64)
        .map(|caller| nodes.choose(caller).unwrap())
        .collect();
    for (caller, node) in (0..64).zip(&home) {
        assert!(nodes.show(*node, caller, ShownTip::Known));
    }
    for (caller, node) in (0..64).zip(&home) {
        assert_eq!(nodes.choose(caller), Ok(*node));
    }
    nodes.change(0, |node| node.drained = true);
    for (caller, node) in (0..64).zip(&home) {
        let waits = Err(NoNode::BelowFloor);
        assert_eq!(nodes.choose(caller), if *node == 1 { Ok(1) } else { waits });
    }
}

#[test]
fn a_mark_that_no_node_reaches_falls_in_time_and_not_before() {
    let mut nodes = Nodes::new(&[(10, 110), (20, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Known));
    nodes.floor.sweep(START.after(EXPIRY * 2));
    nodes.change(0, |node| node.rotation = Rotation::Unreachable);
    let lost = START.after(EXPIRY * 3);
    nodes.floor.sweep(lost);
    nodes.floor.sweep(lost.after(Duration::from_secs(59)));
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    nodes.floor.sweep(lost.after(EXPIRY));
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn without_a_time_there_is_no_floor() {
    let mut nodes = Nodes::new(&[(10, 110), (20, 100)]);
    nodes.table.policy.floor = Duration::ZERO;
    nodes.publish();
    assert!(nodes.show(0, 1, ShownTip::Height(500)));
    nodes.change(0, |node| node.rotation = Rotation::Unreachable);
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn a_chain_with_more_work_and_fewer_blocks_leaves_nobody_out() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    // 103 is known as a height alone when the chain is replaced.
    assert!(nodes.show(0, 1, ShownTip::Height(103)));
    let heavier = ChainPosition {
        height: 99,
        work: Some(1_000),
    };
    nodes.change(0, |node| node.tip = Some(tip(7, heavier)));
    assert_eq!(nodes.choose(1), Ok(0));
    assert!(nodes.show(0, 1, ShownTip::Known));
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    nodes.change(1, |node| node.tip = Some(tip(7, heavier)));
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn a_hash_that_nobody_has_published_is_one_more_block_until_it_is_found_or_given_up() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 100)]);
    assert!(nodes.show(0, 1, ShownTip::Hash(tag(101))));
    let of = FloorCaller {
        caller: 1,
        class: Class::ByHash,
    };
    let both = (&*nodes.view, &nodes.table);
    assert!(nodes.floor.may_come_later(both, 1, of, Some(tag(101))));
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Err(NoNode::BelowFloor));
    nodes.change(1, |node| node.tip = Some(plain(101)));
    assert_eq!(nodes.choose(1), Ok(1));
    nodes.change(0, |node| node.drained = false);
    nodes.change(1, |node| node.tip = Some(plain(100)));
    nodes.floor.sweep(START.after(Duration::from_secs(6)));
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn the_hash_of_a_block_before_the_last_one_is_no_news() {
    let mut nodes = Nodes::new(&[(10, 100), (20, 101)]);
    nodes.change(0, |node| node.tip = Some(plain(101)));
    // An answer that was on its way when the block came.
    assert!(nodes.show(0, 1, ShownTip::Hash(tag(100))));
    nodes.change(0, |node| node.drained = true);
    assert_eq!(nodes.choose(1), Ok(1));
}

#[test]
fn a_height_of_a_chain_that_was_replaced_before_it_was_published_reaches_no_mark() {
    let mut nodes = Nodes::new(&[(10, 104), (20, 104)]);
    assert!(nodes.show(0, 1, ShownTip::Height(106)));
    let replaced = |height, work| ChainPosition {
        height,
        work: Some(work),
    };
    let elsewhere = ShownTip::Block(tag(8), replaced(106, 1_080));
    assert!(nodes.show(1, 1, elsewhere));
    nodes.change(0, |node| node.tip = Some(tip(7, replaced(105, 1_070))));
    assert_ne!(nodes.choose(1), Ok(0));
}

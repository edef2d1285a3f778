//! Histories of nodes that grow, die and lose blocks, and of callers that ask them.

use std::collections::HashMap;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{Nodes, tag, tip};
use crate::route::{ChainPosition, NoNode, NodeSet, PublishedTip, Rotation, ShownTip, choose};
use crate::values::Mono;

/// What happens in a history.
#[derive(Clone, Debug)]
enum FloorEvent {
    /// A node gets blocks.
    Grow(usize, usize),
    /// What a node has is published.
    Poll(usize),
    /// A node dies.
    Kill(usize),
    /// It is back, and has lost so many blocks.
    Restart(usize, usize),
    /// The same without having been seen to be away, in the middle of a call.
    Crash(usize, usize),
    Drain(usize, bool),
    /// A caller asks, with the nodes that have no slot, or gets its answer, and what that shows.
    Call(u64, u64, u8),
}

fn any_event(what: Range<u8>) -> impl Strategy<Value = FloorEvent> {
    let node = 0..3_usize;
    prop_oneof![
        4 => (node.clone(), 1..4_usize).prop_map(|(node, blocks)| FloorEvent::Grow(node, blocks)),
        4 => node.clone().prop_map(FloorEvent::Poll),
        1 => node.clone().prop_map(FloorEvent::Kill),
        2 => (node.clone(), 0..6_usize).prop_map(|(node, lost)| FloorEvent::Restart(node, lost)),
        1 => (node.clone(), 0..6_usize).prop_map(|(node, lost)| FloorEvent::Crash(node, lost)),
        1 => (node, any::<bool>()).prop_map(|(node, is)| FloorEvent::Drain(node, is)),
        12 => (0..4_u64, 0..8_u64, what).prop_map(|(caller, full, what)| {
            // Mostly every node has a slot.
            FloorEvent::Call(caller, if full < 5 { 0 } else { full - 4 }, what)
        }),
    ]
}

/// A chain of blocks, each with more work than the one before: where it is replaced, its height
/// falls.
fn chain(falls: &[bool]) -> Vec<ChainPosition> {
    let mut height = 100;
    let mut blocks = Vec::new();
    for (index, falls) in falls.iter().enumerate() {
        height = if *falls { height - 2 } else { height + 1 };
        let work = u128::try_from(index).unwrap();
        blocks.push(ChainPosition {
            height,
            work: Some(1_000 + 10 * work),
        });
    }
    blocks
}

/// The block that is published of a node.
fn published(nodes: &Nodes, node: usize) -> Option<usize> {
    let tip = nodes.table.nodes[node].tip.as_ref()?;
    usize::from_str_radix(&tip.hash, 16).ok()
}

/// Nodes of one chain, and callers that ask them.
struct FloorHistory {
    nodes: Nodes,
    chain: Vec<ChainPosition>,
    /// Where the chain is replaced.
    falls: Vec<bool>,
    /// The last block of each node.
    at: [usize; 3],
    /// The last block that was shown to a caller.
    seen: HashMap<u64, usize>,
    /// Calls in flight by caller: the node, its block, and when it was sent.
    open: HashMap<u64, (usize, usize, Mono)>,
}

impl FloorHistory {
    fn new(falls: &[bool], priorities: &[u32], spread: bool) -> Self {
        let chain = chain(falls);
        let mut nodes = Nodes::new(&[(priorities[0], 0), (priorities[1], 0), (priorities[2], 0)]);
        nodes.table.policy.spread = spread;
        for node in &mut nodes.table.nodes {
            node.tip = Some(tip(3, chain[3]));
        }
        nodes.publish();
        Self {
            nodes,
            chain,
            falls: falls.to_vec(),
            at: [3; 3],
            seen: HashMap::new(),
            open: HashMap::new(),
        }
    }

    fn happen(&mut self, event: &FloorEvent) -> Result<(), TestCaseError> {
        match *event {
            FloorEvent::Grow(node, blocks) => {
                self.at[node] = (self.at[node] + blocks).min(self.chain.len() - 1);
            }
            FloorEvent::Poll(node) => self.poll(node),
            FloorEvent::Kill(node) => self.kill(node),
            FloorEvent::Restart(node, lost) => self.restart(node, lost),
            FloorEvent::Crash(node, lost) => self.crash(node, lost),
            FloorEvent::Drain(node, is) => self.nodes.change(node, |facts| facts.drained = is),
            FloorEvent::Call(caller, full, what) => return self.call(caller, full, what),
        }
        Ok(())
    }

    fn rotation(&self, node: usize) -> Rotation {
        self.nodes.table.nodes[node].rotation
    }

    /// The last block of a node, as it is published.
    fn last_block(&self, node: usize) -> PublishedTip {
        tip(self.at[node], self.chain[self.at[node]])
    }

    fn poll(&mut self, node: usize) {
        if self.rotation(node) == Rotation::Ready {
            let tip = self.last_block(node);
            self.nodes.change(node, |facts| facts.tip = Some(tip));
        }
    }

    fn kill(&mut self, node: usize) {
        self.open.retain(|_, (at, ..)| *at != node);
        self.nodes.change(node, |facts| {
            facts.rotation = Rotation::Unreachable;
            facts.tip = None;
        });
    }

    fn restart(&mut self, node: usize, lost: usize) {
        if self.rotation(node) == Rotation::Unreachable {
            self.at[node] = self.at[node].saturating_sub(lost);
            let tip = self.last_block(node);
            self.nodes.change(node, |facts| {
                facts.rotation = Rotation::Ready;
                facts.tip = Some(tip);
            });
        }
    }

    fn crash(&mut self, node: usize, lost: usize) {
        let block = self.at[node].saturating_sub(lost);
        // One that also falls back behind a replaced chain is seen at the next poll.
        let published = published(&self.nodes, node).unwrap_or(block);
        let span = block.min(published)..=self.at[node].max(published);
        if span.skip(1).any(|block| self.falls[block]) {
            return;
        }
        self.at[node] = block;
        // What was in flight there has no answer.
        self.open.retain(|_, (at, ..)| *at != node);
        self.nodes.floor.lose(&self.nodes.view, node);
    }

    /// `caller` asks, or gets its answer.
    fn call(&mut self, caller: u64, full: u64, what: u8) -> Result<(), TestCaseError> {
        let Some((node, block, sent)) = self.open.remove(&caller) else {
            let query = self.nodes.query(caller, NodeSet::from_bits(full));
            if let Ok(node) = choose(&self.nodes.table, &query, |_| 0) {
                let sent = self.nodes.tick();
                self.open.insert(caller, (node, self.at[node], sent));
            }
            return Ok(());
        };
        let shown = self.shown(node, block, what);
        let is_passed_on = self.nodes.show_late(node, caller, shown, sent);
        if let ShownTip::Ancestor(..) = shown {
            prop_assert!(
                is_passed_on,
                "the hash of a block below {block} is held back"
            );
        } else if is_passed_on && shown != ShownTip::Known {
            let before = self.seen.insert(caller, block).unwrap_or(block);
            let position = self.chain[block];
            let last = self.chain[before];
            prop_assert!(
                block >= before || position.height >= last.height,
                "caller {caller} was at block {before}, {last:?}, and is shown {block}, \
                 {position:?} at node {node}"
            );
        }
        Ok(())
    }

    /// What an answer of `node`, whose last block is `block`, shows of it.
    fn shown(&self, node: usize, block: usize, what: u8) -> ShownTip {
        let position = self.chain[block];
        let known = published(&self.nodes, node).unwrap_or(block);
        // A height alone stands for another block of that height only until the node's own chain
        // is known again.
        let is_replaced = (known + 1..=block).any(|block| self.falls[block]);
        match what {
            0 => ShownTip::Known,
            5 => ShownTip::Ancestor(tag(block / 2), self.chain[block / 2].height),
            _ if is_replaced => ShownTip::Block(tag(block), position),
            1 => ShownTip::Height(position.height),
            // One hash may stand for several blocks only until the next poll.
            2 if known == block => ShownTip::Hash(tag(block)),
            3 => ShownTip::Block(tag(block), ChainPosition::of_height(position.height)),
            _ => ShownTip::Block(tag(block), position),
        }
    }

    /// In the end every node that is there has the whole chain: nobody waits for more than that.
    fn end(&mut self) -> Result<(), TestCaseError> {
        self.at = [self.chain.len() - 1; 3];
        for node in 0..self.at.len() {
            self.poll(node);
        }
        for caller in 0..4 {
            let chosen = self.nodes.choose(caller);
            prop_assert_ne!(chosen, Err(NoNode::BelowFloor));
        }
        Ok(())
    }
}

/// Plays `events` on a chain that is replaced where it `falls`: no caller is shown fewer blocks
/// than before, unless it is a chain with more work.
fn play(
    events: &[FloorEvent],
    falls: &[bool],
    priorities: &[u32],
    spread: bool,
) -> Result<(), TestCaseError> {
    let mut history = FloorHistory::new(falls, priorities, spread);
    for event in events {
        history.happen(event)?;
    }
    history.end()
}

#[test]
fn what_a_node_had_just_after_a_crash_is_not_shown_once_it_has_shown_more() {
    use FloorEvent::{Call, Crash, Grow};
    // Node 2 loses blocks and answers caller 2 with what is left: a block whose digits are all
    // zeros. Before that answer is there, caller 1 is shown a block that is not published yet.
    for what in [1, 4] {
        let asked = [
            Call(2, 0, what),
            Call(2, 0, what),
            Crash(2, 3),
            Call(2, 0, what),
        ];
        let grown = [
            Grow(2, 2),
            Grow(2, 2),
            Call(1, 0, what),
            Call(1, 0, what),
            Call(2, 0, 4),
        ];
        let events = [&asked[..], &grown[..]].concat();
        play(&events, &[false; 150], &[10; 3], true).unwrap();
    }
}

/// Callers are shown a height alone, a hash alone, a block with both, or an old block.
const ANY_ANSWER: Range<u8> = 0..6;
/// Callers are shown blocks with their height and work, as `getblockchaininfo` has them.
const WHOLE_ANSWER: Range<u8> = 4..5;

fn any_priorities() -> impl Strategy<Value = Vec<u32>> {
    vec(prop_oneof![Just(10), Just(20)], 3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever nodes do and however late the polls are, as long as their chain only grows.
    #[test]
    fn no_caller_is_shown_less_of_a_growing_chain_than_before(
        events in vec(any_event(ANY_ANSWER), 1..120),
        priorities in any_priorities(),
        spread in any::<bool>(),
    ) {
        play(&events, &[false; 150], &priorities, spread)?;
    }

    /// A chain is replaced by one with more work at any time, also between two polls. A height
    /// alone does not say which of the two it is of, so this is not promised for heights.
    #[test]
    fn no_caller_is_shown_a_chain_with_less_work_than_before(
        events in vec(any_event(WHOLE_ANSWER), 1..120),
        falls in vec(prop::bool::weighted(0.05), 150),
        priorities in any_priorities(),
        spread in any::<bool>(),
    ) {
        play(&events, &falls, &priorities, spread)?;
    }
}

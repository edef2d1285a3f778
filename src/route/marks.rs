//! The marks of nodes: how much work of each the gateway has shown. Pure; `floor` is what calls
//! ask.
//!
//! A node's *mark* is the most work that its callers have been shown, there or elsewhere. Its
//! *position* is how far it is known to be: by what is published, and by its answers that have
//! passed since it was last in rotation. Invariant: a mark only rises, until a chain with more work
//! replaces it, or until no node has reached it for the time of `fleet.floor_secs`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::facts::{NodeFacts, NodeSet, Rotation, RouteTable};
use super::position::{BlockTag, ChainExtent, ChainPosition};
use crate::values::Mono;

/// What an answer shows of the tip of the node that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownTip {
    /// Nothing of its own: its callers may have seen what is known of the node.
    Known,
    /// That its chain has so many blocks: `getblockcount`.
    Height(u64),
    /// The hash of its last block: `getbestblockhash`.
    Hash(BlockTag),
    /// The last block, and how far the chain is with it: `getblockchaininfo`, long polls.
    Block(BlockTag, ChainPosition),
    /// A block at this height, perhaps with others above it: `getblockhash`.
    Ancestor(BlockTag, u64),
}

/// An answer that shows something of the tip.
#[derive(Clone, Copy, Debug)]
pub struct FloorAnswer {
    /// The node that gave it, by its place in the table.
    pub index: usize,
    /// What it shows.
    pub tip: ShownTip,
    /// When the call was sent at the earliest.
    pub sent: Mono,
    /// When the answer had come.
    pub came: Mono,
}

/// A block that was shown, and of which only the hash is known.
#[derive(Clone, Copy, Debug)]
struct PendingBlock {
    tag: BlockTag,
    /// It is at least this high.
    height: u64,
    since: Mono,
}

/// The mark of one node, and what it is compared with.
#[derive(Clone, Debug)]
struct NodeMark {
    name: Arc<str>,
    /// As it is published.
    tip: Option<(BlockTag, ChainPosition)>,
    /// By its answers.
    answered: ChainExtent,
    /// When the newest of these was learnt.
    learnt: Mono,
    mark: ChainExtent,
    pending: Option<PendingBlock>,
    /// No node reaches the mark since then.
    unreached_since: Option<Mono>,
    /// It may be asked, and is on the chain of the others.
    is_ready: bool,
}

impl NodeMark {
    fn new(name: Arc<str>) -> Self {
        Self {
            name,
            tip: None,
            answered: ChainExtent::default(),
            learnt: Mono::START,
            mark: ChainExtent::default(),
            pending: None,
            unreached_since: None,
            is_ready: false,
        }
    }

    /// How far it is known to be.
    fn extent(&self) -> ChainExtent {
        let tip = self.tip.map(|(_, position)| ChainExtent::at(position));
        tip.unwrap_or_default().and(self.answered)
    }

    /// Takes what is published of the node `now`.
    fn publish(&mut self, facts: &NodeFacts, now: Mono) {
        // After a restart it may be behind what it has shown.
        if facts.rotation != Rotation::Ready {
            self.answered = ChainExtent::default();
        }
        self.is_ready = facts.rotation == Rotation::Ready && !facts.off_fork;
        let Some(tip) = &facts.tip else {
            if !facts.rotation.answers() {
                self.tip = None;
            }
            return;
        };
        let Some(tag) = BlockTag::of(&tip.hash) else {
            return;
        };
        let position = ChainPosition::from(tip);
        if let Some((before, former)) = self.tip.replace((tag, position))
            && before != tag
        {
            self.pending = None;
            self.learnt = now;
            // The height that it answered is that of a chain which was replaced before it was
            // published, or of a block that the next poll finds.
            self.answered.height = self
                .answered
                .height
                .filter(|height| *height <= position.height);
            if is_replaced(former, position) {
                self.give_up_heights(former, position);
            }
        }
    }

    /// Another chain has replaced the node's, which was at `former`, and is at `position` now:
    /// heights that were shown of the former one stand for that much work, and are compared no
    /// longer.
    fn give_up_heights(&mut self, former: ChainPosition, position: ChainPosition) {
        self.answered.height = None;
        if self.mark.height.is_some() {
            let mark = self.mark.known.map_or(former, |mark| mark.farther(former));
            self.mark.known = Some(mark);
        }
        if self.mark.known.is_none_or(|mark| position.reaches(mark)) {
            self.mark.height = None;
        }
    }

    /// Whether `other` has all that was shown of this one.
    fn is_reached_by(&self, other: &Self) -> bool {
        let extent = other.extent();
        let is_pending_reached = self.pending.is_none_or(|pending| {
            let has_block = other.tip.is_some_and(|(tag, _)| tag == pending.tag);
            has_block || extent.highest() >= Some(pending.height)
        });
        is_pending_reached && extent.covers(self.mark)
    }
}

/// Whether `now` is on another chain than `before`, with more work and no more blocks.
fn is_replaced(before: ChainPosition, now: ChainPosition) -> bool {
    match (before.work, now.work) {
        (Some(before_work), Some(work)) => work > before_work && now.height <= before.height,
        _ => false,
    }
}

/// The marks of all nodes, by their places in the table.
#[derive(Debug, Default)]
pub(super) struct Marks {
    nodes: Vec<NodeMark>,
    /// Blocks whose positions are known, the newest last.
    blocks: VecDeque<(BlockTag, ChainPosition)>,
}

impl Marks {
    /// A hash that an answer shows is looked for among so many.
    const MAX_BLOCKS: usize = 64;
    /// A node that is asked each second has published a block that it has shown before this.
    const PENDING_TIMEOUT: Duration = Duration::from_secs(5);

    /// Takes what is published of the nodes `now`. Marks of nodes that are gone are gone.
    pub(super) fn publish(&mut self, table: &RouteTable, now: Mono) {
        let mut before = std::mem::take(&mut self.nodes);
        for facts in &table.nodes {
            let known = before.iter().position(|node| node.name == facts.name);
            let mut node = known.map_or_else(
                || NodeMark::new(Arc::clone(&facts.name)),
                |index| before.swap_remove(index),
            );
            node.publish(facts, now);
            if let Some((tag, position)) = node.tip {
                self.remember(tag, position);
            }
            self.nodes.push(node);
        }
    }

    fn remember(&mut self, tag: BlockTag, position: ChainPosition) {
        let known = self.blocks.iter_mut().find(|(known, _)| *known == tag);
        if let Some((_, known)) = known {
            *known = known.farther(position);
            return;
        }
        if self.blocks.len() == Self::MAX_BLOCKS {
            self.blocks.pop_front();
        }
        self.blocks.push_back((tag, position));
    }

    /// `answer` was given to a caller that prefers the nodes of `callers` to the one that gave it,
    /// or sees them as equal. `false`: a node of `callers` has shown more before, so the answer
    /// does not count.
    pub(super) fn show(&mut self, callers: NodeSet, answer: FloorAnswer) -> bool {
        let index = answer.index;
        let extent = match answer.tip {
            ShownTip::Known => None,
            ShownTip::Height(height) => Some(ChainExtent::of_height(height)),
            ShownTip::Block(tag, position) => {
                self.remember(tag, position);
                Some(ChainExtent::at(position))
            }
            ShownTip::Hash(tag) => {
                let known = self.position_of(tag);
                if known.is_none() {
                    self.expect(index, tag, answer.came);
                }
                known.map(ChainExtent::at)
            }
            ShownTip::Ancestor(tag, height) => {
                self.remember(tag, ChainPosition::of_height(height));
                Some(ChainExtent::of_height(height))
            }
        };
        // That a chain has a block says nothing of where it ends.
        let shows_end = !matches!(answer.tip, ShownTip::Ancestor(..));
        if let Some(extent) = extent {
            if shows_end && !self.allows(callers, extent, answer) {
                return false;
            }
            if let Some(node) = self.nodes.get_mut(index) {
                let answered = node.answered.and(extent);
                if answered != node.answered {
                    node.answered = answered;
                    node.learnt = answer.came;
                }
            }
        }
        let shown = self.nodes.get(index).map(NodeMark::extent);
        let shown = shown.unwrap_or_default();
        for (place, node) in self.nodes.iter_mut().enumerate() {
            if callers.contains(place) || place == index {
                node.mark = node.mark.and(shown);
            }
        }
        true
    }

    /// Where the block `tag` is, if it is known.
    fn position_of(&self, tag: BlockTag) -> Option<ChainPosition> {
        let known = self.blocks.iter().rev();
        known
            .into_iter()
            .find(|(known, _)| *known == tag)
            .map(|(_, position)| *position)
    }

    /// Whether `answer`, which shows `extent`, takes nothing back of what the `callers` have seen.
    /// One that does is believed, and its node is no farther, unless the call was sent before that
    /// was learnt: then the block may have come in between.
    fn allows(&mut self, callers: NodeSet, extent: ChainExtent, answer: FloorAnswer) -> bool {
        let index = answer.index;
        // An answer that is no lower than what is published of the node has the work of that.
        let tip = self.nodes.get(index).and_then(|node| node.tip);
        let tip = tip.map(|(_, tip)| tip);
        let is_above = |tip: &ChainPosition| extent.highest() >= Some(tip.height);
        let tip = tip.filter(|tip| extent.known.is_none() && is_above(tip));
        let tip = tip.map(ChainExtent::at);
        let whole = extent.and(tip.unwrap_or_default());
        let shown_more = self.nodes.iter().enumerate().any(|(place, node)| {
            (callers.contains(place) || place == index) && !whole.covers(node.mark)
        });
        let node = self.nodes.get_mut(index);
        if let Some(node) = node.filter(|node| shown_more && answer.sent > node.learnt) {
            node.answered = extent;
            node.tip = node.tip.filter(|(_, tip)| is_above(tip));
        }
        !shown_more
    }

    /// The node at `index` has a block that nobody has published yet.
    fn expect(&mut self, index: usize, tag: BlockTag, now: Mono) {
        if let Some(node) = self.nodes.get_mut(index)
            && node.pending.is_none_or(|pending| pending.tag != tag)
        {
            let known = node.extent().highest().unwrap_or_default();
            let before = node.pending.map_or(0, |pending| pending.height);
            node.pending = Some(PendingBlock {
                tag,
                height: known.max(before).saturating_add(1),
                since: now,
            });
        }
    }

    /// The node at `index` has gone away: what it answered says no longer how far it is.
    pub(super) fn lose(&mut self, index: usize) {
        if let Some(node) = self.nodes.get_mut(index) {
            node.answered = ChainExtent::default();
        }
    }

    /// Marks that no node has reached for `expiry` fall.
    pub(super) fn sweep(&mut self, expiry: Duration, now: Mono) {
        for index in 0..self.nodes.len() {
            let is_reached = self.nodes.get(index).is_none_or(|node| {
                let others = self.nodes.iter().filter(|other| other.is_ready);
                others.into_iter().any(|other| node.is_reached_by(other))
            });
            let Some(node) = self.nodes.get_mut(index) else {
                continue;
            };
            let is_old = |pending: &PendingBlock| now.since(pending.since) >= Self::PENDING_TIMEOUT;
            // A node that is asked does not have a block that it has not published by now.
            if node.is_ready && node.pending.as_ref().is_some_and(is_old) {
                node.pending = None;
            }
            if is_reached {
                node.unreached_since = None;
            } else if now.since(*node.unreached_since.get_or_insert(now)) >= expiry {
                node.mark = ChainExtent::default();
                node.pending = None;
                node.unreached_since = None;
            }
        }
    }

    /// The nodes whose marks the node at `index` does not reach.
    pub(super) fn not_reached_by(&self, index: usize) -> NodeSet {
        let mut above = NodeSet::default();
        if let Some(own) = self.nodes.get(index) {
            for (place, node) in self.nodes.iter().enumerate() {
                // What it has shown itself, and not published yet, it has.
                let is_own = place == index && own.extent().covers(own.mark);
                if !is_own && !node.is_reached_by(own) {
                    above.insert(place);
                }
            }
        }
        above
    }

    /// The nodes whose marks say all that the node at `index` can show.
    pub(super) fn settled_by(&self, index: usize) -> NodeSet {
        let mut settled = NodeSet::default();
        if let Some(own) = self.nodes.get(index) {
            let extent = own.extent();
            for (place, node) in self.nodes.iter().enumerate() {
                if node.mark.and(extent) == node.mark {
                    settled.insert(place);
                }
            }
        }
        settled
    }

    /// The height of the node at `index` and its last block, as far as they are known.
    pub(super) fn newest(&self, index: usize) -> (Option<u64>, Option<BlockTag>) {
        let Some(node) = self.nodes.get(index) else {
            return (None, None);
        };
        let height = node.extent().highest();
        let pending = node.pending.map(|pending| pending.tag);
        // A tip below what the node has answered since is not its last block.
        let is_last =
            |tip: &(BlockTag, ChainPosition)| ChainExtent::at(tip.1).covers(node.answered);
        let tip = node.tip.filter(is_last).map(|(tag, _)| tag);
        (height, pending.or(tip))
    }

    /// Whether the block `tag` was shown of a node of `callers`, and not published yet, or lies
    /// above what the node at `index` is known to have.
    pub(super) fn has_shown(&self, callers: NodeSet, tag: BlockTag, index: usize) -> bool {
        let is_pending = |node: &NodeMark| node.pending.is_some_and(|pending| pending.tag == tag);
        let mut nodes = self.nodes.iter().enumerate();
        if nodes.any(|(place, node)| callers.contains(place) && is_pending(node)) {
            return true;
        }
        let own = self.nodes.get(index).map(NodeMark::extent);
        let block = self.position_of(tag).map(ChainExtent::at);
        block.is_some_and(|block| own.is_none_or(|own| !own.covers(block)))
    }
}

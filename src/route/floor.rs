//! The floor: a caller is never shown less of the chain than before, also when its node changes.
//! Pure.
//!
//! | | |
//! |---|---|
//! | who is bound by it | views, mining and long polls that name no node |
//! | whose marks count for a caller at a node | that node's, and those of all that the caller would have been sent to rather, or as well |
//! | what raises a mark | what its callers are shown, at the node or elsewhere |
//! | what lowers it | a chain with more work; `fleet.floor_secs` without a node that reaches it |
//!
//! The order in which a caller prefers nodes does not change with their state, so nothing has to be
//! remembered of callers. Reading costs an atomic load for each node; the lock is taken when a mark
//! rises, which is once for each block. Refuses to know answers: `gateway` says what they show.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::affinity::affinity;
use super::class::Class;
use super::facts::{NodeSet, RouteTable};
use super::marks::{FloorAnswer, Marks, ShownTip};
use super::position::BlockTag;
use crate::values::Mono;

/// Whose call it is, as far as that decides which nodes it prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloorCaller {
    /// As in the route query.
    pub caller: u64,
    /// What kind of call it is.
    pub class: Class,
}

/// The marks of all nodes, and what follows from them for those of one table.
#[derive(Debug, Default)]
pub struct Floor {
    marks: Mutex<Marks>,
    newest: ArcSwap<FloorView>,
}

/// What the marks say of the nodes of one table, by their places in it.
#[derive(Debug, Default)]
pub struct FloorView {
    nodes: Box<[NodeFloor]>,
    expiry: Duration,
}

#[derive(Debug, Default)]
struct NodeFloor {
    /// The nodes whose marks it does not reach.
    above: AtomicU64,
    /// The nodes whose marks say all that it can show.
    settled: AtomicU64,
    /// Its height as it was shown last, or `NO_HEIGHT`.
    height: AtomicU64,
    /// A part of the hash of its last block, or `NO_BLOCK`.
    block: AtomicU64,
    /// The nodes that every caller prefers to it, or sees as equal, where callers are not spread.
    preferred: NodeSet,
}

/// A height that no chain has.
const NO_HEIGHT: u64 = u64::MAX;

/// No part of a hash: [`BlockTag::low`] is never zero.
const NO_BLOCK: u64 = 0;

impl NodeFloor {
    fn store_newest(&self, height: Option<u64>, block: Option<BlockTag>) {
        let height = height.unwrap_or(NO_HEIGHT);
        let block = block.map_or(NO_BLOCK, |tag| tag.low().get());
        self.height.store(height, Ordering::Relaxed);
        self.block.store(block, Ordering::Relaxed);
    }

    fn height(&self) -> Option<u64> {
        let height = self.height.load(Ordering::Relaxed);
        (height != NO_HEIGHT).then_some(height)
    }

    /// Whether its last block is known, and is this one.
    fn is_last_block(&self, tag: BlockTag) -> bool {
        self.block.load(Ordering::Relaxed) == tag.low().get()
    }
}

impl Floor {
    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is published of the nodes `now`, and returns what follows for them.
    pub fn publish(&self, table: &RouteTable, now: Mono) -> Arc<FloorView> {
        let mut marks = self.marks();
        marks.publish(table, now);
        let view = Arc::new(FloorView::new(table));
        view.refresh(&marks);
        self.newest.store(Arc::clone(&view));
        view
    }

    /// Marks that no node has reached for the time of `fleet.floor_secs` fall. To be called about
    /// once a second; whether one fell or was reached.
    pub fn sweep(&self, now: Mono) {
        let mut marks = self.marks();
        let view = self.newest.load();
        marks.sweep(view.expiry, now);
        view.refresh(&marks);
    }

    /// A node of `view` has given `answer` to `caller`. `false`: more has been shown before, so it
    /// must not be passed on.
    #[must_use]
    pub fn show(
        &self,
        (view, table): (&FloorView, &RouteTable),
        caller: FloorCaller,
        answer: FloorAnswer,
    ) -> bool {
        if view.expiry.is_zero() {
            return true;
        }
        let callers = view.preferred(table, answer.index, caller);
        if view.is_old_news(answer.index, callers, answer.tip) {
            return true;
        }
        self.show_news(view, callers, answer)
    }

    #[cold]
    fn show_news(&self, view: &FloorView, callers: NodeSet, answer: FloorAnswer) -> bool {
        let mut marks = self.marks();
        let is_allowed = marks.show(callers, answer);
        view.refresh(&marks);
        self.newest.load().refresh(&marks);
        is_allowed
    }

    /// The node at `index` of `view` has gone away in the middle of a call.
    #[cold]
    pub fn lose(&self, view: &FloorView, index: usize) {
        let mut marks = self.marks();
        marks.lose(index);
        view.refresh(&marks);
    }

    /// Whether `caller` may know the block `tag`, and the node at `index` of `view` not yet.
    #[must_use]
    pub fn may_come_later(
        &self,
        (view, table): (&FloorView, &RouteTable),
        index: usize,
        caller: FloorCaller,
        tag: Option<BlockTag>,
    ) -> bool {
        if view.expiry.is_zero() {
            return false;
        }
        let callers = view.preferred(table, index, caller);
        let above = view.above(index);
        above.intersects(callers)
            || tag.is_some_and(|tag| self.marks().has_shown(callers, tag, index))
    }
}

impl FloorView {
    fn new(table: &RouteTable) -> Self {
        let nodes = table.nodes.iter().map(|own| {
            let mut preferred = NodeSet::default();
            for (place, other) in table.nodes.iter().enumerate() {
                if other.priority <= own.priority {
                    preferred.insert(place);
                }
            }
            NodeFloor {
                preferred,
                ..NodeFloor::default()
            }
        });
        Self {
            nodes: nodes.collect(),
            expiry: table.policy.floor,
        }
    }

    fn refresh(&self, marks: &Marks) {
        for (index, node) in self.nodes.iter().enumerate() {
            let (height, block) = marks.newest(index);
            node.above
                .store(marks.not_reached_by(index).bits(), Ordering::Relaxed);
            node.settled
                .store(marks.settled_by(index).bits(), Ordering::Relaxed);
            node.store_newest(height, block);
        }
    }

    fn above(&self, index: usize) -> NodeSet {
        let node = self.nodes.get(index);
        NodeSet::from_bits(node.map_or(0, |node| node.above.load(Ordering::Relaxed)))
    }

    /// The nodes of `table` that are below the floor of `caller`.
    #[must_use]
    pub fn below(&self, table: &RouteTable, caller: FloorCaller) -> NodeSet {
        let mut below = NodeSet::default();
        if self.expiry.is_zero() || !is_bound(caller.class) {
            return below;
        }
        for index in 0..self.nodes.len() {
            let above = self.above(index);
            if !above.is_empty() && above.intersects(self.preferred(table, index, caller)) {
                below.insert(index);
            }
        }
        below
    }

    /// The nodes that `caller` prefers to the one at `index`, or sees as equal, with that one.
    fn preferred(&self, table: &RouteTable, index: usize, caller: FloorCaller) -> NodeSet {
        let Some(node) = self.nodes.get(index) else {
            return NodeSet::default();
        };
        let is_spread = table.policy.spread && caller.class != Class::Mining;
        let (true, Some(own)) = (is_spread, table.nodes.get(index)) else {
            return node.preferred;
        };
        let mut preferred = node.preferred;
        let own_affinity = affinity(caller.caller, &own.name);
        for (place, other) in table.nodes.iter().enumerate() {
            if other.priority == own.priority
                && place != index
                && affinity(caller.caller, &other.name) > own_affinity
            {
                preferred.remove(place);
            }
        }
        preferred
    }

    /// Whether `tip`, shown by the node at `index` to a caller that prefers `callers`, changes
    /// nothing.
    fn is_old_news(&self, index: usize, callers: NodeSet, tip: ShownTip) -> bool {
        let Some(node) = self.nodes.get(index) else {
            return true;
        };
        let settled = NodeSet::from_bits(node.settled.load(Ordering::Relaxed));
        // A node that has shown less than before shows that to nobody else.
        let is_at_floor = !self.above(index).intersects(callers);
        is_at_floor
            && settled.includes(callers)
            && match tip {
                ShownTip::Known => true,
                ShownTip::Height(height) => node.height() == Some(height),
                ShownTip::Ancestor(_, height) => node.height() >= Some(height),
                ShownTip::Hash(tag) | ShownTip::Block(tag, _) => node.is_last_block(tag),
            }
    }
}

/// Whether calls of `class` are bound by the floor.
pub(super) fn is_bound(class: Class) -> bool {
    matches!(class, Class::View | Class::Mining | Class::LongPoll)
}

#[cfg(test)]
#[path = "floor_history_tests.rs"]
mod history_tests;
#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;

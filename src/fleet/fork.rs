//! Whether the nodes are on one chain, and which of them are not on the primary's. Pure.
//!
//! Two tips are on one chain if the node with the higher one has the lower one in its best chain: a
//! node that merely lags is on the chain of the others. Who has left the primary's chain stays off
//! until it is known to be on it again, also while it is away.
//!
//! Invariants: the primary is never off; the nodes that are not off have pairwise one chain, as far
//! as it is known. A difference counts once both nodes have said their tips again after it was
//! found, since one of them may have changed its chain in between.

use std::sync::Arc;

use super::fork_view::ForkView;
use super::tip_relations::{Relation, TipRelations};
use crate::health::duration;
use crate::route::PublishedTip;
use crate::values::Mono;

/// A fork between the nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// Blocks on the longest side since the last common block; at least so many while that is not
    /// known.
    pub depth: u64,
    /// When it was found.
    pub since: Mono,
    /// The last common block of all sides, once it is known.
    pub common_height: Option<u64>,
    /// The nodes by the chain that they are on, the primary's first.
    pub sides: Vec<Vec<Arc<str>>>,
}

impl Fork {
    /// In a sentence, for the check.
    #[must_use]
    pub fn sentence(&self, now: Mono) -> String {
        let mut sides: Vec<String> = Vec::new();
        for side in &self.sides {
            sides.push(side.join(", "));
        }
        let sides = sides.join(" | ");
        let lasted = duration(now.since(self.since));
        format!("{}, for {lasted}: {sides}", self.extent())
    }

    /// Why the node called `name` is out of rotation.
    fn reason(&self, name: &str) -> String {
        let primary = self.sides.first().and_then(|side| side.first());
        let primary = primary.filter(|primary| ***primary != *name);
        let of = primary.map_or("the primary", |name| &**name);
        format!(
            "chain: on another side of a fork than {of}: {}",
            self.extent()
        )
    }

    fn extent(&self) -> String {
        let blocks = if self.depth == 1 { "block" } else { "blocks" };
        match self.common_height {
            Some(height) => format!("{} {blocks} deep since height {height}", self.depth),
            None => format!("at least {} {blocks} deep", self.depth),
        }
    }
}

/// What follows for the rotation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ForkFindings {
    /// By node: why it is off the primary's chain, if it is.
    pub(super) off: Vec<Option<String>>,
    /// Nodes that are to say their tips again, since they differ and may have changed.
    pub(super) to_confirm: Vec<Arc<str>>,
}

/// A node that went away, and the tip that it had.
#[derive(Clone, Debug)]
struct LostPrimary {
    name: Arc<str>,
    tip: PublishedTip,
}

/// What is remembered of the nodes' chains.
#[derive(Clone, Debug, Default)]
pub(super) struct ForkHistory {
    pub(super) relations: TipRelations,
    /// The node that reads of the tip went to last, and the tip that it had.
    primary: Option<Arc<str>>,
    primary_tip: Option<PublishedTip>,
    /// A primary that was lost while there was a fork: its side is held.
    lost: Option<LostPrimary>,
    /// The nodes that are off the primary's chain.
    off: Vec<Arc<str>>,
    fork: Option<Fork>,
}

impl ForkHistory {
    /// The fork that there is.
    pub(super) fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// Reads of the tip go to the node called `name`.
    pub(super) fn set_primary(&mut self, name: &Arc<str>) {
        if self.primary.as_ref() != Some(name) {
            self.primary = Some(Arc::clone(name));
        }
    }

    /// Looks at `nodes`, in the order of the configuration. If no node of the primary's side is
    /// left, `follow_most_work` takes the side with the most work in its place.
    pub(super) fn observe(
        &mut self,
        nodes: &[ForkView],
        follow_most_work: bool,
        now: Mono,
    ) -> ForkFindings {
        self.forget_all_but(nodes);
        self.hold_side_of_lost_primary(nodes);
        let lost = self.lost.as_ref().map(|lost| &lost.tip);
        let to_confirm = self.relations.observe(nodes, lost, now);
        let mut sides = self.sides(nodes);
        if follow_most_work && let Some(primary) = self.better_side(nodes) {
            self.primary_tip.clone_from(&primary.tip);
            self.primary = Some(Arc::clone(&primary.name));
            self.lost = None;
            // The others join once they are known to be on its chain, also those that are away now.
            let others = nodes.iter().filter(|node| node.name != primary.name);
            self.off = others.map(|node| Arc::clone(&node.name)).collect();
            sides = self.sides(nodes);
        }
        self.fork = self.describe(nodes, sides, now);
        if self.fork.is_none() {
            self.lost = None;
        }
        let reason = |node: &ForkView| {
            let fork = self.fork.as_ref().filter(|_| self.is_off(&node.name));
            fork.map(|fork| fork.reason(&node.name))
        };
        ForkFindings {
            off: nodes.iter().map(reason).collect(),
            to_confirm,
        }
    }

    fn is_off(&self, name: &str) -> bool {
        self.off.iter().any(|off| **off == *name)
    }

    /// Nodes that have left the configuration, and tips that nobody has any more.
    fn forget_all_but(&mut self, nodes: &[ForkView]) {
        let is_there = |name: &Arc<str>| nodes.iter().any(|node| node.name == *name);
        self.off.retain(is_there);
        if self.primary.as_ref().is_some_and(|name| !is_there(name)) {
            self.primary = None;
            self.primary_tip = None;
        }
        // One that is back says itself where it is.
        let is_away = |lost: &LostPrimary| {
            nodes
                .iter()
                .any(|node| node.name == lost.name && node.tip.is_none())
        };
        self.lost = self.lost.take().filter(is_away);
    }

    fn hold_side_of_lost_primary(&mut self, nodes: &[ForkView]) {
        let primary = self.primary_of(nodes);
        if let Some(tip) = primary.and_then(|node| node.tip.as_ref()) {
            self.primary_tip = Some(tip.clone());
            return;
        }
        let lost = self.primary_tip.take().zip(self.primary.clone());
        let Some((tip, name)) = lost.filter(|_| self.fork.is_some()) else {
            return;
        };
        // Of two that were lost in turn the higher one says more of the side.
        if self
            .lost
            .as_ref()
            .is_none_or(|lost| lost.tip.height < tip.height)
        {
            self.lost = Some(LostPrimary { name, tip });
        }
    }

    fn primary_of<'a>(&self, nodes: &'a [ForkView]) -> Option<&'a ForkView> {
        let name = self.primary.as_ref()?;
        nodes.iter().find(|node| node.name == *name)
    }

    /// The nodes by the chain that they are on, the primary's first; remembers who is off that.
    fn sides(&mut self, nodes: &[ForkView]) -> Vec<Vec<Arc<str>>> {
        let mut left: Vec<&ForkView> = nodes.iter().filter(|node| node.tip.is_some()).collect();
        let is_primary = |node: &ForkView| self.primary.as_ref() == Some(&node.name);
        left.sort_by_key(|node| (!is_primary(node), self.is_off(&node.name), node.priority));
        let mut accepted = Vec::new();
        // A primary that answers decides, else the side of the one that was lost does.
        if let Some(first) = left.first().filter(|node| is_primary(node)) {
            accepted.extend(first.tip.clone());
        }
        let relations = &self.relations;
        self.lost
            .take_if(|lost| relations.is_forked(&lost.tip, &accepted));
        accepted.extend(self.lost.as_ref().map(|lost| lost.tip.clone()));
        let mut sides = Vec::new();
        let side = self.split_off(&mut left, accepted, true);
        self.off = left
            .iter()
            .map(|node| Arc::clone(&node.name))
            .chain(self.off_and_away(nodes))
            .collect();
        sides.push(side);
        while !left.is_empty() {
            let side = self.split_off(&mut left, Vec::new(), false);
            sides.push(side);
        }
        sides
    }

    /// The nodes that were off when they answered last.
    fn off_and_away(&self, nodes: &[ForkView]) -> Vec<Arc<str>> {
        let is_away = |node: &&ForkView| node.tip.is_none() && self.is_off(&node.name);
        nodes
            .iter()
            .filter(is_away)
            .map(|node| Arc::clone(&node.name))
            .collect()
    }

    /// Takes those of `left` that are on one chain with `accepted`, and with one another. Where
    /// that is not known of a node it stays, `is_primary_side`, where it was.
    fn split_off(
        &self,
        left: &mut Vec<&ForkView>,
        mut accepted: Vec<PublishedTip>,
        is_primary_side: bool,
    ) -> Vec<Arc<str>> {
        let mut side = Vec::new();
        left.retain(|node| {
            let Some(tip) = &node.tip else { return true };
            let stays_off = is_primary_side && self.is_off(&node.name);
            let mut is_known = true;
            for other in &accepted {
                match self.relations.of(tip, other) {
                    Relation::OneChain => {}
                    Relation::Unknown if !stays_off => is_known = false,
                    Relation::Unknown | Relation::Forked => return true,
                }
            }
            if is_known {
                accepted.push(tip.clone());
            }
            side.push(Arc::clone(&node.name));
            false
        });
        side
    }

    /// The node with the most work that is off, if no node of the primary's side serves.
    fn better_side<'a>(&self, nodes: &'a [ForkView]) -> Option<&'a ForkView> {
        let serving = || {
            nodes
                .iter()
                .filter(|node| node.serves && node.tip.is_some())
        };
        if serving().any(|node| !self.is_off(&node.name)) {
            return None;
        }
        let work = |node: &&ForkView| {
            let tip = node.tip.as_ref();
            tip.map(|tip| (tip.chainwork.clone(), tip.height))
        };
        serving().max_by_key(work)
    }

    fn describe(&self, nodes: &[ForkView], sides: Vec<Vec<Arc<str>>>, now: Mono) -> Option<Fork> {
        if self.off.is_empty() {
            return None;
        }
        let before = self.fork.as_ref();
        let mut common_height = before.and_then(|fork| fork.common_height);
        let tips_of = |is_off: bool| {
            let on_side = move |node: &&ForkView| self.is_off(&node.name) == is_off;
            nodes
                .iter()
                .filter(on_side)
                .filter_map(|node| node.tip.as_ref())
        };
        // While none of the other side answers, nothing changes.
        let measured = before.filter(|_| tips_of(true).next().is_none());
        let mut depth = measured.map_or(1, |fork| fork.depth);
        let mut own: Vec<&PublishedTip> = tips_of(false).collect();
        own.extend(self.lost.as_ref().map(|lost| &lost.tip));
        let extents = tips_of(true).flat_map(|other| {
            let own = own.iter();
            own.filter_map(|own| self.relations.extent(own, other))
        });
        let mut found: Option<u64> = None;
        for extent in extents {
            depth = depth.max(extent.depth);
            found = found.into_iter().chain(extent.common_height).min();
        }
        if found.is_some() {
            common_height = found;
        }
        // All blocks since the fork count, also those that came since it was last measured.
        if let Some(common) = common_height {
            let highest = own
                .iter()
                .copied()
                .chain(tips_of(true))
                .map(|tip| tip.height)
                .max();
            depth = depth.max(highest.unwrap_or(0).saturating_sub(common));
        }
        Some(Fork {
            depth,
            since: before.map_or(now, |fork| fork.since),
            common_height,
            sides,
        })
    }
}

#[cfg(test)]
#[path = "fork_tests.rs"]
mod tests;

//! Which of several nodes are in rotation, from when on, and why the others are not. Pure.
//!
//! Invariant: a node that was out of service and is back is on standby for `failback`, so that one
//! that comes and goes causes at most one failover in that time.

use std::sync::Arc;
use std::time::Duration;

use super::condition::{ChainId, MemberView, ProbeLimits};
use super::fork::{Fork, ForkFindings, ForkHistory};
use super::fork_view::ForkView;
use super::tip_relations::TipRelations;
use crate::config::schema::{Fleet, ForkPolicy};
use crate::node::Indexes;
use crate::route::{Needs, NodeFacts, PublishedTip, Rotation, WalletClaims};
use crate::values::Mono;
use crate::watch::Topic;

/// When a node leaves the rotation, and when it is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationPolicy {
    /// When a node that does not answer is left.
    pub probe: ProbeLimits,
    /// A node that is further behind the others is out,
    pub max_lag_blocks: u32,
    /// once it has been for so long.
    pub lag_grace: Duration,
    /// A node that is back is preferred again after so long.
    pub failback: Duration,
    /// If no node is left on the primary's side of a fork, the side with the most work is used.
    pub follow_most_work: bool,
}

impl From<&Fleet> for RotationPolicy {
    fn from(fleet: &Fleet) -> Self {
        Self {
            probe: ProbeLimits {
                dead: fleet.dead,
                busy: fleet.busy,
            },
            max_lag_blocks: fleet.max_lag_blocks,
            lag_grace: fleet.lag_grace,
            failback: fleet.failback,
            follow_most_work: fleet.fork_policy == ForkPolicy::MostWork,
        }
    }
}

/// What the configuration and an operator say of a node, and which blocks it has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MemberRole {
    /// Its name.
    pub(super) name: Arc<str>,
    /// The lower, the better.
    pub(super) priority: u32,
    /// The wallets that are on it.
    pub(super) wallets: WalletClaims,
    /// It broadcasts transactions privately.
    pub(super) is_private_broadcast: bool,
    /// Why an operator has drained it, if one has.
    pub(super) drained: Option<String>,
    /// The first block that it has whole, where that is known.
    pub(super) kept_from: Option<u32>,
}

/// Whether `node` can do all that it is for, whether or not an operator has drained it.
fn is_in_service(node: &NodeFacts) -> bool {
    node.rotation == Rotation::Ready && !node.busy && !node.lagging && !node.off_fork
}

/// The node that reads of the chain go to, by its index; the best one even if none is in rotation.
#[must_use]
pub(super) fn reader(nodes: &[NodeFacts], now: Mono) -> usize {
    let rank = |node: &NodeFacts| {
        let is_on_standby = node.standby_until.is_some_and(|until| now < until);
        (
            !node.is_in_rotation(),
            node.busy,
            is_on_standby,
            node.priority,
        )
    };
    let ranked = nodes.iter().enumerate();
    ranked
        .min_by_key(|(_, node)| rank(node))
        .map_or(0, |(index, _)| index)
}

/// What of the past decides whether a node is used.
#[derive(Clone, Debug, Default)]
struct MemberHistory {
    name: Arc<str>,
    /// It has been in service.
    is_known: bool,
    is_in_service: bool,
    /// It was out of service at some time, though it had been asked.
    was_out: bool,
    /// Which of its processes that was.
    process: u64,
    standby_until: Option<Mono>,
    behind_since: Option<Mono>,
    /// How it is in the rotation, in one word, and since when.
    rotation: Option<(&'static str, Mono)>,
    chain: Option<ChainId>,
}

/// What of the past decides which nodes are used.
#[derive(Clone, Debug, Default)]
pub(super) struct RotationHistory {
    members: Vec<MemberHistory>,
    /// The chain that the nodes are on.
    chain: Option<ChainId>,
    forks: ForkHistory,
    /// Nodes that are to say their tips again.
    to_confirm: Vec<Arc<str>>,
}

impl RotationHistory {
    /// What there is to publish of each of `nodes` now; and remembers what decides later.
    pub(super) fn observe(
        &mut self,
        nodes: &[(MemberRole, MemberView<'_>)],
        policy: &RotationPolicy,
        now: Mono,
    ) -> Vec<NodeFacts> {
        self.keep_only(nodes);
        self.learn_chain(nodes);
        let chain = self.chain.clone();
        let mut facts: Vec<NodeFacts> = nodes
            .iter()
            .zip(&self.members)
            .map(|((role, view), history)| {
                let (rotation, reason) =
                    view.condition(policy.probe, chain.as_ref(), history.is_known, now);
                first_look(role, view, rotation, reason)
            })
            .collect();
        self.observe_forks(&mut facts, nodes, policy, now);
        let best = best_tip(&facts);
        for ((node, (role, view)), history) in facts.iter_mut().zip(nodes).zip(&mut self.members) {
            history.observe_process(view.snapshot.process);
            history.observe_lag(node, best.as_ref(), policy, now);
            if node.rotation == Rotation::Ready && !node.off_fork {
                let busy = view.busy(policy.probe, now);
                node.busy = busy.is_some();
                node.reason = busy.map(Into::into).or(node.reason.take());
            }
            history.observe_service(node, policy.failback, now);
            if let Some(why) = &role.drained {
                node.drained = true;
                node.reason = Some(why.as_str().into());
            }
            history.observe_rotation(node, now);
        }
        let primary = facts.get(reader(&facts, now));
        if let Some(primary) = primary.filter(|node| node.is_in_rotation()) {
            self.forks.set_primary(&primary.name);
        }
        facts
    }

    /// The fork between the nodes, if there is one.
    pub(super) fn fork(&self) -> Option<&Fork> {
        self.forks.fork()
    }

    /// What is known of the tips of the nodes.
    pub(super) fn tips(&mut self) -> &mut TipRelations {
        &mut self.forks.relations
    }

    /// The nodes that are to say their tips again.
    pub(super) fn take_to_confirm(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.to_confirm)
    }

    fn observe_forks(
        &mut self,
        facts: &mut [NodeFacts],
        nodes: &[(MemberRole, MemberView<'_>)],
        policy: &RotationPolicy,
        now: Mono,
    ) {
        let mut views = Vec::new();
        for (node, (role, view)) in facts.iter().zip(nodes) {
            let chain = view.snapshot.collector(Topic::Chain);
            views.push(ForkView {
                name: Arc::clone(&node.name),
                priority: node.priority,
                tip: node.tip.clone(),
                tip_asked: chain.asked.unwrap_or(Mono::START),
                serves: node.rotation == Rotation::Ready && role.drained.is_none(),
            });
        }
        let ForkFindings { off, to_confirm } =
            self.forks.observe(&views, policy.follow_most_work, now);
        self.to_confirm.extend(to_confirm);
        for (node, reason) in facts.iter_mut().zip(off) {
            node.off_fork = reason.is_some();
            if node.rotation == Rotation::Ready {
                node.reason = reason.map(Into::into).or(node.reason.take());
            }
        }
    }

    /// Forgets nodes that are no longer there, and begins with those that are new.
    fn keep_only(&mut self, nodes: &[(MemberRole, MemberView<'_>)]) {
        let mut before = std::mem::take(&mut self.members);
        self.members = nodes
            .iter()
            .map(|(role, _)| {
                let known = before.iter().position(|member| member.name == role.name);
                known.map_or_else(
                    || MemberHistory {
                        name: Arc::clone(&role.name),
                        ..MemberHistory::default()
                    },
                    |index| before.swap_remove(index),
                )
            })
            .collect();
    }

    /// The chain of the fleet is that of most nodes when the first of them says its own, and does
    /// not change because one node is replaced, but when most of them say another.
    fn learn_chain(&mut self, nodes: &[(MemberRole, MemberView<'_>)]) {
        for ((_, view), history) in nodes.iter().zip(&mut self.members) {
            if let Some(chain) = view.snapshot.chain.as_deref() {
                history.chain = Some(ChainId::of(chain));
            }
        }
        let known: Vec<&ChainId> = self
            .members
            .iter()
            .filter_map(|member| member.chain.as_ref())
            .collect();
        let votes = |chain: &ChainId| known.iter().filter(|known| **known == chain).count();
        // The last of equal maxima is returned, and the first of the configuration is preferred.
        let Some(most) = known.iter().rev().max_by_key(|chain| votes(chain)) else {
            return;
        };
        if self.chain.is_none() || votes(most) * 2 > known.len() {
            self.chain = Some((*most).clone());
        }
    }
}

impl MemberHistory {
    /// A node that was restarted was out of service, however short that was: nobody may have seen
    /// it.
    fn observe_process(&mut self, process: u64) {
        if self.process != process && self.is_known {
            self.was_out = true;
            self.is_in_service = false;
        }
        self.process = process;
    }

    fn observe_lag(
        &mut self,
        node: &mut NodeFacts,
        best: Option<&PublishedTip>,
        policy: &RotationPolicy,
        now: Mono,
    ) {
        let tips = node.tip.as_ref().zip(best);
        node.lag_blocks = tips.map(|(own, best)| lag(own, best));
        let max = u64::from(policy.max_lag_blocks);
        let Some(lag) = node
            .lag_blocks
            .filter(|lag| *lag > max && node.rotation == Rotation::Ready && !node.off_fork)
        else {
            self.behind_since = None;
            return;
        };
        let since = *self.behind_since.get_or_insert(now);
        // One that is back has to catch up first: the grace is for blocks that are under way.
        let is_back = !self.is_in_service && self.was_out;
        if is_back || now.since(since) >= policy.lag_grace {
            node.lagging = true;
            let text =
                format!("sync: {lag} blocks behind the others, fleet.max_lag_blocks is {max}");
            node.reason = Some(text.into());
        }
    }

    fn observe_service(&mut self, node: &mut NodeFacts, failback: Duration, now: Mono) {
        let is_in_service = is_in_service(node);
        if is_in_service && !self.is_in_service && self.was_out {
            self.standby_until = Some(now.after(failback));
        }
        // A change of the configuration may have made it shorter.
        self.standby_until = self
            .standby_until
            .map(|until| until.min(now.after(failback)))
            .filter(|until| is_in_service && now < *until);
        self.is_known |= is_in_service;
        self.was_out |= !is_in_service && node.rotation != Rotation::Unknown;
        self.is_in_service = is_in_service;
        node.standby_until = self.standby_until;
    }

    fn observe_rotation(&mut self, node: &mut NodeFacts, now: Mono) {
        let word = node.rotation_word();
        let before = self.rotation.filter(|(before, _)| *before == word);
        let since = before.map_or(now, |(_, since)| since);
        self.rotation = Some((word, since));
        node.rotation_since = Some(since);
    }
}

fn first_look(
    role: &MemberRole,
    view: &MemberView<'_>,
    rotation: Rotation,
    reason: Option<String>,
) -> NodeFacts {
    let tells_chain = matches!(rotation, Rotation::Ready | Rotation::Syncing);
    let chain = view.snapshot.chain.as_deref().filter(|_| tells_chain);
    let tip = chain.map(|chain| PublishedTip {
        height: chain.blocks.into(),
        hash: chain.tip_hash.as_str().into(),
        chainwork: chain.chainwork.clone(),
    });
    NodeFacts {
        rotation,
        is_private_broadcast: role.is_private_broadcast,
        takes_current_tip: view.snapshot.dialect().takes_current_tip,
        tip,
        kept_from: role.kept_from.map(u64::from),
        has: has(role, view.snapshot.indexes.as_deref()),
        reason: reason.map(Into::into),
        ..NodeFacts::unknown(Arc::clone(&role.name), role.priority, role.wallets.clone())
    }
}

/// What a node has: indexes that are complete, and all blocks unless it is known to have pruned.
fn has(role: &MemberRole, indexes: Option<&Indexes>) -> Needs {
    let mut has = if role.kept_from.is_none_or(|height| height == 0) {
        Needs::BLOCKS
    } else {
        Needs::NONE
    };
    for index in indexes.iter().flat_map(|indexes| &indexes.indexes) {
        let part = match &*index.name {
            "txindex" => Needs::TX_INDEX,
            "basic block filter index" => Needs::FILTER_INDEX,
            "coinstatsindex" => Needs::COIN_STATS_INDEX,
            _ => Needs::NONE,
        };
        if index.synced {
            has = has.union(part);
        }
    }
    has
}

/// The tip with the most work on the primary's side of a fork; where not all say their work, the
/// highest.
fn best_tip(nodes: &[NodeFacts]) -> Option<PublishedTip> {
    let on_side = || nodes.iter().filter(|node| !node.off_fork);
    let tips = || on_side().filter_map(|node| node.tip.as_ref());
    let best = if tips().all(|tip| tip.chainwork.is_some()) {
        tips().max_by_key(|tip| tip.chainwork.as_deref())
    } else {
        tips().max_by_key(|tip| tip.height)
    };
    best.cloned()
}

/// How many blocks `own` is behind `best`: none if it has as much work, whatever its height.
fn lag(own: &PublishedTip, best: &PublishedTip) -> u64 {
    match (&own.chainwork, &best.chainwork) {
        (Some(own), Some(best)) if own >= best => 0,
        _ => best.height.saturating_sub(own.height),
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;

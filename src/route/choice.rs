//! Which node gets a call, and why the others do not. Pure.
//!
//! One pass over the table finds the best node that was not tried yet, without an allocation;
//! asking again with that one in `tried` gives the next candidate. The order is that of the
//! contract: named, wallet, not drained, ready, same side of a fork, at or above the floor, not
//! busy, not lagging, capability, priority with its standby, fewest calls in flight.

use super::affinity::affinity;
use super::class::Class;
use super::exclusion::{Exclusion, Strictness, exclusion, needs_ready, reads_chain};
use super::facts::{NodeFacts, NodeSet, Rotation, RouteTable};
use super::needs::Needs;
use super::query::RouteQuery;
use crate::values::Mono;

/// Why no node gets a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNode {
    /// Only a caller that names a node changes one.
    Unnamed,
    /// No node has the wallet.
    UnknownWallet,
    /// The node with the wallet, at this place, is out of rotation.
    WalletNodeOut(usize),
    /// Every candidate was tried.
    Exhausted,
    /// One would get it once it has caught up with what the caller has seen.
    BelowFloor,
    /// Nodes answer, and none of them is ready for such calls.
    NoneReady,
    /// No node answers.
    NoneAnswers,
}

/// How good a candidate is: the smallest is the best.
type Rank = (u8, u32, u64, usize);

/// The best node for `query` that is not in its `tried`, by its place in the table; `in_flight` is
/// how many calls are at the node at a place. An error says why there is none.
pub fn choose(
    table: &RouteTable,
    query: &RouteQuery<'_>,
    in_flight: impl Fn(usize) -> usize,
) -> Result<usize, NoNode> {
    if let Some(named) = query.named {
        // Whoever names a node wants that one, whatever state it is in.
        return if query.tried.contains(named) {
            Err(NoNode::Exhausted)
        } else {
            Ok(named)
        };
    }
    if let Some(index) = best(table, query, Strictness::Ready, &in_flight) {
        return Ok(index);
    }
    if !query.below_floor.is_empty() && may_catch_up(table, query) {
        return Err(NoNode::BelowFloor);
    }
    if !query.tried.is_empty() {
        return Err(NoNode::Exhausted);
    }
    if !needs_ready(query.class)
        && let Some(index) = best(table, query, Strictness::Answers, &in_flight)
    {
        return Ok(index);
    }
    Err(nobody(table, query))
}

fn best(
    table: &RouteTable,
    query: &RouteQuery<'_>,
    strictness: Strictness,
    in_flight: &impl Fn(usize) -> usize,
) -> Option<usize> {
    let mut best: Option<Rank> = None;
    for (index, node) in table.nodes.iter().enumerate() {
        if exclusion(node, index, query, strictness).is_some() {
            continue;
        }
        let rank = rank(table, node, index, query, in_flight);
        if best.is_none_or(|best| rank < best) {
            best = Some(rank);
        }
    }
    best.map(|(.., index)| index)
}

fn rank(
    table: &RouteTable,
    node: &NodeFacts,
    index: usize,
    query: &RouteQuery<'_>,
    in_flight: &impl Fn(usize) -> usize,
) -> Rank {
    let is_starting = u8::from(node.rotation == Rotation::Starting);
    let is_busy = u8::from(node.busy && reads_chain(query.class));
    let is_lagging = u8::from(node.lagging);
    let lacks = u8::from(!query.needs.missing_from(node.has).is_empty());
    let is_syncing = u8::from(node.rotation == Rotation::Syncing);
    let is_standby = u8::from(node.standby_until.is_some_and(|until| query.now < until));
    let flags = is_starting << 5
        | is_busy << 4
        | is_lagging << 3
        | lacks << 2
        | is_syncing << 1
        | is_standby;
    let load = match query.class {
        // The last of those that are ready, however much it has to do: what asks after a scan has
        // to reach the node that scans.
        Class::Heavy => return (flags, u32::MAX - node.priority, 0, index),
        Class::Mining => 0,
        _ if table.policy.spread => affinity(query.caller, &node.name),
        _ => u64::try_from(in_flight(index)).unwrap_or(u64::MAX),
    };
    (flags, node.priority, load, index)
}

/// Whether a node would get the call if it had all that the caller has seen.
#[cold]
fn may_catch_up(table: &RouteTable, query: &RouteQuery<'_>) -> bool {
    let caught_up = RouteQuery {
        below_floor: NodeSet::default(),
        ..*query
    };
    let mut nodes = table.nodes.iter().enumerate();
    nodes.any(|(index, node)| exclusion(node, index, &caught_up, Strictness::Ready).is_none())
}

#[cold]
fn nobody(table: &RouteTable, query: &RouteQuery<'_>) -> NoNode {
    if query.class.requires_named_node() {
        return NoNode::Unnamed;
    }
    if query.class == Class::Wallet {
        let wallet = query.wallet.unwrap_or_default();
        let owner = table
            .nodes
            .iter()
            .position(|node| node.wallets.include(wallet));
        return owner.map_or(NoNode::UnknownWallet, NoNode::WalletNodeOut);
    }
    if table.nodes.iter().any(|node| node.rotation.answers()) {
        NoNode::NoneReady
    } else {
        NoNode::NoneAnswers
    }
}

/// Every node in the order in which it would get the call, then those that would not, each with the
/// reason.
#[must_use]
pub fn explain(
    table: &RouteTable,
    query: &RouteQuery<'_>,
    in_flight: impl Fn(usize) -> usize,
) -> Vec<(usize, Option<Exclusion>)> {
    let mut order = Vec::with_capacity(table.nodes.len());
    let mut query = *query;
    while let Ok(index) = choose(table, &query, &in_flight) {
        query.tried.insert(index);
        order.push((index, None));
    }
    for (index, node) in table.nodes.iter().enumerate() {
        if !query.tried.contains(index) {
            order.push((index, exclusion(node, index, &query, Strictness::Ready)));
        }
    }
    order
}

/// The node that reads of the tip go to, by its place, if one is ready: that from which a failover
/// moves away.
#[must_use]
pub fn primary(table: &RouteTable, now: Mono) -> Option<usize> {
    let query = RouteQuery {
        class: Class::Mining,
        needs: Needs::NONE,
        named: None,
        wallet: None,
        caller: 0,
        tried: NodeSet::default(),
        below_floor: NodeSet::default(),
        now,
    };
    choose(table, &query, |_| 0).ok()
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;

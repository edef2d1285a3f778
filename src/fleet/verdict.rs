//! The health of the gateway, from that of its nodes: whether this daemon can serve. Pure.
//!
//! It is ready with `fleet.min_ready` nodes in rotation, and lives as long as its own loops turn: a
//! restart of the daemon brings no node back. All else it says is of the node that reads go to.

use super::fork::Fork;
use crate::health::{Check, CheckName, Level, Verdict};
use crate::route::NodeFacts;
use crate::values::Mono;

/// The verdict on a fleet of `nodes`; that on the node that reads go to is `reader`.
#[must_use]
pub(super) fn fleet_verdict(nodes: &[NodeFacts], reader: &Verdict, min_ready: usize) -> Verdict {
    let mut verdict = reader.clone();
    let can_serve = in_rotation(nodes) >= min_ready;
    for check in &mut verdict.checks {
        match check.name {
            CheckName::Node => *check = node_check(nodes, min_ready),
            // The users that it refuses are served by another node.
            CheckName::Credentials if can_serve => check.level = check.level.min(Level::Warning),
            _ => {}
        }
    }
    verdict.checks.push(redundancy_check(nodes, min_ready));
    verdict.life.retain(|check| check.name == CheckName::Daemon);
    verdict
}

/// Changes the verdict on a node to that on one which refuses a user whom another node accepts. It
/// stays in rotation for all others.
pub(super) fn refuse_user(verdict: &mut Verdict) {
    let is_accepted =
        |check: &&mut Check| check.name == CheckName::Credentials && check.level == Level::Good;
    if let Some(check) = verdict.checks.iter_mut().find(is_accepted) {
        let text = "the node refuses a user whom another node accepts; with fleet.pass_through all \
                    nodes need the same rpcauth lines";
        *check = Check::new(CheckName::Credentials, Level::Bad, text.to_owned());
    }
}

/// How many are in rotation.
#[must_use]
pub fn in_rotation(nodes: &[NodeFacts]) -> usize {
    let mut number = 0;
    for node in nodes {
        number += usize::from(node.is_in_rotation());
    }
    number
}

fn node_check(nodes: &[NodeFacts], min_ready: usize) -> Check {
    let level = if in_rotation(nodes) < min_ready {
        Level::Bad
    } else {
        Level::Good
    };
    let limit = if level == Level::Bad {
        format!(", fleet.min_ready is {min_ready}")
    } else {
        String::new()
    };
    let text = format!("{}{limit}{}", numbers(nodes), reasons(nodes));
    Check::new(CheckName::Node, level, text)
}

fn redundancy_check(nodes: &[NodeFacts], min_ready: usize) -> Check {
    let spare = in_rotation(nodes).saturating_sub(min_ready);
    let numbers = numbers(nodes);
    if spare > 0 {
        let text = format!("{numbers}, {spare} may be lost");
        return Check::new(CheckName::Redundancy, Level::Good, text);
    }
    let reasons = reasons(nodes);
    let text = format!("{numbers}, none may be lost: fleet.min_ready is {min_ready}{reasons}");
    Check::new(CheckName::Redundancy, Level::Warning, text)
}

/// Whether the nodes are on one chain. Nothing fails for it by itself: it is the rotation that
/// leaves nodes out.
pub(super) fn fork_check(fork: Option<&Fork>, now: Mono) -> Check {
    match fork {
        None => Check::new(CheckName::Fork, Level::Good, "all nodes are on one chain"),
        Some(fork) => Check::new(CheckName::Fork, Level::Warning, fork.sentence(now)),
    }
}

fn numbers(nodes: &[NodeFacts]) -> String {
    format!(
        "{} of {} nodes in rotation",
        in_rotation(nodes),
        nodes.len()
    )
}

/// Why those that are out are out.
fn reasons(nodes: &[NodeFacts]) -> String {
    let out = nodes.iter().filter(|node| !node.is_in_rotation());
    let reason = |node: &NodeFacts| {
        let reason = node.reason.as_deref().unwrap_or("not known yet");
        format!("; {}: {reason}", node.name)
    };
    out.map(reason).collect()
}

/// Why a node cannot be drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{left} of {all} nodes would be left in rotation, fleet.min_ready is {min_ready}; --force \
     drains it all the same"
)]
pub struct TooFewLeft {
    /// So many would be left in rotation,
    pub left: usize,
    /// of so many nodes,
    pub all: usize,
    /// and so many are wanted.
    pub min_ready: usize,
}

/// Whether the node at `index` can be drained without leaving too few.
pub(super) fn check_drain(
    nodes: &[NodeFacts],
    index: usize,
    min_ready: usize,
) -> Result<(), TooFewLeft> {
    let is_in = nodes.get(index).is_some_and(NodeFacts::is_in_rotation);
    let left = in_rotation(nodes) - usize::from(is_in);
    if left < min_ready {
        let all = nodes.len();
        return Err(TooFewLeft {
            left,
            all,
            min_ready,
        });
    }
    Ok(())
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;

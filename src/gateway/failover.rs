//! When reads of the tip have moved to another node, and why. Pure.
//!
//! A better node that is found ready for the first time since the start is no failover: nothing was
//! lost, and nothing has come back.

use std::sync::Arc;

use crate::route::{NodeFacts, Rotation, RouteTable, primary};
use crate::values::Mono;

/// Nothing is wrong with the node that is left: a better one is back.
const FAILBACK: &str = "failback";

/// What changed by a publication of the rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// The nodes that are left.
    pub left: Vec<Arc<str>>,
    /// Whether reads of the tip have moved, and why.
    pub failover: Option<Failover>,
}

/// Reads of the tip have moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// The node that they have left.
    pub from: Arc<str>,
    /// The node that gets them now.
    pub to: Arc<str>,
    /// Why the former is not used, in a word.
    pub reason: &'static str,
    /// The same in a sentence, if there is one.
    pub cause: Option<Arc<str>>,
}

impl Failover {
    /// Whether an operator wanted it, or a better node is back: nothing is wrong.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self.reason, "drained" | "removed" | FAILBACK)
    }
}

/// Remembers which nodes reads of the tip went to.
#[derive(Default)]
pub(super) struct FailoverObserver {
    /// The one that they went to last, also while no node gets them.
    primary: Option<Arc<str>>,
    /// Those that they have left.
    former: Vec<Arc<str>>,
}

impl FailoverObserver {
    /// What is changed `now` by the publication of `table`.
    pub(super) fn observe(&mut self, table: &RouteTable, now: Mono) -> Option<Failover> {
        let node = table.nodes.get(primary(table, now)?)?;
        let to = Arc::clone(&node.name);
        let from = self.primary.replace(Arc::clone(&to))?;
        if from == to {
            return None;
        }
        let left = facts(table, &from);
        let reason = reason(left);
        let was_left = self.former.contains(&to);
        self.former.retain(|name| facts(table, name).is_some());
        if !self.former.contains(&from) {
            self.former.push(Arc::clone(&from));
        }
        // A better node that is found ready for the first time comes back from nowhere.
        let is_first = reason == FAILBACK && !was_left;
        (!is_first).then(|| Failover {
            reason,
            cause: left.and_then(|facts| facts.reason.clone()),
            from,
            to,
        })
    }
}

fn facts<'a>(table: &'a RouteTable, name: &str) -> Option<&'a NodeFacts> {
    table.nodes.iter().find(|node| *node.name == *name)
}

/// Why reads have left a node of which this is published; `None`: nothing any longer.
fn reason(left: Option<&NodeFacts>) -> &'static str {
    match left {
        None => "removed",
        Some(facts) if matches!(facts.rotation, Rotation::Unreachable | Rotation::WrongChain) => {
            "unreachable"
        }
        Some(facts) if facts.drained => "drained",
        Some(facts) if facts.off_fork => "fork",
        Some(facts) if facts.busy => "busy",
        Some(facts) if facts.lagging => "lagging",
        Some(facts) if facts.rotation != Rotation::Ready => "not_ready",
        Some(_) => FAILBACK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::WalletClaims;

    /// Nodes `a`, `b`, … by priority.
    fn table(rotations: &[Rotation]) -> RouteTable {
        let mut nodes = Vec::new();
        for ((rotation, name), priority) in rotations.iter().zip(["a", "b", "c"]).zip(0..) {
            let wallets = WalletClaims::Named(Arc::new([]));
            let facts = NodeFacts::unknown(name.into(), priority, wallets);
            nodes.push(NodeFacts {
                rotation: *rotation,
                ..facts
            });
        }
        RouteTable {
            nodes,
            ..RouteTable::default()
        }
    }

    /// The failovers of these tables, one after the other: from, to and reason.
    fn failovers(tables: &[RouteTable]) -> Vec<(String, String, &'static str)> {
        let mut observer = FailoverObserver::default();
        let mut found = Vec::new();
        for table in tables {
            if let Some(failover) = observer.observe(table, Mono::START) {
                let from = failover.from.to_string();
                let to = failover.to.to_string();
                found.push((from, to, failover.reason));
            }
        }
        found
    }

    fn found(from: &str, to: &str, reason: &'static str) -> (String, String, &'static str) {
        (from.to_owned(), to.to_owned(), reason)
    }

    #[test]
    fn a_better_node_that_answers_first_after_another_one_at_the_start_is_no_failover() {
        use Rotation::{Ready, Syncing, Unknown, Unreachable};
        let start = [
            table(&[Unknown, Unknown]),
            table(&[Unknown, Ready]),
            table(&[Syncing, Ready]),
            table(&[Ready, Ready]),
            table(&[Unreachable, Ready]),
        ];
        assert_eq!(failovers(&start[..4]), []);
        // What is lost after that is.
        assert_eq!(failovers(&start), [found("a", "b", "unreachable")]);
        // Nor is a node that a reload adds.
        let added = [
            table(&[Ready]),
            table(&[Ready, Unknown]),
            table(&[Ready, Ready]),
        ];
        assert_eq!(failovers(&added), []);
    }

    #[test]
    fn a_node_that_is_lost_is_left_for_the_next_and_used_again_once_it_is_back() {
        use Rotation::{Ready, Starting, Unreachable};
        let tables = [
            table(&[Ready, Ready]),
            table(&[Unreachable, Ready]),
            table(&[Starting, Ready]),
            table(&[Ready, Ready]),
        ];
        let expected = [found("a", "b", "unreachable"), found("b", "a", "failback")];
        assert_eq!(failovers(&tables), expected);
    }

    #[test]
    fn a_moment_without_any_node_hides_no_failover_and_makes_none() {
        use Rotation::{Ready, Syncing, Unreachable};
        let lost = [
            table(&[Ready, Syncing]),
            table(&[Unreachable, Syncing]),
            table(&[Unreachable, Ready]),
        ];
        assert_eq!(failovers(&lost), [found("a", "b", "unreachable")]);
        let back = [
            table(&[Ready, Syncing]),
            table(&[Unreachable, Syncing]),
            table(&[Ready, Syncing]),
        ];
        assert_eq!(failovers(&back), []);
    }

    #[test]
    fn what_an_operator_did_is_harmless_and_what_a_node_did_is_not() {
        let both = table(&[Rotation::Ready, Rotation::Ready]);
        let changed = |change: fn(&mut NodeFacts)| {
            let mut table = both.clone();
            change(&mut table.nodes[0]);
            let mut observer = FailoverObserver::default();
            observer.observe(&both, Mono::START);
            let failover = observer.observe(&table, Mono::START).unwrap();
            (failover.reason, failover.is_harmless())
        };
        assert_eq!(changed(|facts| facts.drained = true), ("drained", true));
        assert_eq!(changed(|facts| facts.lagging = true), ("lagging", false));
        assert_eq!(changed(|facts| facts.off_fork = true), ("fork", false));
        let refused = changed(|facts| facts.rotation = Rotation::CredentialsRefused);
        assert_eq!(refused, ("not_ready", false));
        let mut without = both.clone();
        without.nodes.remove(0);
        let removed = [both, without];
        assert_eq!(failovers(&removed), [found("a", "b", "removed")]);
    }
}

//! Which nodes get what is handed to the network. Pure.
//!
//! Invariant: with private broadcast at any node, a transaction goes to no other one, whoever is
//! away.

use super::answer::BroadcastMethod;
use crate::route::{NodeFacts, NodeSet};

/// Why it goes to no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum NoReceiver {
    /// Only nodes with private broadcast may get it, and none is in rotation.
    PrivateNodesAway,
    /// A package cannot be broadcast privately.
    PackageNotPrivate,
}

/// The nodes that get no call of `method` whose node is not named, by their places, and why, in a
/// few words.
#[must_use]
pub fn withheld(method: &str, nodes: &[NodeFacts]) -> Option<(NodeSet, &'static str)> {
    let (excluded, reason) = excluded_by(BroadcastMethod::of(method)?, nodes)?;
    let text = match reason {
        NoReceiver::PrivateNodesAway => {
            "without private broadcast, which another node has (nodes.private_broadcast)"
        }
        NoReceiver::PackageNotPrivate => {
            "a node has private broadcast, which does not include packages: POST /node/NAME"
        }
    };
    Some((excluded, text))
}

/// The nodes that must not get `method`, by their places, whether or not any of the others is in
/// rotation, and why.
fn excluded_by(method: BroadcastMethod, nodes: &[NodeFacts]) -> Option<(NodeSet, NoReceiver)> {
    if !nodes.iter().any(|node| node.is_private_broadcast) {
        return None;
    }
    let reason = match method {
        BroadcastMethod::Package => NoReceiver::PackageNotPrivate,
        BroadcastMethod::Transaction => NoReceiver::PrivateNodesAway,
        BroadcastMethod::Block | BroadcastMethod::Header => return None,
    };
    let mut excluded = NodeSet::default();
    for (index, node) in nodes.iter().enumerate() {
        if reason == NoReceiver::PackageNotPrivate || !node.is_private_broadcast {
            excluded.insert(index);
        }
    }
    Some((excluded, reason))
}

/// The nodes that must not get `method`, by their places; an error if no node may.
pub(in crate::gateway) fn excluded(
    method: BroadcastMethod,
    nodes: &[NodeFacts],
) -> Result<NodeSet, NoReceiver> {
    let Some((excluded, reason)) = excluded_by(method, nodes) else {
        return Ok(NodeSet::default());
    };
    let mut others = nodes.iter().enumerate();
    if others.any(|(index, node)| !excluded.contains(index) && node.is_in_rotation()) {
        Ok(excluded)
    } else {
        Err(reason)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::route::{Rotation, WalletClaims};

    fn node(is_private: bool, is_ready: bool) -> NodeFacts {
        let rotation = if is_ready {
            Rotation::Ready
        } else {
            Rotation::Unreachable
        };
        NodeFacts {
            rotation,
            is_private_broadcast: is_private,
            ..NodeFacts::unknown("n".into(), 1, WalletClaims::Named(Arc::new([])))
        }
    }

    #[test]
    fn without_private_broadcast_all_nodes_get_everything() {
        let nodes = [node(false, true), node(false, false)];
        for method in [BroadcastMethod::Transaction, BroadcastMethod::Package] {
            assert_eq!(excluded(method, &nodes), Ok(NodeSet::default()));
        }
    }

    #[test]
    fn a_package_and_a_block_differ_where_a_node_is_private() {
        let nodes = [node(false, true), node(true, false)];
        let of = |method| excluded(method, &nodes);
        assert_eq!(
            of(BroadcastMethod::Package),
            Err(NoReceiver::PackageNotPrivate)
        );
        assert_eq!(
            of(BroadcastMethod::Transaction),
            Err(NoReceiver::PrivateNodesAway)
        );
        assert_eq!(of(BroadcastMethod::Block), Ok(NodeSet::default()));
        assert_eq!(of(BroadcastMethod::Header), Ok(NodeSet::default()));
    }

    proptest! {
        #[test]
        fn a_transaction_goes_to_no_node_without_private_broadcast_if_one_has_it(
            nodes in vec((any::<bool>(), any::<bool>()), 1..8),
        ) {
            let facts: Vec<_> = nodes.iter().map(|(private, ready)| node(*private, *ready)).collect();
            let has_private = nodes.iter().any(|(private, _)| *private);
            match excluded(BroadcastMethod::Transaction, &facts) {
                Ok(excluded) => for (index, (private, _)) in nodes.iter().enumerate() {
                    prop_assert_eq!(excluded.contains(index), has_private && !private);
                },
                Err(reason) => {
                    prop_assert_eq!(reason, NoReceiver::PrivateNodesAway);
                    prop_assert!(has_private && !nodes.contains(&(true, true)));
                }
            }
        }
    }
}

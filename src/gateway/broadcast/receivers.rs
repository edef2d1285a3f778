//! Which nodes get what is handed to the network. Pure.
//!
//! Invariant: with private broadcast at any node, a transaction goes to no other one, whoever is away.

use super::node_answer::BroadcastMethod;
use crate::route::{NodeFacts, NodeSet};

/// Why it goes to no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum NoReceiver {
    /// No node with private broadcast is in rotation.
    PrivateNodesAway,
    /// A package cannot be broadcast privately.
    PackageNotPrivate,
}

/// The nodes that must not get `method`, by their places; an error if no node may.
pub(in crate::gateway) fn excluded(
    method: BroadcastMethod,
    nodes: &[NodeFacts],
) -> Result<NodeSet, NoReceiver> {
    let mut excluded = NodeSet::default();
    let has_private = nodes.iter().any(|node| node.is_private_broadcast);
    match method {
        BroadcastMethod::Package if has_private => return Err(NoReceiver::PackageNotPrivate),
        BroadcastMethod::Transaction if has_private => {}
        _ => return Ok(excluded),
    }
    for (index, node) in nodes.iter().enumerate() {
        if !node.is_private_broadcast {
            excluded.insert(index);
        }
    }
    let is_here = |node: &NodeFacts| node.is_private_broadcast && node.is_in_rotation();
    if nodes.iter().any(is_here) {
        Ok(excluded)
    } else {
        Err(NoReceiver::PrivateNodesAway)
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

//! One node with all that is configured for it.

use super::{HealthConfig, Network, NodeConfig, Storage};
use crate::config::keys::{Key, Shape, text, toml};

/// The keys that only entries of `[[nodes]]` have.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("nodes.priority", "100"),
    toml("nodes.wallets", "[]"),
    toml("nodes.manage", ""),
    toml("nodes.archive", "false"),
    Key {
        shape: Shape::Either,
        ..text("nodes.private_broadcast", r#""auto""#)
    },
];

/// One node: what its entry in `[[nodes]]` says, and where that says nothing the sections `[node]`,
/// `[network]`, `[storage]` and `[health]`. Without `[[nodes]]` these sections alone.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberConfig {
    /// `[node]`
    pub node: NodeConfig,
    /// `[network]`
    pub network: Network,
    /// `[storage]`
    pub storage: Storage,
    /// `[health]`
    pub health: HealthConfig,
    /// Nodes with a lower number come first; equal ones are a group.
    pub priority: u32,
    /// The wallets that live here, `""` being the default one; `None`: any, as at an only node.
    pub wallets: Option<Vec<String>>,
    /// The daemon prunes this node and dials its peers.
    pub manage: bool,
    /// Never pruned, neither by the daemon nor by a caller.
    pub archive: bool,
    /// Whether the node hides the origin of the transactions that it sends.
    pub private_broadcast: PrivateBroadcast,
}

/// Whether a node hides the origin of the transactions that it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateBroadcast {
    /// As the node says.
    Auto,
    /// It does, whatever it says.
    Yes,
    /// It does not.
    No,
}

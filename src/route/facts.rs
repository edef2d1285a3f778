//! What is published of each node for the choice. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::needs::Needs;
use crate::config::schema::{BroadcastScope, Fleet, ResendPolicy, RoutingPolicy};
use crate::values::Mono;

/// A table has at most so many nodes: a set of them is one word.
pub const MAX_NODES: usize = 64;

/// Whether a node takes calls, as its own answers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It has its chain, and calls of every class.
    Ready,
    /// It downloads its chain: what it has of it, it answers.
    Syncing,
    /// It answers that it is starting (-28).
    Starting,
    /// It does not answer.
    Unreachable,
    /// It refuses bllvmctl's own credentials.
    CredentialsRefused,
    /// It is on another chain than the one that is configured, or than the other nodes.
    WrongChain,
    /// It has not been asked yet.
    Unknown,
}

impl Rotation {
    /// Whether the node answers calls of clients at all.
    #[must_use]
    pub fn answers(self) -> bool {
        matches!(self, Self::Ready | Self::Syncing | Self::Starting)
    }

    /// In a few words, for an operator.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Syncing => "syncing",
            Self::Starting => "starting",
            Self::Unreachable => "unreachable",
            Self::CredentialsRefused => "refuses bllvmctl's credentials",
            Self::WrongChain => "on another chain",
            Self::Unknown => "not asked yet",
        }
    }
}

/// The wallets that are at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletClaims {
    /// Whatever wallet is asked for: it is the only node.
    Any,
    /// Those with these names; `""` is the default wallet.
    Named(Arc<[Box<str>]>),
}

impl WalletClaims {
    /// Whether `wallet` is at the node.
    #[must_use]
    pub fn include(&self, wallet: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(names) => names.iter().any(|name| **name == *wallet),
        }
    }
}

/// The last block of a node's best chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTip {
    /// Its height.
    pub height: u64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: Arc<str>,
    /// The work of the chain up to it, as the node writes it: 64 hexadecimal digits, so that text
    /// compares as the number does.
    pub chainwork: Option<Arc<str>>,
}

/// What is published of one node.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them can be true at once"
)]
pub struct NodeFacts {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Lower is preferred.
    pub priority: u32,
    /// The wallets that are at it.
    pub wallets: WalletClaims,
    /// Whether it takes calls.
    pub rotation: Rotation,
    /// An operator has taken it out of rotation.
    pub drained: bool,
    /// Its tip is not on the chain of the primary.
    pub off_fork: bool,
    /// Its chain is locked: questions about it are overdue though it answers others.
    pub busy: bool,
    /// It has been behind for too long.
    pub lagging: bool,
    /// Behind the best tip of all nodes, blocks.
    pub lag_blocks: Option<u64>,
    /// The height of the first block that it has; `None`: unknown.
    pub kept_from: Option<u64>,
    /// The indexes that it has and that are complete, and whether it has all blocks.
    pub has: Needs,
    /// The last block of its best chain.
    pub tip: Option<PublishedTip>,
    /// `waitfornewblock` takes the tip that its caller has.
    pub takes_current_tip: bool,
    /// It came back lately: until then another one is preferred.
    pub standby_until: Option<Mono>,
    /// Since when it has been in the rotation as it is now, or out of it.
    pub rotation_since: Option<Mono>,
    /// It broadcasts transactions privately: those that it gets go to no other node.
    pub is_private_broadcast: bool,
    /// Why it is not in rotation, in a sentence.
    pub reason: Option<Arc<str>>,
}

impl NodeFacts {
    /// Those of a node of which nothing is known yet.
    #[must_use]
    pub fn unknown(name: Arc<str>, priority: u32, wallets: WalletClaims) -> Self {
        Self {
            name,
            priority,
            wallets,
            rotation: Rotation::Unknown,
            drained: false,
            off_fork: false,
            busy: false,
            lagging: false,
            lag_blocks: None,
            kept_from: None,
            has: Needs::NONE,
            tip: None,
            takes_current_tip: false,
            standby_until: None,
            rotation_since: None,
            is_private_broadcast: false,
            reason: None,
        }
    }

    /// Whether it gets reads of the tip.
    #[must_use]
    pub fn is_in_rotation(&self) -> bool {
        self.rotation == Rotation::Ready && !self.drained && !self.off_fork && !self.lagging
    }

    /// How it is in the rotation, in one word.
    #[must_use]
    pub fn rotation_word(&self) -> &'static str {
        match self {
            node if !node.is_in_rotation() => "out",
            node if node.busy => "busy",
            node if node.standby_until.is_some() => "standby",
            _ => "in",
        }
    }
}

/// What the configuration says of the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the configuration"
)]
pub struct FleetPolicy {
    /// Callers are spread over the best group of nodes, each of them sticks to one.
    pub spread: bool,
    /// A call that may have run is never sent again.
    pub never_resend: bool,
    /// All nodes take the credentials of clients.
    pub pass_through: bool,
    /// What is handed to the network goes to the primary alone.
    pub broadcast_to_primary: bool,
    /// A mark that no node has reached for so long falls; zero: there is no floor.
    pub floor: Duration,
}

impl FleetPolicy {
    /// The policy that `fleet` writes.
    #[must_use]
    pub fn new(fleet: &Fleet) -> Self {
        Self {
            spread: fleet.policy == RoutingPolicy::Spread,
            never_resend: fleet.resend == ResendPolicy::Never,
            pass_through: fleet.pass_through,
            broadcast_to_primary: fleet.broadcast == BroadcastScope::Primary,
            floor: fleet.floor,
        }
    }
}

/// The nodes in the order of the configuration, and how calls are routed between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteTable {
    /// What is published of each.
    pub nodes: Vec<NodeFacts>,
    /// What the configuration says of the choice.
    pub policy: FleetPolicy,
}

/// A set of nodes of one table, by their place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeSet(u64);

impl NodeSet {
    /// Adds the node at `index`.
    pub fn insert(&mut self, index: usize) {
        debug_assert!(
            index < MAX_NODES,
            "the configuration has at most {MAX_NODES} nodes"
        );
        self.0 |= 1 << (index % MAX_NODES);
    }

    /// Whether the node at `index` is in it.
    #[must_use]
    pub fn contains(self, index: usize) -> bool {
        self.0 & (1 << (index % MAX_NODES)) != 0
    }

    /// Takes the node at `index` out.
    pub(super) fn remove(&mut self, index: usize) {
        self.0 &= !(1 << (index % MAX_NODES));
    }

    /// The nodes that are in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a node is in both.
    #[must_use]
    pub(super) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub(super) fn includes(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// It as one word.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// The set that is written as this word.
    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether no node is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many nodes are in it.
    #[must_use]
    pub fn len(self) -> usize {
        usize::try_from(self.0.count_ones()).unwrap_or(MAX_NODES)
    }
}

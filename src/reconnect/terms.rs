//! What the configuration says of reconnection. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use super::backoff::Backoff;
use super::entry::RetryPolicy;
use crate::config::schema::{Network, ReconnectScope};
use crate::node::{Dialect, Direction, Peer};
use crate::values::{Chain, PeerAddress, PeerName};

/// Which lost peers are dialled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The kept ones of a node that refills its own slots, the outbound ones elsewhere.
    Auto,
    /// Those of the configuration and those that an operator added.
    Configured,
    /// Also every full-relay or manual peer that the node had dialled.
    Outbound,
}

impl From<ReconnectScope> for Scope {
    fn from(scope: ReconnectScope) -> Self {
        match scope {
            ReconnectScope::Auto => Self::Auto,
            ReconnectScope::Configured => Self::Configured,
            ReconnectScope::Outbound => Self::Outbound,
        }
    }
}

impl Scope {
    /// Whether the loss of `peer` would be noticed though nobody asked for it by name.
    pub(super) fn covers(self, peer: &Peer, dialect: &Dialect) -> bool {
        let is_outbound = match self {
            Self::Configured => false,
            Self::Outbound => true,
            Self::Auto => !dialect.refills_outbound_slots,
        };
        let kind = peer.connection_type.as_deref();
        is_outbound
            && peer.direction == Some(Direction::Outbound)
            && matches!(kind, None | Some("outbound-full-relay" | "manual"))
    }
}

/// What the configuration says.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Lost peers are dialled again.
    pub enabled: bool,
    /// The schedule.
    pub backoff: Backoff,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub max_retries: u32,
    /// Attempts at once.
    pub most_at_once: usize,
    /// Which ones.
    pub scope: Scope,
    /// Peers to keep connected.
    pub peers: Vec<PeerName>,
    /// The chain the node must be on, if that is configured.
    pub chain: Option<Chain>,
}

impl Terms {
    /// What `network` says for a node on `chain`; one that is not managed has no peer dialled.
    #[must_use]
    pub fn new(network: &Network, is_managed: bool, chain: Option<Chain>) -> Self {
        Self {
            enabled: network.reconnect_enabled && is_managed,
            backoff: Backoff::new(
                network.reconnect_initial_delay,
                network.reconnect_max_delay,
                network.reconnect_jitter,
            ),
            max_retries: network.reconnect_max_retries,
            most_at_once: usize::try_from(network.reconnect_max_concurrent.get())
                .unwrap_or(usize::MAX),
            scope: network.reconnect_scope.into(),
            peers: network.peers.clone(),
            chain,
        }
    }

    /// What holds for every entry of the queue of a node that wants `spacing` between its dials.
    pub(super) fn policy(&self, spacing: Duration) -> RetryPolicy {
        RetryPolicy {
            backoff: self.backoff,
            max_retries: self.max_retries,
            spacing,
        }
    }

    /// The configured peers, as far as their ports are known of a node on `chain`.
    pub(super) fn addresses(&self, chain: Option<Chain>) -> BTreeSet<PeerAddress> {
        let address = |name: &PeerName| match chain {
            Some(chain) => Some(name.on(chain)),
            None => name.complete(),
        };
        self.peers.iter().filter_map(address).collect()
    }
}

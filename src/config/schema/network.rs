//! `[network]`: the peers of a node.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::keys::{Key, text, text_of_node, toml, toml_of_node};
use crate::values::PeerName;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("network.listen", r#""""#),
    toml("network.peers", "[]"),
    toml("network.max_peers", "100"),
    toml("network.min_peers", "1"),
    toml("network.reconnect_enabled", "true"),
    toml("network.reconnect_max_retries", "10"),
    toml("network.reconnect_initial_delay_secs", "5"),
    toml("network.reconnect_max_delay_secs", "3600"),
    toml("network.reconnect_jitter", "0.1"),
    toml("network.reconnect_max_concurrent", "4"),
    text("network.reconnect_scope", r#""auto""#),
];

/// Those that an entry of `[[nodes]]` may have in their place.
pub(in crate::config) const KEYS_OF_NODES: &[Key] = &[
    Key {
        default: "[]",
        ..toml_of_node("nodes.network.peers", "network.peers")
    },
    toml_of_node("nodes.network.max_peers", "network.max_peers"),
    toml_of_node("nodes.network.min_peers", "network.min_peers"),
    toml_of_node(
        "nodes.network.reconnect_enabled",
        "network.reconnect_enabled",
    ),
    toml_of_node(
        "nodes.network.reconnect_max_retries",
        "network.reconnect_max_retries",
    ),
    toml_of_node(
        "nodes.network.reconnect_initial_delay_secs",
        "network.reconnect_initial_delay_secs",
    ),
    toml_of_node(
        "nodes.network.reconnect_max_delay_secs",
        "network.reconnect_max_delay_secs",
    ),
    toml_of_node("nodes.network.reconnect_jitter", "network.reconnect_jitter"),
    toml_of_node(
        "nodes.network.reconnect_max_concurrent",
        "network.reconnect_max_concurrent",
    ),
    text_of_node("nodes.network.reconnect_scope", "network.reconnect_scope"),
];

/// Which lost peers are reconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconnectScope {
    /// `Configured` on Core and Knots, which refill their own slots; `Outbound` elsewhere.
    Auto,
    /// Only peers of the configuration and those added to be kept.
    Configured,
    /// Also outbound peers that were lost.
    Outbound,
}

/// `[network]`
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Embedded: where inbound peers are accepted.
    pub listen: Option<SocketAddr>,
    /// Peers to keep: `host`, `host:port`, `[v6]:port` or an onion name.
    pub peers: Vec<PeerName>,
    /// At most so many peers.
    pub max_peers: u32,
    /// `max_peers` was written, not defaulted.
    pub max_peers_written: bool,
    /// Fewer peers are a warning.
    pub min_peers: u32,
    /// Reconnect lost peers.
    pub reconnect_enabled: bool,
    /// Failed attempts in a row until a peer is abandoned; 0: never.
    pub reconnect_max_retries: u32,
    /// Delay before the first attempt.
    pub reconnect_initial_delay: Duration,
    /// No delay is longer.
    pub reconnect_max_delay: Duration,
    /// Part of a delay that varies, in [0, 1).
    pub reconnect_jitter: f64,
    /// Attempts at once.
    pub reconnect_max_concurrent: NonZeroU32,
    /// Which lost peers are reconnected.
    pub reconnect_scope: ReconnectScope,
}

//! `[network]`: the peers of a node.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::keys::{Key, text, toml};
use crate::values::PeerName;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("network.peers", "[]")
        .per_node()
        .help("Peers to keep connected: host, host:port or [v6]:port.")
        .examples(&[r#"peers = ["10.0.0.5:8333", "seed.example.org"]"#])
        .written(),
    toml("network.min_peers", "1")
        .per_node()
        .help("Fewer peers are a warning.")
        .written(),
    toml("network.max_peers", "100").per_node().help(
        "The number that bllvm_network_peers_max and status show; an embedded node accepts \
         no more peers.",
    ),
    text("network.listen", r#""""#)
        .help("Where an embedded node listens for peers; empty: it does not listen."),
    toml("network.reconnect_enabled", "true").per_node().help(
        "Lost peers are dialled again with growing delays, until abandoned; with 0 retries \
         never abandoned.",
    ),
    toml("network.reconnect_max_retries", "10").per_node(),
    toml("network.reconnect_initial_delay_secs", "5").per_node(),
    toml("network.reconnect_max_delay_secs", "3600").per_node(),
    toml("network.reconnect_jitter", "0.1").per_node(),
    toml("network.reconnect_max_concurrent", "4").per_node(),
    text("network.reconnect_scope", r#""auto""#)
        .per_node()
        .help(r#"Which peers: "configured", "outbound", or "auto" by the kind of node."#),
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

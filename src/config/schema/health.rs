//! `[health]`: from when on a node is not well.

use std::time::Duration;

use crate::config::keys::{Key, toml, toml_of_node};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("health.live_timeout_secs", "120"),
    toml("health.ready_max_lag_blocks", "3"),
    toml("health.stall_probability", "1e-5"),
];

/// Those that an entry of `[[nodes]]` may have in their place.
pub(in crate::config) const KEYS_OF_NODES: &[Key] = &[
    toml_of_node("nodes.health.live_timeout_secs", "health.live_timeout_secs"),
    toml_of_node(
        "nodes.health.ready_max_lag_blocks",
        "health.ready_max_lag_blocks",
    ),
    toml_of_node("nodes.health.stall_probability", "health.stall_probability"),
];

/// `[health]`
#[derive(Clone, Debug, PartialEq)]
pub struct HealthConfig {
    /// The node counts as dead after so long without any answer.
    pub live_timeout: Duration,
    /// Blocks behind the best known height that still count as synced.
    pub ready_max_lag_blocks: u32,
    /// Below this probability of a gap between blocks the node counts as stalled, in (0, 1).
    pub stall_probability: f64,
}

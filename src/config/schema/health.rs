//! `[health]`: from when on a node is not well.

use std::time::Duration;

use crate::config::keys::{Key, toml};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    toml("health.live_timeout_secs", "120")
        .per_node()
        .help("The node counts as dead after this time without any answer."),
    toml("health.ready_max_lag_blocks", "3")
        .per_node()
        .help("Blocks behind that still count as synced."),
    toml("health.stall_probability", "1e-5")
        .per_node()
        .help("A gap between blocks less likely than this counts as stalled."),
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

//! What the checks compare with, and what pruning says of itself.

use std::time::Duration;

use super::check::Level;
use super::full_in::FullIn;
use crate::config::schema::{HealthConfig, MemberConfig};
use crate::values::{Chain, Size};

/// What counts as healthy.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthPolicy {
    /// The node is to keep all blocks for ever.
    pub archive: bool,
    /// The chain the node must be on; `None`: any.
    pub chain: Option<Chain>,
    /// After this an answer is late.
    pub timeout: Duration,
    /// The section `[health]`.
    pub thresholds: HealthConfig,
    /// Fewer peers are a warning.
    pub min_peers: u32,
    /// Less free on the volume is a warning; zero: off.
    pub min_free: Size,
    /// Less free on the volume, and the storage is not available.
    pub storage_critical: Size,
    /// A value of this topic older than this is not known any more.
    pub stale_after: Duration,
}

impl HealthPolicy {
    /// The policy that `config` writes; an answer older than `stale_after` is not known any more.
    #[must_use]
    pub fn new(config: &MemberConfig, stale_after: Duration) -> Self {
        Self {
            archive: config.archive,
            chain: config.node.chain,
            timeout: config.node.timeout,
            thresholds: config.health.clone(),
            min_peers: config.network.min_peers,
            min_free: config.storage.min_free,
            storage_critical: config.storage.storage_critical,
            stale_after,
        }
    }
}

/// How pruning stands, as it knows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// How it stands; never bad: a probe that fails cures no disk.
    pub level: Level,
    /// The sentence that says why.
    pub text: String,
    /// When the volume will be full, if it goes on as it did.
    pub full_in: Option<FullIn>,
    /// That deleting blocks gave the volume no room, if it did not.
    pub no_room: Option<String>,
    /// Why the daemon's own state cannot be written, if it cannot.
    pub unwritten: Option<String>,
}

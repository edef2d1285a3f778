//! `[storage]`: when blocks are pruned.

use std::time::Duration;

use crate::config::keys::{Key, text, toml};
use crate::values::Size;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("storage.pruning_mode", r#""normal""#)
        .attached(r#""disabled""#)
        .per_node()
        .help(
            "\"disabled\": only by hand. \"normal\": above the threshold, down to the target. \
             \"aggressive\": down to pruning_keep_blocks. \"custom\": as normal, keeping what \
             [storage.custom] protects. The node must run with prune=1.",
        )
        .written(),
    toml("storage.pruning_threshold_gb", "100")
        .per_node()
        .help("In 10^9 bytes; fractions are fine.")
        .written(),
    toml("storage.pruning_target_gb", "80").per_node().written(),
    toml("storage.min_free_gb", "5")
        .per_node()
        .help("Also start when the volume has less than this free; 0: off.")
        .written(),
    toml("storage.storage_critical_gb", "0.5")
        .per_node()
        .help("With less free space than this the storage is not available."),
    toml("storage.pruning_check_interval_secs", "60")
        .per_node()
        .help("The time between two comparisons of usage and free space with these values."),
    toml("storage.pruning_keep_blocks", "288")
        .per_node()
        .help("Blocks below the tip that are always kept; 288 or more."),
    toml("storage.custom.keep_blocks", "")
        .per_node()
        .help(r#"What pruning_mode = "custom" keeps; any of these."#)
        .examples(&["keep_blocks = 2016"]),
    toml("storage.custom.keep_days", "")
        .per_node()
        .examples(&["keep_days = 30"]),
    toml("storage.custom.keep_from_height", "")
        .per_node()
        .examples(&["keep_from_height = 840000"]),
    text("storage.custom.window", r#""""#)
        .per_node()
        .help("Start only in this part of the day, UTC; empty: at any time.")
        .examples(&[r#"window = "02:00-05:00""#]),
];

/// When and how far the planner prunes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruningMode {
    /// Only by hand.
    Disabled,
    /// Above the threshold, down to the target.
    Normal,
    /// Above the threshold, down to `pruning_keep_blocks`.
    Aggressive,
    /// As normal, keeping what `[storage.custom]` protects.
    Custom,
}

impl PruningMode {
    /// The name in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Normal => "normal",
            Self::Aggressive => "aggressive",
            Self::Custom => "custom",
        }
    }
}

/// `[storage]`
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// When and how far.
    pub pruning_mode: PruningMode,
    /// Start above this.
    pub pruning_threshold: Size,
    /// Stop at this.
    pub pruning_target: Size,
    /// Time between looks at the disk.
    pub pruning_check_interval: Duration,
    /// Blocks below the tip that are always kept; at least 288.
    pub pruning_keep_blocks: u32,
    /// Also start when the volume has less than this free; zero: off.
    pub min_free: Size,
    /// Below this the storage is not available.
    pub storage_critical: Size,
    /// `[storage.custom]`
    pub custom: CustomPruning,
}

/// `[storage.custom]`: what `pruning_mode = "custom"` protects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomPruning {
    /// Keep so many blocks below the tip.
    pub keep_blocks: Option<u32>,
    /// Keep blocks younger than so many days.
    pub keep_days: Option<f64>,
    /// Keep blocks from this height on.
    pub keep_from_height: Option<u32>,
    /// Start only in this part of the day, UTC.
    pub window: Option<DailyWindow>,
}

/// A part of each day, in minutes after midnight UTC. `until` before `from` goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyWindow {
    /// First minute, 0 to 1439.
    pub from: u16,
    /// First minute that is outside again, 0 to 1439; never equal to `from`.
    pub until: u16,
}

//! `[storage]`: when blocks are pruned.

use std::time::Duration;

use crate::config::keys::{Key, text, text_of_node, toml, toml_of_node};
use crate::values::Size;

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    Key {
        attached: r#""disabled""#,
        ..text("storage.pruning_mode", r#""normal""#)
    },
    toml("storage.pruning_threshold_gb", "100"),
    toml("storage.pruning_target_gb", "80"),
    toml("storage.pruning_check_interval_secs", "60"),
    toml("storage.pruning_keep_blocks", "288"),
    toml("storage.min_free_gb", "5"),
    toml("storage.storage_critical_gb", "0.5"),
    toml("storage.custom.keep_blocks", ""),
    toml("storage.custom.keep_days", ""),
    toml("storage.custom.keep_from_height", ""),
    text("storage.custom.window", r#""""#),
];

/// Those that an entry of `[[nodes]]` may have in their place.
pub(in crate::config) const KEYS_OF_NODES: &[Key] = &[
    text_of_node("nodes.storage.pruning_mode", "storage.pruning_mode"),
    toml_of_node(
        "nodes.storage.pruning_threshold_gb",
        "storage.pruning_threshold_gb",
    ),
    toml_of_node(
        "nodes.storage.pruning_target_gb",
        "storage.pruning_target_gb",
    ),
    toml_of_node(
        "nodes.storage.pruning_check_interval_secs",
        "storage.pruning_check_interval_secs",
    ),
    toml_of_node(
        "nodes.storage.pruning_keep_blocks",
        "storage.pruning_keep_blocks",
    ),
    toml_of_node("nodes.storage.min_free_gb", "storage.min_free_gb"),
    toml_of_node(
        "nodes.storage.storage_critical_gb",
        "storage.storage_critical_gb",
    ),
    toml_of_node(
        "nodes.storage.custom.keep_blocks",
        "storage.custom.keep_blocks",
    ),
    toml_of_node("nodes.storage.custom.keep_days", "storage.custom.keep_days"),
    toml_of_node(
        "nodes.storage.custom.keep_from_height",
        "storage.custom.keep_from_height",
    ),
    text_of_node("nodes.storage.custom.window", "storage.custom.window"),
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

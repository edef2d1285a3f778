//! What the configuration says of pruning. Pure.

use crate::config::schema::{PruningMode, Storage};
use crate::values::Size;

/// A node never prunes so many blocks at the tip: it serves them to its peers, and a reorganisation
/// needs them.
pub(super) const FEWEST_BLOCKS: u32 = 288;

/// When and how far is pruned without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    Disabled,
    /// Above the threshold, down to the target.
    Normal,
    /// Above the threshold, down to what the rules keep.
    Aggressive,
    /// As normal, keeping what [`Custom`] protects.
    Custom,
}

impl From<PruningMode> for Mode {
    fn from(mode: PruningMode) -> Self {
        match mode {
            PruningMode::Disabled => Self::Disabled,
            PruningMode::Normal => Self::Normal,
            PruningMode::Aggressive => Self::Aggressive,
            PruningMode::Custom => Self::Custom,
        }
    }
}

impl Mode {
    /// The word in the configuration and in documents.
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

/// What custom mode keeps, beside what every mode does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Custom {
    /// So many blocks below the tip.
    pub keep_blocks: Option<u32>,
    /// Blocks younger than so many days.
    pub keep_days: Option<f64>,
    /// This height and all above.
    pub keep_from_height: Option<u32>,
    /// Minutes after midnight UTC between which a start is allowed; an end before the beginning is
    /// on the next day.
    pub window: Option<(u16, u16)>,
}

/// What the configuration says of pruning.
#[derive(Clone, Debug, PartialEq)]
pub struct PrunePolicy {
    /// When and how far.
    pub mode: Mode,
    /// Start above this usage.
    pub threshold: Size,
    /// Stop at this usage.
    pub target: Size,
    /// So many blocks below the tip are kept, at least 288.
    pub keep_blocks: u32,
    /// Also start when the volume has less free; zero: off.
    pub min_free: Size,
    /// What custom mode keeps.
    pub custom: Custom,
}

impl PrunePolicy {
    /// What `storage` says; where `is_automatic` is false, nothing is pruned without being asked.
    #[must_use]
    pub fn new(storage: &Storage, is_automatic: bool) -> Self {
        let custom = &storage.custom;
        Self {
            mode: if is_automatic {
                storage.pruning_mode.into()
            } else {
                Mode::Disabled
            },
            threshold: storage.pruning_threshold,
            target: storage.pruning_target,
            keep_blocks: storage.pruning_keep_blocks,
            min_free: storage.min_free,
            custom: Custom {
                keep_blocks: custom.keep_blocks,
                keep_days: custom.keep_days,
                keep_from_height: custom.keep_from_height,
                window: custom.window.map(|window| (window.from, window.until)),
            },
        }
    }

    /// What custom mode keeps, in that mode.
    pub(super) fn custom(&self) -> Option<&Custom> {
        (self.mode == Mode::Custom).then_some(&self.custom)
    }

    pub(super) fn window_is_open(&self, minute: u16) -> bool {
        match self.custom().and_then(|custom| custom.window) {
            None => true,
            Some((from, until)) if from <= until => (from..until).contains(&minute),
            Some((from, until)) => minute >= from || minute < until,
        }
    }
}

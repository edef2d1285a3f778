//! What may be asked of the planner, and what it decides. Pure.

use std::mem::discriminant;

use super::blocked::Blocked;
use super::obstacle::Obstacle;
use super::retention::Retention;
use crate::values::Size;
use serde::{Deserialize, Serialize};

/// Who wants something pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nobody: is it time to?
    Automatic,
    /// The operator, as far as the configuration says.
    Configured,
    /// The operator, down to a usage.
    Usage(Size),
    /// The operator, up to a height.
    Height(u32),
    /// The operator, all but so many blocks.
    KeepBlocks(u32),
}

/// What made a run start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The usage is above the threshold.
    Threshold,
    /// The volume has less free than `min_free_gb`.
    MinFree,
    /// The operator.
    Manual,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Threshold, Self::MinFree, Self::Manual];

    /// The word in JSON, on metrics and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::MinFree => "min_free",
            Self::Manual => "manual",
        }
    }
}

/// Where a run stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// At this usage, bytes.
    Usage(u64),
    /// When so much is free on the volume, bytes.
    Free(u64),
    /// When all up to this height is gone.
    Height(u32),
    /// When all is gone that the rules do not keep.
    AllButKept,
}

/// A target without its number, as it is shown and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A usage.
    Usage,
    /// Free space.
    Free,
    /// A height.
    Height,
    /// All that the rules do not keep.
    AllButKept,
}

impl TargetKind {
    /// The word in JSON and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Free => "free",
            Self::Height => "height",
            Self::AllButKept => "all_but_kept",
        }
    }
}

/// A run went as far as it could. Until more may go, the next would find nothing new.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rest {
    /// All that could go below this height is gone.
    pub at: u32,
    /// So many blocks more must be allowed to go before a run is worth its call.
    pub blocks: u32,
    /// The node kept some of it without saying so before.
    pub by_node: Option<Retention>,
}

/// The next step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanStep {
    /// Where the run stops.
    pub target: Target,
    /// The last height that goes.
    pub to_height: u32,
    /// About so much is freed; `None`: not known.
    pub about_bytes: Option<u64>,
    /// Who keeps the run from its target, if anybody does.
    pub held_by: Option<Retention>,
}

/// What follows from a reading.
#[derive(Clone, Debug, PartialEq)]
pub enum PruneDecision {
    /// Blocks go.
    Prune(PlanStep),
    /// There is nothing to do.
    Idle,
    /// Something is to be done, but all that could go is kept.
    Held {
        /// What the run would be for.
        target: Target,
        /// Who keeps it.
        by: Retention,
    },
    /// Something may be to be done, but not now.
    Blocked(Blocked),
    /// What is asked for goes past a rule.
    Refused,
}

/// A decision without its numbers, as it is shown and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Blocks go.
    Prune,
    /// There is nothing to do.
    Idle,
    /// All that could go is kept.
    Held,
    /// Not now.
    Blocked,
    /// A rule is against it.
    Refused,
}

impl DecisionKind {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prune => "prune",
            Self::Idle => "idle",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
        }
    }
}

impl PruneDecision {
    /// Whether both are the same to whoever reads the log: numbers change from look to look.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Held { by: one, .. }, Self::Held { by: another, .. }) => one == another,
            (Self::Blocked(one), Self::Blocked(another)) => one.is_like(another),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

/// What is to be done, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What.
    pub decision: PruneDecision,
    /// What made it start, if it does or would.
    pub trigger: Option<Trigger>,
    /// Why: a sentence.
    pub why: String,
}

impl Plan {
    pub(super) fn new(
        decision: PruneDecision,
        trigger: Option<Trigger>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            decision,
            trigger,
            why: why.into(),
        }
    }

    pub(super) fn blocked(by: Blocked, trigger: Option<Trigger>, why: impl Into<String>) -> Self {
        Self::new(PruneDecision::Blocked(by), trigger, why)
    }

    pub(super) fn impeded(obstacle: &Obstacle, trigger: Option<Trigger>) -> Self {
        let by = Blocked::Obstacle(obstacle.clone());
        Self::blocked(by, trigger, obstacle.to_string())
    }

    pub(super) fn usage_unknown(trigger: Option<Trigger>) -> Self {
        Self::blocked(
            Blocked::UsageUnknown,
            trigger,
            "the usage is not known: the node does not count it exactly, and node.data_dir is \
             not set or cannot be read",
        )
    }
}

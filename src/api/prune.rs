//! Prune jobs and plans.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::whole_number::whole_number;
use super::words::words;
use crate::values::Size;

/// The body of `POST /api/v1/prune/plan` and `/api/v1/prune/jobs`: how far to prune. At most one
/// member; none is as far as the configuration says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(max_properties = 1, example = json!({"to_bytes": 80_000_000_000_u64}))]
pub struct PruneRequest {
    /// Down to this usage, bytes.
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub to_bytes: Option<Size>,
    /// Up to this height.
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub to_height: Option<u32>,
    /// All but so many blocks at the tip.
    #[serde(
        default,
        deserialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub keep_blocks: Option<u32>,
}

/// `GET /api/v1/prune`: how pruning stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PruneDocument {
    /// The running job.
    pub job: Option<PruneJob>,
    /// The last job that ended.
    pub last: Option<PruneJob>,
    /// What is used, and what it is compared with.
    pub usage: PruneUsage,
    /// When the volume will be full; `null`: not enough is known.
    pub forecast: Option<DiskForecast>,
}

/// What is used, and what it is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PruneUsage {
    /// What the planner compares, bytes.
    pub usage_bytes: Option<Size>,
    /// Block and undo files, bytes.
    pub blocks_bytes: Option<Size>,
    /// Chain state and indexes, where they can be measured, bytes.
    pub database_bytes: Option<Size>,
    /// A run starts above this usage, bytes.
    pub threshold_bytes: Option<Size>,
    /// A run stops at this usage, bytes.
    pub target_bytes: Option<Size>,
    /// Free on the volume of the blocks, bytes.
    pub volume_free_bytes: Option<Size>,
    /// The size of that volume, bytes.
    pub volume_size_bytes: Option<Size>,
    /// A run also starts with less free than this, bytes; 0: it does not.
    pub min_free_bytes: Option<Size>,
    /// The lowest height whose block the node still has whole.
    pub first_kept_height: Option<u32>,
    /// The height of the tip.
    pub tip_height: Option<u32>,
}

/// When the volume will be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskForecast {
    /// If it grows as it did, seconds; `null`: it does not grow, or too slowly to measure.
    pub full_in_secs: Option<u64>,
    /// If it grows as fast as it may, seconds.
    pub earliest_secs: Option<u64>,
    /// If it grows as slowly as it may, seconds; `null`: perhaps never.
    pub latest_secs: Option<u64>,
    /// The growth, bytes a day; negative: it shrinks.
    pub bytes_per_day: i64,
    /// For so long it was observed, seconds.
    pub observed_secs: u64,
}

words! {
    /// What a plan comes to.
    PlanAction {
        /// Blocks go.
        Prune = "prune",
        /// There is nothing to do.
        Idle = "idle",
        /// Somebody keeps all that could go.
        Held = "held",
        /// It cannot be done now.
        Blocked = "blocked",
        /// A rule is against it.
        Refused = "refused",
    }
}

words! {
    /// Why a run starts.
    PruneTrigger {
        /// The usage is above the threshold.
        Threshold = "threshold",
        /// The volume has less free than is wanted.
        MinFree = "min_free",
        /// An operator asked for it.
        Manual = "manual",
    }
}

words! {
    /// What a run is to reach.
    PlanAim {
        /// A usage.
        Usage = "usage",
        /// Free space.
        Free = "free",
        /// A height.
        Height = "height",
        /// As little as is kept.
        AllButKept = "all_but_kept",
    }
}

/// What a run would do, or was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrunePlan {
    /// What it comes to.
    pub action: PlanAction,
    /// Why it would start.
    pub trigger: Option<PruneTrigger>,
    /// The reason, a sentence.
    pub why: String,
    /// What is to be reached.
    pub aim: Option<PlanAim>,
    /// The usage or the free space to reach, bytes.
    pub target_bytes: Option<Size>,
    /// The height to reach.
    pub target_height: Option<u32>,
    /// The last height that goes; `null`: unknown.
    pub to_height: Option<u32>,
    /// About so much is freed, bytes.
    pub about_bytes: Option<Size>,
    /// Who keeps the run from its aim.
    pub held_by: Option<String>,
    /// What is used now, bytes.
    pub usage_bytes: Option<Size>,
    /// Free on the volume now, bytes.
    pub free_bytes: Option<Size>,
    /// The lowest height whose block the node still has whole.
    pub first_kept_height: Option<u32>,
    /// The node deletes whole files of blocks; `null`: unknown.
    pub whole_files: Option<bool>,
}

words! {
    /// How a job stands.
    PruneJobState {
        /// It runs.
        Running = "running",
        /// It came to its aim.
        Reached = "reached",
        /// Somebody keeps what it would have needed.
        Held = "held",
        /// Nothing more came of it.
        NoProgress = "no_progress",
        /// The node could not be asked, or refused.
        Failed = "failed",
        /// The daemon ended first.
        Interrupted = "interrupted",
    }
}

/// A prune job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PruneJob {
    /// Its number, which no other job has.
    pub id: u64,
    /// Why it started.
    pub trigger: PruneTrigger,
    /// How it stands.
    pub state: PruneJobState,
    /// What it was begun with.
    pub plan: PrunePlan,
    /// What became free on the volume, where that is watched, else what was deleted, bytes; `null`:
    /// unknown.
    pub freed_bytes: Option<Size>,
    /// Block files that were deleted, bytes; `null`: unknown.
    pub deleted_bytes: Option<Size>,
    /// The highest height that is gone; `null`: none is, or, if `freed_bytes` is unknown too, that
    /// is unknown.
    pub pruned_height: Option<u32>,
    /// Who kept it from its aim.
    pub held_by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

//! How pruning stands, and what came of a request, for the control API. Pure.

use super::forecast::Forecast;
use super::job::{Job, PlanRecord};

/// How pruning stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PruneStatus {
    /// The running job.
    pub job: Option<Job>,
    /// The last one that ended.
    pub last: Option<Job>,
    /// What is used, and what it is compared with.
    pub usage: UsageRecord,
    /// When the volume will be full.
    pub forecast: Option<Forecast>,
}

/// What is used, and what it is compared with. Bytes; `None`: not known.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRecord {
    /// What the planner compares.
    pub usage_bytes: Option<u64>,
    /// Block and undo files.
    pub blocks_bytes: Option<u64>,
    /// Chain state and indexes, where they can be measured.
    pub database_bytes: Option<u64>,
    /// A run starts above this.
    pub threshold_bytes: u64,
    /// And stops at this.
    pub target_bytes: u64,
    /// Free on the volume of the blocks.
    pub volume_free_bytes: Option<u64>,
    /// The size of that volume.
    pub volume_size_bytes: Option<u64>,
    /// A run also starts with less free than this; 0: it does not.
    pub min_free_bytes: u64,
    /// The lowest block that the node still has whole.
    pub first_kept_height: Option<u32>,
    /// The tip.
    pub tip_height: Option<u32>,
}

/// What came of a request to prune.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// A job, which runs, or has ended at once because everything is kept.
    Job(Box<Job>),
    /// Nothing is to be done, or nothing can be: the plan says which, and why.
    Not(Box<PlanRecord>),
    /// Another job is running.
    Busy(Box<Job>),
    /// The daemon is shutting down: nothing is begun any more.
    Closed,
}

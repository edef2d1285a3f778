//! A run as it is reported and saved: what it was for, how far it came, how it ended. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::{DecisionKind, Plan, PruneDecision, Target, TargetKind, Trigger};
use super::end::End;
use super::job_state::JobState;
use super::reading::Reading;
use super::run::PruneRun;
use crate::node::PruneReach;

/// A plan, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// What it comes to.
    pub action: DecisionKind,
    /// Why a run would start.
    pub trigger: Option<Trigger>,
    /// Why: a sentence.
    pub why: String,
    /// What is to be reached.
    pub aim: Option<TargetKind>,
    /// The usage or the free space to reach.
    pub target_bytes: Option<u64>,
    /// The height to reach.
    pub target_height: Option<u32>,
    /// The last height that goes, as far as is known.
    pub to_height: Option<u32>,
    /// About so much is freed.
    pub about_bytes: Option<u64>,
    /// Who keeps the run from its target.
    pub held_by: Option<String>,
    /// What is used now.
    pub usage_bytes: Option<u64>,
    /// What is free on the volume now.
    pub free_bytes: Option<u64>,
    /// The lowest block that the node still has whole.
    pub first_kept_height: Option<u32>,
    /// The node deletes whole files of blocks; `None`: a plan of a version that did not say.
    #[serde(default)]
    pub whole_files: Option<bool>,
}

impl PlanRecord {
    /// `plan`, which was made of `reading`.
    #[must_use]
    pub fn new(plan: &Plan, reading: &Reading) -> Self {
        let (action, target, step) = match &plan.decision {
            PruneDecision::Prune(step) => (DecisionKind::Prune, Some(step.target), Some(step)),
            PruneDecision::Held { target, .. } => (DecisionKind::Held, Some(*target), None),
            PruneDecision::Idle => (DecisionKind::Idle, None, None),
            PruneDecision::Blocked(_) => (DecisionKind::Blocked, None, None),
            PruneDecision::Refused => (DecisionKind::Refused, None, None),
        };
        let held_by = match &plan.decision {
            PruneDecision::Prune(step) => step.held_by.as_ref(),
            PruneDecision::Held { by, .. } => Some(by),
            _ => None,
        };
        let (aim, target_bytes, target_height) = match target {
            Some(Target::Usage(bytes)) => (Some(TargetKind::Usage), Some(bytes), None),
            Some(Target::Free(bytes)) => (Some(TargetKind::Free), Some(bytes), None),
            Some(Target::Height(height)) => (Some(TargetKind::Height), None, Some(height)),
            Some(Target::AllButKept) => (Some(TargetKind::AllButKept), None, None),
            None => (None, None, None),
        };
        // How much a node keeps that knows no height, it does not say.
        let knows_heights = reading.reach != PruneReach::All;
        Self {
            action,
            trigger: plan.trigger,
            why: plan.why.clone(),
            aim,
            target_bytes,
            target_height,
            to_height: step.map(|step| step.to_height).filter(|_| knows_heights),
            about_bytes: step
                .and_then(|step| step.about_bytes)
                .filter(|_| knows_heights),
            held_by: held_by.map(ToString::to_string),
            usage_bytes: reading.usage_bytes,
            free_bytes: reading.free_bytes,
            first_kept_height: reading.is_known().then_some(reading.first_kept),
            whole_files: Some(reading.reach == PruneReach::UpTo),
        }
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number, which no other has.
    pub id: u64,
    /// Why it started.
    pub trigger: Trigger,
    /// How it stands.
    pub state: JobState,
    /// What it was begun with.
    pub plan: PlanRecord,
    /// What became free on the volume, where that is watched, else what was deleted; `None`: not
    /// known.
    pub freed_bytes: Option<u64>,
    /// Bytes of block files that were deleted; `None`: not known.
    #[serde(default)]
    pub deleted_bytes: Option<u64>,
    /// The last block that is gone; `None`: none is, or, if what went is not known either, that is
    /// not known.
    pub pruned_height: Option<u32>,
    /// Who kept it from its target.
    pub held_by: Option<String>,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Job {
    /// A run that begins.
    #[must_use]
    pub fn started(id: u64, trigger: Trigger, plan: PlanRecord, now: Timestamp) -> Self {
        Self {
            id,
            trigger,
            state: JobState::Running,
            pruned_height: plan
                .first_kept_height
                .and_then(|first| first.checked_sub(1)),
            plan,
            freed_bytes: Some(0),
            deleted_bytes: Some(0),
            held_by: None,
            started_at: now,
            finished_at: None,
            error: None,
        }
    }

    /// It came so far.
    pub(super) fn advanced(&mut self, run: &PruneRun, reading: &Reading) {
        let freed_bytes = run.freed_bytes();
        self.freed_bytes = freed_bytes;
        self.deleted_bytes = run.deleted_bytes();
        if reading.is_known() {
            self.pruned_height = reading.first_kept.checked_sub(1);
        } else if freed_bytes.is_none() {
            self.pruned_height = None;
        }
    }

    /// It ended.
    pub fn ended(&mut self, end: &End, now: Timestamp) {
        self.state = end.state;
        self.held_by.clone_from(&end.held_by);
        self.error.clone_from(&end.error);
        self.finished_at = Some(now);
    }

    /// The daemon ended before it did. What the node deleted is deleted, and the rest is there: it
    /// does so file by file. How much that is nobody saw, and the node may have gone on since.
    pub fn interrupted(&mut self, now: Timestamp) {
        self.freed_bytes = None;
        self.deleted_bytes = None;
        self.pruned_height = None;
        self.state = JobState::Interrupted;
        self.error =
            Some("bllvmctl ended, or was given another node, before the run did".to_owned());
        self.finished_at = Some(now);
    }
}

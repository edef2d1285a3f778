//! The jobs, in memory for readers and saved for the next start. A job that cannot be saved delays
//! no run: the disk may be full, which is what the run is for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::warn;

use super::jobs::{Jobs, PastJob};
use super::records::Records;
use crate::prune::decision::{Rest, Trigger};
use crate::prune::job::{Job, PlanRecord};
use crate::prune::run::PruneRun;
use crate::state::{Batch, Table};
use crate::values::{Mono, Now};

pub(super) const JOBS: Table = Table::new("prune_jobs");

/// The jobs.
pub(in crate::prune) struct JobLog {
    records: Records,
    jobs: Mutex<Jobs>,
}

impl JobLog {
    pub(super) fn new(jobs: Jobs, records: Records) -> Self {
        Self {
            records,
            jobs: Mutex::new(jobs),
        }
    }

    pub(super) fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::prune) fn running(&self) -> Option<Job> {
        self.jobs().running.clone()
    }

    pub(in crate::prune) fn last(&self) -> Option<Job> {
        self.jobs().past.back().cloned()
    }

    pub(in crate::prune) fn by_id(&self, id: u64) -> Option<Job> {
        self.newest_first().into_iter().find(|job| job.id == id)
    }

    /// All that are remembered, the newest first.
    pub(in crate::prune) fn newest_first(&self) -> Vec<Job> {
        let jobs = self.jobs();
        jobs.running
            .iter()
            .chain(jobs.past.iter().rev())
            .cloned()
            .collect()
    }

    /// Starts a job, or returns the one that is running.
    pub(in crate::prune) async fn start(
        &self,
        trigger: Trigger,
        plan: PlanRecord,
        run: PruneRun,
        now: Now,
    ) -> Result<Job, Box<Job>> {
        let job = self.jobs().start(trigger, plan, run, now)?;
        let mut batch = Batch::default();
        batch.put(JOBS, key(job.id), &job);
        self.records.write_best_effort(batch).await;
        Ok(job)
    }

    /// The job that waits to be driven.
    pub(in crate::prune) fn take_run(&self) -> Option<(Job, PruneRun)> {
        self.jobs().take_run()
    }

    /// The running job sends no further call; which one that is.
    pub(in crate::prune) fn cancel(&self) -> Option<Job> {
        let mut jobs = self.jobs();
        jobs.is_cancelled = jobs.running.is_some();
        jobs.running.clone()
    }

    pub(in crate::prune) fn is_cancelled(&self) -> bool {
        self.jobs().is_cancelled
    }

    /// Changes the running job in memory; the disk gets its end.
    pub(in crate::prune) fn advance(&self, change: impl FnOnce(&mut Job)) {
        if let Some(job) = &mut self.jobs().running {
            change(job);
        }
    }

    /// Ends a job that nobody drives any more; which one that is.
    pub(in crate::prune) async fn interrupt(&self, now: Now) -> Option<Job> {
        let past = self.jobs().interrupt(now)?;
        warn!(job = past.job.id, "a prune job was interrupted");
        self.save(&past).await;
        Some(past.job)
    }

    /// Saves a job that is over.
    pub(super) async fn save(&self, past: &PastJob) {
        let mut batch = Batch::default();
        batch.put(JOBS, key(past.job.id), &past.job);
        if let Some(id) = past.forgotten_id {
            batch.remove(JOBS, key(id));
        }
        self.records.write_best_effort(batch).await;
    }

    /// Until when no automatic run begins.
    pub(in crate::prune) fn not_before(&self) -> Mono {
        self.jobs().not_before()
    }

    /// How far more must be allowed to go before a run is worth its call.
    pub(in crate::prune) fn rest(&self) -> Option<Rest> {
        self.jobs().rest.clone()
    }

    /// Somebody cancelled the last run, so that none begins by itself for the moment.
    pub(in crate::prune) fn is_paused_by_hand(&self, now: Mono) -> bool {
        self.jobs().is_paused_by_hand(now)
    }

    /// The last run failed, and how.
    pub(in crate::prune) fn failure(&self) -> Option<String> {
        self.jobs().failure()
    }
}

/// Numbers of the same length, so that the store has them in their order.
pub(super) fn key(id: u64) -> String {
    format!("{id:020}")
}

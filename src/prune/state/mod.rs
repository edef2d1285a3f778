//! The state of pruning: what is in memory for readers, and in the store for the next start.
//!
//! | file | |
//! |---|---|
//! | `leases` | the leases in force |
//! | `jobs`, `job_log` | the running job and the last ones; what delays the next |
//! | `disk_history` | samples of the disk, for the forecast |
//! | `findings` | facts about the node and its volume, the standing plan |
//! | `records` | the writes |
//!
//! Here is what concerns several of them. Invariant: one run at a time. No lock is held while the
//! disk is waited for. The lock of `jobs` may be taken under that of `leases`, never the other way.

mod disk_history;
mod findings;
mod grant_error;
mod job_log;
mod jobs;
mod leases;
mod records;

pub(super) use findings::StandingPlan;
pub use grant_error::GrantError;
pub use leases::{Granted, LEASES};

use std::sync::Arc;

use tracing::{info, warn};

use disk_history::{DAYS, DiskHistory, SAMPLES};
use findings::{FINDINGS, Findings, NO_ROOM};
use grant_error::with_causes;
use job_log::{JOBS, JobLog};
use jobs::Jobs;
use leases::LeaseState;
use records::Records;

use crate::prune::decision::Trigger;
use crate::prune::end::End;
use crate::prune::forecast::{SampleHistory, SampleRecord};
use crate::prune::job::Job;
use crate::prune::job_state::JobState;
use crate::prune::lease::{LeaseRecord, Leases};
use crate::prune::obstacle::NoRoom;
use crate::prune::run::RunStep;
use crate::state::{Batch, NodeStore, StoreError};
use crate::values::{Mono, Now};

/// What is counted, for metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PruneCounts {
    /// Runs that ended since the daemon's start, by trigger and outcome.
    pub runs: Vec<(&'static str, &'static str, u64)>,
    /// Bytes that they freed.
    pub freed_bytes: u64,
    /// When the last run ended, seconds since 1970.
    pub last_run_secs: Option<i64>,
    /// Leases in force.
    pub leases: usize,
}

/// The state of pruning one node.
pub(super) struct PruneState {
    pub(super) leases: LeaseState,
    pub(super) jobs: JobLog,
    pub(super) disk: DiskHistory,
    pub(super) findings: Findings,
    records: Records,
}

impl PruneState {
    /// Opens what survived the last run. A job that was running is interrupted.
    pub(super) fn open(store: Arc<NodeStore>, now: Now) -> Result<Self, StoreError> {
        let mut batch = Batch::default();
        let leases = open_leases(&store, &mut batch, now)?;
        let jobs = open_jobs(&store, &mut batch, now)?;
        let samples: Option<Vec<SampleRecord>> = value_of(readable(store.load(SAMPLES))?, DAYS);
        let no_room: Option<NoRoom> = value_of(readable(store.load(FINDINGS))?, NO_ROOM);
        let history = SampleHistory::restored(&samples.unwrap_or_default(), now.wall.as_second());
        if let Err(error) = store.write(&batch) {
            warn!(error = with_causes(&error), "the state cannot be written");
        }
        let records = Records::new(store);
        Ok(Self {
            leases: LeaseState::new(leases, records.clone()),
            jobs: JobLog::new(jobs, records.clone()),
            disk: DiskHistory::new(history, records.clone()),
            findings: Findings::new(no_room, records.clone()),
            records,
        })
    }

    /// Why the last change was not saved, if it was not.
    pub(super) fn trouble(&self) -> Option<Arc<String>> {
        self.records.trouble()
    }

    /// Perhaps another node: nothing that was found out holds.
    pub(super) fn forget_all(&self) {
        self.findings.forget_all();
        self.jobs.jobs().forget_pauses();
    }

    /// The node is that of `epoch`. If it was another one, or of another chain, nothing that was
    /// found out holds.
    pub(super) fn forget_other(&self, epoch: u64) {
        if self.findings.forget_other(epoch) {
            self.jobs.jobs().forget_pauses();
        }
    }

    /// What the running job does next, by the leases of this moment.
    pub(super) fn next_step(&self, now: Mono, decide: impl FnOnce(&Leases) -> RunStep) -> RunStep {
        self.leases.next_step(now, |leases| match decide(leases) {
            RunStep::Call { .. } if self.jobs.is_cancelled() => RunStep::End(End::cancelled()),
            step => step,
        })
    }

    /// Ends the running job.
    pub(super) async fn end_job(&self, end: &End, now: Now) -> Option<Job> {
        let past = self.jobs.jobs().end(end, now)?;
        self.findings.run_ended(end, &past.job).await;
        self.jobs.save(&past).await;
        Some(past.job)
    }

    /// What is counted.
    pub(super) fn counts(&self, now: Mono) -> PruneCounts {
        let leases = self.leases.current(now).len();
        let jobs = self.jobs.jobs();
        // Also what has not been yet: a counter that begins at zero shows its first step.
        let mut runs = Vec::new();
        for trigger in Trigger::ALL {
            for end in JobState::ENDS {
                let count = jobs.counts.get(&(trigger, end)).copied().unwrap_or(0);
                runs.push((trigger.as_str(), end.as_str(), count));
            }
        }
        let last = jobs.past.iter().rev().find_map(|job| job.finished_at);
        PruneCounts {
            runs,
            freed_bytes: jobs.freed_bytes,
            last_run_secs: last.map(jiff::Timestamp::as_second),
            leases,
        }
    }
}

/// The leases in force; those that have expired go out of the store with `batch`.
fn open_leases(store: &NodeStore, batch: &mut Batch, now: Now) -> Result<Leases, StoreError> {
    let stored: Vec<(String, LeaseRecord)> = store.load(LEASES)?;
    let records: Vec<LeaseRecord> = stored.into_iter().map(|(_, record)| record).collect();
    let leases = Leases::restored(&records, now);
    for record in &records {
        if !leases.contains(&record.name) {
            info!(lease = record.name, "lease expired");
            batch.remove(LEASES, record.name.as_str());
        }
    }
    Ok(leases)
}

/// The jobs that are remembered; one that was interrupted is saved as such with `batch`.
fn open_jobs(store: &NodeStore, batch: &mut Batch, now: Now) -> Result<Jobs, StoreError> {
    let mut jobs = Jobs::default();
    for (_, job) in readable(store.load::<Job>(JOBS))? {
        if let Some(interrupted) = jobs.restore(job, now) {
            warn!(
                job = interrupted.id,
                "a prune job was interrupted by the end of bllvmctl"
            );
            batch.put(JOBS, job_log::key(interrupted.id), &interrupted);
        }
    }
    Ok(jobs)
}

fn value_of<T>(stored: Vec<(String, T)>, key: &str) -> Option<T> {
    stored
        .into_iter()
        .find(|(stored_key, _)| stored_key == key)
        .map(|(_, value)| value)
}

/// What another version wrote and this one cannot read is done without. Of leases that would not
/// do: they protect.
fn readable<T>(loaded: Result<Vec<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    match loaded {
        Err(error @ StoreError::Document { .. }) => {
            warn!(
                error = with_causes(&error),
                "a part of the history is not known"
            );
            Ok(Vec::new())
        }
        loaded => loaded,
    }
}

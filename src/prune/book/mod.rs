//! The book of pruning: leases, runs, the disk's history. What it holds is in memory for readers,
//! and in the store for the next start.
//!
//! Invariants: a lease that was granted is on the disk; one run at a time. No lock is held while
//! the disk is waited for. A record of a run that cannot be written delays no run: the disk may be
//! full, which is what the run is for.

mod leases;
mod runs;

pub use leases::{GrantError, Granted};

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{info, warn};

use crate::node::Volume;
use crate::prune::decision::{Plan, Rest, Trigger};
use crate::prune::forecast::{Forecast, History, SampleRecord};
use crate::prune::job::{Job, JobState, PlanRecord};
use crate::prune::lease::{LeaseRecord, Leases};
use crate::prune::reading::{Facts, NoRoom};
use crate::prune::run::Run;
use crate::state::{Batch, NodeStore, StoreError, Table};
use crate::values::{Mono, Now};

/// The leases, by their names.
pub const LEASES: Table = Table::new("leases");
const JOBS: Table = Table::new("prune_jobs");
const SAMPLES: Table = Table::new("disk_samples");
const DAYS: &str = "days";
const FINDINGS: Table = Table::new("prune_findings");
const NO_ROOM: &str = "no_room";

/// What the next automatic run hangs on.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::prune) struct Outlook {
    pub(in crate::prune) plan: Plan,
    pub(in crate::prune) record: PlanRecord,
}

#[derive(Default)]
struct State {
    leases: Leases,
    running: Option<Job>,
    /// The running job's run, until the loop takes it up.
    run: Option<Run>,
    /// A call that is open deletes up to here.
    deleting_up_to: Option<u32>,
    past: VecDeque<Job>,
    last_id: u64,
    runs: BTreeMap<(Trigger, JobState), u64>,
    freed_bytes: u64,
    rest: Option<Rest>,
    failures: u32,
    not_before: Mono,
    history: History,
    facts: Facts,
    outlook: Option<Outlook>,
    /// The running job is to send no further call.
    is_cancelled: bool,
    /// Until then no run begins by itself, since somebody cancelled one.
    cancelled_until: Mono,
    /// Runs were in vain since the volume changed.
    no_room: Option<NoRoom>,
}

impl State {
    /// What runs deleted in vain so far, with what the last one did.
    fn deleted_in_vain(&self, last: NoRoom) -> NoRoom {
        let (deleted, freed) = self
            .no_room
            .map_or((0, 0), |before| (before.deleted_bytes, before.freed_bytes));
        NoRoom {
            deleted_bytes: deleted.saturating_add(last.deleted_bytes),
            freed_bytes: freed.saturating_add(last.freed_bytes),
            ..last
        }
    }
}

/// What is counted, for metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Runs that ended since the daemon's start, by trigger and outcome.
    pub runs: Vec<(&'static str, &'static str, u64)>,
    /// Bytes that they freed.
    pub freed_bytes: u64,
    /// When the last run ended, seconds since 1970.
    pub last_run_secs: Option<i64>,
    /// Leases in force.
    pub leases: usize,
}

pub(in crate::prune) struct Book {
    store: Arc<NodeStore>,
    state: Mutex<State>,
    /// One change at a time goes to the disk and then into memory.
    writing: tokio::sync::Mutex<()>,
}

impl Book {
    /// Opens what survived the last run. A job that was running is interrupted.
    pub(in crate::prune) fn open(store: Arc<NodeStore>, now: Now) -> Result<Self, StoreError> {
        let records: Vec<LeaseRecord> = store
            .load(LEASES)?
            .into_iter()
            .map(|(_, record)| record)
            .collect();
        let samples: Vec<(String, Vec<SampleRecord>)> = readable(store.load(SAMPLES))?;
        let samples = samples
            .into_iter()
            .find(|(key, _)| key == DAYS)
            .map(|(_, samples)| samples)
            .unwrap_or_default();
        let findings: Vec<(String, NoRoom)> = readable(store.load(FINDINGS))?;
        let mut state = State {
            no_room: findings
                .into_iter()
                .find(|(key, _)| key == NO_ROOM)
                .map(|(_, no_room)| no_room),
            leases: Leases::restored(&records, now),
            history: History::restored(&samples, now.wall.as_second()),
            ..State::default()
        };
        let mut batch = Batch::default();
        for record in records
            .iter()
            .filter(|record| !state.leases.contains(&record.name))
        {
            info!(lease = record.name, "lease expired");
            batch.remove(LEASES, record.name.as_str());
        }
        for (_, mut job) in readable(store.load::<Job>(JOBS))? {
            state.last_id = state.last_id.max(job.id);
            if job.state == JobState::Running {
                job.interrupted(now.wall);
                warn!(
                    job = job.id,
                    "a prune job was interrupted by the end of bllvmctl"
                );
                batch.put(JOBS, runs::key(job.id), &job);
                runs::count(&mut state, &job);
            }
            state.past.push_back(job);
        }
        if let Err(error) = store.write(&batch) {
            warn!(error = told(&error), "the state cannot be written");
        }
        Ok(Self {
            store,
            state: Mutex::new(state),
            writing: tokio::sync::Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, batch: Batch) -> Result<(), GrantError> {
        if batch.is_empty() {
            return Ok(());
        }
        let store = Arc::clone(&self.store);
        let written = tokio::task::spawn_blocking(move || store.write(&batch)).await;
        Ok(written.map_err(|join| GrantError::Write(join.to_string()))??)
    }

    /// Writes what is good to have but not needed.
    async fn note(&self, batch: Batch) {
        if let Err(error) = self.write(batch).await {
            warn!(
                error = told(&error),
                "the state cannot be written; pruning goes on without"
            );
        }
    }

    pub(in crate::prune) fn facts(&self) -> Facts {
        self.state().facts.clone()
    }

    pub(in crate::prune) fn learn(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.state().facts);
    }

    /// Perhaps another node: nothing that was found out stands.
    pub(in crate::prune) fn forget_all(&self) {
        let mut state = self.state();
        state.facts = Facts::default();
        (state.rest, state.failures, state.not_before, state.outlook) =
            (None, 0, Mono::START, None);
    }

    /// Another node, or another chain: nothing that was found out stands.
    pub(in crate::prune) fn forget(&self, epoch: u64) {
        let mut state = self.state();
        if state.facts.epoch != epoch {
            state.facts = Facts {
                epoch,
                ..Facts::default()
            };
            (state.rest, state.failures, state.not_before) = (None, 0, Mono::START);
        }
    }

    /// Runs were in vain, of a volume that has not changed since.
    /// Why the last change was not written down, if it was not.
    pub(in crate::prune) fn trouble(&self) -> Option<Arc<String>> {
        self.store.trouble()
    }

    pub(in crate::prune) fn no_room(&self) -> Option<NoRoom> {
        self.state().no_room
    }

    /// Forgets that runs were in vain once the volume has changed by itself; what is known of it.
    pub(in crate::prune) async fn look_at_room(&self, volume: Option<Volume>) {
        let is_over = {
            let mut state = self.state();
            let Some((no_room, volume)) = state.no_room.as_mut().zip(volume) else {
                return;
            };
            no_room.seen(volume);
            no_room.is_over(volume)
        };
        if is_over {
            info!("the volume has room again; pruning starts by itself when it is due");
            self.state().no_room = None;
            self.write_no_room().await;
        }
    }

    async fn write_no_room(&self) {
        let mut batch = Batch::default();
        match self.no_room() {
            Some(no_room) => batch.put(FINDINGS, NO_ROOM, &no_room),
            None => batch.remove(FINDINGS, NO_ROOM),
        }
        self.note(batch).await;
    }

    pub(in crate::prune) fn outlook(&self) -> Option<Outlook> {
        self.state().outlook.clone()
    }

    pub(in crate::prune) fn look_out(&self, outlook: Outlook) -> Option<Outlook> {
        self.state().outlook.replace(outlook)
    }

    pub(in crate::prune) fn sample(&self, volume: Volume, now: Mono) {
        // Its sums take a millisecond, for which no reader is to wait. Only one loop writes it.
        let mut history = self.state().history.clone();
        history.record(volume, now);
        self.state().history = history;
    }

    pub(in crate::prune) async fn keep_samples(&self, now: Now) {
        let records = self.state().history.records(now.mono, now.wall.as_second());
        let mut batch = Batch::default();
        batch.put(SAMPLES, DAYS, &records);
        self.note(batch).await;
    }

    pub(in crate::prune) fn forecast(&self, free_bytes: u64) -> Option<Forecast> {
        self.state().history.forecast(free_bytes)
    }

    pub(in crate::prune) fn counts(&self, now: Mono) -> Counts {
        let state = self.state();
        // Also what has not been yet: a counter that begins at zero shows its first step.
        let runs = Trigger::ALL
            .into_iter()
            .flat_map(|trigger| JobState::ENDS.map(|end| (trigger, end)));
        let runs = runs.map(|run| {
            (
                run.0.as_str(),
                run.1.as_str(),
                state.runs.get(&run).copied().unwrap_or(0),
            )
        });
        let last = state.past.iter().rev().find_map(|job| job.finished_at);
        Counts {
            runs: runs.collect(),
            freed_bytes: state.freed_bytes,
            last_run_secs: last.map(jiff::Timestamp::as_second),
            leases: state.leases.current(now).len(),
        }
    }
}

/// What another version wrote and this one cannot read is done without. Of leases that would not
/// do: they protect.
fn readable<T>(loaded: Result<Vec<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    match loaded {
        Err(error @ StoreError::Document { .. }) => {
            warn!(error = told(&error), "a part of the history is not known");
            Ok(Vec::new())
        }
        loaded => loaded,
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

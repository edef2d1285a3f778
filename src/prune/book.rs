//! The book of pruning: leases, runs, the disk's history. What it holds is in memory for readers, and in the store for
//! the next start.
//!
//! Invariants: a lease that was granted is on the disk; one run at a time. No lock is held while the disk is waited
//! for. A record of a run that cannot be written delays no run: the disk may be full, which is what the run is for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::course::{Course, End};
use super::forecast::{Forecast, History, SampleRecord};
use super::job::{Job, JobState, PlanRecord};
use super::lease::{Keeps, LeaseError, LeaseRecord, Leases};
use super::plan::{Plan, Rest, Trigger};
use super::reading::Facts;
use crate::clock;
use crate::node::Volume;
use crate::state::{Batch, Store, StoreError, Table};
use crate::values::{Mono, Now};

const LEASES: Table = Table::new("leases");
const JOBS: Table = Table::new("prune_jobs");
const SAMPLES: Table = Table::new("disk_samples");
const DAYS: &str = "days";

/// Runs that are remembered.
const REMEMBERED: usize = 100;
/// A run at the limit is worth another call once so many blocks more may go; it doubles up to the second number while
/// runs free nothing. On the main chain some 85 blocks fill a file.
const REST_BLOCKS: (u32, u32) = (12, 36);
/// A run that failed is tried again after so long, and after twice as long each time, up to the second.
const AGAIN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// What the next automatic run hangs on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outlook {
    pub(super) plan: Plan,
    pub(super) record: PlanRecord,
}

#[derive(Default)]
struct State {
    leases: Leases,
    running: Option<Job>,
    /// The running job's course, until the loop takes it up.
    course: Option<Course>,
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

/// Why a lease was not granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It cannot be one.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// It cannot be kept over a restart.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The write did not end as it should.
    #[error("the lease was not written: {0}")]
    Write(String),
}

pub(super) struct Book {
    store: Arc<Store>,
    state: Mutex<State>,
    /// One change at a time goes to the disk and then into memory.
    writing: tokio::sync::Mutex<()>,
}

impl Book {
    /// Opens what survived the last run. A job that was running is interrupted.
    pub(super) fn open(store: Arc<Store>, now: Now) -> Result<Self, StoreError> {
        let records: Vec<LeaseRecord> = store.load(LEASES)?.into_iter().map(|(_, record)| record).collect();
        let samples: Vec<(String, Vec<SampleRecord>)> = store.load(SAMPLES)?;
        let samples = samples.into_iter().find(|(key, _)| key == DAYS).map(|(_, samples)| samples).unwrap_or_default();
        let mut state = State {
            leases: Leases::restored(&records, now),
            history: History::restored(&samples, now.wall.as_second()),
            ..State::default()
        };
        let mut batch = Batch::default();
        for record in records.iter().filter(|record| !state.leases.contains(&record.name)) {
            info!(lease = record.name, "lease expired");
            batch.remove(LEASES, record.name.as_str());
        }
        for (_, mut job) in store.load::<Job>(JOBS)? {
            state.last_id = state.last_id.max(job.id);
            if job.state == JobState::Running {
                job.interrupted(now.wall);
                warn!(job = job.id, "a prune job was interrupted by the end of bllvmctl");
                batch.put(JOBS, key(job.id), &job);
                count(&mut state, &job);
            }
            state.past.push_back(job);
        }
        if let Err(error) = store.write(&batch) {
            warn!(error = told(&error), "the state cannot be written");
        }
        Ok(Self { store, state: Mutex::new(state), writing: tokio::sync::Mutex::default() })
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
            warn!(error = told(&error), "the state cannot be written; pruning goes on without");
        }
    }

    // Leases.

    pub(super) fn leases(&self, now: Mono) -> Leases {
        self.state().leases.current(now)
    }

    pub(super) fn lease_records(&self, now: Now) -> Vec<LeaseRecord> {
        self.state().leases.current(now.mono).records(now)
    }

    /// Grants a lease, once it is on the disk; whether it replaced one.
    pub(super) async fn grant(
        &self,
        name: &str,
        keeps: Keeps,
        ttl: Option<Duration>,
    ) -> Result<(LeaseRecord, bool), GrantError> {
        let _one_at_a_time = self.writing.lock().await;
        let now = clock::now();
        let mut leases = self.leases(now.mono);
        let replaced = leases.add(name, keeps, ttl, now)?;
        let record = leases.records(now).into_iter().find(|record| record.name == name);
        let Some(record) = record else { return Err(LeaseError::Name(name.to_owned()).into()) };
        let mut batch = Batch::default();
        batch.put(LEASES, name, &record);
        // It holds from now on, also while it is written; a run that has begun looks at it before each call.
        let before = std::mem::replace(&mut self.state().leases, leases);
        if let Err(error) = self.write(batch).await {
            self.state().leases = before;
            return Err(error);
        }
        info!(
            lease = name,
            from_height = record.from_height,
            last = record.last,
            ttl_secs = record.ttl_secs,
            "lease granted"
        );
        Ok((record, replaced))
    }

    /// Ends a lease; whether there was one.
    pub(super) async fn release(&self, name: &str) -> Result<bool, GrantError> {
        let _one_at_a_time = self.writing.lock().await;
        if !self.leases(clock::mono()).contains(name) {
            return Ok(false);
        }
        let mut batch = Batch::default();
        batch.remove(LEASES, name);
        self.write(batch).await?;
        self.state().leases.release(name);
        info!(lease = name, "lease released");
        Ok(true)
    }

    /// Takes out the leases whose time has passed.
    pub(super) async fn expire(&self, now: Mono) {
        let _one_at_a_time = self.writing.lock().await;
        let over = self.state().leases.expire(now);
        let mut batch = Batch::default();
        for name in over {
            info!(lease = name, "lease expired");
            batch.remove(LEASES, name);
        }
        self.note(batch).await;
    }

    /// Writes the leases anew: the wall clock was set, and their ends with it.
    pub(super) async fn rewrite_leases(&self, now: Now) {
        let _one_at_a_time = self.writing.lock().await;
        let mut batch = Batch::default();
        for record in self.lease_records(now) {
            batch.put(LEASES, record.name.clone(), &record);
        }
        self.note(batch).await;
    }

    // Runs.

    pub(super) fn running(&self) -> Option<Job> {
        self.state().running.clone()
    }

    pub(super) fn last(&self) -> Option<Job> {
        self.state().past.back().cloned()
    }

    pub(super) fn job(&self, id: u64) -> Option<Job> {
        let state = self.state();
        state.running.iter().chain(&state.past).find(|job| job.id == id).cloned()
    }

    /// All that are remembered, the newest first.
    pub(super) fn jobs(&self) -> Vec<Job> {
        let state = self.state();
        state.running.iter().chain(state.past.iter().rev()).cloned().collect()
    }

    /// Begins a run, or tells which one is running.
    pub(super) async fn begin(
        &self,
        trigger: Trigger,
        plan: PlanRecord,
        course: Course,
        now: Now,
    ) -> Result<Job, Box<Job>> {
        let job = {
            let mut state = self.state();
            if let Some(running) = &state.running {
                return Err(Box::new(running.clone()));
            }
            state.last_id += 1;
            let job = Job::begun(state.last_id, trigger, plan, now.wall);
            (state.running, state.course) = (Some(job.clone()), Some(course));
            job
        };
        let mut batch = Batch::default();
        batch.put(JOBS, key(job.id), &job);
        self.note(batch).await;
        Ok(job)
    }

    /// The run that waits to be taken up.
    pub(super) fn take_up(&self) -> Option<(Job, Course)> {
        let mut state = self.state();
        let course = state.course.take()?;
        Some((state.running.clone()?, course))
    }

    /// Changes the running job in memory; the disk gets its end.
    pub(super) fn advance(&self, change: impl FnOnce(&mut Job)) {
        if let Some(job) = &mut self.state().running {
            change(job);
        }
    }

    /// Ends the running job, and says what follows for the next one.
    pub(super) async fn end(&self, end: &End, now: Now) -> Option<Job> {
        let (job, forgotten) = {
            let mut state = self.state();
            let mut job = state.running.take()?;
            state.course = None;
            job.ended(end, now.wall);
            state.freed_bytes = state.freed_bytes.saturating_add(job.freed_bytes);
            follow_up(&mut state, end, job.freed_bytes, now.mono);
            (job.clone(), remember(&mut state, job))
        };
        self.write_past(&job, forgotten).await;
        Some(job)
    }

    /// Ends a job that nobody drives any more.
    pub(super) async fn interrupt(&self, now: Now) {
        let left_over = {
            let mut state = self.state();
            // One that nobody has taken up yet is driven next.
            let left_over = if state.course.is_none() { state.running.take() } else { None };
            left_over.map(|mut job| {
                job.interrupted(now.wall);
                (job.clone(), remember(&mut state, job))
            })
        };
        if let Some((job, forgotten)) = left_over {
            warn!(job = job.id, "a prune job was interrupted");
            self.write_past(&job, forgotten).await;
        }
    }

    async fn write_past(&self, job: &Job, forgotten: Option<u64>) {
        let mut batch = Batch::default();
        batch.put(JOBS, key(job.id), job);
        if let Some(id) = forgotten {
            batch.remove(JOBS, key(id));
        }
        self.note(batch).await;
    }

    /// Until when no automatic run begins, and until how far more may go.
    pub(super) fn patience(&self) -> (Mono, Option<Rest>) {
        let state = self.state();
        (state.not_before, state.rest)
    }

    /// The last run failed, and how.
    pub(super) fn failure(&self) -> Option<String> {
        let state = self.state();
        let error = || state.past.back().and_then(|job| job.error.clone()).unwrap_or_default();
        (state.failures > 0).then(error)
    }

    // What is known of the node and the disk.

    pub(super) fn facts(&self) -> Facts {
        self.state().facts.clone()
    }

    pub(super) fn learn(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.state().facts);
    }

    /// Another node, or another chain: nothing that was found out stands.
    pub(super) fn forget(&self, epoch: u64) {
        let mut state = self.state();
        if state.facts.epoch != epoch {
            state.facts = Facts { epoch, ..Facts::default() };
            (state.rest, state.failures, state.not_before) = (None, 0, Mono::START);
        }
    }

    pub(super) fn outlook(&self) -> Option<Outlook> {
        self.state().outlook.clone()
    }

    pub(super) fn look_out(&self, outlook: Outlook) -> Option<Outlook> {
        self.state().outlook.replace(outlook)
    }

    pub(super) fn sample(&self, volume: Volume, now: Mono) {
        self.state().history.record(volume, now);
    }

    pub(super) async fn keep_samples(&self, now: Now) {
        let records = self.state().history.records(now.mono, now.wall.as_second());
        let mut batch = Batch::default();
        batch.put(SAMPLES, DAYS, &records);
        self.note(batch).await;
    }

    pub(super) fn forecast(&self, free_bytes: u64) -> Option<Forecast> {
        self.state().history.forecast(free_bytes)
    }

    pub(super) fn counts(&self, now: Mono) -> Counts {
        let state = self.state();
        // Also what has not been yet: a counter that begins at zero shows its first step.
        let runs = Trigger::ALL.into_iter().flat_map(|trigger| JobState::ENDS.map(|end| (trigger, end)));
        let runs = runs.map(|run| (run.0.as_str(), run.1.as_str(), state.runs.get(&run).copied().unwrap_or(0)));
        let last = state.past.iter().rev().find_map(|job| job.finished_at);
        Counts {
            runs: runs.collect(),
            freed_bytes: state.freed_bytes,
            last_run_secs: last.map(jiff::Timestamp::as_second),
            leases: state.leases.current(now).len(),
        }
    }
}

fn key(id: u64) -> String {
    format!("{id:020}")
}

fn count(state: &mut State, job: &Job) {
    if let Some(trigger) = Trigger::ALL.into_iter().find(|trigger| trigger.as_str() == job.trigger) {
        *state.runs.entry((trigger, job.state)).or_default() += 1;
    }
}

/// Puts a job among the past ones; the id of the one that is forgotten for it.
fn remember(state: &mut State, job: Job) -> Option<u64> {
    count(state, &job);
    state.past.push_back(job);
    let forgotten = if state.past.len() > REMEMBERED { state.past.pop_front() } else { None };
    forgotten.map(|job| job.id)
}

fn follow_up(state: &mut State, end: &End, freed_bytes: u64, now: Mono) {
    state.rest = end.exhausted_below.map(|at| {
        let before = state.rest.map(|rest| rest.blocks).filter(|_| freed_bytes == 0);
        Rest { at, blocks: before.map_or(REST_BLOCKS.0, |blocks| (blocks * 2).min(REST_BLOCKS.1)) }
    });
    let in_vain = end.state == JobState::NoProgress && end.exhausted_below.is_none();
    if end.state != JobState::Failed && !in_vain {
        state.failures = 0;
        return;
    }
    let pause = AGAIN.0.saturating_mul(1 << state.failures.min(10)).min(AGAIN.1);
    state.failures = state.failures.saturating_add(1);
    state.not_before = now.after(pause);
}

impl GrantError {
    /// With its causes, on one line.
    #[must_use]
    pub fn told(&self) -> String {
        told(self)
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

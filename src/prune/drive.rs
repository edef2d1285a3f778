//! One run, from its first call to its end: measure, decide, ask the node, measure again.
//!
//! A call to prune has no time limit, and takes one of the node's workers; while it is open,
//! everybody else is answered from memory. Invariant: who in the node needs blocks is asked right
//! before each call, and where that cannot be had, none is sent.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use super::decision::TargetKind;
use super::end::End;
use super::gain::noise_over;
use super::job::Job;
use super::job_event::event_of;
use super::obstacle::Obstacle;
use super::pruner::Pruner;
use super::reading::{Reading, has_no_indexes};
use super::retention;
use super::run::{PruneRun, RunStep};
use super::task::PruneTask;
use crate::clock;
use crate::node::{NodeError, NodeResult, PruneReach, PruneTo, Pruned};
use crate::values::Mono;
use crate::watch::Topic;

/// Logs that `job` begins.
fn log_begin(job: &Job) {
    info!(
        job = job.id,
        trigger = job.trigger.as_str(),
        why = job.plan.why,
        aim = job.plan.aim.map(TargetKind::as_str),
        target_bytes = job.plan.target_bytes,
        target_height = job.plan.target_height,
        to_height = job.plan.to_height,
        about_bytes = job.plan.about_bytes,
        held_by = job.plan.held_by,
        "pruning begins"
    );
}

impl PruneTask {
    /// Drives a job to its end.
    pub(super) async fn drive(&self, job: &Job, mut run: PruneRun) {
        let began = clock::mono();
        if self.pruner.is_closed() {
            self.pruner.finish(&End::interrupted(), began).await;
            return;
        }
        log_begin(job);
        let mut called = began;
        let process = self.pruner.board.read().process;
        let end = loop {
            let reading = self.measure_for(&mut run, called).await;
            if self.is_restarted(process) {
                break restarted();
            }
            let policy = &self.pruner.settings().policy;
            // A lease that is granted from here on is answered with what is being deleted.
            let next = self.pruner.state.next_step(clock::mono(), |leases| {
                match run.next_step(&reading, policy, leases) {
                    RunStep::Call { .. } if self.pruner.is_closed() => {
                        RunStep::End(End::interrupted())
                    }
                    next => next,
                }
            });
            match next {
                RunStep::End(end) => break end,
                RunStep::Call { to_height, is_all } => {
                    let job = job.id;
                    let first_kept = reading.first_kept;
                    debug!(job, to_height, first_kept, "asking the node to prune");
                    called = clock::mono();
                    let answer = self.call(to_height, is_all, process).await;
                    self.pruner.state.leases.call_ended();
                    if let Ok(Ok(Pruned::Done(extent))) = answer {
                        run.answered(extent);
                    }
                    if let Some(end) =
                        answer.map_or_else(Some, |answer| self.end_of_call(answer, reading.tip))
                    {
                        // It may have deleted something all the same.
                        self.measure_for(&mut run, called).await;
                        break end;
                    }
                }
            }
        };
        self.pruner.finish(&end, began).await;
    }

    /// What has come of `run` so far, the last call of which was sent at `called`, is in the job
    /// with this.
    async fn measure_for(&self, run: &mut PruneRun, called: Mono) -> Reading {
        let mut reading = self.measure().await;
        let mut noise_bytes = 0;
        if run.is_short_of_room(&reading) {
            noise_bytes = self.wait_for_room(run, called, &mut reading).await;
        }
        run.measured(&reading, noise_bytes);
        self.pruner
            .state
            .jobs
            .advance(|job| job.advanced(run, &reading));
        reading
    }

    /// Waits until the room of what was deleted is there: a file system may free it a while later,
    /// with what it writes next. Until then `reading` gets the most that was free; how much the
    /// volume has changed by itself since the call.
    async fn wait_for_room(&self, run: &PruneRun, called: Mono, reading: &mut Reading) -> u64 {
        const MAX_LOOKS: u32 = 20;
        const LOOK_INTERVAL: Duration = Duration::from_millis(250);
        const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);
        match timeout(FLUSH_TIMEOUT, self.node.settle_volume()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                debug!(%error, "cannot sync the volume; its free space may be out of date");
            }
            Err(_) => debug!("syncing the volume takes long; its free space may be out of date"),
        }
        let mut range = None;
        let first = clock::mono();
        for _ in 0..MAX_LOOKS {
            self.pruner.look_at(&[Topic::Volume]).await;
            let Some(free) = self.pruner.reading(clock::now()).free_bytes else {
                break;
            };
            let (least, most) = range.unwrap_or((free, free));
            range = Some((least.min(free), most.max(free)));
            reading.free_bytes = Some(most.max(free));
            if !run.is_short_of_room(reading) || self.pruner.is_closed() {
                break;
            }
            sleep(LOOK_INTERVAL).await;
        }
        let now = clock::mono();
        range.map_or(0, |(least, most)| {
            noise_over(most - least, now.since(first), now.since(called))
        })
    }

    /// A fresh look. A node that refuses for the moment is asked some more times.
    async fn measure(&self) -> Reading {
        const MAX_ATTEMPTS: u32 = 10;
        for _ in 1..MAX_ATTEMPTS {
            self.pruner.look().await;
            let reading = self.pruner.reading(clock::now());
            let refused = self
                .pruner
                .board
                .read()
                .collector(Topic::Chain)
                .failure
                .clone();
            if !matches!(refused, Some(NodeError::Busy { .. })) {
                return reading;
            }
            sleep(RETRY_DELAY).await;
        }
        self.pruner.reading(clock::now())
    }

    /// Asks the node to prune, and again if it was too busy to begin; the end of the run, if it is
    /// not to be asked.
    async fn call(
        &self,
        to_height: u32,
        is_all: bool,
        process: u64,
    ) -> Result<NodeResult<Pruned>, End> {
        const MAX_ATTEMPTS: u32 = 30;
        let mut to = PruneTo::Height(to_height);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let worker = self.workers.borrow().await;
            if self.pruner.is_closed() {
                return Err(End::interrupted());
            }
            if self.pruner.state.jobs.is_cancelled() {
                return Err(End::cancelled());
            }
            if self.is_restarted(process) {
                return Err(restarted());
            }
            let answer = match self.ask_who_needs(to_height).await? {
                Ok(()) => self.node.prune(to).await,
                Err(error) => Err(error),
            };
            drop(worker);
            match answer {
                Ok(Pruned::OnlyAll) if is_all && to != PruneTo::All => to = PruneTo::All,
                Err(NodeError::Busy { .. }) if attempts < MAX_ATTEMPTS => sleep(RETRY_DELAY).await,
                answer => return Ok(answer),
            }
        }
    }

    /// The node is another process than `process`, for which the run was begun: perhaps with
    /// another chain.
    fn is_restarted(&self, process: u64) -> bool {
        self.pruner.board.read().process != process
    }

    /// Nobody in the node needs blocks up to `to_height` at this moment, or the run ends: an index
    /// that is being built ends a node whose blocks are gone, and the node may have been restarted
    /// with other flags since the last poll.
    async fn ask_who_needs(&self, to_height: u32) -> Result<NodeResult<()>, End> {
        let dialect = self.pruner.board.read().dialect();
        let indexes = match self.node.indexes().await {
            Ok(indexes) => indexes,
            Err(error) if has_no_indexes(&error, &dialect) => return Ok(Ok(())),
            Err(error @ NodeError::Busy { .. }) => return Ok(Err(error)),
            Err(error) => {
                return Err(End::failed(
                    Obstacle::IndexesUnknown {
                        reason: error.to_string(),
                    }
                    .to_string(),
                ));
            }
        };
        match retention::held_by_node(&indexes)
            .into_iter()
            .find(|bound| bound.keeps_from <= to_height)
        {
            Some(bound) => Err(End::held(bound.by.to_string())),
            None => Ok(Ok(())),
        }
    }

    /// What a call's answer means for the job, if it ends it.
    fn end_of_call(&self, answer: NodeResult<Pruned>, tip: u32) -> Option<End> {
        match answer {
            Ok(Pruned::Done(_)) => None,
            Ok(Pruned::NotInPruneMode) => {
                self.pruner
                    .state
                    .findings
                    .learn(|facts| facts.not_in_prune_mode = true);
                Some(End::failed(Obstacle::NotInPruneMode.to_string()))
            }
            Ok(Pruned::ChainTooShort) => {
                self.pruner
                    .state
                    .findings
                    .learn(|facts| facts.refused_as_too_short(tip));
                Some(End::too_short())
            }
            Ok(Pruned::OnlyAll) => {
                self.pruner
                    .state
                    .findings
                    .learn(|facts| facts.reach = Some(PruneReach::All));
                Some(End::failed(
                    "the node prunes all but its last blocks or nothing, and less is to go: it \
                     knows no height",
                ))
            }
            Err(error) => Some(End::failed(error.to_string())),
        }
    }
}

/// What a run for a former process of the node aimed at is no aim of the next one.
fn restarted() -> End {
    End::failed("the node was started again during the run")
}

/// A node that is busy is asked again after this.
const RETRY_DELAY: Duration = Duration::from_secs(1);

impl Pruner {
    /// Ends the running job, and logs it.
    pub(super) async fn finish(&self, end: &End, began: Mono) -> Option<Job> {
        let now = clock::now();
        if end.files_stay {
            self.state.findings.learn(|facts| facts.in_vain = true);
        }
        let job = self.state.end_job(end, now).await?;
        let duration_ms = u64::try_from(now.mono.since(began).as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident) => {
                $level!(
                    job = job.id,
                    trigger = job.trigger.as_str(),
                    outcome = job.state.as_str(),
                    freed_bytes = job.freed_bytes,
                    deleted_bytes = job.deleted_bytes,
                    pruned_height = job.pruned_height,
                    held_by = job.held_by,
                    error = job.error,
                    duration_ms,
                    "pruning ended"
                )
            };
        }
        if job.error.is_none() {
            line!(info);
        } else {
            line!(warn);
        }
        self.events.record(event_of(&job));
        Some(job)
    }
}

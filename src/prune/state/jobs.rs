//! Jobs: at most one is running, the last ones are remembered, and the next automatic one waits
//! after a failure, a cancellation or a run that found nothing new.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::prune::decision::{Rest, Trigger};
use crate::prune::end::End;
use crate::prune::job::{Job, PlanRecord};
use crate::prune::job_state::JobState;
use crate::prune::run::PruneRun;
use crate::values::{Mono, Now};

/// Jobs that are remembered.
const MAX_JOBS: usize = 100;
/// A run at the limit is worth another call once so many blocks more may go. On the main chain some
/// 85 blocks fill a file.
const MIN_REST_BLOCKS: u32 = 12;
/// The number of blocks doubles up to this while runs free nothing.
const MAX_REST_BLOCKS: u32 = 36;
/// A run that failed is tried again after so long, and after twice as long each time.
const MIN_RETRY_DELAY: Duration = Duration::from_secs(60);
/// It is tried again at least so often.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(3600);
/// A run that was cancelled is followed by no automatic one for so long: its cause is still there.
const CANCEL_PAUSE: Duration = Duration::from_secs(3600);

/// Jobs, and what they mean for the next one.
#[derive(Default)]
pub(super) struct Jobs {
    pub(super) running: Option<Job>,
    /// What the running job does, until the loop drives it.
    run: Option<PruneRun>,
    pub(super) past: VecDeque<Job>,
    last_id: u64,
    pub(super) counts: BTreeMap<(Trigger, JobState), u64>,
    pub(super) freed_bytes: u64,
    pub(super) rest: Option<Rest>,
    failures: u32,
    not_before: Mono,
    /// The running job is to send no further call.
    pub(super) is_cancelled: bool,
    /// Until then no run begins by itself, since somebody cancelled one.
    cancelled_until: Mono,
}

/// A job that is over, and the one that is forgotten for it.
pub(super) struct PastJob {
    pub(super) job: Job,
    pub(super) forgotten_id: Option<u64>,
}

impl Jobs {
    /// Adds a job of an earlier process; whether it had not ended, and is interrupted with this.
    pub(super) fn restore(&mut self, mut job: Job, now: Now) -> Option<Job> {
        self.last_id = self.last_id.max(job.id);
        let was_running = job.state == JobState::Running;
        if was_running {
            job.interrupted(now.wall);
            self.count(&job);
        }
        self.past.push_back(job.clone());
        was_running.then_some(job)
    }

    /// Starts a job, unless one is running.
    pub(super) fn start(
        &mut self,
        trigger: Trigger,
        plan: PlanRecord,
        run: PruneRun,
        now: Now,
    ) -> Result<Job, Box<Job>> {
        if let Some(running) = &self.running {
            return Err(Box::new(running.clone()));
        }
        self.last_id += 1;
        let job = Job::started(self.last_id, trigger, plan, now.wall);
        self.running = Some(job.clone());
        self.run = Some(run);
        self.is_cancelled = false;
        self.cancelled_until = Mono::START;
        Ok(job)
    }

    /// The job that waits to be driven.
    pub(super) fn take_run(&mut self) -> Option<(Job, PruneRun)> {
        let run = self.run.take()?;
        Some((self.running.clone()?, run))
    }

    /// Ends the running job, and decides what follows for the next one.
    pub(super) fn end(&mut self, end: &End, now: Now) -> Option<PastJob> {
        let mut job = self.running.take()?;
        self.run = None;
        job.ended(end, now.wall);
        let freed_bytes = job.freed_bytes.unwrap_or(0);
        self.freed_bytes = self.freed_bytes.saturating_add(freed_bytes);
        self.follow_up(end, freed_bytes, now.mono);
        if self.is_cancelled {
            self.cancelled_until = now.mono.after(CANCEL_PAUSE);
        }
        Some(self.remember(job))
    }

    /// Ends a job that nobody drives any more. One that waits is driven next.
    pub(super) fn interrupt(&mut self, now: Now) -> Option<PastJob> {
        if self.run.is_some() {
            return None;
        }
        let mut job = self.running.take()?;
        job.interrupted(now.wall);
        Some(self.remember(job))
    }

    /// What delayed the next run was of another node.
    pub(super) fn forget_pauses(&mut self) {
        self.rest = None;
        self.failures = 0;
        self.not_before = Mono::START;
    }

    /// Until when no automatic run begins.
    pub(super) fn not_before(&self) -> Mono {
        self.not_before.max(self.cancelled_until)
    }

    pub(super) fn is_paused_by_hand(&self, now: Mono) -> bool {
        now < self.cancelled_until
    }

    /// The last run failed, and how.
    pub(super) fn failure(&self) -> Option<String> {
        if self.failures == 0 {
            return None;
        }
        let last = self.past.back();
        Some(last.and_then(|job| job.error.clone()).unwrap_or_default())
    }

    fn count(&mut self, job: &Job) {
        *self.counts.entry((job.trigger, job.state)).or_default() += 1;
    }

    fn remember(&mut self, job: Job) -> PastJob {
        self.count(&job);
        self.past.push_back(job.clone());
        let forgotten = if self.past.len() > MAX_JOBS {
            self.past.pop_front()
        } else {
            None
        };
        PastJob {
            job,
            forgotten_id: forgotten.map(|job| job.id),
        }
    }

    fn follow_up(&mut self, end: &End, freed_bytes: u64, now: Mono) {
        // What a run did not get to the end of says nothing new.
        if let Some(at) = end.exhausted_below {
            let before = self
                .rest
                .as_ref()
                .map(|rest| rest.blocks)
                .filter(|_| freed_bytes == 0);
            let blocks = before.map_or(MIN_REST_BLOCKS, |blocks| (blocks * 2).min(MAX_REST_BLOCKS));
            self.rest = Some(Rest {
                at,
                blocks,
                by_node: end.by_node.clone(),
            });
        }
        let in_vain = end.state == JobState::NoProgress && end.exhausted_below.is_none();
        if end.state != JobState::Failed && !in_vain {
            self.failures = 0;
            self.not_before = Mono::START;
            return;
        }
        let delay = MIN_RETRY_DELAY
            .saturating_mul(1 << self.failures.min(10))
            .min(MAX_RETRY_DELAY);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.after(delay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(state: JobState, exhausted_below: Option<u32>) -> End {
        End {
            state,
            exhausted_below,
            ..End::failed("")
        }
    }

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_run_that_frees_nothing_at_the_limit_makes_the_next_wait_for_more_blocks_up_to_a_bound() {
        let mut jobs = Jobs::default();
        let mut rest = |freed_bytes| {
            jobs.follow_up(&end(JobState::Held, Some(700)), freed_bytes, at(0));
            jobs.rest.as_ref().map(|rest| rest.blocks)
        };
        let waits = [rest(5), rest(0), rest(0), rest(0), rest(5)];
        assert_eq!(waits, [Some(12), Some(24), Some(36), Some(36), Some(12)]);
        jobs.follow_up(&end(JobState::Reached, None), 5, at(0));
        assert_eq!(
            jobs.rest,
            Some(Rest {
                at: 700,
                blocks: 12,
                by_node: None
            }),
            "what is gone is gone"
        );
    }

    #[test]
    fn a_run_that_failed_is_tried_again_later_each_time_and_at_last_each_hour() {
        let mut jobs = Jobs::default();
        let mut pause = || {
            jobs.follow_up(&end(JobState::Failed, None), 0, at(1_000));
            jobs.not_before.since(at(1_000)).as_secs()
        };
        let pauses: Vec<_> = (0..8).map(|_| pause()).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        jobs.follow_up(&end(JobState::Held, Some(1)), 0, at(0));
        assert_eq!((jobs.failures, jobs.not_before), (0, Mono::START));
    }
}

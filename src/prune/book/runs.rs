//! The book's runs: at most one is running, the last ones are remembered.

use std::time::Duration;

use tracing::warn;

use super::{Book, JOBS, State};
use crate::prune::decision::{Rest, Trigger};
use crate::prune::end::End;
use crate::prune::job::{Job, JobState, PlanRecord};
use crate::prune::lease::Leases;
use crate::prune::reading::NoRoom;
use crate::prune::run::{Run, RunStep};
use crate::state::Batch;
use crate::values::{Mono, Now};

/// Runs that are remembered.
const REMEMBERED: usize = 100;
/// A run at the limit is worth another call once so many blocks more may go; it doubles up to the
/// second number while runs free nothing. On the main chain some 85 blocks fill a file.
const REST_BLOCKS: (u32, u32) = (12, 36);
/// A run that failed is tried again after so long, and after twice as long each time, up to the
/// second.
const AGAIN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));
/// A run that was cancelled is followed by no automatic one for so long: its cause is still there.
const AFTER_CANCEL: Duration = Duration::from_secs(3600);

impl Book {
    pub(in crate::prune) fn running(&self) -> Option<Job> {
        self.state().running.clone()
    }

    pub(in crate::prune) fn last(&self) -> Option<Job> {
        self.state().past.back().cloned()
    }

    pub(in crate::prune) fn job(&self, id: u64) -> Option<Job> {
        let state = self.state();
        state
            .running
            .iter()
            .chain(&state.past)
            .find(|job| job.id == id)
            .cloned()
    }

    /// All that are remembered, the newest first.
    pub(in crate::prune) fn jobs(&self) -> Vec<Job> {
        let state = self.state();
        state
            .running
            .iter()
            .chain(state.past.iter().rev())
            .cloned()
            .collect()
    }

    /// Begins a run, or tells which one is running.
    pub(in crate::prune) async fn begin(
        &self,
        trigger: Trigger,
        plan: PlanRecord,
        run: Run,
        now: Now,
    ) -> Result<Job, Box<Job>> {
        let job = {
            let mut state = self.state();
            if let Some(running) = &state.running {
                return Err(Box::new(running.clone()));
            }
            state.last_id += 1;
            let job = Job::started(state.last_id, trigger, plan, now.wall);
            (state.running, state.run, state.is_cancelled) = (Some(job.clone()), Some(run), false);
            state.cancelled_until = Mono::START;
            job
        };
        let mut batch = Batch::default();
        batch.put(JOBS, key(job.id), &job);
        self.note(batch).await;
        Ok(job)
    }

    /// The run that waits to be taken up.
    pub(in crate::prune) fn take_up(&self) -> Option<(Job, Run)> {
        let mut state = self.state();
        let run = state.run.take()?;
        Some((state.running.clone()?, run))
    }

    /// The running job sends no further call; which one that is.
    pub(in crate::prune) fn cancel(&self) -> Option<Job> {
        let mut state = self.state();
        state.is_cancelled = state.running.is_some();
        state.running.clone()
    }

    pub(in crate::prune) fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// What the running job does next, by the leases of this moment.
    pub(in crate::prune) fn next_call(
        &self,
        now: Mono,
        next: impl FnOnce(&Leases) -> RunStep,
    ) -> RunStep {
        let mut state = self.state();
        let next = match next(&state.leases.current(now)) {
            RunStep::Call { .. } if state.is_cancelled => RunStep::End(End::cancelled()),
            next => next,
        };
        state.deleting_up_to = match next {
            RunStep::Call { to_height, .. } => Some(to_height),
            RunStep::End(_) => None,
        };
        next
    }

    pub(in crate::prune) fn call_ended(&self) {
        self.state().deleting_up_to = None;
    }

    /// Changes the running job in memory; the disk gets its end.
    pub(in crate::prune) fn advance(&self, change: impl FnOnce(&mut Job)) {
        if let Some(job) = &mut self.state().running {
            change(job);
        }
    }

    /// Ends the running job, and says what follows for the next one.
    pub(in crate::prune) async fn end(&self, end: &End, now: Now) -> Option<Job> {
        let (job, forgotten, room_is_news) = {
            let mut state = self.state();
            let mut job = state.running.take()?;
            state.run = None;
            job.ended(end, now.wall);
            let no_room = room_after(&state, end, &job);
            let freed_bytes = job.freed_bytes.unwrap_or(0);
            state.freed_bytes = state.freed_bytes.saturating_add(freed_bytes);
            follow_up(&mut state, end, freed_bytes, now.mono);
            if state.is_cancelled {
                state.cancelled_until = now.mono.after(AFTER_CANCEL);
            }
            let room_is_news = no_room != state.no_room;
            state.no_room = no_room;
            (job.clone(), remember(&mut state, job), room_is_news)
        };
        self.write_past(&job, forgotten).await;
        if room_is_news {
            self.write_no_room().await;
        }
        Some(job)
    }

    /// Ends a job that nobody drives any more.
    pub(in crate::prune) async fn interrupt(&self, now: Now) {
        let left_over = {
            let mut state = self.state();
            // One that nobody has taken up yet is driven next.
            let left_over = if state.run.is_none() {
                state.running.take()
            } else {
                None
            };
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
    pub(in crate::prune) fn patience(&self) -> (Mono, Option<Rest>) {
        let state = self.state();
        (
            state.not_before.max(state.cancelled_until),
            state.rest.clone(),
        )
    }

    /// Somebody cancelled the last run, so that none begins by itself for the moment.
    pub(in crate::prune) fn is_paused_by_hand(&self, now: Mono) -> bool {
        now < self.state().cancelled_until
    }

    /// The last run failed, and how.
    pub(in crate::prune) fn failure(&self) -> Option<String> {
        let state = self.state();
        let error = || {
            state
                .past
                .back()
                .and_then(|job| job.error.clone())
                .unwrap_or_default()
        };
        (state.failures > 0).then(error)
    }
}

pub(super) fn key(id: u64) -> String {
    format!("{id:020}")
}

pub(super) fn count(state: &mut State, job: &Job) {
    *state.runs.entry((job.trigger, job.state)).or_default() += 1;
}

/// Puts a job among the past ones; the id of the one that is forgotten for it.
fn remember(state: &mut State, job: Job) -> Option<u64> {
    count(state, &job);
    state.past.push_back(job);
    let forgotten = if state.past.len() > REMEMBERED {
        state.past.pop_front()
    } else {
        None
    };
    forgotten.map(|job| job.id)
}

/// What is known of the volume after a run: that it deleted in vain, or that deleting gives room
/// again.
fn room_after(state: &State, end: &End, job: &Job) -> Option<NoRoom> {
    let amounts = job.deleted_bytes.zip(job.freed_bytes);
    let gave_room = amounts.is_some_and(|(deleted, freed)| freed > 0 && freed >= deleted / 10);
    match end.no_room {
        Some(no_room) => Some(state.deleted_in_vain(no_room)),
        None => state.no_room.filter(|_| !gave_room),
    }
}

fn follow_up(state: &mut State, end: &End, freed_bytes: u64, now: Mono) {
    // What a run did not get to the end of says nothing new.
    if let Some(at) = end.exhausted_below {
        let before = state
            .rest
            .as_ref()
            .map(|rest| rest.blocks)
            .filter(|_| freed_bytes == 0);
        let blocks = before.map_or(REST_BLOCKS.0, |blocks| (blocks * 2).min(REST_BLOCKS.1));
        state.rest = Some(Rest {
            at,
            blocks,
            by_node: end.by_node.clone(),
        });
    }
    let in_vain = end.state == JobState::NoProgress && end.exhausted_below.is_none();
    if end.state != JobState::Failed && !in_vain {
        (state.failures, state.not_before) = (0, Mono::START);
        return;
    }
    let pause = AGAIN
        .0
        .saturating_mul(1 << state.failures.min(10))
        .min(AGAIN.1);
    state.failures = state.failures.saturating_add(1);
    state.not_before = now.after(pause);
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
        let mut state = State::default();
        let mut rest = |freed_bytes| {
            follow_up(
                &mut state,
                &end(JobState::Held, Some(700)),
                freed_bytes,
                at(0),
            );
            state.rest.as_ref().map(|rest| rest.blocks)
        };
        let waits = [rest(5), rest(0), rest(0), rest(0), rest(5)];
        assert_eq!(waits, [Some(12), Some(24), Some(36), Some(36), Some(12)]);
        follow_up(&mut state, &end(JobState::Reached, None), 5, at(0));
        assert_eq!(
            state.rest,
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
        let mut state = State::default();
        let mut pause = || {
            follow_up(&mut state, &end(JobState::Failed, None), 0, at(1_000));
            state.not_before.since(at(1_000)).as_secs()
        };
        let pauses: Vec<_> = (0..8).map(|_| pause()).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        follow_up(&mut state, &end(JobState::Held, Some(1)), 0, at(0));
        assert_eq!((state.failures, state.not_before), (0, Mono::START));
    }

    #[test]
    fn runs_in_vain_add_up_until_one_gives_room() {
        let in_vain = NoRoom {
            deleted_bytes: 100,
            freed_bytes: 1,
            free_bytes: 1_000,
            volume_bytes: 9_000,
        };
        let mut state = State::default();
        let mut after = |deleted_bytes, freed_bytes, no_room| {
            let job = Job {
                freed_bytes,
                deleted_bytes,
                ..job()
            };
            state.no_room = room_after(
                &state,
                &End {
                    no_room,
                    ..End::held(String::new())
                },
                &job,
            );
            state.no_room.map(|no_room| no_room.deleted_bytes)
        };
        assert_eq!(after(Some(100), Some(1), Some(in_vain)), Some(100));
        assert_eq!(after(Some(100), Some(1), Some(in_vain)), Some(200));
        assert_eq!(
            after(Some(0), Some(0), None),
            Some(200),
            "nothing was tried"
        );
        assert_eq!(after(None, None, None), Some(200), "nothing was seen");
        assert_eq!(after(Some(500), Some(450), None), None);
    }

    fn job() -> Job {
        let plan = serde_json::json!({"action": "prune", "why": ""});
        let plan = serde_json::from_value(plan).unwrap();
        Job::started(1, Trigger::Manual, plan, jiff::Timestamp::UNIX_EPOCH)
    }
}

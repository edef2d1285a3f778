//! The loop that looks whether it is time to prune, and drives the job that is to run.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::decision::{Ask, Plan, PruneDecision};
use super::growth::MIN_SPACING;
use super::job::PlanRecord;
use super::job_event::event_of;
use super::pruner::Pruner;
use super::state::StandingPlan;
use crate::clock;
use crate::node::Node;
use crate::values::{Mono, Now};
use crate::watch::{Topic, Workers};

/// Prunes one node.
pub struct PruneTask {
    pub(super) pruner: Arc<Pruner>,
    pub(super) node: Arc<dyn Node>,
    pub(super) workers: Arc<Workers>,
}

impl PruneTask {
    /// Will prune `node`, a call of which takes one of its `workers`.
    #[must_use]
    pub fn new(pruner: Arc<Pruner>, node: Arc<dyn Node>, workers: Arc<Workers>) -> Self {
        Self {
            pruner,
            node,
            workers,
        }
    }

    /// Runs for ever. A job that an earlier loop left behind is interrupted.
    pub async fn run(&self) {
        if let Some(job) = self.pruner.state.jobs.interrupt(clock::now()).await {
            self.pruner.events.record(event_of(&job));
        }
        self.pruner.state.forget_all();
        self.pruner.surveyed.send_replace(None);
        tokio::select! {
            () = self.pruner.wake.notified() => {}
            () = self.wait_for_news(clock::mono()) => {}
        }
        let mut memory = LoopMemory::default();
        loop {
            if let Some((job, run)) = self.pruner.state.jobs.take_run() {
                self.drive(&job, run).await;
                continue;
            }
            let epoch = self.pruner.board.read().epoch;
            self.do_housekeeping(&mut memory).await;
            if self.consider().await {
                continue;
            }
            tokio::select! {
                () = self.pruner.wake.notified() => {}
                () = self.next_look() => {}
                () = self.another_process(epoch) => {}
            }
        }
    }

    fn interval(&self) -> Duration {
        self.pruner.settings().plan.usage_interval
    }

    async fn next_look(&self) {
        let began = clock::mono();
        let mut volume_seen = clock::mono();
        loop {
            let left = self.interval().saturating_sub(clock::mono().since(began));
            if left.is_zero() {
                return self.wait_for_news(began).await;
            }
            sleep(left.min(MIN_SPACING)).await;
            // The disk may fill faster than it is looked at for pruning.
            volume_seen = self.sample_volume(volume_seen);
        }
    }

    /// Keeps what the volume has been seen to have since; when it was.
    fn sample_volume(&self, since: Mono) -> Mono {
        let snapshot = self.pruner.board.read().clone();
        let answered = snapshot
            .collector(Topic::Volume)
            .answered
            .filter(|answered| *answered > since);
        let (Some(answered), Some(volume)) = (answered, snapshot.volume) else {
            return since;
        };
        self.pruner.state.disk.sample(volume, answered);
        answered
    }

    /// Waits until the node is another process than that of `epoch`, and has been looked at: the
    /// plan that was made of the former one is not to stand until the next look.
    async fn another_process(&self, epoch: u64) {
        self.pruner
            .board
            .wait_until(|snapshot| snapshot.epoch != epoch)
            .await;
        self.wait_for_news(clock::mono()).await;
    }

    /// Waits, not for ever, until the disk has been looked at since.
    async fn wait_for_news(&self, since: Mono) {
        let news = self.pruner.board.wait_until(|snapshot| {
            let measured = [Topic::Usage, Topic::Volume].into_iter().all(|topic| {
                let collector = snapshot.collector(topic);
                collector.unsupported
                    || collector.answered.is_some_and(|at| at >= since)
                    || collector.failure.is_some()
            });
            measured
                && snapshot
                    .collector(Topic::Chain)
                    .answered
                    .is_some_and(|at| at >= since)
        });
        tokio::select! {
            () = news => {}
            () = sleep(self.interval()) => {}
        }
    }

    /// What is to be done at each look, whatever the plan.
    async fn do_housekeeping(&self, memory: &mut LoopMemory) {
        let now = clock::now();
        let state = &self.pruner.state;
        state.leases.expire(now.mono).await;
        if memory.clock_was_set(now) {
            info!("the wall clock was set; leases follow monotonic time");
            state.leases.rewrite(now).await;
        }
        let snapshot = self.pruner.board.read().clone();
        state.forget_other(snapshot.epoch);
        memory.volume_seen = self.sample_volume(memory.volume_seen);
        state
            .findings
            .observe_volume(self.pruner.fresh_volume(now.mono))
            .await;
        if memory.samples_are_due(now.mono) {
            state.disk.save(now).await;
        }
        let reading = self.pruner.reading(now);
        self.find_out(&reading, now).await;
        if reading.obstacle.is_none() {
            self.pruner.surveyed.send_replace(Some(snapshot.epoch));
        }
    }

    /// Is it time to prune? Whether a job was begun.
    async fn consider(&self) -> bool {
        let now = clock::now();
        let state = &self.pruner.state;
        let process = self.pruner.board.read().process;
        let reading = self.pruner.reading(now);
        let plan = self.pruner.plan(Ask::Automatic, &reading, now);
        let record = PlanRecord::new(&plan, &reading);
        let before = state.findings.replace_plan(StandingPlan {
            plan: plan.clone(),
            record: record.clone(),
            process,
        });
        log_plan(&plan, before.as_ref().map(|standing| &standing.plan));
        let (PruneDecision::Prune(step), Some(trigger)) = (&plan.decision, plan.trigger) else {
            return false;
        };
        now.mono >= state.jobs.not_before()
            && self
                .pruner
                .begin(trigger, record, step.target, now)
                .await
                .is_ok()
    }
}

/// Logs what keeps pruning from its work, once for each reason.
fn log_plan(plan: &Plan, before: Option<&Plan>) {
    let is_news = before.is_none_or(|before| !before.decision.is_like(&plan.decision));
    match &plan.decision {
        PruneDecision::Held { .. } | PruneDecision::Refused if is_news => {
            warn!(plan = plan.why, "pruning is held back");
        }
        PruneDecision::Blocked(by) if is_news && !by.is_said_elsewhere() => {
            warn!(plan = plan.why, "cannot prune");
        }
        _ => debug!(plan = plan.why, "looked at the disk"),
    }
}

/// What the loop keeps in mind from look to look.
#[derive(Default)]
struct LoopMemory {
    /// The wall clock's reading when this process began, by the last look.
    began: Option<jiff::Timestamp>,
    samples: Mono,
    volume_seen: Mono,
}

impl LoopMemory {
    /// The wall clock runs apart from the time that passes.
    fn clock_was_set(&mut self, now: Now) -> bool {
        const CLOCK_SLACK: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);
        let began = now.wall_of(Mono::START);
        let before = *self.began.get_or_insert(began);
        let set = began.duration_since(before).abs() > CLOCK_SLACK;
        if set {
            self.began = Some(began);
        }
        set
    }

    fn samples_are_due(&mut self, now: Mono) -> bool {
        const SAVE_INTERVAL: Duration = Duration::from_secs(600);
        let due = now.since(self.samples) >= SAVE_INTERVAL;
        if due {
            self.samples = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_was_set_is_noticed_once_and_time_that_passes_is_not() {
        let at = |seconds: u64, wall: &str| Now {
            mono: Mono::from_start(Duration::from_secs(seconds)),
            wall: wall.parse().unwrap(),
        };
        let mut memory = LoopMemory::default();
        let looks = [
            at(0, "2026-01-01T00:00:00Z"),
            at(3600, "2026-01-01T01:00:00Z"),
            at(3660, "2026-01-01T01:01:20Z"),
            at(3720, "2027-01-01T00:00:00Z"),
            at(3780, "2027-01-01T00:01:00Z"),
            at(3840, "2026-01-01T01:04:00Z"),
        ];
        assert_eq!(
            looks.map(|now| memory.clock_was_set(now)),
            [false, false, false, true, false, true]
        );
    }
}

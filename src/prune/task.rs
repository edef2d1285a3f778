//! The loop that looks whether it is time to prune, and drives the job that runs.
//!
//! A call to prune has no time limit, and takes one of the node's workers; while it is open, everybody else is
//! answered from memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::book::Outlook;
use super::course::{Course, End, Next};
use super::forecast::CLOSEST;
use super::job::{Job, PlanRecord};
use super::plan::{Ask, Decision, Plan};
use super::policy::Mode;
use super::pruner::Pruner;
use super::reading::{Obstacle, Reading};
use crate::clock;
use crate::node::{Answer, Node, NodeError, PruneTo, Pruned};
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
        Self { pruner, node, workers }
    }

    /// Runs for ever. A job that an earlier loop left behind is interrupted.
    pub async fn run(&self) {
        self.pruner.book.interrupt(clock::now()).await;
        self.pruner.book.forget_all();
        self.pruner.surveyed.send_replace(None);
        tokio::select! {
            () = self.pruner.wake.notified() => {}
            () = self.wait_for_news(clock::mono()) => {}
        }
        let mut kept = Kept::default();
        loop {
            if let Some((job, course)) = self.pruner.book.take_up() {
                self.drive(&job, course).await;
                continue;
            }
            self.keep_house(&mut kept).await;
            if self.consider().await {
                continue;
            }
            tokio::select! {
                () = self.pruner.wake.notified() => {}
                () = self.next_look() => {}
            }
        }
    }

    fn interval(&self) -> Duration {
        self.pruner.settings().plan.usage_interval
    }

    async fn next_look(&self) {
        let (began, mut volume_seen) = (clock::mono(), clock::mono());
        loop {
            let left = self.interval().saturating_sub(clock::mono().since(began));
            if left.is_zero() {
                return self.wait_for_news(began).await;
            }
            sleep(left.min(CLOSEST)).await;
            // The disk may fill faster than it is looked at for pruning.
            volume_seen = self.sample_volume(volume_seen);
        }
    }

    /// Keeps what the volume has been seen to have since; when it was.
    fn sample_volume(&self, since: Mono) -> Mono {
        let snapshot = self.pruner.board.read().clone();
        let answered = snapshot.collector(Topic::Volume).answered.filter(|answered| *answered > since);
        let (Some(answered), Some(volume)) = (answered, snapshot.volume) else { return since };
        self.pruner.book.sample(volume, answered);
        answered
    }

    /// Waits, not for ever, until the disk has been looked at since.
    async fn wait_for_news(&self, since: Mono) {
        let news = self.pruner.board.wait_until(|snapshot| {
            let measured = [Topic::Usage, Topic::Volume].into_iter().all(|topic| {
                let collector = snapshot.collector(topic);
                collector.unsupported || collector.answered.is_some_and(|at| at >= since) || collector.failure.is_some()
            });
            measured && snapshot.collector(Topic::Chain).answered.is_some_and(|at| at >= since)
        });
        tokio::select! {
            () = news => {}
            () = sleep(self.interval()) => {}
        }
    }

    /// What is to be done at each look, whatever the plan.
    async fn keep_house(&self, kept: &mut Kept) {
        let (now, book) = (clock::now(), &self.pruner.book);
        book.expire(now.mono).await;
        if kept.clock_was_set(now) {
            info!("the wall clock was set; leases go on by the time that passes");
            book.rewrite_leases(now).await;
        }
        let snapshot = self.pruner.board.read().clone();
        book.forget(snapshot.epoch);
        kept.volume_seen = self.sample_volume(kept.volume_seen);
        if kept.samples_are_due(now.mono) {
            book.keep_samples(now).await;
        }
        let reading = self.pruner.reading(now);
        self.tell_of_mode(&reading, kept);
        self.find_out(&reading, now).await;
        if reading.obstacle.is_none() {
            self.pruner.surveyed.send_replace(Some(snapshot.epoch));
        }
    }

    /// Says once that the node does not prune at all: not only when it is too late.
    fn tell_of_mode(&self, reading: &Reading, kept: &mut Kept) {
        let wanted = self.pruner.settings().policy.mode != Mode::Disabled;
        let is_off = reading.obstacle == Some(Obstacle::NotInPruneMode);
        // While it is not known, what was known stands.
        if wanted && is_off && !kept.mode_told {
            warn!(plan = Obstacle::NotInPruneMode.to_string(), "cannot prune");
        }
        if reading.obstacle != Some(Obstacle::NotKnown) {
            kept.mode_told = wanted && is_off;
        }
    }

    /// Is it time to prune? Whether a job was begun.
    async fn consider(&self) -> bool {
        let (now, book) = (clock::now(), &self.pruner.book);
        let reading = self.pruner.reading(now);
        let plan = self.pruner.plan(Ask::Automatic, &reading, now);
        let record = PlanRecord::new(&plan, &reading);
        let before = book.look_out(Outlook { plan: plan.clone(), record: record.clone() });
        tell(&plan, before.as_ref().map(|outlook| &outlook.plan));
        let (Decision::Prune(step), Some(trigger)) = (&plan.decision, plan.trigger) else { return false };
        now.mono >= book.patience().0 && self.pruner.begin(trigger, record, step.aim, now).await.is_ok()
    }

    /// Drives a job to its end.
    async fn drive(&self, job: &Job, mut course: Course) {
        let began = clock::mono();
        if self.pruner.is_closed() {
            self.pruner.finish(&End::interrupted(), began).await;
            return;
        }
        info!(
            job = job.id,
            trigger = job.trigger,
            why = job.plan.why,
            aim = job.plan.aim,
            target_bytes = job.plan.target_bytes,
            target_height = job.plan.target_height,
            to_height = job.plan.to_height,
            about_bytes = job.plan.about_bytes,
            held_by = job.plan.held_by,
            "pruning begins"
        );
        let end = loop {
            let reading = self.measure_for(&mut course).await;
            let policy = &self.pruner.settings().policy;
            // A lease that is granted from here on is told what is being deleted.
            let next =
                self.pruner.book.next_call(clock::mono(), |leases| match course.next(&reading, policy, leases) {
                    Next::Call { .. } if self.pruner.is_closed() => Next::End(End::interrupted()),
                    next => next,
                });
            match next {
                Next::End(end) => break end,
                Next::Call { to_height, is_all } => {
                    debug!(job = job.id, to_height, first_kept = reading.first_kept, "asking the node to prune");
                    let answer = self.call(to_height, is_all).await;
                    self.pruner.book.call_ended();
                    if let Some(end) = answer.map_or_else(Some, |answer| self.end_of_call(answer, reading.tip)) {
                        // It may have deleted something all the same.
                        self.measure_for(&mut course).await;
                        break end;
                    }
                }
            }
        };
        self.pruner.finish(&end, began).await;
    }

    /// What has come of `course` so far is in the job with this.
    async fn measure_for(&self, course: &mut Course) -> Reading {
        let reading = self.measure().await;
        course.measured(&reading);
        self.pruner.book.advance(|job| job.advanced(course.freed_bytes(), &reading));
        reading
    }

    /// A fresh look. A node that refuses for the moment is asked some more times.
    async fn measure(&self) -> Reading {
        const TRIES: u32 = 10;
        for _ in 1..TRIES {
            self.pruner.look().await;
            let reading = self.pruner.reading(clock::now());
            let refused = self.pruner.board.read().collector(Topic::Chain).failure.clone();
            if !matches!(refused, Some(NodeError::Busy { .. })) {
                return reading;
            }
            sleep(SOON).await;
        }
        self.pruner.reading(clock::now())
    }

    /// Asks the node to prune, and again if it was too busy to begin; the end of the run, if it is not to be asked.
    async fn call(&self, to_height: u32, is_all: bool) -> Result<Answer<Pruned>, End> {
        const TRIES: u32 = 30;
        let mut to = PruneTo::Height(to_height);
        let mut tried = 0;
        loop {
            tried += 1;
            let worker = self.workers.borrow().await;
            if self.pruner.is_closed() {
                return Err(End::interrupted());
            }
            let answer = self.node.prune(to).await;
            drop(worker);
            match answer {
                Ok(Pruned::OnlyAll) if is_all && to != PruneTo::All => to = PruneTo::All,
                Err(NodeError::Busy { .. }) if tried < TRIES => sleep(SOON).await,
                answer => return Ok(answer),
            }
        }
    }

    /// What a call's answer means for the job, if it ends it.
    fn end_of_call(&self, answer: Answer<Pruned>, tip: u32) -> Option<End> {
        match answer {
            Ok(Pruned::Done { .. }) => None,
            Ok(Pruned::NotInPruneMode) => {
                self.pruner.book.learn(|facts| facts.not_in_prune_mode = true);
                Some(End::failed(Obstacle::NotInPruneMode.to_string()))
            }
            Ok(Pruned::ChainTooShort) => {
                self.pruner.book.learn(|facts| facts.refused_as_too_short(tip));
                Some(End::too_short())
            }
            Ok(Pruned::OnlyAll) => Some(End::failed(
                "the node prunes all but its last blocks or nothing, and less is to go: it knows no height",
            )),
            Err(error) => Some(End::failed(error.to_string())),
        }
    }
}

/// A node that is busy is asked again after this.
const SOON: Duration = Duration::from_secs(1);

impl Pruner {
    /// Ends the running job, and tells of it.
    pub(super) async fn finish(&self, end: &End, began: Mono) -> Option<Job> {
        let now = clock::now();
        if end.files_stay {
            self.book.learn(|facts| facts.in_vain = true);
        }
        let job = self.book.end(end, now).await?;
        let duration_ms = u64::try_from(now.mono.since(began).as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident) => {
                $level!(
                    job = job.id,
                    trigger = job.trigger,
                    outcome = job.state.as_str(),
                    freed_bytes = job.freed_bytes,
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
        Some(job)
    }
}

/// Says what keeps pruning from its work, once for each reason.
fn tell(plan: &Plan, before: Option<&Plan>) {
    let kind = |plan: &Plan| match &plan.decision {
        Decision::Prune(_) => "prune".to_owned(),
        Decision::Idle => "idle".to_owned(),
        Decision::Held { by, .. } => by.to_string(),
        // The numbers in it change from look to look.
        Decision::Blocked | Decision::Refused => plan.why.chars().take_while(|c| !c.is_ascii_digit()).collect(),
    };
    let (new, old) = (kind(plan), before.map(kind));
    match &plan.decision {
        _ if old.as_ref() == Some(&new) => debug!(plan = plan.why, "looked at the disk"),
        Decision::Held { .. } | Decision::Refused => warn!(plan = plan.why, "pruning is held back"),
        // The first is no news, the second was told already.
        Decision::Blocked
            if [Obstacle::NotKnown, Obstacle::NotInPruneMode].iter().any(|o| plan.why == o.to_string()) =>
        {
            debug!(plan = plan.why, "looked at the disk");
        }
        Decision::Blocked => warn!(plan = plan.why, "cannot prune"),
        Decision::Prune(_) | Decision::Idle => debug!(plan = plan.why, "looked at the disk"),
    }
}

/// What the loop keeps in mind from look to look.
#[derive(Default)]
struct Kept {
    /// The wall clock's reading when this process began, by the last look.
    began: Option<jiff::Timestamp>,
    samples: Mono,
    volume_seen: Mono,
    /// That the node is not in prune mode.
    mode_told: bool,
}

impl Kept {
    /// The wall clock runs apart from the time that passes.
    fn clock_was_set(&mut self, now: Now) -> bool {
        const SLACK: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);
        let began = now.wall_of(Mono::START);
        let before = *self.began.get_or_insert(began);
        let set = began.duration_since(before).abs() > SLACK;
        if set {
            self.began = Some(began);
        }
        set
    }

    fn samples_are_due(&mut self, now: Mono) -> bool {
        const BETWEEN: Duration = Duration::from_secs(600);
        let due = now.since(self.samples) >= BETWEEN;
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
        let mut kept = Kept::default();
        let looks = [
            at(0, "2026-01-01T00:00:00Z"),
            at(3600, "2026-01-01T01:00:00Z"),
            at(3660, "2026-01-01T01:01:20Z"),
            at(3720, "2027-01-01T00:00:00Z"),
            at(3780, "2027-01-01T00:01:00Z"),
            at(3840, "2026-01-01T01:04:00Z"),
        ];
        assert_eq!(looks.map(|now| kept.clock_was_set(now)), [false, false, false, true, false, true]);
    }
}

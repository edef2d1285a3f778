//! What was found out about the node and its volume, and the plan that stands.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::info;

use super::records::Records;
use crate::node::Volume;
use crate::prune::decision::Plan;
use crate::prune::end::End;
use crate::prune::job::{Job, PlanRecord};
use crate::prune::obstacle::NoRoom;
use crate::prune::reading::Facts;
use crate::state::{Batch, Table};

pub(super) const FINDINGS: Table = Table::new("prune_findings");
pub(super) const NO_ROOM: &str = "no_room";

/// The last automatic plan, which stands until the next look.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::prune) struct StandingPlan {
    pub(in crate::prune) plan: Plan,
    pub(in crate::prune) record: PlanRecord,
    /// The process of the node that it was made for, as the watch counts them.
    pub(in crate::prune) process: u64,
}

#[derive(Default)]
struct FindingsInner {
    facts: Facts,
    standing_plan: Option<StandingPlan>,
    /// Runs were in vain since the volume changed.
    no_room: Option<NoRoom>,
}

/// What was found out.
pub(in crate::prune) struct Findings {
    records: Records,
    inner: Mutex<FindingsInner>,
}

impl Findings {
    pub(super) fn new(no_room: Option<NoRoom>, records: Records) -> Self {
        Self {
            records,
            inner: Mutex::new(FindingsInner {
                no_room,
                ..FindingsInner::default()
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, FindingsInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::prune) fn facts(&self) -> Facts {
        self.inner().facts.clone()
    }

    pub(in crate::prune) fn learn(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.inner().facts);
    }

    /// Perhaps another node: no fact holds, and no plan stands.
    pub(super) fn forget_all(&self) {
        let mut inner = self.inner();
        inner.facts = Facts::default();
        inner.standing_plan = None;
    }

    /// The node is that of `epoch`; whether it was another one, of which no fact holds.
    pub(super) fn forget_other(&self, epoch: u64) -> bool {
        let mut inner = self.inner();
        let is_other = inner.facts.epoch != epoch;
        if is_other {
            inner.facts = std::mem::take(&mut inner.facts).of_epoch(epoch);
        }
        is_other
    }

    /// The plan for this `process` of the node: one that was made for another does not stand.
    pub(in crate::prune) fn standing_plan(&self, process: u64) -> Option<StandingPlan> {
        let standing = self.inner().standing_plan.clone();
        standing.filter(|standing| standing.process == process)
    }

    /// `plan` stands from now on; the one before it.
    pub(in crate::prune) fn replace_plan(&self, plan: StandingPlan) -> Option<StandingPlan> {
        self.inner().standing_plan.replace(plan)
    }

    /// Runs were in vain, of a volume that has not changed since.
    pub(in crate::prune) fn no_room(&self) -> Option<NoRoom> {
        self.inner().no_room
    }

    /// Forgets that runs were in vain once the volume has changed by itself.
    pub(in crate::prune) async fn observe_volume(&self, volume: Option<Volume>) {
        if self.has_room_again(volume) {
            info!("the volume has free space again; pruning starts by itself when it is due");
            self.save_no_room().await;
        }
    }

    fn has_room_again(&self, volume: Option<Volume>) -> bool {
        let mut inner = self.inner();
        let Some((no_room, volume)) = inner.no_room.as_mut().zip(volume) else {
            return false;
        };
        no_room.seen(volume);
        let is_over = no_room.is_over(volume);
        if is_over {
            inner.no_room = None;
        }
        is_over
    }

    /// Takes in what a run says of the volume.
    pub(super) async fn run_ended(&self, end: &End, job: &Job) {
        if self.learn_from_run(end, job) {
            self.save_no_room().await;
        }
    }

    /// Whether what is known of the volume has changed with it.
    fn learn_from_run(&self, end: &End, job: &Job) -> bool {
        let mut inner = self.inner();
        let no_room = room_after(inner.no_room, end, job);
        let has_changed = no_room != inner.no_room;
        inner.no_room = no_room;
        has_changed
    }

    async fn save_no_room(&self) {
        let mut batch = Batch::default();
        match self.no_room() {
            Some(no_room) => batch.put(FINDINGS, NO_ROOM, &no_room),
            None => batch.remove(FINDINGS, NO_ROOM),
        }
        self.records.write_best_effort(batch).await;
    }
}

/// What is known of the volume after a run: that it deleted in vain, or that deleting gives room
/// again.
fn room_after(before: Option<NoRoom>, end: &End, job: &Job) -> Option<NoRoom> {
    let amounts = job.deleted_bytes.zip(job.freed_bytes);
    let gave_room = amounts.is_some_and(|(deleted, freed)| freed > 0 && freed >= deleted / 10);
    match end.no_room {
        Some(last) => Some(added_up(before, last)),
        None => before.filter(|_| !gave_room),
    }
}

/// What runs deleted in vain so far, with what the last one did.
fn added_up(before: Option<NoRoom>, last: NoRoom) -> NoRoom {
    let deleted = before.map_or(0, |before| before.deleted_bytes);
    let freed = before.map_or(0, |before| before.freed_bytes);
    NoRoom {
        deleted_bytes: deleted.saturating_add(last.deleted_bytes),
        freed_bytes: freed.saturating_add(last.freed_bytes),
        ..last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prune::decision::Trigger;

    #[test]
    fn runs_in_vain_add_up_until_one_gives_room() {
        let in_vain = NoRoom {
            deleted_bytes: 100,
            freed_bytes: 1,
            free_bytes: 1_000,
            volume_bytes: 9_000,
        };
        let mut known = None;
        let mut after = |deleted_bytes, freed_bytes, no_room| {
            let job = Job {
                freed_bytes,
                deleted_bytes,
                ..job()
            };
            let end = End {
                no_room,
                ..End::held(String::new())
            };
            known = room_after(known, &end, &job);
            known.map(|no_room| no_room.deleted_bytes)
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

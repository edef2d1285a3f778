//! The course of one run: prune, measure, go on, until the aim, what is kept, or no progress. Pure.
//!
//! A node deletes whole files, and only those of which every block may go, so one call may free nothing. Invariants:
//! no call goes past what the planner allows at that moment, nor past what it allowed at the start; each call goes
//! higher than the one before, so that a run ends.

use super::job::JobState;
use super::keeper::{self, Bound, Keeper};
use super::lease::Leases;
use super::plan::{self, Aim};
use super::policy::Policy;
use super::reading::{Obstacle, Reading};

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The state that it leaves behind.
    pub state: JobState,
    /// Who kept it from its aim.
    pub held_by: Option<String>,
    /// What else there is to say, where the aim was not reached.
    pub error: Option<String>,
    /// All that could go below this height has gone.
    pub exhausted_below: Option<u32>,
    /// Blocks went, and the node's files did not get smaller.
    pub files_stay: bool,
}

impl End {
    fn reached() -> Self {
        Self { state: JobState::Reached, held_by: None, error: None, exhausted_below: None, files_stay: false }
    }

    pub(super) fn held(by: String) -> Self {
        Self { state: JobState::Held, held_by: Some(by), error: None, exhausted_below: None, files_stay: false }
    }

    fn no_progress(error: impl Into<String>) -> Self {
        Self {
            state: JobState::NoProgress,
            held_by: None,
            error: Some(error.into()),
            exhausted_below: None,
            files_stay: false,
        }
    }

    /// Something went wrong.
    #[must_use]
    pub fn failed(error: impl Into<String>) -> Self {
        Self {
            state: JobState::Failed,
            held_by: None,
            error: Some(error.into()),
            exhausted_below: None,
            files_stay: false,
        }
    }

    /// The daemon goes down, and nothing more is deleted.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { state: JobState::Interrupted, ..Self::failed("bllvmctl went down before the run ended") }
    }

    /// The node prunes nothing of so short a chain.
    #[must_use]
    pub fn too_short() -> Self {
        Self::held("chain too short".to_owned())
    }
}

/// What a run does next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// Asks the node to prune up to this height.
    Call {
        /// The last height that goes.
        to_height: u32,
        /// All that the last 288 blocks leave, and nobody keeps more.
        is_all: bool,
    },
    /// Ends.
    End(End),
}

/// One run on its way.
#[derive(Clone, Debug)]
pub(super) struct Course {
    aim: Aim,
    /// The lowest height that stayed by the first plan: blocks that come meanwhile do not draw a run out.
    keeps_from: Option<u32>,
    /// The height that was last asked for.
    called: Option<u32>,
    /// How much further the next call goes when the last one freed nothing.
    stride: Option<u32>,
    /// What was measured before the last call.
    before: Option<Reading>,
    /// `None`: what came of a call could not be measured.
    freed_bytes: Option<u64>,
    /// By the sizes of the blocks that went, so much should have been gained, and so much was.
    expected_bytes: u64,
    gained_bytes: u64,
    /// Calls after which blocks of unknown size had gone.
    unsized_calls: u32,
}

impl Course {
    /// A run towards `aim`.
    #[must_use]
    pub(super) fn new(aim: Aim) -> Self {
        Self {
            aim,
            keeps_from: None,
            called: None,
            stride: None,
            before: None,
            freed_bytes: Some(0),
            expected_bytes: 0,
            gained_bytes: 0,
            unsized_calls: 0,
        }
    }

    /// Bytes of block files that went so far, where that is known.
    #[must_use]
    pub(super) fn freed_bytes(&self) -> Option<u64> {
        self.freed_bytes
    }

    /// Takes in what is measured after a call.
    pub(super) fn measured(&mut self, reading: &Reading) {
        let Some(before) = self.before.take() else { return };
        let size = |reading: &Reading| reading.blocks_bytes.or(reading.usage_bytes);
        // Of a node that has gone silent what is known is what was known before the call.
        let sizes = size(&before).zip(size(reading)).filter(|_| reading.is_known());
        let freed = sizes.map(|(before, after)| before.saturating_sub(after));
        self.freed_bytes = self.freed_bytes.zip(freed).map(|(so_far, freed)| so_far.saturating_add(freed));
        let freed = freed.unwrap_or(0);
        let gone = reading.first_kept.checked_sub(1).filter(|_| reading.first_kept > before.first_kept);
        if gone.is_none() && freed == 0 {
            return;
        }
        self.stride = None;
        match gone.map(|gone| before.stock().up_to(gone)) {
            Some(Some(bytes)) => self.expected_bytes += bytes,
            Some(None) => self.unsized_calls += 1,
            None => {}
        }
        self.gained_bytes += match self.aim {
            Aim::Free(_) => {
                let free = before.free_bytes.zip(reading.free_bytes);
                free.map_or(0, |(before, after)| after.saturating_sub(before))
            }
            Aim::Usage(_) | Aim::Height(_) | Aim::AllButKept => freed,
        };
    }

    /// Blocks went, and less than a tenth of their room came of it: more would be lost for nothing.
    fn in_vain(&self) -> Option<End> {
        /// A node that writes out its cache before it deletes may take more room than a few files give.
        const FLUSH_BYTES: u64 = 4_000_000_000;
        const FILE_BYTES: u64 = 100_000_000;
        /// So many parts of blocks of unknown size may go before any room has to come of it.
        const PARTS: u32 = 4;
        let (least, why) = match self.aim {
            Aim::Free(_) => (FLUSH_BYTES, "blocks were deleted, but the volume did not get the room"),
            Aim::Usage(_) => (FILE_BYTES, "blocks were deleted, but the node's files did not get smaller"),
            Aim::Height(_) | Aim::AllButKept => return None,
        };
        let in_vain = self.expected_bytes >= least && self.gained_bytes < self.expected_bytes / 10
            || self.unsized_calls >= PARTS && self.gained_bytes == 0;
        in_vain.then(|| End { files_stay: matches!(self.aim, Aim::Usage(_)), ..End::no_progress(why) })
    }

    /// What to do about `reading`.
    pub(super) fn next(&mut self, reading: &Reading, policy: &Policy, leases: &Leases) -> Next {
        match &reading.obstacle {
            Some(Obstacle::ChainTooShort { .. }) => return Next::End(End::too_short()),
            Some(obstacle) => return Next::End(End::failed(obstacle.to_string())),
            None => {}
        }
        if self.is_reached(reading) {
            return Next::End(End::reached());
        }
        if let Some(end) = self.in_vain() {
            return Next::End(end);
        }
        let limit = plan::limit(reading, policy, leases);
        let keeps_from = limit.keeps_from.min(*self.keeps_from.get_or_insert(limit.keeps_from));
        let Ok(step) = plan::step(self.aim, reading, policy, leases) else {
            return Next::End(self.at_the_limit(reading, &limit, keeps_from));
        };
        // A step goes at least one block below what stays.
        let last = keeps_from.saturating_sub(1);
        if keeps_from == 0 || self.called.is_some_and(|called| called >= last) {
            return Next::End(self.at_the_limit(reading, &limit, keeps_from));
        }
        let to_height = match self.called {
            Some(called) if step.to_height <= called => called.saturating_add(self.next_stride(called, last, reading)),
            _ => step.to_height,
        };
        let to_height = to_height.min(last);
        // A block that comes before the call would let go of one more: nobody else may keep that.
        let is_all = limit.by == Keeper::Recent && leases.len() == 0 && keeper::rules(policy, reading).len() == 1;
        self.called = Some(to_height);
        self.before = Some(reading.clone());
        Next::Call { to_height, is_all: to_height == last && is_all }
    }

    /// Doubles from call to call. It begins far below the size of a file, so that little goes that need not.
    fn next_stride(&mut self, called: u32, last: u32, reading: &Reading) -> u32 {
        const BYTES: u64 = 8 << 20;
        const PARTS: u32 = 64;
        let blocks = u64::from(reading.tip.saturating_sub(reading.first_kept)).saturating_add(1);
        let block_bytes = (reading.blocks_bytes.unwrap_or(0) / blocks).max(1);
        let fitting = u32::try_from(BYTES / block_bytes).unwrap_or(u32::MAX);
        let first = fitting.min(last.saturating_sub(called) / PARTS).max(1);
        let stride = self.stride.map_or(first, |stride| stride.saturating_mul(2));
        self.stride = Some(stride);
        stride
    }

    fn is_reached(&self, reading: &Reading) -> bool {
        match self.aim {
            Aim::Usage(target) => reading.usage_bytes.is_some_and(|usage| usage <= target),
            Aim::Free(target) => reading.free_bytes.is_some_and(|free| free >= target),
            // A height inside one of the node's files is reached at that file's edge.
            Aim::Height(height) => self.called.is_some_and(|called| called >= height) || reading.first_kept > height,
            Aim::AllButKept => false,
        }
    }

    /// All that may go was asked to.
    fn at_the_limit(&self, reading: &Reading, limit: &Bound, keeps_from: u32) -> End {
        let end = self.end_at(reading, limit, keeps_from);
        End { exhausted_below: Some(keeps_from), ..end }
    }

    fn end_at(&self, reading: &Reading, limit: &Bound, keeps_from: u32) -> End {
        let missing = match self.aim {
            Aim::AllButKept if limit.by.is_rule() => return End::reached(),
            Aim::Height(_) | Aim::AllButKept => None,
            Aim::Usage(target) => reading.usage_bytes.map(|usage| usage.saturating_sub(target)),
            Aim::Free(target) => reading.free_bytes.map(|free| target.saturating_sub(free)),
        };
        // What may go and did not is in a file with blocks that must stay.
        let last = keeps_from.checked_sub(1).filter(|last| *last >= reading.first_kept);
        let left_in_file = last.and_then(|last| reading.stock().up_to(last));
        match (missing, left_in_file) {
            (Some(missing), Some(left)) if left >= missing && self.freed_bytes.is_some_and(|freed| freed > 0) => {
                End::reached()
            }
            (Some(missing), Some(left)) if left >= missing => End::no_progress(format!(
                "nothing was freed: the node deletes whole files only, and all of them have blocks that {} keeps",
                limit.by
            )),
            _ => End::held(limit.by.to_string()),
        }
    }
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;

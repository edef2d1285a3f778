//! One run: prune, measure, go on, until the target, what is kept, or no progress. Pure.
//!
//! A node deletes whole files, and only those of which every block may go, so one call may free
//! nothing. Invariants: no call goes past what the planner allows at that moment, nor past what it
//! allowed at the start; each call goes higher than the one before, so that a run ends.

use super::block_files::{BLOCK_FILE_BYTES, keeps_more_than_a_file};
use super::decision::Target;
use super::end::End;
use super::gain::{Gain, Ledger};
use super::lease::Leases;
use super::obstacle::{NoRoom, Obstacle};
use super::plan;
use super::policy::PrunePolicy;
use super::reading::Reading;
use super::retention::{self, RetentionBound};
use crate::node::{Extent, PruneReach};

/// What a run does next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RunStep {
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
pub(super) struct PruneRun {
    target: Target,
    /// The lowest height that stayed by the first plan: blocks that come meanwhile do not draw a
    /// run out.
    keeps_from: Option<u32>,
    /// The height that was last asked for.
    called: Option<u32>,
    /// How much further the next call goes when the last one freed nothing.
    stride: Option<u32>,
    /// What was measured before the last call.
    before: Option<Reading>,
    /// What was deleted, and what became free of it.
    ledger: Ledger,
    /// By the sizes of the blocks that went, so much should have been deleted.
    expected_bytes: u64,
    /// Calls after which blocks of unknown size had gone.
    unsized_calls: u32,
    /// Little goes at first, and what came of it is measured: blocks may lie in a snapshot too.
    is_probing: bool,
    /// Up to the height that was asked for last, the node has kept more than one file can hold.
    kept_by_node: bool,
}

impl PruneRun {
    /// A run towards `target`.
    #[must_use]
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            keeps_from: None,
            called: None,
            stride: None,
            before: None,
            ledger: Ledger::default(),
            expected_bytes: 0,
            unsized_calls: 0,
            is_probing: !matches!(target, Target::Height(_)),
            kept_by_node: false,
        }
    }

    /// Bytes of block files that went so far, where that is known.
    #[must_use]
    pub(super) fn deleted_bytes(&self) -> Option<u64> {
        self.ledger.deleted_bytes()
    }

    /// What became free of that, where it is known.
    #[must_use]
    pub(super) fn freed_bytes(&self) -> Option<u64> {
        self.ledger.freed_bytes()
    }

    /// By `reading`, the last call deleted more than the volume gained, by far.
    #[must_use]
    pub(super) fn is_short_of_room(&self, reading: &Reading) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| Gain::between(before, reading).is_short())
    }

    /// Takes in the answer to the last call: a node may keep blocks for reasons of its own.
    pub(super) fn answered(&mut self, extent: Extent) {
        let (Some(before), Some(called)) = (&self.before, self.called) else {
            return;
        };
        let gone = match extent {
            Extent::Unknown => return,
            Extent::Nothing => None,
            Extent::UpTo(height) => Some(height),
        };
        self.kept_by_node = keeps_more_than_a_file(before, gone, called);
    }

    /// Takes in what is measured after a call, of a volume that changes by so much without us
    /// meanwhile.
    pub(super) fn measured(&mut self, reading: &Reading, noise_bytes: u64) {
        let Some(before) = self.before.take() else {
            return;
        };
        let gain = Gain::between(&before, reading);
        self.ledger.add(gain, noise_bytes);
        let gone = reading
            .first_kept
            .checked_sub(1)
            .filter(|_| reading.first_kept > before.first_kept);
        if gone.is_none() && gain.deleted_bytes.unwrap_or(0) == 0 {
            return;
        }
        self.stride = None;
        self.is_probing &= self.ledger.unread_calls() > 0;
        match gone.map(|gone| before.stock().up_to(gone)) {
            Some(Some(bytes)) => self.expected_bytes += bytes,
            Some(None) => self.unsized_calls += 1,
            None => {}
        }
    }

    /// Blocks went, and less than a tenth of their room came of it: more would be lost for nothing.
    fn in_vain(&self, reading: &Reading) -> Option<End> {
        /// By the sizes of blocks, which are estimates, so much must have gone before they are held
        /// against the files.
        const LEAST_BYTES: u64 = 100_000_000;
        /// So many parts of blocks of unknown size may go before any room has to come of it.
        const PARTS: u32 = 4;
        // A height is reached with one call, or held by somebody.
        if matches!(self.target, Target::Height(_)) {
            return None;
        }
        if let (Some(free_bytes), Some(volume_bytes), Some((deleted_bytes, freed_bytes))) = (
            reading.free_bytes,
            reading.volume_bytes,
            self.ledger.in_vain(),
        ) {
            let no_room = NoRoom {
                deleted_bytes,
                freed_bytes,
                free_bytes,
                volume_bytes,
            };
            let why =
                format!("{no_room}; `bllvmctl prune --to-height HEIGHT` deletes all the same");
            return Some(End {
                no_room: Some(no_room),
                ..End::no_progress(why)
            });
        }
        let deleted = self.ledger.deleted_bytes().unwrap_or(0);
        let too_little = self.expected_bytes >= LEAST_BYTES && deleted < self.expected_bytes / 10;
        let nothing = self.unsized_calls >= PARTS && deleted == 0 && self.ledger.room_bytes() <= 0;
        let why = "blocks were deleted, but the node's files did not get smaller";
        (self.target != Target::AllButKept && (too_little || nothing)).then(|| End {
            files_stay: true,
            ..End::no_progress(why)
        })
    }

    /// What to do about `reading`.
    pub(super) fn next_step(
        &mut self,
        reading: &Reading,
        policy: &PrunePolicy,
        leases: &Leases,
    ) -> RunStep {
        match &reading.obstacle {
            Some(Obstacle::ChainTooShort { .. }) => return RunStep::End(End::too_short()),
            Some(obstacle) => return RunStep::End(End::failed(obstacle.to_string())),
            None => {}
        }
        if self.is_reached(reading) {
            return RunStep::End(End::reached());
        }
        if let Some(end) = self.in_vain(reading) {
            return RunStep::End(end);
        }
        let limit = retention::limit(reading, policy, leases);
        if let Some(called) = self.called.filter(|_| self.kept_by_node) {
            return RunStep::End(kept_by_node(reading, called, &limit));
        }
        // Without a volume to look at there is nothing to be learnt from a small call, and some
        // nodes know no height.
        self.is_probing &= reading.free_bytes.is_some() && reading.reach != PruneReach::All;
        let keeps_from = limit
            .keeps_from
            .min(*self.keeps_from.get_or_insert(limit.keeps_from));
        let Ok(step) = plan::step(self.target, reading, policy, leases) else {
            return RunStep::End(self.at_the_limit(reading, &limit, keeps_from));
        };
        // A step goes at least one block below what stays.
        let last = keeps_from.saturating_sub(1);
        if keeps_from == 0 || self.called.is_some_and(|called| called >= last) {
            return RunStep::End(self.at_the_limit(reading, &limit, keeps_from));
        }
        let to_height = self.height_of_call(step.to_height, last, reading);
        let is_all = retention::only_recent(&limit, reading, policy, leases);
        self.called = Some(to_height);
        self.before = Some(reading.clone());
        RunStep::Call {
            to_height,
            is_all: to_height == last && is_all,
        }
    }

    /// Up to where the next call goes, if `wanted` is to be reached and `last` is the most: on from
    /// the call before, where that was not enough or was the first of a probe.
    fn height_of_call(&mut self, wanted: u32, last: u32, reading: &Reading) -> u32 {
        let probed = self.probe_height(wanted, reading);
        let height = match self.called {
            Some(called) if probed <= called || (self.is_probing && self.stride.is_some()) => {
                let onwards = called.saturating_add(self.next_stride(called, last, reading));
                // What is wanted may lie in between.
                if wanted > called && !self.is_probing {
                    onwards.min(wanted)
                } else {
                    onwards
                }
            }
            _ => probed,
        };
        height.min(last)
    }

    /// How far to go where it can be measured what comes of it. First as much as two of the node's
    /// files hold, since whole files go; of a volume in motion nothing can be read that is less
    /// than the motion, so that it is twice as much each time. Then at most so many times what has
    /// become free so far: a small amount may be a coincidence.
    fn probe_height(&self, to_height: u32, reading: &Reading) -> u32 {
        const TIMES: u64 = 8;
        let is_measured = reading.free_bytes.is_some() && reading.reach != PruneReach::All;
        if matches!(self.target, Target::Height(_)) || !is_measured {
            return to_height;
        }
        let file_bytes = reading.block_file_bytes.unwrap_or(BLOCK_FILE_BYTES);
        let bytes = if self.is_probing {
            file_bytes
                .saturating_mul(2_u64.saturating_pow(self.ledger.unread_calls().saturating_add(1)))
        } else {
            let freed = self.ledger.freed_bytes().unwrap_or(u64::MAX);
            freed
                .saturating_mul(TIMES)
                .max(file_bytes.saturating_mul(2))
        };
        reading
            .stock()
            .height_for(bytes)
            .map_or(to_height, |height| height.min(to_height))
    }

    /// Doubles from call to call. It begins far below the size of a file, so that little goes that
    /// need not.
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
        match self.target {
            Target::Usage(wanted_bytes) => reading
                .usage_bytes
                .is_some_and(|usage| usage <= wanted_bytes),
            Target::Free(wanted_bytes) => {
                reading.free_bytes.is_some_and(|free| free >= wanted_bytes)
            }
            // A height inside one of the node's files is reached at that file's edge.
            Target::Height(height) => {
                let called =
                    self.called.is_some_and(|called| called >= height) && !self.kept_by_node;
                called || reading.first_kept > height
            }
            Target::AllButKept => false,
        }
    }

    /// All that may go was asked to.
    fn at_the_limit(&self, reading: &Reading, limit: &RetentionBound, keeps_from: u32) -> End {
        let end = self.end_at(reading, limit, keeps_from);
        End {
            exhausted_below: Some(keeps_from),
            ..end
        }
    }

    fn end_at(&self, reading: &Reading, limit: &RetentionBound, keeps_from: u32) -> End {
        let missing = match self.target {
            Target::AllButKept if limit.by.is_rule() => return End::reached(),
            Target::Height(_) | Target::AllButKept => None,
            Target::Usage(wanted_bytes) => reading
                .usage_bytes
                .map(|usage| usage.saturating_sub(wanted_bytes)),
            Target::Free(wanted_bytes) => reading
                .free_bytes
                .map(|free| wanted_bytes.saturating_sub(free)),
        };
        // What may go and did not is in a file with blocks that must stay.
        let last = keeps_from
            .checked_sub(1)
            .filter(|last| *last >= reading.first_kept);
        let left_in_file = last.and_then(|last| reading.stock().up_to(last));
        match (missing, left_in_file) {
            (Some(missing), Some(left))
                if left >= missing && self.ledger.freed_bytes().is_some_and(|freed| freed > 0) =>
            {
                End::reached()
            }
            (Some(missing), Some(left)) if left >= missing && reading.reach == PruneReach::UpTo => {
                End::no_progress(format!(
                    "nothing was freed: the node deletes whole files only, and all of them have \
                     blocks that {} keeps",
                    limit.by
                ))
            }
            _ => End::held(limit.by.to_string()),
        }
    }
}

/// The node keeps what it was asked to delete, up to the height `called`. So it keeps what is above
/// too, up to the `limit`: to ask for that would be a call in vain.
fn kept_by_node(reading: &Reading, called: u32, limit: &RetentionBound) -> End {
    let by = retention::holder_of(&reading.indexes, called);
    let exhausted_below = limit.keeps_from.max(called.saturating_add(1));
    End {
        exhausted_below: Some(exhausted_below),
        by_node: Some(by.clone()),
        ..End::held(by.to_string())
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;

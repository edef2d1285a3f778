//! Headers and blocks as they come: held to the rules that need no coins, and put where they
//! belong.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bitcoin::Block;
use bitcoin::block::Header;
use bitcoin::consensus::serialize;

use super::Chainstate;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::{Id, Location, Validity};
use crate::chain::{block, header};
use crate::store::StoreError;

/// Why a block is not taken.
#[derive(Debug)]
pub(crate) enum BlockError {
    /// It breaks a rule.
    Reject(Reject),
    /// It cannot be written.
    Store(StoreError),
}

impl From<Reject> for BlockError {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<StoreError> for BlockError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A block that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) id: Id,
    /// It was not here before.
    pub(crate) is_new: bool,
}

impl Chainstate {
    /// Takes up a header, as of `now_secs` since 1970.
    pub(crate) fn accept_header(&mut self, header: &Header, now_secs: u64) -> Result<Id, Reject> {
        let hash = header.block_hash();
        if let Some(id) = self.tree.find(&hash) {
            let known = self.tree.get(id).validity;
            return if known.has_failed() {
                Err(Reject::new(Fault::OnRefused, "duplicate-invalid"))
            } else {
                Ok(id)
            };
        }
        header::check_work(&self.params, header)?;
        let missing = || Reject::new(Fault::Missing, "prev-blk-not-found");
        let parent = self.tree.find(&header.prev_blockhash).ok_or_else(missing)?;
        header::check(&self.tree, &self.params, parent, header, now_secs)?;
        let id = self.tree.insert(*header).ok_or_else(missing)?;
        self.dirty.insert(id);
        if self.tree.get(id).work > self.tree.get(self.best_header).work {
            self.best_header = id;
        }
        Ok(id)
    }

    /// Takes up headers of blocks that are to be fetched.
    pub(crate) fn accept_headers(
        &mut self,
        headers: &[Header],
        now_secs: u64,
    ) -> Result<Option<Id>, Reject> {
        let mut last = None;
        let before = self.dirty.len();
        for header in headers {
            last = Some(self.accept_header(header, now_secs)?);
        }
        self.has_new_headers |= self.dirty.len() > before;
        Ok(last)
    }

    /// Takes up a block and writes it. Whether it becomes part of the best chain is seen by `step`.
    ///
    /// A block that is bad by itself leaves no trace: with the same header there may be a good one,
    /// as a merkle tree can be read in more than one way.
    pub(crate) fn accept_block(
        &mut self,
        block: Arc<Block>,
        now_secs: u64,
    ) -> Result<Accepted, BlockError> {
        self.check_itself(&block)?;
        let id = self.accept_header(&block.header, now_secs)?;
        if self.tree.get(id).transactions > 0 {
            return Ok(Accepted { id, is_new: false });
        }
        self.check_place(id, &block)?;
        let is_out_of_order = self
            .tree
            .get(id)
            .parent
            .is_some_and(|parent| !self.tree.get(parent).is_complete());
        if is_out_of_order && self.has_new_headers {
            // After a crash the block alone could not say where it belongs.
            self.flush()?;
        }
        let location = self.segments.append(&serialize(block.as_ref()))?;
        self.place(id, &block, location);
        self.remember(id, block);
        Ok(Accepted { id, is_new: true })
    }

    /// As `accept_block`, for a block that was found on the disk.
    pub(super) fn adopt(&mut self, block: &Block, location: Location) -> Result<Accepted, Reject> {
        self.check_itself(block)?;
        // It was written at a time when it was not in the future.
        let id = self.accept_header(&block.header, u64::MAX)?;
        if self.tree.get(id).location.is_some() {
            return Ok(Accepted { id, is_new: false });
        }
        self.check_place(id, block)?;
        self.place(id, block, location);
        Ok(Accepted { id, is_new: true })
    }

    fn check_itself(&self, block: &Block) -> Result<(), Reject> {
        header::check_work(&self.params, &block.header)?;
        block::check_itself(block)
    }

    fn check_place(&mut self, id: Id, block: &Block) -> Result<(), Reject> {
        let height = self.tree.get(id).height;
        let median_time = self
            .tree
            .get(id)
            .parent
            .map_or(0, |parent| self.tree.median_time(parent));
        let checked = block::check_place(block, &self.params, height, median_time);
        // Another copy of a mutated block may be good; the header of any other is not.
        if checked
            .as_ref()
            .is_err_and(|reject| reject.fault == Fault::Consensus)
        {
            self.fail(id);
        }
        checked
    }

    fn place(&mut self, id: Id, block: &Block, location: Location) {
        let entry = self.tree.get_mut(id);
        entry.location = Some(location);
        entry.transactions = u32::try_from(block.txdata.len()).unwrap_or(u32::MAX);
        self.dirty.insert(id);
        self.contents.entry(location.segment).or_default().push(id);
        self.complete(id);
    }

    /// Notes that the block is here, and which others that waited for it are complete now: they are
    /// counted in the order in which their chains became whole, the lower ones and those that came
    /// first before the others.
    pub(super) fn complete(&mut self, id: Id) {
        let mut ready = VecDeque::from([id]);
        while let Some(id) = ready.pop_front() {
            let Some(parent) = self.tree.get(id).parent else {
                continue;
            };
            let below = self.tree.get(parent).chain_transactions;
            if below == 0 {
                // Also what an earlier version has counted when it came.
                self.tree.get_mut(id).sequence = 0;
                self.waiting.entry(parent).or_default().push(id);
                continue;
            }
            // What comes from the database has its number.
            if self.tree.get(id).sequence == 0 {
                self.tree.get_mut(id).sequence = self.next_sequence;
                self.next_sequence = self.next_sequence.saturating_add(1);
                self.dirty.insert(id);
            }
            let entry = self.tree.get_mut(id);
            entry.chain_transactions = below.saturating_add(u64::from(entry.transactions));
            if !entry.validity.has_failed() {
                let candidate = self.candidate(id);
                self.candidates.insert(candidate);
            }
            ready.extend(self.waiting.remove(&id).unwrap_or_default());
        }
    }

    /// Notes that the block breaks a rule, and that all on top of it are lost with it.
    pub(super) fn fail(&mut self, id: Id) {
        self.tree.get_mut(id).validity = Validity::Failed;
        self.dirty.insert(id);
        for child in self.tree.ids().filter(|child| *child > id) {
            let on_failed = self
                .tree
                .get(child)
                .parent
                .is_some_and(|at| self.tree.get(at).validity.has_failed());
            if on_failed && !self.tree.get(child).validity.has_failed() {
                self.tree.get_mut(child).validity = Validity::OnFailed;
                self.dirty.insert(child);
            }
        }
        self.rebuild_candidates();
    }

    /// An operator's word that the block is bad. The genesis block stays.
    pub(crate) fn invalidate(&mut self, id: Id) {
        if id != Id::GENESIS {
            self.fail(id);
        }
    }

    /// An operator's word that the block, what is below it and what is above it may be good after
    /// all.
    pub(crate) fn reconsider(&mut self, id: Id) {
        let height = self.tree.get(id).height;
        let related = |other: &Id| {
            let other_height = self.tree.get(*other).height;
            let (upper, lower, at) = if other_height >= height {
                (*other, id, height)
            } else {
                (id, *other, other_height)
            };
            self.tree.ancestor(upper, at) == Some(lower)
        };
        let forgiven: Vec<Id> = self
            .tree
            .ids()
            .filter(|other| self.tree.get(*other).validity.has_failed())
            .filter(related)
            .collect();
        for id in forgiven {
            self.tree.get_mut(id).validity = Validity::Header;
            self.dirty.insert(id);
        }
        self.rebuild_candidates();
    }

    /// Of tips with the same work the operator's choice goes first: the others count as having come
    /// after it.
    pub(crate) fn prefer(&mut self, id: Id) {
        let (tip, entry) = (self.tree.tip(), self.tree.get(id));
        let is_whole =
            entry.is_complete() && entry.location.is_some() && !entry.validity.has_failed();
        if id == tip || !is_whole || entry.work < self.tree.get(tip).work {
            return;
        }
        let rivals = self
            .candidates
            .iter()
            .map(|(_, _, rival)| *rival)
            .chain([tip]);
        let rivals: BTreeSet<Id> = rivals.filter(|rival| *rival != id).collect();
        for rival in rivals {
            let candidate = self.candidate(rival);
            let was_there = self.candidates.remove(&candidate);
            self.tree.get_mut(rival).sequence = self.next_sequence;
            self.next_sequence = self.next_sequence.saturating_add(1);
            if was_there {
                let candidate = self.candidate(rival);
                self.candidates.insert(candidate);
            }
        }
        let candidate = self.candidate(id);
        self.candidates.insert(candidate);
    }
}

//! Every header that is known, and what is known of its block.
//!
//! Decides which header is taken and which blocks are lost with one that breaks a rule. Refuses to
//! know a file. Invariant: what the database does not have as it is here is in `dirty`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bitcoin::Block;
use bitcoin::block::Header;
use bitcoin::constants::genesis_block;

use crate::chain::params::ChainParams;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::{HeaderEntry, HeaderTree, Id, Validity};
use crate::chain::{block, header};

/// The headers, by the rules of one chain.
#[derive(Debug)]
pub(super) struct HeaderIndex {
    params: ChainParams,
    /// What the database keeps of an entry is changed by `change`.
    pub(super) tree: HeaderTree,
    /// Of all that are not known to be bad, the one with the most work.
    best: Id,
    /// Entries that the database does not have as they are.
    dirty: BTreeSet<Id>,
    /// Headers without blocks came since the database was written.
    has_new: bool,
}

impl HeaderIndex {
    /// The genesis block's alone.
    pub(super) fn new(params: ChainParams) -> Self {
        Self {
            tree: HeaderTree::new(genesis_block(params.network()).header),
            params,
            best: Id::GENESIS,
            dirty: BTreeSet::new(),
            has_new: false,
        }
    }

    pub(super) fn params(&self) -> &ChainParams {
        &self.params
    }

    pub(super) fn best(&self) -> Id {
        self.best
    }

    /// An entry, to be changed and then written.
    pub(super) fn change(&mut self, id: Id) -> &mut HeaderEntry {
        self.dirty.insert(id);
        self.tree.get_mut(id)
    }

    /// Takes up a header, as of `now_secs` since 1970.
    pub(super) fn accept(&mut self, header: &Header, now_secs: u64) -> Result<Id, Reject> {
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
        if self.tree.get(id).work > self.tree.get(self.best).work {
            self.best = id;
        }
        Ok(id)
    }

    /// Takes up headers of blocks that are to be fetched.
    pub(super) fn accept_all(
        &mut self,
        headers: &[Header],
        now_secs: u64,
    ) -> Result<Option<Id>, Reject> {
        let mut last = None;
        let before = self.dirty.len();
        for header in headers {
            last = Some(self.accept(header, now_secs)?);
        }
        self.has_new |= self.dirty.len() > before;
        Ok(last)
    }

    /// Headers came without their blocks, and are not in the database yet.
    pub(super) fn has_new(&self) -> bool {
        self.has_new
    }

    /// Holds a block to the rules that need nothing but itself.
    pub(super) fn check_itself(&self, block: &Block) -> Result<(), Reject> {
        header::check_work(&self.params, &block.header)?;
        block::check_itself(block)
    }

    /// Holds the block of `id` to the rules of its place in the chain that need no coins.
    pub(super) fn check_place(&self, id: Id, block: &Block) -> Result<(), Reject> {
        let entry = self.tree.get(id);
        let median_time = entry
            .parent
            .map_or(0, |parent| self.tree.median_time(parent));
        block::check_place(block, &self.params, entry.height, median_time)
    }

    /// Notes that the block breaks a rule, and that all on top of it are lost with it.
    pub(super) fn fail(&mut self, id: Id) {
        self.change(id).validity = Validity::Failed;
        for child in self.tree.ids().filter(|child| *child > id) {
            let on_failed = self
                .tree
                .get(child)
                .parent
                .is_some_and(|at| self.tree.get(at).validity.has_failed());
            if on_failed && !self.tree.get(child).validity.has_failed() {
                self.change(child).validity = Validity::OnFailed;
            }
        }
    }

    /// The block, what is below it and what is above it may be good after all.
    pub(super) fn reconsider(&mut self, id: Id) {
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
            self.change(id).validity = Validity::Header;
        }
    }

    /// Searches the best one again, after others have failed or may be good after all.
    pub(super) fn find_best(&mut self) {
        let good = self
            .tree
            .ids()
            .filter(|id| !self.tree.get(*id).validity.has_failed());
        self.best = good
            .max_by_key(|id| (self.tree.get(*id).work, Reverse(*id)))
            .unwrap_or(Id::GENESIS);
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The entries that the database does not have as they are.
    pub(super) fn unwritten(&self) -> Vec<&HeaderEntry> {
        self.dirty.iter().map(|id| self.tree.get(*id)).collect()
    }

    /// The database has them all.
    pub(super) fn written(&mut self) {
        self.dirty.clear();
        self.has_new = false;
    }
}

//! Towards the best chain, a block at a time.

use std::cmp::Reverse;
use std::sync::Arc;

use bitcoin::{Block, Wtxid};
use tracing::warn;

use super::Chainstate;
use crate::chain::coins::{self, Undo};
use crate::chain::connect::{self, Failure, Place};
use crate::chain::reject::Reject;
use crate::chain::tree::{Id, Validity};
use crate::store::StoreError;

/// What one step did.
#[derive(Debug)]
pub(crate) enum Step {
    /// The block is the tip.
    Connected(Id, Arc<Block>),
    /// The block was the tip.
    Disconnected(Arc<Block>),
    /// The block on the way to the best chain breaks a rule.
    Refused(Id, Reject),
}

impl Chainstate {
    /// Makes one step towards the best chain; `None` once it is reached. Scripts of transactions
    /// that `is_checked` names were run before.
    pub(crate) fn step(
        &mut self,
        is_checked: impl Fn(&Wtxid) -> bool,
    ) -> Result<Option<Step>, StoreError> {
        let tip = self.tree.tip();
        let Some(target) = self.target() else {
            return Ok(None);
        };
        if self.tree.ancestor(target, self.tree.height()) != Some(tip) {
            return self.disconnect_tip(tip).map(Some);
        }
        let Some(next) = self
            .tree
            .ancestor(target, self.tree.height().saturating_add(1))
        else {
            return Ok(None);
        };
        let stepped = self.connect(next, is_checked)?;
        self.flush_if_much()?;
        Ok(Some(stepped))
    }

    /// The tip to go to; `None` if it is the one we have.
    fn target(&mut self) -> Option<Id> {
        let tip = self.tree.tip();
        loop {
            let (work, Reverse(sequence), id) = *self.candidates.last()?;
            let entry = self.tree.get(tip);
            let is_better = (work, Reverse(sequence)) > (entry.work, Reverse(entry.sequence));
            if id == tip || (!is_better && !entry.validity.has_failed()) {
                return None;
            }
            // The whole way is looked at once, not again at each of its steps.
            if self.open_way == Some(id) {
                return Some(id);
            }
            let fork = self.tree.fork(id);
            if self.are_stored(id, fork) && self.are_stored(tip, fork) {
                self.open_way = Some(id);
                return Some(id);
            }
            // A block on the way there, or back to where the two part, was pruned.
            if self.are_stored(id, fork) && self.told_fork.replace(fork) != Some(fork) {
                let (height, kept) = (self.tree.get(fork).height, self.first_stored);
                let tip = self.tree.get(id).hash;
                warn!(%tip, forks_at = height, kept_from = kept, "a better chain forks off below the pruned height: not taken");
            }
            self.candidates.pop_last();
        }
    }

    /// Whether all blocks from `tip` down to the one above `fork` are on the disk.
    fn are_stored(&self, tip: Id, fork: Id) -> bool {
        self.tree
            .line(tip)
            .take_while(|step| *step != fork)
            .all(|step| self.tree.get(step).location.is_some())
    }

    /// Whether the block can be undone, with all that are on top of it, as far as they are
    /// connected.
    pub(crate) fn can_undo(&self, id: Id) -> bool {
        let below = self.tree.get(id).parent;
        !self.tree.is_best(id) || below.is_some_and(|below| self.are_stored(self.tree.tip(), below))
    }

    fn connect(&mut self, id: Id, is_checked: impl Fn(&Wtxid) -> bool) -> Result<Step, StoreError> {
        let block = self.block(id)?.ok_or_else(|| self.lost(id))?;
        let place = Place::on(&self.tree, &self.params, self.tree.tip());
        let connected = match connect::connect(&block, &place, &self.coins, is_checked) {
            Ok(connected) => connected,
            Err(Failure::Store(error)) => return Err(error),
            Err(Failure::Reject(reject)) => {
                self.fail(id);
                return Ok(Step::Refused(id, reject));
            }
        };
        let height = place.height;
        let hash = self.tree.get(id).hash;
        self.count(&block, height, &connected.undo, true);
        let undo = coins::write_undo(&connected.undo);
        self.new_undo_bytes = self.new_undo_bytes.saturating_add(undo.len());
        self.new_undo.push((hash, undo));
        self.coins.apply(connected.changes);
        self.tree.push_best(id);
        self.tree.get_mut(id).validity = Validity::Connected;
        self.dirty.insert(id);
        let tip = self.candidate(id);
        self.candidates = self.candidates.split_off(&tip);
        Ok(Step::Connected(id, block))
    }

    /// What connecting the block kept: the coins it spent. `None` if it was not connected, or is
    /// pruned.
    pub(crate) fn undo(&self, id: Id) -> Result<Option<Undo>, StoreError> {
        let hash = self.tree.get(id).hash;
        let unwritten = self.new_undo.iter().rev().find(|(block, _)| *block == hash);
        let bytes = match unwritten {
            Some((_, undo)) => Some(undo.clone()),
            None => self.coins.database.undo(&hash)?,
        };
        Ok(bytes.and_then(|bytes| coins::read_undo(&bytes).ok()))
    }

    fn disconnect_tip(&mut self, tip: Id) -> Result<Step, StoreError> {
        let block = self.block(tip)?.ok_or_else(|| self.lost(tip))?;
        let (hash, height) = (self.tree.get(tip).hash, self.tree.get(tip).height);
        let damaged = || StoreError::Damaged {
            path: self.coins.database.path().to_owned(),
            detail: format!("the undo data of block {hash} is missing or not its own"),
        };
        let undo = self.undo(tip)?.ok_or_else(damaged)?;
        let changes = connect::disconnect(&block, undo.clone(), height).ok_or_else(damaged)?;
        self.count(&block, height, &undo, false);
        self.coins.apply(changes);
        self.tree.pop_best();
        self.dirty.insert(tip);
        Ok(Step::Disconnected(block))
    }

    /// Counts the coins that a block made and spent, or the reverse.
    fn count(&mut self, block: &Block, height: u32, undo: &Undo, forward: bool) {
        let made: Vec<_> = block
            .txdata
            .iter()
            .flat_map(|tx| coins::made_by(tx, height))
            .map(|(_, coin)| coin)
            .collect();
        let spent = undo.iter().flatten();
        if forward {
            self.coins.count(made.iter(), spent);
        } else {
            self.coins.count(spent, made.iter());
        }
    }

    fn lost(&self, id: Id) -> StoreError {
        let hash = self.tree.get(id).hash;
        let path = self.segments.directory().to_owned();
        StoreError::Damaged {
            path,
            detail: format!("block {hash} is not there any more"),
        }
    }
}

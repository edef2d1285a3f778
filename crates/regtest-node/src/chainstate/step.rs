//! Towards the best chain, a block at a time.

use std::sync::Arc;

use bitcoin::{Block, Wtxid};

use super::Chainstate;
use crate::chain::coins::{self, Undo};
use crate::chain::connect::{self, ConnectError};
use crate::chain::reject::Reject;
use crate::chain::tree::{Id, Validity};
use crate::store::StorageError;

/// What one step did.
#[derive(Debug)]
pub(crate) enum ChainStep {
    /// The block is the tip.
    ConnectedBlock(Id, Arc<Block>),
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
    ) -> Result<Option<ChainStep>, StorageError> {
        let tree = &self.headers.tree;
        let tip = tree.tip();
        let Some(target) = self.candidates.target(tree, self.files.first_stored()) else {
            return Ok(None);
        };
        if tree.ancestor(target, tree.height()) != Some(tip) {
            return self.disconnect_tip(tip).map(Some);
        }
        let Some(next) = tree.ancestor(target, tree.height().saturating_add(1)) else {
            return Ok(None);
        };
        let stepped = self.connect(next, is_checked)?;
        if self.coins.is_much() {
            self.flush()?;
        }
        Ok(Some(stepped))
    }

    fn connect(
        &mut self,
        id: Id,
        is_checked: impl Fn(&Wtxid) -> bool,
    ) -> Result<ChainStep, StorageError> {
        let block = self.block(id)?.ok_or_else(|| self.lost(id))?;
        let place = self.next_place();
        let connected = match connect::connect(&block, &place, &self.coins, is_checked) {
            Ok(connected) => connected,
            Err(ConnectError::Store(error)) => return Err(error),
            Err(ConnectError::Reject(reject)) => {
                self.fail(id);
                return Ok(ChainStep::Refused(id, reject));
            }
        };
        let height = place.height;
        self.count(&block, height, &connected.undo, true);
        let hash = self.tree().get(id).hash;
        self.coins.push_undo(hash, &connected.undo);
        self.coins.apply(connected.changes);
        self.headers.tree.push_best(id);
        self.headers.change(id).validity = Validity::ConnectedBlock;
        self.candidates.connected(&self.headers.tree, id);
        Ok(ChainStep::ConnectedBlock(id, block))
    }

    fn disconnect_tip(&mut self, tip: Id) -> Result<ChainStep, StorageError> {
        let block = self.block(tip)?.ok_or_else(|| self.lost(tip))?;
        let entry = self.tree().get(tip);
        let hash = entry.hash;
        let height = entry.height;
        let damaged = || StorageError::Damaged {
            path: self.coins.database.path().to_owned(),
            detail: format!("the undo data of block {hash} is missing or not its own"),
        };
        let undo = self.undo(tip)?.ok_or_else(damaged)?;
        let changes = connect::disconnect(&block, undo.clone(), height).ok_or_else(damaged)?;
        self.count(&block, height, &undo, false);
        self.coins.apply(changes);
        self.headers.tree.pop_best();
        self.headers.change(tip);
        Ok(ChainStep::Disconnected(block))
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

    fn lost(&self, id: Id) -> StorageError {
        let hash = self.tree().get(id).hash;
        let path = self.files.directory().to_owned();
        StorageError::Damaged {
            path,
            detail: format!("block {hash} is not there any more"),
        }
    }
}

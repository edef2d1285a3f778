//! The chain and the mempool together: what takes blocks and transactions that are valid.
//!
//! Decides what a block or a transaction changes. Refuses to know peers. Invariant: what could not
//! be written is in memory still, and no block is taken while that is so.

mod disk;
#[cfg(test)]
mod tests;

pub(crate) use disk::WriteStatus;

use std::sync::Arc;

use bitcoin::{Block, Transaction, Txid};
use tracing::{debug, info};

use self::disk::DiskMonitor;
use crate::chain::connect::ConnectError;
use crate::chain::reject::{Fault, Reject};
use crate::chain::tree::Id;
use crate::chainstate::{AcceptedBlock, BlockError, ChainStep, Chainstate};
use crate::clock;
use crate::event::{EventObserver, NodeEvent};
use crate::mempool::{AcceptedTransaction, DisconnectedTransactions, Mempool, TransactionOrigin};
use crate::store::StorageError;
use crate::time::{MonotonicTime, Now};

/// What came of the way to the best chain.
#[derive(Debug, Default)]
pub(crate) struct ChainAdvance {
    /// The best chain is reached; otherwise the disk takes no writes.
    pub(crate) is_complete: bool,
    /// Blocks that are part of the chain now.
    pub(crate) connected: Vec<Id>,
    /// Blocks that break a rule, and which.
    pub(crate) refused: Vec<(Id, Reject)>,
}

/// The chain and the mempool.
pub(crate) struct Validation {
    pub(crate) chain: Chainstate,
    pub(crate) mempool: Mempool,
    observer: EventObserver,
    disk: DiskMonitor,
    /// The last block that could not be connected, and why.
    refused: Option<(Id, Reject)>,
    /// What may come back into the mempool once the best chain is reached.
    disconnected: DisconnectedTransactions,
    /// Blocks that an operator's call has disconnected so far, while it does.
    invalidated_blocks: Option<usize>,
}

impl Validation {
    pub(crate) fn new(
        chain: Chainstate,
        observer: EventObserver,
        writes: Arc<WriteStatus>,
        now: MonotonicTime,
    ) -> Self {
        Self {
            chain,
            mempool: Mempool::default(),
            disk: DiskMonitor::new(Arc::clone(&observer), writes, now),
            observer,
            refused: None,
            disconnected: DisconnectedTransactions::default(),
            invalidated_blocks: None,
        }
    }

    /// Part of the known chain that is connected, in [0, 1].
    pub(crate) fn progress(&self) -> f64 {
        let tree = self.chain.tree();
        let blocks = tree.height();
        let headers = tree.get(self.chain.best_header()).height;
        if headers <= blocks {
            1.0
        } else {
            f64::from(blocks) / f64::from(headers)
        }
    }

    /// Why the block could not be connected, if it was the last such block.
    pub(crate) fn last_refusal(&self, id: Id) -> Option<&Reject> {
        self.refused
            .as_ref()
            .filter(|(refused, _)| *refused == id)
            .map(|(_, reject)| reject)
    }

    /// Takes a block and writes it; `advance` goes to the best chain with it.
    pub(crate) fn accept_block(
        &mut self,
        block: Arc<Block>,
        now: Now,
    ) -> Result<AcceptedBlock, Reject> {
        self.disk.check()?;
        match self.chain.accept_block(block, now.unix_seconds()) {
            Ok(accepted) => Ok(accepted),
            Err(BlockError::Reject(reject)) => Err(reject),
            Err(BlockError::Store(error)) => {
                self.disk.failed(error);
                Err(Reject::new(Fault::Policy, "the block cannot be written"))
            }
        }
    }

    /// Goes to the best chain, as far as the disk takes writes.
    pub(crate) fn advance(&mut self, now: Now) -> ChainAdvance {
        let mut advance = ChainAdvance::default();
        if self.disk.is_blocked() {
            return advance;
        }
        let mut disconnected_blocks = 0_usize;
        loop {
            let began = clock::mono();
            let mempool = &self.mempool;
            match self
                .chain
                .step(|wtxid| mempool.get_by_wtxid(wtxid).is_some())
            {
                Ok(None) => break,
                Ok(Some(ChainStep::ConnectedBlock(id, block))) => {
                    (self.observer)(NodeEvent::BlockConnected(clock::mono().since(began)));
                    self.mempool.block_connected(&block);
                    self.disconnected.block_connected(&block);
                    debug!(height = self.chain.tree().height(), hash = %block.block_hash(), "new tip");
                    advance.connected.push(id);
                }
                Ok(Some(ChainStep::Disconnected(block))) => {
                    disconnected_blocks += 1;
                    self.block_disconnected(&block, now);
                }
                Ok(Some(ChainStep::Refused(id, reject))) => {
                    self.refused = Some((id, reject.clone()));
                    advance.refused.push((id, reject));
                }
                Err(error) => {
                    self.disk.failed(error);
                    return advance;
                }
            }
        }
        if disconnected_blocks > 0 {
            info!(
                blocks = disconnected_blocks,
                height = self.chain.tree().height(),
                "reorganised"
            );
        }
        if !self.disconnected.is_empty() {
            self.update_mempool(now);
        }
        self.invalidated_blocks = None;
        advance.is_complete = true;
        advance
    }

    /// An operator's word that the block is bad; `advance` leaves it.
    pub(crate) fn invalidate(&mut self, id: Id) {
        self.chain.invalidate(id);
        self.invalidated_blocks = Some(0);
    }

    /// Of how many blocks that an operator calls bad the transactions come back, as with bitcoind.
    const MAX_INVALIDATED_BLOCKS: usize = 10;

    fn block_disconnected(&mut self, block: &Block, now: Now) {
        let Some(blocks) = &mut self.invalidated_blocks else {
            self.disconnected.block_disconnected(block);
            return;
        };
        *blocks += 1;
        if *blocks > Self::MAX_INVALIDATED_BLOCKS {
            for tx in &block.txdata {
                self.mempool.remove_recursive(tx);
            }
        } else {
            // An operator may look between two blocks.
            self.disconnected.block_disconnected(block);
        }
        self.update_mempool(now);
    }

    /// After a reorganisation: the transactions of disconnected blocks come back, without the fee
    /// that relay asks for, and what cannot be mined on the new tip goes. What stays is not
    /// touched.
    fn update_mempool(&mut self, now: Now) {
        while let Some(tx) = self.disconnected.pop_oldest() {
            if let Err(reject) = self.take_back(&tx, now) {
                debug!(%reject, txid = %tx.compute_txid(), "dropped from the mempool");
                self.mempool.remove_recursive(&tx);
            }
        }
        self.mempool.trim_clusters();
        let place = self.chain.next_place();
        if let Err(error) = self.mempool.remove_invalid(&place, &self.chain) {
            self.disk.failed(error);
        }
        self.mempool.make_room();
    }

    fn take_back(&mut self, tx: &Arc<Transaction>, now: Now) -> Result<Txid, Reject> {
        let admission = self.examine(tx, now, TransactionOrigin::DisconnectedBlock)?;
        self.mempool.admit(admission)
    }

    /// Takes a transaction into the mempool, unless it pays more than `max_rate`, satoshi per 1000
    /// virtual bytes.
    pub(crate) fn take_transaction(
        &mut self,
        tx: &Arc<Transaction>,
        now: Now,
        max_rate: Option<u64>,
    ) -> Result<Txid, Reject> {
        let admission = self.examine(tx, now, TransactionOrigin::Relay)?;
        self.mempool.admit(admission.within(max_rate)?)
    }

    /// Whether `tx` would be taken into the mempool, and as what.
    pub(crate) fn test_transaction(
        &mut self,
        tx: &Arc<Transaction>,
        now: Now,
    ) -> Result<AcceptedTransaction, Reject> {
        self.examine(tx, now, TransactionOrigin::Relay)
    }

    fn examine(
        &mut self,
        tx: &Arc<Transaction>,
        now: Now,
        origin: TransactionOrigin,
    ) -> Result<AcceptedTransaction, Reject> {
        self.disk.check()?;
        let place = self.chain.next_place();
        let now_secs = now.unix_seconds();
        match self
            .mempool
            .examine(tx, &place, &self.chain, now_secs, origin)
        {
            Ok(admission) => Ok(admission),
            Err(ConnectError::Reject(reject)) => Err(reject),
            Err(ConnectError::Store(error)) => {
                self.disk.failed(error);
                Err(Reject::new(Fault::Policy, "the coins cannot be read"))
            }
        }
    }

    /// A chain shorter than this is not pruned, as with bitcoind's `-fastprune`.
    const PRUNE_AFTER_HEIGHT: u32 = 100;

    /// Whether the chain is long enough for anything to be pruned.
    pub(crate) fn is_prunable(&self) -> bool {
        self.chain.tree().height() >= Self::PRUNE_AFTER_HEIGHT
    }

    /// Deletes the segments of blocks up to `height`, but never the last blocks. The first height
    /// that is left; `None` if the chain is too short.
    pub(crate) fn prune(&mut self, height: u32) -> Option<u32> {
        if !self.is_prunable() {
            return None;
        }
        match self.chain.prune(height) {
            Ok(pruned) if pruned.segments > 0 => {
                let first_stored = self.chain.first_stored();
                info!(
                    segments = pruned.segments,
                    bytes = pruned.bytes,
                    first_stored,
                    "pruned"
                );
            }
            Ok(_) => {}
            Err(error) => self.disk.failed(error),
        }
        Some(self.chain.first_stored())
    }

    /// The files cannot be used.
    pub(crate) fn failed(&mut self, error: StorageError) {
        self.disk.failed(error);
    }

    /// The disk takes no writes now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.disk.is_blocked()
    }

    /// Writes what is not written; where that failed before, from the files as they are now.
    /// Whether writes succeed again: then the best chain may be another.
    pub(crate) fn flush(&mut self, now: Now) -> bool {
        let written = if self.disk.is_blocked() {
            self.chain.recover()
        } else {
            self.chain.flush()
        };
        if let Err(error) = written {
            self.disk.failed(error);
            return false;
        }
        let is_again = self.disk.succeeded();
        if is_again {
            // What went on while the coins could not be read left the mempool as it was.
            self.update_mempool(now);
        }
        is_again
    }

    /// Tries whether writes succeed: when they did not, and when there were none for a while.
    /// Whether they succeed again.
    pub(crate) fn watch_disk(&mut self, now: Now) -> bool {
        if self.disk.is_blocked() {
            return self.flush(now);
        }
        if self.disk.is_trial_due(now.mono)
            && let Err(error) = self.chain.try_writing()
        {
            self.disk.failed(error);
        }
        false
    }

    /// What ends the node.
    pub(crate) fn take_fatal(&mut self) -> Option<StorageError> {
        self.disk.take_fatal()
    }

    /// What is not written, for a node that ends.
    pub(crate) fn take_failure(&mut self) -> Option<StorageError> {
        self.disk.take_fatal().or_else(|| self.disk.take_failure())
    }
}

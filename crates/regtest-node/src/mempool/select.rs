//! Who goes into the next block. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::{Amount, Transaction, Txid};

use super::cluster::MempoolChunk;
use super::{FeeFrac, Mempool, MempoolEntry};
use crate::chain::connect::ChainPosition;
use crate::chain::limits::{MAX_SIGOPS_COST, MAX_WEIGHT};
use crate::chain::transaction;

/// Kept for header, coinbase and what counts the transactions, as bitcoind keeps it.
const RESERVED_WEIGHT: u64 = 8_000;
const RESERVED_SIGOPS: usize = 400;
/// A chunk that pays less is not mined: bitcoind's `-blockmintxfee`, a satoshi for 1000 virtual
/// bytes.
const MIN_MINED_RATE: FeeFrac = FeeFrac {
    fee: 1,
    size: 4_000,
};

impl Mempool {
    /// The transactions for a block at `place`, parents first, and their fees: the chunk that pays
    /// most for its size goes first.
    pub(crate) fn select(&self, place: &ChainPosition<'_>) -> (Vec<Transaction>, Amount) {
        let max_weight = u64::try_from(MAX_WEIGHT).unwrap_or(u64::MAX) - RESERVED_WEIGHT;
        let mut chosen = HashSet::<Txid>::new();
        let mut weight = 0_u64;
        let mut sigops = RESERVED_SIGOPS;
        for chunk in self.mined_chunks() {
            let new: Vec<&MempoolEntry> = chunk
                .txids
                .iter()
                .filter_map(|txid| self.get(txid))
                .collect();
            let more = new.iter().map(|entry| entry.weight).sum::<u64>();
            let more_sigops = new.iter().map(|entry| entry.sigops_cost).sum::<usize>();
            let is_final = new
                .iter()
                .all(|entry| transaction::is_final(&entry.tx, place.height, place.median_time));
            let has_parents = new.iter().all(|entry| {
                let mut parents = self.parents(&entry.tx).into_iter();
                parents.all(|txid| chosen.contains(&txid) || chunk.txids.contains(&txid))
            });
            let has_room = weight + more <= max_weight && sigops + more_sigops <= MAX_SIGOPS_COST;
            if is_final && has_parents && has_room {
                weight += more;
                sigops += more_sigops;
                chosen.extend(new.iter().map(|entry| entry.txid));
            }
        }
        let entries = self
            .in_order()
            .into_iter()
            .filter(|entry| chosen.contains(&entry.txid));
        let (transactions, fees): (Vec<_>, Vec<_>) = entries
            .map(|entry| (Transaction::clone(Arc::as_ref(&entry.tx)), entry.fee))
            .unzip();
        (transactions, fees.into_iter().sum())
    }

    /// The chunks of all clusters that pay enough, best first.
    fn mined_chunks(&self) -> Vec<MempoolChunk> {
        let mut chunks = Vec::new();
        for cluster in self.clusters(self.in_order().iter().map(|entry| entry.txid)) {
            chunks.extend(self.chunks(&cluster, None));
        }
        chunks.retain(|chunk| chunk.sum.cmp_rate(MIN_MINED_RATE).is_ge());
        // Those of one cluster are in falling order, and stay so.
        chunks.sort_by(|one, other| other.sum.cmp_rate(one.sum));
        chunks
    }
}

//! Clusters: transactions that are connected by spending one another, and their limits. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use bitcoin::Txid;

use super::linearize::{ClusterGraph, FeeFrac};
use super::{Mempool, MempoolEntry};

/// Bitcoin Core's `-limitclustercount`.
pub(crate) const MAX_CLUSTER_TRANSACTIONS: usize = 64;
/// Bitcoin Core's `-limitclustersize`, in virtual bytes.
pub(crate) const MAX_CLUSTER_VSIZE: u64 = 101_000;
const MAX_CLUSTER_WEIGHT: u64 = MAX_CLUSTER_VSIZE * 4;

/// Transactions that are mined together, and their fee.
pub(super) struct MempoolChunk {
    pub(super) txids: Vec<Txid>,
    pub(super) sum: FeeFrac,
}

impl Mempool {
    /// The clusters of `some`, as one set, as they are without the transactions of `without`.
    pub(super) fn connected(
        &self,
        some: impl IntoIterator<Item = Txid>,
        without: &HashSet<Txid>,
    ) -> BTreeSet<Txid> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Txid> = some.into_iter().collect();
        while let Some(txid) = open.pop() {
            if without.contains(&txid) || found.contains(&txid) {
                continue;
            }
            let Some(entry) = self.get(&txid) else {
                continue;
            };
            found.insert(txid);
            open.extend(self.parents(&entry.tx));
            open.extend(self.children(&txid));
        }
        found
    }

    /// Each cluster that has one of `some`.
    pub(super) fn clusters(&self, some: impl IntoIterator<Item = Txid>) -> Vec<BTreeSet<Txid>> {
        let mut seen = HashSet::new();
        let mut clusters = Vec::new();
        for txid in some {
            if !seen.contains(&txid) {
                let cluster = self.connected([txid], &HashSet::new());
                seen.extend(cluster.iter().copied());
                clusters.push(cluster);
            }
        }
        clusters
    }

    fn entries_of<'a>(
        &'a self,
        txids: &'a BTreeSet<Txid>,
    ) -> impl Iterator<Item = &'a MempoolEntry> {
        txids.iter().filter_map(|txid| self.get(txid))
    }

    /// Whether `cluster`, with `new` in it, is larger than a cluster may be.
    pub(super) fn is_too_large(
        &self,
        cluster: &BTreeSet<Txid>,
        new: Option<&MempoolEntry>,
    ) -> bool {
        let entries = || self.entries_of(cluster).chain(new);
        let weight: u64 = entries().map(|entry| entry.adjusted_weight).sum();
        entries().count() > MAX_CLUSTER_TRANSACTIONS || weight > MAX_CLUSTER_WEIGHT
    }

    /// The chunks of `cluster`, which must be a whole one, or all clusters that `new` connects;
    /// best first.
    pub(super) fn chunks(
        &self,
        cluster: &BTreeSet<Txid>,
        new: Option<&MempoolEntry>,
    ) -> Vec<MempoolChunk> {
        let entries: Vec<&MempoolEntry> = self.entries_of(cluster).chain(new).collect();
        let places: HashMap<Txid, usize> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| (entry.txid, at))
            .collect();
        let parents = |entry: &MempoolEntry| {
            let spent = entry.tx.input.iter();
            spent
                .filter_map(|input| places.get(&input.previous_output.txid).copied())
                .collect()
        };
        let graph: Vec<(FeeFrac, Vec<usize>)> = entries
            .iter()
            .map(|entry| (entry.fee_frac(), parents(entry)))
            .collect();
        let chunks = ClusterGraph::new(&graph).chunks().into_iter();
        let of_entries = chunks.map(|chunk| {
            let members = chunk.members.iter();
            MempoolChunk {
                txids: members
                    .filter_map(|at| entries.get(*at))
                    .map(|entry| entry.txid)
                    .collect(),
                sum: chunk.sum,
            }
        });
        of_entries.collect()
    }

    /// What the chunk of `txid` pays, and its size; nothing if it is not here.
    pub(crate) fn chunk_of(&self, txid: &Txid) -> FeeFrac {
        let cluster = self.connected([*txid], &HashSet::new());
        let mut chunks = self.chunks(&cluster, None).into_iter();
        chunks
            .find(|chunk| chunk.txids.contains(txid))
            .map(|chunk| chunk.sum)
            .unwrap_or_default()
    }

    /// As `chunk_of`, of all transactions.
    pub(crate) fn all_chunks(&self) -> HashMap<Txid, FeeFrac> {
        let mut all = HashMap::with_capacity(self.len());
        for cluster in self.clusters(self.entries.keys().copied()) {
            for chunk in self.chunks(&cluster, None) {
                all.extend(chunk.txids.into_iter().map(|txid| (txid, chunk.sum)));
            }
        }
        all
    }
}

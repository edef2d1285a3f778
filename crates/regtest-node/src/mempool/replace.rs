//! Replacement: what a transaction that spends what others here spend has to pay. Pure.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use bitcoin::{Amount, Txid};

use super::diagram::improves;
use super::linearize::FeeFrac;
use super::{INCREMENTAL_FEE_RATE, Mempool, MempoolEntry, fee_at};
use crate::chain::money::format_money;
use crate::chain::reject::Reject;

/// Of how many clusters a transaction may replace something.
const MAX_REPLACED_CLUSTERS: usize = 100;

/// What a transaction replaces directly.
pub(super) struct Conflicts {
    pub(super) txids: BTreeSet<Txid>,
    /// One of them spends nothing that it spends: it is the other child of its parent (BIP431).
    pub(super) has_sibling: bool,
}

impl Conflicts {
    fn refuse(&self, reason: &'static str, detail: String) -> Reject {
        let reason = if self.has_sibling {
            Cow::Owned(format!("{reason} (including sibling eviction)"))
        } else {
            Cow::Borrowed(reason)
        };
        Reject::policy(reason).at(detail)
    }
}

impl Mempool {
    /// Everything that `new` replaces, if it pays for it: no less than all of that together, its
    /// own relay besides, and so that miners get more at each size.
    pub(super) fn check_replacement(
        &self,
        new: &MempoolEntry,
        conflicts: &Conflicts,
    ) -> Result<HashSet<Txid>, Reject> {
        let txid = new.txid;
        let clusters = self.clusters(conflicts.txids.iter().copied());
        if clusters.len() > MAX_REPLACED_CLUSTERS {
            let detail = format!(
                "rejecting replacement {txid}; too many conflicting clusters \
                 ({} > {MAX_REPLACED_CLUSTERS})",
                clusters.len()
            );
            return Err(conflicts.refuse("too many potential replacements", detail));
        }
        let replaced: HashSet<Txid> = conflicts
            .txids
            .iter()
            .flat_map(|txid| self.with_descendants(txid))
            .collect();
        let entries = replaced.iter().filter_map(|txid| self.get(txid));
        let fees: Amount = entries.map(|entry| entry.fee).sum();
        let Some(additional) = new.fee.checked_sub(fees) else {
            let detail = format!(
                "rejecting replacement {txid}, less fees than conflicting txs; {} < {}",
                format_money(new.fee),
                format_money(fees)
            );
            return Err(conflicts.refuse("insufficient fee", detail));
        };
        let relay = fee_at(INCREMENTAL_FEE_RATE, new.vsize);
        if additional < relay {
            let detail = format!(
                "rejecting replacement {txid}, not enough additional fees to relay; {} < {}",
                format_money(additional),
                format_money(relay)
            );
            return Err(conflicts.refuse("insufficient fee", detail));
        }
        self.check_cluster(new, &replaced)?;
        if !self.improves_diagram(new, conflicts, &replaced) {
            let detail = "insufficient feerate: does not improve feerate diagram".to_owned();
            return Err(Reject::policy("replacement-failed").at(detail));
        }
        Ok(replaced)
    }

    /// The cluster of `new`, without what it replaces, keeps the limits.
    pub(super) fn check_cluster(
        &self,
        new: &MempoolEntry,
        replaced: &HashSet<Txid>,
    ) -> Result<(), Reject> {
        let cluster = self.connected(self.parents(&new.tx), replaced);
        if self.is_too_large(&cluster, Some(new)) {
            return Err(Reject::policy("too-large-cluster"));
        }
        Ok(())
    }

    /// Whether the clusters that `new` changes are worth more with it.
    fn improves_diagram(
        &self,
        new: &MempoolEntry,
        conflicts: &Conflicts,
        replaced: &HashSet<Txid>,
    ) -> bool {
        let none = HashSet::new();
        let parents = self.parents(&new.tx);
        let changed = self.connected(
            conflicts
                .txids
                .iter()
                .copied()
                .chain(parents.iter().copied()),
            &none,
        );
        let mut before = Vec::new();
        for cluster in self.clusters(changed.iter().copied()) {
            before.extend(self.chunks(&cluster, None).iter().map(|chunk| chunk.sum));
        }
        let with_new = self.connected(parents, replaced);
        let mut after: Vec<FeeFrac> = self
            .chunks(&with_new, Some(new))
            .iter()
            .map(|chunk| chunk.sum)
            .collect();
        let mut seen = with_new;
        for txid in &changed {
            if replaced.contains(txid) || seen.contains(txid) {
                continue;
            }
            let cluster = self.connected([*txid], replaced);
            after.extend(self.chunks(&cluster, None).iter().map(|chunk| chunk.sum));
            seen.extend(cluster);
        }
        for diagram in [&mut before, &mut after] {
            diagram.sort_by(|one, other| other.cmp_rate(*one));
        }
        improves(&after, &before)
    }
}

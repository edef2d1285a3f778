//! Transactions of version 3 (BIP431): at most one parent and one child here, and small. Pure.

use std::collections::BTreeSet;

use bitcoin::Txid;

use super::{Mempool, MempoolEntry};
use crate::chain::reject::Reject;

const VERSION: i32 = 3;
/// In virtual bytes.
const MAX_VSIZE: u64 = 10_000;
/// Of one that has a parent here, in virtual bytes.
const MAX_CHILD_VSIZE: u64 = 1_000;
/// With itself.
const MAX_FAMILY: usize = 2;

fn violation(detail: String) -> Reject {
    Reject::policy("TRUC-violation").at(detail)
}

fn named(entry: &MempoolEntry) -> String {
    format!("tx {} (wtxid={})", entry.txid, entry.wtxid)
}

impl MempoolEntry {
    fn is_truc(&self) -> bool {
        self.tx.version.0 == VERSION
    }
}

impl Mempool {
    /// Holds `new`, which is in conflict with `conflicts`, to the rules. The child of its parent
    /// that has to go for it, if there is one that may.
    pub(super) fn check_truc(
        &self,
        new: &MempoolEntry,
        conflicts: &BTreeSet<Txid>,
    ) -> Result<Option<Txid>, Reject> {
        let parents: Vec<&MempoolEntry> = self
            .parents(&new.tx)
            .iter()
            .filter_map(|txid| self.get(txid))
            .collect();
        check_inheritance(new, &parents)?;
        if !new.is_truc() {
            return Ok(None);
        }
        if new.vsize > MAX_VSIZE {
            let detail = format!(
                "version=3 {} is too big: {} > {MAX_VSIZE} virtual bytes",
                named(new),
                new.vsize
            );
            return Err(violation(detail));
        }
        let Some(parent) = parents.first() else {
            return Ok(None);
        };
        if parents.len() >= MAX_FAMILY || !self.parents(&parent.tx).is_empty() {
            let detail = format!("{} would have too many ancestors", named(new));
            return Err(violation(detail));
        }
        if new.vsize > MAX_CHILD_VSIZE {
            let detail = format!(
                "version=3 child {} is too big: {} > {MAX_CHILD_VSIZE} virtual bytes",
                named(new),
                new.vsize
            );
            return Err(violation(detail));
        }
        self.check_siblings(parent, conflicts)
    }

    /// The parent has no other child, or one that is replaced, or one that may be.
    fn check_siblings(
        &self,
        parent: &MempoolEntry,
        conflicts: &BTreeSet<Txid>,
    ) -> Result<Option<Txid>, Reject> {
        let mut descendants = self.with_descendants(&parent.txid);
        descendants.remove(&parent.txid);
        let is_replaced = descendants.iter().any(|txid| conflicts.contains(txid));
        if descendants.is_empty() || is_replaced {
            return Ok(None);
        }
        // After a reorganisation there may be more than the rules allow.
        let mut siblings = descendants.iter();
        if let (Some(sibling), None) = (siblings.next(), siblings.next())
            && let Some(entry) = self.get(sibling)
            && self.ancestors(&entry.tx).len() + 1 == MAX_FAMILY
        {
            return Ok(Some(*sibling));
        }
        let detail = format!("{} would exceed descendant count limit", named(parent));
        Err(violation(detail))
    }
}

/// A transaction of version 3 has parents of version 3, and no other has.
fn check_inheritance(new: &MempoolEntry, parents: &[&MempoolEntry]) -> Result<(), Reject> {
    let Some(parent) = parents
        .iter()
        .find(|parent| parent.is_truc() != new.is_truc())
    else {
        return Ok(());
    };
    let child = named(new);
    let parent = named(parent);
    Err(violation(if new.is_truc() {
        format!("version=3 {child} cannot spend from non-version=3 {parent}")
    } else {
        format!("non-version=3 {child} cannot spend from version=3 {parent}")
    }))
}

//! Who keeps which blocks: the rule of the last 288, the policy's, leases, and the node itself.
//! Pure.

use std::fmt;

use super::lease::Leases;
use super::policy::{FEWEST_BLOCKS, PrunePolicy};
use super::reading::Reading;
use crate::node::{Index, Indexes, PruneLock};

/// Who keeps blocks.
#[derive(Clone, Debug, PartialEq)]
pub enum Retention {
    /// The last 288 blocks.
    Recent,
    /// `storage.pruning_keep_blocks`
    KeepBlocks(u32),
    /// `storage.custom.keep_blocks`
    CustomBlocks(u32),
    /// `storage.custom.keep_days`
    CustomDays(f64),
    /// `storage.custom.keep_from_height`
    CustomHeight(u32),
    /// The lease of this name.
    Lease(String),
    /// An index of the node, which has come to this height.
    Index {
        /// Its name.
        name: String,
        /// The last block that is in it; `None`: not known.
        height: Option<u32>,
    },
    /// A prune lock of the node, by its name.
    PruneLock(String),
    /// The node did not delete what it was asked to, and does not say why.
    Node,
}

impl Retention {
    /// A rule refuses a request by hand that goes past it; a lease, and what the node needs, only
    /// clamps.
    #[must_use]
    pub fn is_rule(&self) -> bool {
        match self {
            Self::Recent
            | Self::KeepBlocks(_)
            | Self::CustomBlocks(_)
            | Self::CustomDays(_)
            | Self::CustomHeight(_) => true,
            Self::Lease(_) | Self::Index { .. } | Self::PruneLock(_) | Self::Node => false,
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recent => write!(f, "the rule that the last {FEWEST_BLOCKS} blocks are kept"),
            Self::KeepBlocks(blocks) => write!(f, "pruning_keep_blocks = {blocks}"),
            Self::CustomBlocks(blocks) => write!(f, "storage.custom.keep_blocks = {blocks}"),
            Self::CustomDays(days) => write!(f, "storage.custom.keep_days = {days}"),
            Self::CustomHeight(height) => write!(f, "storage.custom.keep_from_height = {height}"),
            Self::Lease(name) => write!(f, "lease {name}"),
            Self::Index {
                name,
                height: Some(height),
            } => write!(f, "the node's index {name} at height {height}"),
            Self::Index { name, height: None } => {
                write!(f, "the node's index {name}, whose height is unknown")
            }
            Self::PruneLock(id) => write!(f, "the node's prune lock {id}"),
            Self::Node => f.write_str("the node (an index or a prune lock)"),
        }
    }
}

/// What one retention keeps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RetentionBound {
    /// The first height that stays; 0: all do.
    pub keeps_from: u32,
    /// Who keeps it.
    pub by: Retention,
}

/// What the rules keep, that of the last 288 first.
pub(super) fn rules(policy: &PrunePolicy, reading: &Reading) -> Vec<RetentionBound> {
    let last = |blocks: u32| reading.tip.saturating_add(1).saturating_sub(blocks);
    let mut bounds = vec![RetentionBound {
        keeps_from: last(FEWEST_BLOCKS),
        by: Retention::Recent,
    }];
    let mut add = |keeps_from, by| bounds.push(RetentionBound { keeps_from, by });
    if policy.keep_blocks > FEWEST_BLOCKS {
        add(
            last(policy.keep_blocks),
            Retention::KeepBlocks(policy.keep_blocks),
        );
    }
    if let Some(custom) = policy.custom() {
        if let Some(blocks) = custom.keep_blocks {
            add(last(blocks), Retention::CustomBlocks(blocks));
        }
        if let Some(days) = custom.keep_days {
            // While it is not known which blocks are younger, all of them may be.
            add(reading.young_from.unwrap_or(0), Retention::CustomDays(days));
        }
        if let Some(height) = custom.keep_from_height {
            add(height, Retention::CustomHeight(height));
        }
    }
    bounds
}

/// What the leases keep.
pub(super) fn leased(leases: &Leases, reading: &Reading) -> Vec<RetentionBound> {
    let bound = |(name, lease): (&str, &super::lease::GrantedLease)| RetentionBound {
        keeps_from: lease.keeps_from(reading.tip),
        by: Retention::Lease(name.to_owned()),
    };
    leases.iter().map(bound).collect()
}

/// What the node itself keeps, of all that it names: the blocks that an index has not read yet, and
/// prune locks.
///
/// An index that is synced follows the tip, and the node itself sees to it that it misses nothing.
/// A lock with an end is left to the node, since what lies above its end may go, but see
/// [`down_through_locks`].
pub(super) fn held_by_node(indexes: &Indexes) -> Vec<RetentionBound> {
    let index = |index: &Index| {
        let name = index.name.clone();
        let height = index.height;
        RetentionBound {
            keeps_from: height.unwrap_or(0),
            by: Retention::Index { name, height },
        }
    };
    let building = indexes.indexes.iter().filter(|index| !index.synced);
    let lock = |lock: &PruneLock| RetentionBound {
        keeps_from: lock.from,
        by: Retention::PruneLock(lock.id.clone()),
    };
    let endless = indexes
        .prune_locks
        .iter()
        .filter(|lock| lock.until.is_none());
    building.map(index).chain(endless.map(lock)).collect()
}

/// What stays below `bound`, since a prune lock with an end lasts until there: nothing above its
/// end may go either.
pub(super) fn down_through_locks(bound: RetentionBound, indexes: &Indexes) -> RetentionBound {
    let joins = |lock: &&PruneLock| {
        let until = lock
            .until
            .is_some_and(|until| until.saturating_add(1) >= bound.keeps_from);
        until && lock.from < bound.keeps_from
    };
    match indexes.prune_locks.iter().find(joins) {
        Some(lock) => {
            let by = Retention::PruneLock(lock.id.clone());
            down_through_locks(
                RetentionBound {
                    keeps_from: lock.from,
                    by,
                },
                indexes,
            )
        }
        None => bound,
    }
}

/// Who in the node kept a block at `height` or below, as far as it says so.
pub(super) fn holder_of(indexes: &Indexes, height: u32) -> Retention {
    let mut bounds = held_by_node(indexes);
    let ending = indexes
        .prune_locks
        .iter()
        .filter(|lock| lock.until.is_some());
    bounds.extend(ending.map(|lock| RetentionBound {
        keeps_from: lock.from,
        by: Retention::PruneLock(lock.id.clone()),
    }));
    let first = bounds.into_iter().min_by_key(|bound| bound.keeps_from);
    first
        .filter(|bound| bound.keeps_from <= height)
        .map_or(Retention::Node, |bound| bound.by)
}

/// The strictest of `bounds`, the first of equals; there is always the rule of the last 288.
pub(super) fn strictest(bounds: impl IntoIterator<Item = RetentionBound>) -> RetentionBound {
    let everything = RetentionBound {
        keeps_from: 0,
        by: Retention::Recent,
    };
    bounds
        .into_iter()
        .min_by_key(|bound| bound.keeps_from)
        .unwrap_or(everything)
}

/// The lowest height that stays, and who keeps it.
pub(super) fn limit(reading: &Reading, policy: &PrunePolicy, leases: &Leases) -> RetentionBound {
    // Rules first, to name one rather than of a lease that keeps no more.
    let rules = rules(policy, reading).into_iter();
    let holders = rules
        .chain(leased(leases, reading))
        .chain(held_by_node(&reading.indexes));
    down_through_locks(strictest(holders), &reading.indexes)
}

/// Nobody keeps a block but the rule of the last 288: a block that comes before the call would let
/// go of one more.
pub(super) fn only_recent(
    limit: &RetentionBound,
    reading: &Reading,
    policy: &PrunePolicy,
    leases: &Leases,
) -> bool {
    let nobody_else = leases.len() == 0 && held_by_node(&reading.indexes).is_empty();
    limit.by == Retention::Recent && nobody_else && rules(policy, reading).len() == 1
}

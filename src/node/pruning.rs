//! What a node is asked about pruning, what it can do, and what in it needs blocks.

/// What a call to prune can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PruneReach {
    /// Deletes up to the height that it is given, in whole files.
    #[default]
    UpTo,
    /// Deletes below the height that it is given: the block there stays.
    Below,
    /// Knows no height: deletes all that the node itself does not keep.
    All,
}

/// One optional index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, as the node writes it.
    pub name: String,
    /// It has reached the tip, and follows it.
    pub synced: bool,
    /// The last block that is in it.
    pub height: Option<u32>,
}

/// A range of blocks that somebody has asked the node not to prune (Knots, `listprunelocks`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneLock {
    /// Its name.
    pub id: String,
    /// The first block that stays.
    pub from: u32,
    /// The last block that stays; `None`: all above stay.
    pub until: Option<u32>,
}

/// What in the node itself needs blocks: `getindexinfo`, and `listprunelocks` where the node has
/// that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexes {
    /// The optional indexes.
    pub indexes: Vec<Index>,
    /// The prune locks.
    pub prune_locks: Vec<PruneLock>,
}

impl Indexes {
    /// The index that answers `gettxoutsetinfo` without a scan.
    #[must_use]
    pub fn coinstats(&self) -> Option<&Index> {
        self.indexes
            .iter()
            .find(|index| index.name == "coinstatsindex")
    }
}

/// How far a node is to prune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruneTo {
    /// All that lies in whole files at or below this height.
    Height(u32),
    /// All that the node itself does not keep.
    All,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruned {
    /// What could go has gone.
    Done(Extent),
    /// The node was not started for it.
    NotInPruneMode,
    /// The node prunes nothing of so short a chain.
    ChainTooShort,
    /// The node knows no height, only [`PruneTo::All`].
    OnlyAll,
}

/// How far the node says that its blocks are gone after a call to prune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Up to this height.
    UpTo(u32),
    /// No block is gone.
    Nothing,
    /// The node does not say.
    Unknown,
}

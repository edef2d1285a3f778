//! What keeps a node from pruning at all, and what keeps a volume from gaining by it. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::node::{BackgroundValidation, Volume};
use crate::values::Size;

/// Why a node cannot prune at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It was not started for it.
    NotInPruneMode,
    /// Its chain is shorter than it prunes.
    ChainTooShort {
        /// The tip.
        tip: u32,
        /// The height it asks for, where that is known.
        needed: Option<u32>,
    },
    /// It checks for room before it deletes, and stops where there is none.
    DiskFull {
        /// What is free.
        free_bytes: u64,
    },
    /// It is on a chain that it must not be on.
    WrongChain {
        /// The chain it is on.
        found: String,
        /// The chain it must be on.
        wanted: &'static str,
    },
    /// The chain is not known now.
    NotKnown,
    /// It downloads and verifies the chain for the first time, or anew.
    InitialDownload,
    /// It validates the chain below a snapshot of the unspent outputs (assumeutxo), and needs those
    /// blocks.
    BackgroundValidation(BackgroundValidation),
    /// It is not known which blocks its indexes need.
    IndexesUnknown {
        /// Why not.
        reason: String,
    },
}

/// bitcoind stops, by a fatal error, when it is to write with less free than this.
pub(super) const FREE_FOR_PRUNING: u64 = 50 * 1024 * 1024;

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInPruneMode => f.write_str(
                "the node is not in prune mode: start it with \
                prune=1",
            ),
            Self::ChainTooShort {
                tip,
                needed: Some(needed),
            } => {
                write!(
                    f,
                    "chain too short: the node prunes from height {needed} on, and the tip \
                    is at {tip}"
                )
            }
            Self::ChainTooShort { tip, needed: None } => {
                write!(
                    f,
                    "chain too short: the node refuses to prune with the tip at {tip}"
                )
            }
            Self::DiskFull { free_bytes } => write!(
                f,
                "the disk is too full: {} free, and the node stops if it prunes with less than \
                 {}; make room by hand",
                Size::from_bytes(*free_bytes),
                Size::from_bytes(FREE_FOR_PRUNING)
            ),
            Self::WrongChain { found, wanted } => {
                write!(
                    f,
                    "the node is on chain {found}, not on {wanted} as node.chain says"
                )
            }
            Self::NotKnown => f.write_str("the node does not report its chain now"),
            Self::InitialDownload => f.write_str(
                "the node is in its initial block download, reindexes or catches up: pruning \
                 waits for that",
            ),
            Self::BackgroundValidation(BackgroundValidation {
                snapshot_height,
                validated_height,
            }) => write!(
                f,
                "the node validates the blocks below its snapshot at height {snapshot_height}, and \
                 has come to {validated_height}: pruning waits for the end of that"
            ),
            Self::IndexesUnknown { reason } => {
                write!(
                    f,
                    "it is not known which blocks the node's indexes need: {reason}"
                )
            }
        }
    }
}

/// Blocks were deleted, and less than a tenth of their size became free: snapshots or hard links
/// hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the unit is in the name")]
pub struct NoRoom {
    /// So much was deleted in vain, in this run and those before it.
    pub deleted_bytes: u64,
    /// So much became free of it.
    pub freed_bytes: u64,
    /// What the volume had free after that.
    pub free_bytes: u64,
    /// The size of the volume.
    pub volume_bytes: u64,
}

impl NoRoom {
    /// The node and others go on writing: room that comes back is counted from the least that was
    /// free.
    pub(super) fn seen(&mut self, volume: Volume) {
        self.free_bytes = self.free_bytes.min(volume.free_bytes);
    }

    /// The volume has changed by itself: the room of what was deleted is there now, or it is
    /// another volume.
    pub(super) fn is_over(&self, volume: Volume) -> bool {
        let wanted = self.free_bytes.saturating_add(self.deleted_bytes);
        volume.size_bytes != self.volume_bytes || volume.free_bytes >= wanted
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deleted = Size::from_bytes(self.deleted_bytes);
        let freed = Size::from_bytes(self.freed_bytes);
        write!(
            f,
            "{deleted} of blocks were deleted and {freed} became free: a snapshot or hard links \
             hold the rest"
        )
    }
}

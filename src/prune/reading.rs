//! The planner's input: from what the watch knows, and what was found out beside it. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::retention::FEWEST_BLOCKS;
use super::sizes::{Sizes, Stock};
use crate::node::{
    BackgroundValidation, ChainInfo, Dialect, IndexList, Indexes, NodeError, PruneReach, Usage,
    Volume,
};
use crate::values::{Chain, Now, Size};
use crate::watch::{Link, PollPlan, Snapshot, Topic};

/// What is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Height of the tip.
    pub tip: u32,
    /// The lowest block the node still has whole.
    pub first_kept: u32,
    /// What the threshold and the target are compared with.
    pub usage_bytes: Option<u64>,
    /// Free on the volume of the blocks.
    pub free_bytes: Option<u64>,
    /// The size of that volume.
    pub volume_bytes: Option<u64>,
    /// Block and undo files.
    pub blocks_bytes: Option<u64>,
    /// Everything else in the node's directory, where that is measured and on the same volume.
    pub other_bytes: Option<u64>,
    /// Length of the longest block file, where there are several.
    pub block_file_bytes: Option<u64>,
    /// What in the node itself needs blocks.
    pub indexes: Arc<Indexes>,
    /// The first block that is younger than `keep_days`.
    pub young_from: Option<u32>,
    /// Where in the chain the bytes are.
    pub sizes: Sizes,
    /// What a call to prune can do.
    pub reach: PruneReach,
    /// Blocks of this node went before, and its files did not get smaller.
    pub in_vain: bool,
    /// Blocks went before, and the volume did not get the room.
    pub no_room: Option<NoRoom>,
    /// Why nothing can be pruned at all.
    pub obstacle: Option<Obstacle>,
    /// Minutes after midnight UTC.
    pub minute: u16,
}

impl Reading {
    /// The chain is known.
    pub(super) fn is_known(&self) -> bool {
        self.obstacle != Some(Obstacle::NotKnown)
    }

    pub(super) fn stock(&self) -> Stock<'_> {
        Stock {
            sizes: &self.sizes,
            first: self.first_kept,
            tip: self.tip,
            bytes: self.blocks_bytes,
        }
    }
}

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
                "the node validates the blocks below its snapshot at height {snapshot_height}, and has come to \
                 {validated_height}: pruning waits for the end of that"
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
        let (deleted, freed) = (
            Size::from_bytes(self.deleted_bytes),
            Size::from_bytes(self.freed_bytes),
        );
        write!(
            f,
            "{deleted} of blocks were deleted and {freed} became free: a snapshot or hard links \
             hold the rest"
        )
    }
}

/// What was found out beside the snapshot, of one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// The node these are about: another one, or the same with another chain, has another epoch.
    pub(super) epoch: u64,
    /// Sizes of single blocks, by height.
    pub(super) samples: Vec<(u32, u64)>,
    /// The node does not report sizes.
    pub(super) no_samples: bool,
    /// The days that were asked for, and the first block that is younger; those that come are
    /// younger too.
    pub(super) young: Option<(f64, u32)>,
    /// It said that it is not in prune mode.
    pub(super) not_in_prune_mode: bool,
    /// What its call can do, if it has said so.
    pub(super) reach: Option<PruneReach>,
    /// Blocks went, and its files did not get smaller.
    pub(super) in_vain: bool,
    /// It refused, because a chain must reach this height.
    pub(super) needs_height: Option<u32>,
}

impl Facts {
    /// What of these holds for the node of `epoch`: what was found out of another one does not.
    pub(super) fn of_epoch(self, epoch: u64) -> Self {
        if self.epoch == epoch {
            return self;
        }
        Self {
            epoch,
            ..Self::default()
        }
    }

    /// The node refused at this `tip`: bitcoind has these heights, of its test chains and of the
    /// main one.
    pub(super) fn refused_as_too_short(&mut self, tip: u32) {
        self.needs_height = [100, 1_000, 100_000]
            .into_iter()
            .find(|needed| *needed > tip);
    }
}

/// What block files take. A node that keeps its blocks in another way has them in whatever is not
/// known to be a database of something else.
fn blocks_in(usage: Usage) -> u64 {
    match usage.blocks_bytes {
        0 => usage.total_bytes.saturating_sub(usage.database_bytes),
        blocks => blocks,
    }
}

/// The height below which a chain is not pruned, in bitcoind's chain parameters. On regtest it
/// depends on a flag.
fn needed_height(chain: &ChainInfo) -> Option<u32> {
    match chain.chain.parse() {
        Ok(Chain::Main) => Some(100_000),
        Ok(Chain::Test | Chain::Testnet4 | Chain::Signet) => Some(1_000),
        Ok(Chain::Regtest) | Err(_) => None,
    }
}

/// Which node is meant, and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wanted<'a> {
    pub(super) chain: Option<Chain>,
    pub(super) keep_days: Option<f64>,
    pub(super) plan: &'a PollPlan,
    pub(super) no_room: Option<NoRoom>,
}

pub(super) fn read(snapshot: &Snapshot, facts: &Facts, wanted: Wanted<'_>, now: Now) -> Reading {
    let known = snapshot.without_stale(|topic| wanted.plan.stale_after(topic), now.mono);
    let up = snapshot.link(Duration::MAX, now.mono) == Link::Up
        && snapshot.collector(Topic::Chain).failure.is_none();
    let chain = known.chain.as_deref().filter(|_| up);
    let counted = known
        .chain
        .as_deref()
        .and_then(|chain| chain.size_on_disk_bytes);
    let blocks_bytes = counted.or(known.usage.map(blocks_in));
    // Room on a volume without the blocks comes of no pruning.
    let volume = known
        .volume
        .filter(|_| snapshot.blocks_elsewhere().is_none());
    let free_bytes = volume.map(|volume| volume.free_bytes);
    let dialect = snapshot.dialect();
    let indexes = indexes(snapshot, &known, &dialect);
    Reading {
        tip: chain.map_or(0, |chain| chain.blocks),
        first_kept: chain.and_then(|chain| chain.prune_height).unwrap_or(0),
        usage_bytes: known.usage.map(|usage| usage.total_bytes).or(counted),
        free_bytes,
        volume_bytes: volume.map(|volume| volume.size_bytes),
        blocks_bytes,
        // On another volume it says nothing of the room on this one.
        other_bytes: known
            .usage
            .filter(|_| volume.is_some_and(|volume| volume.rest_free_bytes.is_none()))
            .map(|usage| usage.total_bytes.saturating_sub(blocks_in(usage))),
        block_file_bytes: known.usage.and_then(|usage| usage.block_file_bytes),
        indexes: indexes.clone().unwrap_or_default(),
        young_from: facts
            .young
            .filter(|(days, _)| Some(*days) == wanted.keep_days)
            .map(|(_, height)| height),
        sizes: Sizes::new(facts.samples.clone()),
        reach: facts.reach.unwrap_or(dialect.prune_reach),
        in_vain: facts.in_vain,
        no_room: wanted.no_room,
        obstacle: match chain {
            Some(chain) => obstacle(chain, &dialect, facts, wanted.chain, free_bytes)
                .or_else(|| Some(indexes_unknown(indexes.err()?))),
            None => Some(Obstacle::NotKnown),
        },
        minute: minute_of_the_day(now),
    }
}

fn indexes_unknown(reason: String) -> Obstacle {
    Obstacle::IndexesUnknown { reason }
}

/// Whether `error` means that the node has no index: some programs have no such list, and then
/// nothing that the list would name.
pub(super) fn has_no_indexes(error: &NodeError, dialect: &Dialect) -> bool {
    matches!(error, NodeError::Unsupported { .. }) && dialect.index_list != IndexList::Always
}

/// What in the node needs blocks, if it has said so since it started.
fn indexes(
    snapshot: &Snapshot,
    known: &Snapshot,
    dialect: &Dialect,
) -> Result<Arc<Indexes>, String> {
    let failure = snapshot.collector(Topic::Indexes).failure.as_ref();
    match (failure, &known.indexes) {
        (Some(error), _) if has_no_indexes(error, dialect) => Ok(Arc::default()),
        (Some(error), _) => Err(error.to_string()),
        (None, Some(indexes)) => Ok(Arc::clone(indexes)),
        (None, None) => Err("it has not answered getindexinfo yet".to_owned()),
    }
}

fn obstacle(
    chain: &ChainInfo,
    dialect: &Dialect,
    facts: &Facts,
    wanted: Option<Chain>,
    free_bytes: Option<u64>,
) -> Option<Obstacle> {
    if let Some(wanted) = wanted.filter(|wanted| wanted.as_str() != chain.chain) {
        return Some(Obstacle::WrongChain {
            found: chain.chain.clone(),
            wanted: wanted.as_str(),
        });
    }
    let says_no = chain.pruned == Some(false) && dialect.reports_prune_mode;
    if says_no || facts.not_in_prune_mode {
        return Some(Obstacle::NotInPruneMode);
    }
    // Once a block of today is connected a node says that its download is over, however far behind
    // it is.
    let is_far_behind = chain.headers.saturating_sub(chain.blocks) > FEWEST_BLOCKS;
    if chain.initial_block_download == Some(true) || is_far_behind {
        return Some(Obstacle::InitialDownload);
    }
    if let Some(background) = chain.background {
        return Some(Obstacle::BackgroundValidation(background));
    }
    let needed = needed_height(chain)
        .filter(|_| dialect.has_prune_after_height)
        .max(facts.needs_height);
    if let Some(needed) = needed.filter(|needed| chain.blocks < *needed) {
        return Some(Obstacle::ChainTooShort {
            tip: chain.blocks,
            needed: Some(needed),
        });
    }
    let full = free_bytes.filter(|free| dialect.needs_space_to_prune && *free < FREE_FOR_PRUNING);
    full.map(|free_bytes| Obstacle::DiskFull { free_bytes })
}

fn minute_of_the_day(now: Now) -> u16 {
    u16::try_from(now.wall.as_second().rem_euclid(86_400) / 60).unwrap_or(0)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;

//! The planner's input: from what the watch knows, and what was found out beside it. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::obstacle::{FREE_FOR_PRUNING, NoRoom, Obstacle};
use super::policy::FEWEST_BLOCKS;
use super::sizes::{Sizes, Stock};
use crate::node::{ChainInfo, Dialect, IndexList, Indexes, NodeError, PruneReach, Usage};
use crate::values::{Chain, Now};
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

    /// What block files take, as it is shown beside the usage: a count from before the last
    /// measurement may still have files that were deleted since.
    pub(super) fn shown_blocks_bytes(&self) -> Option<u64> {
        let blocks = self.blocks_bytes?;
        Some(self.usage_bytes.map_or(blocks, |usage| blocks.min(usage)))
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
        usage_bytes: known.used_bytes().or(counted),
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

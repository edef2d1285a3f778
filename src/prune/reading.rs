//! What the planner is told: from what the watch knows, and what was found out beside it. Pure.

use std::fmt;
use std::time::Duration;

use super::sizes::{Sizes, Stock};
use crate::node::{ChainInfo, Flavour, Usage};
use crate::values::{Chain, Now, Size};
use crate::watch::{Link, Plan, Snapshot, Topic};

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Height of the tip.
    pub tip: u32,
    /// The lowest block the node still has whole.
    pub first_kept: u32,
    /// What the threshold and the target are compared with.
    pub usage_bytes: Option<u64>,
    /// Free on the volume of the blocks.
    pub free_bytes: Option<u64>,
    /// Block and undo files.
    pub blocks_bytes: Option<u64>,
    /// The first block that is younger than `keep_days`.
    pub young_from: Option<u32>,
    /// Where in the chain the bytes are.
    pub sizes: Sizes,
    /// Blocks of this node went before, and its files did not get smaller.
    pub in_vain: bool,
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
        Stock { sizes: &self.sizes, first: self.first_kept, tip: self.tip, bytes: self.blocks_bytes }
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
}

/// bitcoind stops, by a fatal error, when it is to write with less free than this.
pub(super) const FREE_FOR_PRUNING: u64 = 50 * 1024 * 1024;

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInPruneMode => f.write_str("the node is not in prune mode: start it with prune=1"),
            Self::ChainTooShort { tip, needed: Some(needed) } => {
                write!(f, "chain too short: the node prunes from height {needed} on, and the tip is at {tip}")
            }
            Self::ChainTooShort { tip, needed: None } => {
                write!(f, "chain too short: the node refuses to prune with the tip at {tip}")
            }
            Self::DiskFull { free_bytes } => write!(
                f,
                "the disk is too full: {} free, and the node stops if it prunes with less than {}; make room by hand",
                Size::from_bytes(*free_bytes),
                Size::from_bytes(FREE_FOR_PRUNING)
            ),
            Self::WrongChain { found, wanted } => {
                write!(f, "the node is on chain {found}, not on {wanted} as node.chain says")
            }
            Self::NotKnown => f.write_str("the node does not tell its chain now"),
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
    /// The node does not tell sizes.
    pub(super) no_samples: bool,
    /// The days that were asked for, and the first block that is younger; those that come are younger too.
    pub(super) young: Option<(f64, u32)>,
    /// It said that it is not in prune mode.
    pub(super) not_in_prune_mode: bool,
    /// Blocks went, and its files did not get smaller.
    pub(super) in_vain: bool,
    /// It refused, because a chain must reach this height.
    pub(super) needs_height: Option<u32>,
}

impl Facts {
    /// The node refused at this `tip`: bitcoind has these heights, of its test chains and of the main one.
    pub(super) fn refused_as_too_short(&mut self, tip: u32) {
        self.needs_height = [100, 1_000, 100_000].into_iter().find(|needed| *needed > tip);
    }
}

/// What block files take. A node that keeps its blocks in another way has them in whatever is not known to be a
/// database of something else.
fn blocks_in(usage: Usage) -> u64 {
    match usage.blocks_bytes {
        0 => usage.total_bytes.saturating_sub(usage.database_bytes),
        blocks => blocks,
    }
}

/// The height below which a chain is not pruned, in bitcoind's chain parameters. On regtest it depends on a flag.
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
    pub(super) plan: &'a Plan,
}

pub(super) fn read(snapshot: &Snapshot, facts: &Facts, wanted: Wanted<'_>, now: Now) -> Reading {
    let known = snapshot.without_stale(|topic| wanted.plan.stale_after(topic), now.mono);
    let up = snapshot.link(Duration::MAX, now.mono) == Link::Up && snapshot.collector(Topic::Chain).failure.is_none();
    let chain = known.chain.as_deref().filter(|_| up);
    let counted = known.chain.as_deref().and_then(|chain| chain.size_on_disk_bytes);
    let blocks_bytes = counted.or(known.usage.map(blocks_in));
    // Room on a volume without the blocks comes of no pruning.
    let volume = known.volume.filter(|_| snapshot.blocks_elsewhere().is_none());
    let free_bytes = volume.map(|volume| volume.free_bytes);
    let flavour = snapshot.identity().map(|identity| identity.flavour);
    Reading {
        tip: chain.map_or(0, |chain| chain.blocks),
        first_kept: chain.and_then(|chain| chain.prune_height).unwrap_or(0),
        usage_bytes: known.usage.map(|usage| usage.total_bytes).or(counted),
        free_bytes,
        blocks_bytes,
        young_from: facts.young.filter(|(days, _)| Some(*days) == wanted.keep_days).map(|(_, height)| height),
        sizes: Sizes::new(facts.samples.clone()),
        in_vain: facts.in_vain,
        obstacle: match chain {
            Some(chain) => obstacle(chain, flavour, facts, wanted.chain, free_bytes),
            None => Some(Obstacle::NotKnown),
        },
        minute: minute_of_the_day(now),
    }
}

fn obstacle(
    chain: &ChainInfo,
    flavour: Option<Flavour>,
    facts: &Facts,
    wanted: Option<Chain>,
    free_bytes: Option<u64>,
) -> Option<Obstacle> {
    if let Some(wanted) = wanted.filter(|wanted| wanted.as_str() != chain.chain) {
        return Some(Obstacle::WrongChain { found: chain.chain.clone(), wanted: wanted.as_str() });
    }
    let is_core = flavour.is_some_and(Flavour::is_core);
    // Other programs say so of a chain of which nothing has been pruned yet.
    let says_no = chain.pruned == Some(false) && flavour.is_none_or(|flavour| flavour != Flavour::Other);
    if says_no || facts.not_in_prune_mode {
        return Some(Obstacle::NotInPruneMode);
    }
    let needed = needed_height(chain).filter(|_| is_core).max(facts.needs_height);
    if let Some(needed) = needed.filter(|needed| chain.blocks < *needed) {
        return Some(Obstacle::ChainTooShort { tip: chain.blocks, needed: Some(needed) });
    }
    let full = free_bytes.filter(|free| is_core && *free < FREE_FOR_PRUNING);
    full.map(|free_bytes| Obstacle::DiskFull { free_bytes })
}

fn minute_of_the_day(now: Now) -> u16 {
    u16::try_from(now.wall.as_second().rem_euclid(86_400) / 60).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Identity, NetworkInfo, NodeError, Volume};
    use crate::values::Mono;
    use crate::watch::{AskUtxos, Reading as Answer};

    const PLAN: Plan = Plan {
        poll_interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        usage_interval: Duration::from_secs(60),
        utxos: AskUtxos::Never,
    };

    fn at(seconds: u64) -> Now {
        Now { mono: Mono::from_start(Duration::from_secs(seconds)), wall: "2026-01-01T02:03:59Z".parse().unwrap() }
    }

    fn snapshot(subversion: &str, chain: ChainInfo) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let identity = Identity {
            flavour: Flavour::of(subversion),
            version: None,
            version_text: String::new(),
            subversion: subversion.to_owned(),
        };
        let now = at(1).mono;
        snapshot.answered(Answer::Uptime(None), now);
        snapshot.answered(
            Answer::Network(NetworkInfo { identity, active: None, proxied: false, own_addresses: Vec::new() }),
            now,
        );
        snapshot.answered(Answer::Chain { info: chain, reorged: false }, now);
        snapshot.answered(
            Answer::Volume(Volume {
                free_bytes: 1 << 30,
                size_bytes: 1 << 40,
                rest_free_bytes: None,
                write_failure: None,
            }),
            now,
        );
        snapshot
    }

    fn core(chain: &str, blocks: u32) -> ChainInfo {
        ChainInfo { pruned: Some(true), size_on_disk_bytes: Some(500), ..ChainInfo::bare(chain, blocks, blocks) }
    }

    fn reading(snapshot: &Snapshot) -> Reading {
        read(snapshot, &Facts::default(), Wanted { chain: None, keep_days: None, plan: &PLAN }, at(2))
    }

    const CORE: &str = "/Satoshi:29.0.0/";

    #[test]
    fn the_measured_directory_is_the_usage_and_what_the_node_counts_else() {
        let mut snapshot = snapshot(CORE, core("main", 200_000));
        assert_eq!((reading(&snapshot).usage_bytes, reading(&snapshot).blocks_bytes), (Some(500), Some(500)));
        let usage = Usage { total_bytes: 900, blocks_bytes: 700, database_bytes: 100 };
        snapshot.answered(Answer::Usage(usage), at(1).mono);
        assert_eq!((reading(&snapshot).usage_bytes, reading(&snapshot).blocks_bytes), (Some(900), Some(500)));
        assert_eq!((reading(&snapshot).obstacle, reading(&snapshot).minute), (None, 123));
    }

    #[test]
    fn of_a_node_whose_blocks_are_elsewhere_its_own_count_is_the_usage_and_what_is_free_is_not_known() {
        let mut snapshot = snapshot(CORE, core("main", 200_000));
        let usage = Usage { total_bytes: 900, blocks_bytes: 700, database_bytes: 100 };
        snapshot.answered(Answer::Usage(usage), at(1).mono);
        let (path, found) = ("/data".to_owned(), "no block file".to_owned());
        let elsewhere = NodeError::OtherFiles { path, found, counted: "500 B".to_owned() };
        snapshot.failed(Topic::Usage, elsewhere, at(1).mono);
        assert_eq!((reading(&snapshot).usage_bytes, reading(&snapshot).free_bytes), (Some(500), None));
    }

    #[test]
    fn a_node_without_block_files_has_its_blocks_in_what_is_no_other_database() {
        let mut snapshot = snapshot("/BitcoinCommons:0.1/", ChainInfo::bare("main", 5, 5));
        snapshot.answered(Answer::Usage(Usage { total_bytes: 900, blocks_bytes: 0, database_bytes: 100 }), at(1).mono);
        assert_eq!(reading(&snapshot).blocks_bytes, Some(800));
    }

    #[test]
    fn which_blocks_are_young_is_known_only_of_the_days_that_were_asked_for() {
        let snapshot = snapshot(CORE, core("main", 200_000));
        let facts = Facts { young: Some((30.0, 150_000)), ..Facts::default() };
        let young =
            |days| read(&snapshot, &facts, Wanted { chain: None, keep_days: days, plan: &PLAN }, at(2)).young_from;
        assert_eq!([young(Some(30.0)), young(Some(60.0)), young(None)], [Some(150_000), None, None]);
    }

    #[test]
    fn of_a_node_that_is_away_the_chain_is_not_known() {
        let mut snapshot = snapshot(CORE, core("main", 200_000));
        let away = NodeError::Connect { address: "x:1".into(), reason: "refused".into() };
        snapshot.failed(Topic::Uptime, away, at(2).mono);
        assert_eq!(reading(&snapshot).obstacle, Some(Obstacle::NotKnown));
        assert_eq!(reading(&Snapshot::default()).obstacle, Some(Obstacle::NotKnown));
    }

    #[test]
    fn what_keeps_a_node_from_pruning_is_seen_before_it_is_asked() {
        let of = |subversion, chain| reading(&snapshot(subversion, chain)).obstacle;
        let archive = ChainInfo { pruned: Some(false), ..core("main", 200_000) };
        assert_eq!(of(CORE, archive.clone()), Some(Obstacle::NotInPruneMode));
        assert_eq!(of("/bcoin:1.0.2/", archive), None, "it says so of a chain of which nothing was pruned yet");
        let short = Obstacle::ChainTooShort { tip: 99_999, needed: Some(100_000) };
        assert_eq!(of(CORE, core("main", 99_999)), Some(short));
        assert_eq!(of(CORE, core("regtest", 500)), None);
        assert_eq!(of("/BitcoinCommons:0.1/", core("main", 99_999)), None);
    }

    #[test]
    fn a_node_that_checks_for_room_is_not_asked_without_it() {
        let mut full = snapshot(CORE, core("main", 200_000));
        full.answered(
            Answer::Volume(Volume {
                free_bytes: 50 << 20,
                size_bytes: 1 << 40,
                rest_free_bytes: None,
                write_failure: None,
            }),
            at(2).mono,
        );
        assert_eq!(reading(&full).obstacle, None);
        full.answered(
            Answer::Volume(Volume {
                free_bytes: (50 << 20) - 1,
                size_bytes: 1 << 40,
                rest_free_bytes: None,
                write_failure: None,
            }),
            at(2).mono,
        );
        assert!(matches!(reading(&full).obstacle, Some(Obstacle::DiskFull { .. })));
    }

    #[test]
    fn another_chain_than_the_wanted_one_is_left_alone() {
        let snapshot = snapshot(CORE, core("main", 200_000));
        let wanted = Wanted { chain: Some(Chain::Signet), keep_days: None, plan: &PLAN };
        let obstacle = read(&snapshot, &Facts::default(), wanted, at(2)).obstacle.unwrap().to_string();
        assert_eq!(obstacle, "the node is on chain main, not on signet as node.chain says");
    }

    #[test]
    fn a_node_that_refused_a_short_chain_is_asked_again_when_it_may_be_long_enough() {
        let mut facts = Facts::default();
        let obstacle = |facts: &Facts, blocks| {
            let snapshot = snapshot(CORE, core("regtest", blocks));
            read(&snapshot, facts, Wanted { chain: None, keep_days: None, plan: &PLAN }, at(2)).obstacle
        };
        facts.refused_as_too_short(400);
        assert_eq!(obstacle(&facts, 999), Some(Obstacle::ChainTooShort { tip: 999, needed: Some(1_000) }));
        assert_eq!(obstacle(&facts, 1_000), None);
    }
}

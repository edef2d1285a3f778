#[path = "reading_obstacle_tests.rs"]
mod obstacles;

use super::*;
use crate::node::{BackgroundValidation, Identity, NetworkInfo, Volume};
use crate::values::Mono;
use crate::watch::{AskUtxos, PollResult as Answer};

const PLAN: PollPlan = PollPlan {
    poll_interval: Duration::from_secs(1),
    probe_interval: None,
    asks_private_broadcast: false,
    asks_alias_figures: false,
    timeout: Duration::from_secs(1),
    usage_interval: Duration::from_secs(60),
    utxos: AskUtxos::Never,
};

fn at(seconds: u64) -> Now {
    Now {
        mono: Mono::from_start(Duration::from_secs(seconds)),
        wall: "2026-01-01T02:03:59Z".parse().unwrap(),
    }
}

fn snapshot(subversion: &str, chain: ChainInfo) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let identity = Identity::of(subversion.to_owned(), None, String::new());
    let now = at(1).mono;
    snapshot.answered(Answer::Uptime(None), now);
    snapshot.answered(
        Answer::Network(NetworkInfo {
            identity,
            active: None,
            proxied: false,
            own_addresses: Vec::new(),
            protocol_version: None,
            has_warning: None,
            time_offset_secs: None,
            connections: crate::node::ConnectionCounts::default(),
        }),
        now,
    );
    snapshot.answered(
        Answer::Chain {
            info: chain,
            reorged: false,
        },
        now,
    );
    snapshot.answered(Answer::Indexes(Indexes::default()), now);
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
    ChainInfo {
        pruned: Some(true),
        size_on_disk_bytes: Some(500),
        ..ChainInfo::bare(chain, blocks, blocks)
    }
}

fn reading(snapshot: &Snapshot) -> Reading {
    read(
        snapshot,
        &Facts::default(),
        Wanted {
            chain: None,
            keep_days: None,
            plan: &PLAN,
            no_room: None,
        },
        at(2),
    )
}

#[test]
fn what_the_node_counts_of_its_block_files_is_never_more_than_the_usage() {
    let mut snapshot = snapshot(CORE, core("main", 200_000));
    let usage = |total_bytes| {
        Answer::Usage(Usage {
            total_bytes,
            blocks_bytes: total_bytes,
            database_bytes: 0,
            block_file_bytes: None,
        })
    };
    let shown = |snapshot: &Snapshot| {
        let reading = reading(snapshot);
        (reading.usage_bytes, reading.shown_blocks_bytes())
    };
    // Files were deleted since the node counted them.
    snapshot.answered(usage(300), at(2).mono);
    assert_eq!(shown(&snapshot), (Some(300), Some(300)));
    // The chain has grown since it was measured.
    let info = core("main", 200_001);
    let reorged = false;
    snapshot.answered(Answer::Chain { info, reorged }, at(3).mono);
    assert_eq!(shown(&snapshot), (Some(500), Some(500)));
    snapshot.answered(usage(900), at(4).mono);
    assert_eq!(shown(&snapshot), (Some(900), Some(500)));
}

const CORE: &str = "/Satoshi:29.0.0/";

#[test]
fn the_measured_directory_is_the_usage_and_what_the_node_counts_else() {
    let mut snapshot = snapshot(CORE, core("main", 200_000));
    assert_eq!(
        (
            reading(&snapshot).usage_bytes,
            reading(&snapshot).blocks_bytes
        ),
        (Some(500), Some(500))
    );
    let usage = Usage {
        total_bytes: 900,
        blocks_bytes: 700,
        database_bytes: 100,
        block_file_bytes: None,
    };
    snapshot.answered(Answer::Usage(usage), at(1).mono);
    assert_eq!(
        (
            reading(&snapshot).usage_bytes,
            reading(&snapshot).blocks_bytes
        ),
        (Some(900), Some(500))
    );
    assert_eq!(
        (reading(&snapshot).obstacle, reading(&snapshot).minute),
        (None, 123)
    );
}

#[test]
fn of_a_node_whose_blocks_are_elsewhere_its_own_count_is_the_usage_and_what_is_free_is_not_known() {
    let mut snapshot = snapshot(CORE, core("main", 200_000));
    let usage = Usage {
        total_bytes: 900,
        blocks_bytes: 700,
        database_bytes: 100,
        block_file_bytes: None,
    };
    snapshot.answered(Answer::Usage(usage), at(1).mono);
    let path = "/data".to_owned();
    let found = "no block file".to_owned();
    let elsewhere = NodeError::OtherFiles {
        path,
        found,
        counted: "500 B".to_owned(),
    };
    snapshot.failed(Topic::Usage, elsewhere, at(1).mono);
    assert_eq!(
        (
            reading(&snapshot).usage_bytes,
            reading(&snapshot).free_bytes
        ),
        (Some(500), None)
    );
}

#[test]
fn a_node_without_block_files_has_its_blocks_in_what_is_no_other_database() {
    let mut snapshot = snapshot("/BitcoinCommons:0.1/", ChainInfo::bare("main", 5, 5));
    snapshot.answered(
        Answer::Usage(Usage {
            total_bytes: 900,
            blocks_bytes: 0,
            database_bytes: 100,
            block_file_bytes: None,
        }),
        at(1).mono,
    );
    assert_eq!(reading(&snapshot).blocks_bytes, Some(800));
}

#[test]
fn what_a_call_can_do_is_known_by_the_program_or_has_been_learnt_from_it() {
    let reach = |subversion: &str, facts: &Facts| {
        let snapshot = snapshot(subversion, core("main", 200_000));
        read(
            &snapshot,
            facts,
            Wanted {
                chain: None,
                keep_days: None,
                plan: &PLAN,
                no_room: None,
            },
            at(2),
        )
        .reach
    };
    let learnt = Facts {
        reach: Some(PruneReach::All),
        ..Facts::default()
    };
    assert_eq!(reach(CORE, &Facts::default()), PruneReach::UpTo);
    assert_eq!(
        reach("/BitcoinCommons:0.1.83/", &Facts::default()),
        PruneReach::Below
    );
    assert_eq!(reach("/bcoin:v1.0.2/", &Facts::default()), PruneReach::All);
    assert_eq!(reach("/unheard-of:1/", &learnt), PruneReach::All);
}

#[test]
fn which_blocks_are_young_is_known_only_of_the_days_that_were_asked_for() {
    let snapshot = snapshot(CORE, core("main", 200_000));
    let facts = Facts {
        young: Some((30.0, 150_000)),
        ..Facts::default()
    };
    let young = |days| {
        read(
            &snapshot,
            &facts,
            Wanted {
                chain: None,
                keep_days: days,
                plan: &PLAN,
                no_room: None,
            },
            at(2),
        )
        .young_from
    };
    assert_eq!(
        [young(Some(30.0)), young(Some(60.0)), young(None)],
        [Some(150_000), None, None]
    );
}

#[test]
fn of_a_node_that_is_away_the_chain_is_not_known() {
    let mut snapshot = snapshot(CORE, core("main", 200_000));
    let away = NodeError::Connect {
        address: "x:1".into(),
        reason: "refused".into(),
    };
    snapshot.failed(Topic::Uptime, away, at(2).mono);
    assert_eq!(reading(&snapshot).obstacle, Some(Obstacle::NotKnown));
    assert_eq!(
        reading(&Snapshot::default()).obstacle,
        Some(Obstacle::NotKnown)
    );
}

#[test]
fn a_volume_has_changed_when_the_room_of_what_went_is_there_or_it_is_another_one() {
    let no_room = NoRoom {
        deleted_bytes: 100,
        freed_bytes: 0,
        free_bytes: 1_000,
        volume_bytes: 9_000,
    };
    let volume = |free_bytes, size_bytes| Volume {
        free_bytes,
        size_bytes,
        rest_free_bytes: None,
        write_failure: None,
    };
    assert!(!no_room.is_over(volume(1_099, 9_000)));
    assert!(!no_room.is_over(volume(0, 9_000)));
    assert!(no_room.is_over(volume(1_100, 9_000)));
    assert!(no_room.is_over(volume(0, 9_001)));
}

#[test]
fn room_that_comes_back_is_counted_from_the_least_that_was_free_since() {
    let mut no_room = NoRoom {
        deleted_bytes: 100,
        freed_bytes: 0,
        free_bytes: 1_000,
        volume_bytes: 9_000,
    };
    let volume = |free_bytes| Volume {
        free_bytes,
        size_bytes: 9_000,
        rest_free_bytes: None,
        write_failure: None,
    };
    for (free, is_over) in [(1_050, false), (400, false), (499, false), (500, true)] {
        no_room.seen(volume(free));
        assert_eq!(no_room.is_over(volume(free)), is_over, "{free}");
    }
}

#[test]
fn what_was_found_out_of_another_node_holds_for_none_but_that() {
    let facts = Facts {
        epoch: 3,
        not_in_prune_mode: true,
        needs_height: Some(1_000),
        ..Facts::default()
    };
    assert_eq!(facts.clone().of_epoch(3), facts);
    let none = Facts {
        epoch: 4,
        ..Facts::default()
    };
    assert_eq!(facts.of_epoch(4), none);
}

use super::*;
use crate::node::{Identity, NetworkInfo};
use crate::values::Mono;
use crate::watch::{AskUtxos, Reading as Answer};

const PLAN: Plan = Plan {
    poll_interval: Duration::from_secs(1),
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
    let (path, found) = ("/data".to_owned(), "no block file".to_owned());
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
fn what_keeps_a_node_from_pruning_is_seen_before_it_is_asked() {
    let of = |subversion, chain| reading(&snapshot(subversion, chain)).obstacle;
    let archive = ChainInfo {
        pruned: Some(false),
        ..core("main", 200_000)
    };
    assert_eq!(of(CORE, archive.clone()), Some(Obstacle::NotInPruneMode));
    assert_eq!(
        of("/bcoin:1.0.2/", archive),
        None,
        "it says so of a chain of which nothing was pruned yet"
    );
    let short = Obstacle::ChainTooShort {
        tip: 99_999,
        needed: Some(100_000),
    };
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
    assert!(matches!(
        reading(&full).obstacle,
        Some(Obstacle::DiskFull { .. })
    ));
}

#[test]
fn another_chain_than_the_wanted_one_is_left_alone() {
    let snapshot = snapshot(CORE, core("main", 200_000));
    let wanted = Wanted {
        chain: Some(Chain::Signet),
        keep_days: None,
        plan: &PLAN,
        no_room: None,
    };
    let obstacle = read(&snapshot, &Facts::default(), wanted, at(2))
        .obstacle
        .unwrap()
        .to_string();
    assert_eq!(
        obstacle,
        "the node is on chain main, not on signet as node.chain says"
    );
}

#[test]
fn a_node_that_refused_a_short_chain_is_asked_again_when_it_may_be_long_enough() {
    let mut facts = Facts::default();
    let obstacle = |facts: &Facts, blocks| {
        let snapshot = snapshot(CORE, core("regtest", blocks));
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
        .obstacle
    };
    facts.refused_as_too_short(400);
    assert_eq!(
        obstacle(&facts, 999),
        Some(Obstacle::ChainTooShort {
            tip: 999,
            needed: Some(1_000)
        })
    );
    assert_eq!(obstacle(&facts, 1_000), None);
}

#[test]
fn what_the_indexes_need_must_be_known_of_a_node_that_has_the_list() {
    let of = |subversion, failure: NodeError| {
        let mut snapshot = snapshot(subversion, core("main", 200_000));
        snapshot.failed(Topic::Indexes, failure, at(2).mono);
        reading(&snapshot)
            .obstacle
            .map(|obstacle| obstacle.to_string())
    };
    let forbidden = || NodeError::Forbidden {
        address: "x:1".to_owned(),
        method: "getindexinfo",
    };
    let unsupported = || NodeError::Unsupported {
        what: "getindexinfo",
    };
    let busy = || NodeError::Busy {
        method: "getindexinfo",
        status: 503,
    };
    for failure in [forbidden(), unsupported(), busy()] {
        let why = of(CORE, failure).unwrap();
        assert!(
            why.contains("not known which blocks the node's indexes need"),
            "{why}"
        );
    }
    assert_eq!(
        of("/bcoin:1.0.2/", unsupported()),
        None,
        "it has no such list, and no such index"
    );
    assert!(of("/bcoin:1.0.2/", forbidden()).is_some());
}

#[test]
fn nothing_is_pruned_while_the_chain_below_a_snapshot_is_validated() {
    let background = BackgroundValidation {
        snapshot_height: 840_000,
        validated_height: 100,
    };
    let chain = ChainInfo {
        background: Some(background),
        ..core("main", 900_000)
    };
    let why = reading(&snapshot(CORE, chain))
        .obstacle
        .unwrap()
        .to_string();
    assert!(
        why.contains("snapshot at height 840000, and has come to 100"),
        "{why}"
    );
}

#[test]
fn nothing_is_pruned_in_the_initial_download() {
    let downloading = ChainInfo {
        initial_block_download: Some(true),
        ..core("main", 200_000)
    };
    assert_eq!(
        reading(&snapshot(CORE, downloading)).obstacle,
        Some(Obstacle::InitialDownload)
    );
    let behind = |headers| ChainInfo {
        headers,
        ..core("main", 200_000)
    };
    assert_eq!(reading(&snapshot(CORE, behind(200_288))).obstacle, None);
    assert_eq!(
        reading(&snapshot(CORE, behind(200_289))).obstacle,
        Some(Obstacle::InitialDownload)
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

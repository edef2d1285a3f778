//! What keeps a node from pruning.

use super::*;

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

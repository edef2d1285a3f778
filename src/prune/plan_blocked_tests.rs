//! What keeps a node from pruning, or lets it prune only in its own way.

use super::*;

#[test]
fn deletion_that_gave_no_room_starts_nothing_by_itself_and_the_operator_may_try() {
    let no_room = NoRoom {
        deleted_bytes: GB,
        freed_bytes: 0,
        free_bytes: 4 * GB,
        volume_bytes: 900 * GB,
    };
    let reading = Reading {
        free_bytes: Some(4 * GB),
        no_room: Some(no_room),
        ..reading()
    };
    let automatic = plan(
        Ask::Automatic,
        &reading,
        &policy(Mode::Normal),
        &none(),
        None,
    );
    assert_eq!(automatic.decision, PruneDecision::Blocked(Blocked::NoRoom));
    assert!(
        automatic.why.contains("a snapshot or hard links"),
        "{}",
        automatic.why
    );
    let by_hand = plan(
        Ask::Configured,
        &reading,
        &policy(Mode::Normal),
        &none(),
        None,
    );
    assert!(
        matches!(by_hand.decision, PruneDecision::Prune(_)),
        "{by_hand:?}"
    );
}

#[test]
fn a_node_whose_files_did_not_get_smaller_is_pruned_by_itself_no_more() {
    let reading = Reading {
        in_vain: true,
        ..reading()
    };
    let plan_of = |ask| plan(ask, &reading, &policy(Mode::Normal), &none(), None);
    let in_vain = PruneDecision::Blocked(Blocked::InVain);
    assert_eq!(plan_of(Ask::Automatic).decision, in_vain);
    assert!(plan_of(Ask::Automatic).why.contains("did not get smaller"));
    assert!(
        matches!(plan_of(Ask::Configured).decision, PruneDecision::Prune(_)),
        "the operator may try"
    );
}

#[test]
fn a_node_that_cannot_prune_is_reported_so_whoever_asks() {
    for obstacle in [
        Obstacle::NotInPruneMode,
        Obstacle::ChainTooShort {
            tip: 9,
            needed: Some(1000),
        },
        Obstacle::DiskFull { free_bytes: 1 },
        Obstacle::NotKnown,
        Obstacle::InitialDownload,
        Obstacle::IndexesUnknown {
            reason: "HTTP 403".to_owned(),
        },
    ] {
        // Of a chain that is not known the tip is 0, which no number of blocks is to be compared
        // with.
        let reading = Reading {
            obstacle: Some(obstacle.clone()),
            tip: 0,
            ..reading()
        };
        let by_hand = [
            Ask::Configured,
            Ask::Height(800_001),
            Ask::KeepBlocks(288),
            Ask::Usage(Size::from_bytes(1)),
        ];
        for ask in [Ask::Automatic].into_iter().chain(by_hand) {
            let plan = plan(ask, &reading, &policy(Mode::Normal), &none(), None);
            let blocked = PruneDecision::Blocked(Blocked::Obstacle(obstacle.clone()));
            assert_eq!(
                (plan.decision, plan.why),
                (blocked, obstacle.to_string()),
                "{ask:?}"
            );
        }
    }
}

#[test]
fn of_a_node_that_prunes_below_a_height_the_plan_says_that_the_block_there_stays() {
    let below = Reading {
        reach: PruneReach::Below,
        ..reading()
    };
    let plan = plan(
        Ask::Height(850_000),
        &below,
        &policy(Mode::Disabled),
        &none(),
        None,
    );
    let PruneDecision::Prune(step) = &plan.decision else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (step.to_height, step.about_bytes),
        (849_999, below.stock().up_to(849_999))
    );
    let why = "asked for by hand; the node prunes below the height that it is given, so block \
        850000 stays";
    assert_eq!(plan.why, why);
    let edge = super::plan(
        Ask::Height(below.first_kept),
        &below,
        &policy(Mode::Disabled),
        &none(),
        None,
    );
    assert_eq!(edge.decision, PruneDecision::Idle, "{edge:?}");
}

#[test]
fn a_node_that_knows_no_height_is_promised_only_for_all_that_the_last_blocks_leave() {
    let all = Reading {
        reach: PruneReach::All,
        ..reading()
    };
    let planned = |ask, leases: &Leases| plan(ask, &all, &policy(Mode::Normal), leases, None);
    for (ask, less) in [
        (
            Ask::Height(850_000),
            "only what is up to height 850000 is to go",
        ),
        (Ask::Automatic, "only what is up to height"),
        (
            Ask::Usage(Size::from_bytes(50 * GB)),
            "only what is up to height",
        ),
    ] {
        let plan = planned(ask, &none());
        let no_height = PruneDecision::Blocked(Blocked::NoHeight);
        assert_eq!(plan.decision, no_height, "{plan:?}");
        assert!(
            plan.why.contains("knows no height") && plan.why.contains(less),
            "{}",
            plan.why
        );
    }
    let everything = planned(Ask::KeepBlocks(288), &none());
    assert!(
        matches!(everything.decision, PruneDecision::Prune(_)),
        "{everything:?}"
    );
    let record = crate::prune::PlanRecord::new(&everything, &all);
    assert_eq!(
        (record.to_height, record.about_bytes),
        (None, None),
        "the node decides how much it keeps"
    );
    let held = planned(Ask::KeepBlocks(288), &leases(&[("lnd", 850_000)]));
    assert_eq!(held.decision, PruneDecision::Blocked(Blocked::NoHeight));
    assert!(
        held.why.ends_with("or nothing, and lease lnd keeps more"),
        "{}",
        held.why
    );
}

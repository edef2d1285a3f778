#[path = "plan_property_tests.rs"]
mod properties;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::node::{Index, Indexes, PruneLock};
use crate::prune::lease::Keeps;
use crate::prune::policy::Custom;
use crate::prune::reading::{NoRoom, Obstacle};
use crate::prune::sizes::Sizes;
use crate::values::{Mono, Now};

const GB: u64 = 1_000_000_000;

fn now() -> Now {
    Now {
        mono: Mono::START,
        wall: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

fn leases(held: &[(&str, u32)]) -> Leases {
    let mut leases = Leases::default();
    for (name, height) in held {
        leases
            .add(
                name,
                Keeps::From(*height),
                Some(Duration::from_secs(60)),
                now(),
            )
            .unwrap();
    }
    leases
}

fn none() -> Leases {
    Leases::default()
}

fn policy(mode: Mode) -> Policy {
    Policy {
        mode,
        threshold: Size::from_bytes(100 * GB),
        target: Size::from_bytes(80 * GB),
        keep_blocks: 288,
        min_free: Size::from_bytes(5 * GB),
        custom: Custom::default(),
    }
}

/// 110 GB of 100,000 blocks of 1 MB and 10 GB beside them.
fn reading() -> Reading {
    Reading {
        tip: 899_999,
        first_kept: 800_000,
        usage_bytes: Some(110 * GB),
        free_bytes: Some(500 * GB),
        blocks_bytes: Some(100 * GB),
        ..Reading::default()
    }
}

#[track_caller]
fn pruned(plan: &Plan) -> &Step {
    let Decision::Prune(step) = &plan.decision else {
        panic!("{plan:?}")
    };
    step
}

#[test]
fn above_the_threshold_it_goes_down_to_the_target() {
    let plan = plan(
        Ask::Automatic,
        &reading(),
        &policy(Mode::Normal),
        &none(),
        None,
    );
    let step = pruned(&plan);
    assert_eq!((step.aim, step.to_height), (Aim::Usage(80 * GB), 829_999));
    assert_eq!((step.about_bytes, &step.held_by), (Some(30 * GB), &None));
    assert_eq!(plan.trigger, Some(Trigger::Threshold));
    assert!(
        plan.why.contains("110.0 GB") && plan.why.contains("100.0 GB"),
        "{}",
        plan.why
    );
}

#[test]
fn blocks_of_unknown_size_go_in_small_parts() {
    let reading = Reading {
        free_bytes: Some(1),
        usage_bytes: None,
        blocks_bytes: None,
        ..reading()
    };
    let plan = plan(
        Ask::Automatic,
        &reading,
        &policy(Mode::Normal),
        &none(),
        None,
    );
    let step = pruned(&plan);
    assert_eq!(
        (step.aim, step.about_bytes, &step.held_by),
        (Aim::Free(10 * GB), None, &None)
    );
    assert_eq!(step.to_height, 800_000 + (899_999 - 288 - 800_000) / 64);
}

#[test]
fn between_target_and_threshold_nothing_starts_and_by_hand_it_does() {
    let reading = Reading {
        usage_bytes: Some(90 * GB),
        ..reading()
    };
    for mode in [Mode::Normal, Mode::Aggressive, Mode::Custom, Mode::Disabled] {
        let plan = plan(Ask::Automatic, &reading, &policy(mode), &none(), None);
        assert_eq!(plan.decision, Decision::Idle, "{mode:?}");
    }
    let plan = plan(
        Ask::Configured,
        &reading,
        &policy(Mode::Disabled),
        &none(),
        None,
    );
    assert_eq!(
        (pruned(&plan).to_height, plan.trigger),
        (809_999, Some(Trigger::Manual))
    );
}

#[test]
fn disabled_starts_nothing_however_full_the_disk_is() {
    let full = Reading {
        free_bytes: Some(0),
        usage_bytes: Some(u64::MAX),
        ..reading()
    };
    assert_eq!(
        plan(
            Ask::Automatic,
            &full,
            &policy(Mode::Disabled),
            &none(),
            None
        )
        .decision,
        Decision::Idle
    );
}

#[test]
fn aggressive_goes_to_the_kept_blocks_whatever_the_target() {
    let policy = Policy {
        keep_blocks: 1000,
        ..policy(Mode::Aggressive)
    };
    let plan_of = |leases: &Leases| plan(Ask::Automatic, &reading(), &policy, leases, None);
    let free = plan_of(&none());
    assert_eq!(
        (pruned(&free).to_height, &pruned(&free).held_by),
        (898_999, &None)
    );
    let held = plan_of(&leases(&[("lnd", 850_000)]));
    assert_eq!(pruned(&held).to_height, 849_999);
    assert_eq!(pruned(&held).held_by, Some(Retention::Lease("lnd".into())));
}

#[test]
fn by_hand_there_is_nothing_to_do_in_aggressive_mode_once_only_what_is_kept_is_left() {
    let gone = Reading {
        first_kept: 899_999 - 288 + 1,
        ..reading()
    };
    let plan_of = |ask| plan(ask, &gone, &policy(Mode::Aggressive), &none(), None).decision;
    assert_eq!(plan_of(Ask::Configured), Decision::Idle);
    let held = Decision::Held {
        aim: Aim::AllButKept,
        by: Retention::Recent,
    };
    assert_eq!(
        plan_of(Ask::Automatic),
        held,
        "the usage is above the threshold still, which is worth a warning"
    );
}

#[test]
fn a_low_disk_is_a_start_and_twice_the_least_is_its_end() {
    let low = Reading {
        free_bytes: Some(4 * GB),
        usage_bytes: Some(50 * GB),
        ..reading()
    };
    let plan = plan(Ask::Automatic, &low, &policy(Mode::Normal), &none(), None);
    assert_eq!(
        (pruned(&plan).aim, pruned(&plan).about_bytes),
        (Aim::Free(10 * GB), Some(6 * GB))
    );
    assert_eq!(plan.trigger, Some(Trigger::MinFree));
}

#[test]
fn of_two_reasons_to_start_the_one_that_asks_for_more_is_followed() {
    let both = |free| Reading {
        free_bytes: Some(free),
        ..reading()
    };
    let plan_of = |free| {
        plan(
            Ask::Automatic,
            &both(free),
            &policy(Mode::Normal),
            &none(),
            None,
        )
    };
    assert_eq!(
        plan_of(4 * GB).trigger,
        Some(Trigger::Threshold),
        "30 GB for the target, 6 GB for the volume"
    );
    let policy = Policy {
        min_free: Size::from_bytes(40 * GB),
        ..policy(Mode::Normal)
    };
    let more = plan(Ask::Automatic, &both(4 * GB), &policy, &none(), None);
    assert_eq!(more.trigger, Some(Trigger::MinFree), "76 GB for the volume");
}

#[test]
fn the_window_delays_the_threshold_and_never_a_low_disk() {
    let custom = Custom {
        window: Some((120, 300)),
        ..Custom::default()
    };
    let policy = Policy {
        custom,
        ..policy(Mode::Custom)
    };
    let at = |minute, free| {
        let reading = Reading {
            minute,
            free_bytes: Some(free),
            ..reading()
        };
        plan(Ask::Automatic, &reading, &policy, &none(), None)
    };
    let outside = Decision::Blocked(Blocked::OutsideWindow);
    assert_eq!(at(119, 500 * GB).decision, outside);
    assert!(at(119, 500 * GB).why.contains("storage.custom.window"));
    assert_eq!(at(120, 500 * GB).trigger, Some(Trigger::Threshold));
    assert_eq!(at(300, 500 * GB).decision, outside);
    assert_eq!(
        pruned(&at(300, GB)).aim,
        Aim::Free(10 * GB),
        "though the threshold alone would ask for more"
    );
}

#[test]
fn a_window_may_go_over_midnight() {
    let custom = Custom {
        window: Some((1380, 60)),
        ..Custom::default()
    };
    let policy = Policy {
        custom,
        ..policy(Mode::Custom)
    };
    let open = [0, 59, 60, 1379, 1380, 1439].map(|minute| policy.window_is_open(minute));
    assert_eq!(open, [true, true, false, false, true, true]);
}

#[test]
fn custom_keeps_what_any_of_its_keys_protects() {
    let custom = |custom| Policy {
        custom,
        ..policy(Mode::Custom)
    };
    let blocks = custom(Custom {
        keep_blocks: Some(90_000),
        ..Custom::default()
    });
    let height = custom(Custom {
        keep_from_height: Some(805_000),
        ..Custom::default()
    });
    let days = custom(Custom {
        keep_days: Some(30.0),
        ..Custom::default()
    });
    let young = Reading {
        young_from: Some(803_000),
        ..reading()
    };
    for (policy, reading, last, name) in [
        (blocks, reading(), 809_999, "keep_blocks = 90000"),
        (height, reading(), 804_999, "keep_from_height = 805000"),
        (days.clone(), young, 802_999, "keep_days = 30"),
    ] {
        let plan = plan(Ask::Automatic, &reading, &policy, &none(), None);
        assert_eq!(pruned(&plan).to_height, last);
        assert!(
            pruned(&plan)
                .held_by
                .as_ref()
                .unwrap()
                .to_string()
                .contains(name)
        );
    }
    let unknown = plan(Ask::Automatic, &reading(), &days, &none(), None);
    assert!(
        matches!(unknown.decision, Decision::Held { .. }),
        "which blocks are young is not known: {unknown:?}"
    );
}

#[test]
fn a_request_past_a_rule_is_refused_by_that_rule() {
    let policy = Policy {
        keep_blocks: 1000,
        ..policy(Mode::Normal)
    };
    let why = |ask| {
        let plan = plan(ask, &reading(), &policy, &none(), None);
        assert_eq!(plan.decision, Decision::Refused, "{plan:?}");
        plan.why
    };
    assert!(why(Ask::Height(900_000)).contains("above the tip, which is at 899999"));
    assert!(why(Ask::Height(899_712)).contains("the last 288 blocks"));
    assert!(why(Ask::Height(899_711)).contains("pruning_keep_blocks = 1000"));
    assert!(why(Ask::Height(899_711)).contains("the highest that may go is 898999"));
    assert!(why(Ask::KeepBlocks(287)).contains("the last 288 blocks"));
    assert!(why(Ask::KeepBlocks(999)).contains("pruning_keep_blocks = 1000"));
    let allowed = plan(Ask::KeepBlocks(1000), &reading(), &policy, &none(), None);
    assert_eq!(pruned(&allowed).to_height, 898_999);
}

#[test]
fn a_lease_clamps_a_request_and_is_named() {
    let plan = plan(
        Ask::Height(850_000),
        &reading(),
        &policy(Mode::Normal),
        &leases(&[("lnd", 840_000)]),
        None,
    );
    assert_eq!(pruned(&plan).to_height, 839_999);
    assert_eq!(pruned(&plan).held_by, Some(Retention::Lease("lnd".into())));
}

#[test]
fn what_is_done_already_is_nothing_to_do() {
    for ask in [
        Ask::Usage(Size::from_bytes(110 * GB)),
        Ask::Height(700_000),
        Ask::KeepBlocks(1_000_000),
    ] {
        let plan = plan(ask, &reading(), &policy(Mode::Normal), &none(), None);
        assert_eq!(plan.decision, Decision::Idle, "{ask:?}");
        assert!(plan.why.starts_with("nothing to do"), "{}", plan.why);
    }
}

#[test]
fn a_run_that_freed_all_it_could_is_not_repeated_before_more_may_go() {
    let policy = policy(Mode::Normal);
    let low_target = Policy {
        target: Size::from_bytes(GB),
        ..policy
    };
    let at = |tip, rest| {
        plan(
            Ask::Automatic,
            &Reading { tip, ..reading() },
            &low_target,
            &none(),
            rest,
        )
    };
    let limit = 899_999 + 1 - 288;
    let waits = Rest {
        at: limit,
        blocks: 12,
        by_node: None,
    };
    let rest = Some(&waits);
    assert!(matches!(at(899_999, None).decision, Decision::Prune(_)));
    for tip in [899_999, 900_010] {
        assert!(
            matches!(
                at(tip, rest).decision,
                Decision::Held {
                    by: Retention::Recent,
                    ..
                }
            ),
            "{tip}"
        );
    }
    assert!(matches!(at(900_011, rest).decision, Decision::Prune(_)));
    let by_hand = plan(Ask::Configured, &reading(), &low_target, &none(), rest);
    assert!(
        matches!(by_hand.decision, Decision::Prune(_)),
        "the operator may try"
    );
}

#[test]
fn an_index_that_is_being_built_holds_all_that_it_has_not_read() {
    let with = |synced, height| {
        let index = Index {
            name: "coinstatsindex".to_owned(),
            synced,
            height,
        };
        let indexes = Arc::new(Indexes {
            indexes: vec![index],
            prune_locks: Vec::new(),
        });
        plan(
            Ask::Automatic,
            &Reading {
                indexes,
                ..reading()
            },
            &policy(Mode::Normal),
            &none(),
            None,
        )
    };
    let held = with(false, Some(0));
    assert!(matches!(held.decision, Decision::Held { .. }), "{held:?}");
    assert!(
        held.why
            .contains("the node's index coinstatsindex at height 0"),
        "{}",
        held.why
    );
    let unknown = with(false, None);
    assert!(
        unknown
            .why
            .contains("coinstatsindex, whose height is unknown"),
        "{}",
        unknown.why
    );
    let clamped = with(false, Some(810_000));
    assert_eq!(pruned(&clamped).to_height, 809_999);
    assert!(
        pruned(&clamped)
            .held_by
            .as_ref()
            .is_some_and(|by| by.to_string().contains("at height 810000"))
    );
    assert_eq!(
        pruned(&with(true, Some(899_998))).to_height,
        829_999,
        "one that follows the tip needs nothing old"
    );
    assert_eq!(pruned(&with(true, None)).to_height, 829_999);
}

#[test]
fn a_prune_lock_without_an_end_holds_and_one_with_an_end_is_left_to_the_node() {
    let with = |until| {
        let lock = PruneLock {
            id: "electrs".to_owned(),
            from: 810_000,
            until,
        };
        let indexes = Arc::new(Indexes {
            indexes: Vec::new(),
            prune_locks: vec![lock],
        });
        plan(
            Ask::Height(820_000),
            &Reading {
                indexes,
                ..reading()
            },
            &policy(Mode::Normal),
            &none(),
            None,
        )
    };
    let held = with(None);
    assert_eq!(pruned(&held).to_height, 809_999);
    assert_eq!(
        pruned(&held).held_by,
        Some(Retention::PruneLock("electrs".to_owned()))
    );
    assert_eq!(pruned(&with(Some(815_000))).to_height, 820_000);
}

#[test]
fn a_prune_lock_whose_end_is_in_what_stays_anyway_holds_as_one_without_an_end() {
    let lock = |id: &str, from, until| PruneLock {
        id: id.to_owned(),
        from,
        until: Some(until),
    };
    let limit = |prune_locks| {
        let indexes = Arc::new(Indexes {
            indexes: Vec::new(),
            prune_locks,
        });
        let bound = limit(
            &Reading {
                indexes,
                ..reading()
            },
            &policy(Mode::Normal),
            &none(),
        );
        (bound.keeps_from, bound.by.to_string())
    };
    let (free_from, _) = limit(Vec::new());
    let held = |from, id: &str| (from, format!("the node's prune lock {id}"));
    assert_eq!(limit(vec![lock("a", 500, u32::MAX)]), held(500, "a"));
    assert_eq!(limit(vec![lock("a", 500, free_from - 1)]), held(500, "a"));
    assert_eq!(
        limit(vec![lock("a", 500, free_from - 2)]).0,
        free_from,
        "a block above its end may go"
    );
    assert_eq!(
        limit(vec![lock("b", 300, 700), lock("a", 500, free_from)]),
        held(300, "b"),
        "one joins the other"
    );
}

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
    assert_eq!(automatic.decision, Decision::Blocked(Blocked::NoRoom));
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
        matches!(by_hand.decision, Decision::Prune(_)),
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
    let in_vain = Decision::Blocked(Blocked::InVain);
    assert_eq!(plan_of(Ask::Automatic).decision, in_vain);
    assert!(plan_of(Ask::Automatic).why.contains("did not get smaller"));
    assert!(
        matches!(plan_of(Ask::Configured).decision, Decision::Prune(_)),
        "the operator may try"
    );
}

#[test]
fn a_node_that_cannot_prune_is_told_so_whoever_asks() {
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
            let blocked = Decision::Blocked(Blocked::Obstacle(obstacle.clone()));
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
    let Decision::Prune(step) = &plan.decision else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (step.to_height, step.about_bytes),
        (849_999, below.stock().up_to(849_999))
    );
    let why = "asked for by hand; the node prunes below the height that it is given, so block 850000 stays";
    assert_eq!(plan.why, why);
    let edge = super::plan(
        Ask::Height(below.first_kept),
        &below,
        &policy(Mode::Disabled),
        &none(),
        None,
    );
    assert_eq!(edge.decision, Decision::Idle, "{edge:?}");
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
        let no_height = Decision::Blocked(Blocked::NoHeight);
        assert_eq!(plan.decision, no_height, "{plan:?}");
        assert!(
            plan.why.contains("knows no height") && plan.why.contains(less),
            "{}",
            plan.why
        );
    }
    let everything = planned(Ask::KeepBlocks(288), &none());
    assert!(
        matches!(everything.decision, Decision::Prune(_)),
        "{everything:?}"
    );
    let record = crate::prune::PlanRecord::new(&everything, &all);
    assert_eq!(
        (record.to_height, record.about_bytes),
        (None, None),
        "the node decides how much it keeps"
    );
    let held = planned(Ask::KeepBlocks(288), &leases(&[("lnd", 850_000)]));
    assert_eq!(held.decision, Decision::Blocked(Blocked::NoHeight));
    assert!(
        held.why.ends_with("or nothing, and lease lnd keeps more"),
        "{}",
        held.why
    );
}

#[test]
fn amounts_that_differ_look_different() {
    let told = |one: u64, other: u64| {
        let (one, other) = told_apart(one, other);
        format!("{one} above {other}")
    };
    assert_eq!(told(2_600_000, 2_400_000), "2.6 MB above 2.4 MB");
    assert_eq!(told(2_400_512, 2_400_000), "2400512 B above 2400000 B");
    assert_eq!(told(2_400_000, 2_400_000), "2.4 MB above 2.4 MB");
}

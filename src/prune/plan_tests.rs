#[path = "plan_blocked_tests.rs"]
mod blocked;
#[path = "plan_property_tests.rs"]
mod properties;
#[path = "plan_request_tests.rs"]
mod requests;
#[path = "plan_retention_tests.rs"]
mod retentions;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::node::{Index, Indexes, PruneLock};
use crate::prune::lease::Keeps;
use crate::prune::obstacle::{NoRoom, Obstacle};
use crate::prune::policy::{Custom, Mode};
use crate::prune::sizes::Sizes;
use crate::values::{Mono, Now, Size};

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

fn policy(mode: Mode) -> PrunePolicy {
    PrunePolicy {
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
fn pruned(plan: &Plan) -> &PlanStep {
    let PruneDecision::Prune(step) = &plan.decision else {
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
    assert_eq!(
        (step.target, step.to_height),
        (Target::Usage(80 * GB), 829_999)
    );
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
        (step.target, step.about_bytes, &step.held_by),
        (Target::Free(10 * GB), None, &None)
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
        assert_eq!(plan.decision, PruneDecision::Idle, "{mode:?}");
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
        PruneDecision::Idle
    );
}

#[test]
fn aggressive_goes_to_the_kept_blocks_whatever_the_target() {
    let policy = PrunePolicy {
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
    assert_eq!(plan_of(Ask::Configured), PruneDecision::Idle);
    let held = PruneDecision::Held {
        target: Target::AllButKept,
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
        (pruned(&plan).target, pruned(&plan).about_bytes),
        (Target::Free(10 * GB), Some(6 * GB))
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
    let policy = PrunePolicy {
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
    let policy = PrunePolicy {
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
    let outside = PruneDecision::Blocked(Blocked::OutsideWindow);
    assert_eq!(at(119, 500 * GB).decision, outside);
    assert!(at(119, 500 * GB).why.contains("storage.custom.window"));
    assert_eq!(at(120, 500 * GB).trigger, Some(Trigger::Threshold));
    assert_eq!(at(300, 500 * GB).decision, outside);
    assert_eq!(
        pruned(&at(300, GB)).target,
        Target::Free(10 * GB),
        "though the threshold alone would ask for more"
    );
}

#[test]
fn a_window_may_go_over_midnight() {
    let custom = Custom {
        window: Some((1380, 60)),
        ..Custom::default()
    };
    let policy = PrunePolicy {
        custom,
        ..policy(Mode::Custom)
    };
    let open = [0, 59, 60, 1379, 1380, 1439].map(|minute| policy.window_is_open(minute));
    assert_eq!(open, [true, true, false, false, true, true]);
}

#[test]
fn custom_keeps_what_any_of_its_keys_protects() {
    let custom = |custom| PrunePolicy {
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
        matches!(unknown.decision, PruneDecision::Held { .. }),
        "which blocks are young is not known: {unknown:?}"
    );
}

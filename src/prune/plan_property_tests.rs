//! What holds of every plan, whatever is asked, kept and measured.

use super::*;

fn any_policy() -> impl Strategy<Value = PrunePolicy> {
    let custom = (
        proptest::option::of(288_u32..3_000),
        proptest::option::of(1.0..100.0),
        proptest::option::of(0_u32..4_000),
        proptest::option::of((0_u16..1440, 0_u16..1440)),
    );
    let mode = prop_oneof![
        Just(Mode::Disabled),
        Just(Mode::Normal),
        Just(Mode::Aggressive),
        Just(Mode::Custom)
    ];
    (
        mode,
        0_u64..10_000,
        0_u64..10_000,
        288_u32..2_000,
        0_u64..5_000,
        custom,
    )
        .prop_map(
            |(mode, threshold, target, keep_blocks, min_free, custom)| PrunePolicy {
                mode,
                threshold: Size::from_bytes(threshold.max(target + 1)),
                target: Size::from_bytes(target),
                keep_blocks,
                min_free: Size::from_bytes(min_free),
                custom: Custom {
                    keep_blocks: custom.0,
                    keep_days: custom.1,
                    keep_from_height: custom.2,
                    window: custom.3,
                },
            },
        )
}

fn any_indexes() -> impl Strategy<Value = Indexes> {
    let index =
        (any::<bool>(), proptest::option::of(0_u32..4_000)).prop_map(|(synced, height)| Index {
            name: "coinstatsindex".to_owned(),
            synced,
            height,
        });
    let lock =
        (0_u32..4_000, proptest::option::of(0_u32..4_000)).prop_map(|(from, until)| PruneLock {
            id: "lock".to_owned(),
            from,
            until,
        });
    let indexes = proptest::collection::vec(index, 0..3);
    let locks = proptest::collection::vec(lock, 0..2);
    (indexes, locks).prop_map(|(indexes, prune_locks)| Indexes {
        indexes,
        prune_locks,
    })
}

/// Mostly none.
fn any_obstacle() -> impl Strategy<Value = Option<Obstacle>> {
    let obstacle = prop_oneof![
        Just(Obstacle::NotKnown),
        Just(Obstacle::InitialDownload),
        Just(Obstacle::IndexesUnknown {
            reason: "HTTP 403".to_owned()
        }),
    ];
    prop_oneof![3 => Just(None), 1 => obstacle.prop_map(Some)]
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let bytes = || proptest::option::of(0_u64..20_000);
    let samples = proptest::collection::vec((0_u32..4_000, 0_u64..1_000), 0..8);
    let heights = (
        0_u32..4_000,
        0_u32..4_000,
        proptest::option::of(0_u32..4_000),
    );
    let measured = (bytes(), bytes(), bytes(), samples, 0_u16..1440);
    (heights, measured, any_indexes(), any_obstacle()).prop_map(
        |(
            (tip, first, young_from),
            (usage_bytes, free_bytes, blocks_bytes, samples, minute),
            indexes,
            obstacle,
        )| {
            Reading {
                tip,
                first_kept: first.min(tip),
                usage_bytes,
                free_bytes,
                blocks_bytes,
                indexes: Arc::new(indexes),
                young_from,
                sizes: Sizes::new(samples),
                obstacle,
                minute,
                ..Reading::default()
            }
        },
    )
}

fn any_ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::Automatic),
        Just(Ask::Configured),
        (0_u64..20_000).prop_map(|bytes| Ask::Usage(Size::from_bytes(bytes))),
        (0_u32..5_000).prop_map(Ask::Height),
        (0_u32..5_000).prop_map(Ask::KeepBlocks),
    ]
}

fn any_leases() -> impl Strategy<Value = Leases> {
    let keeps = prop_oneof![
        (0_u32..4_000).prop_map(Keeps::From),
        (1_u32..4_000).prop_map(Keeps::Last)
    ];
    proptest::collection::vec(keeps, 0..3).prop_map(|all| {
        let mut leases = Leases::default();
        for (n, keeps) in all.into_iter().enumerate() {
            leases.add(&n.to_string(), keeps, None, now()).unwrap();
        }
        leases
    })
}

proptest! {
    #[test]
    fn nothing_goes_that_anybody_keeps(
        ask in any_ask(), reading in any_reading(), policy in any_policy(), leases in any_leases(),
    ) {
        let plan = plan(ask, &reading, &policy, &leases, None);
        if let PruneDecision::Prune(step) = &plan.decision {
            let to = step.to_height;
            prop_assert!(u64::from(to) + 288 <= u64::from(reading.tip), "within 288 of the tip");
            prop_assert!(u64::from(to) + u64::from(policy.keep_blocks) <= u64::from(reading.tip));
            prop_assert!(to >= reading.first_kept, "a call for what is gone already");
            for (_, lease) in leases.iter() {
                prop_assert!(to < lease.keeps_from(reading.tip));
            }
            for index in reading.indexes.indexes.iter().filter(|index| !index.synced) {
                prop_assert!(index.height.is_some_and(|height| to < height),
                    "an index that is being built");
            }
            for lock in &reading.indexes.prune_locks {
                let reaches_the_tip = lock.until.is_none_or(|until| until >= reading.tip);
                prop_assert!(!reaches_the_tip || to < lock.from);
            }
            prop_assert_eq!(&reading.obstacle, &None, "somebody may need blocks and is not known");
            if let Some(custom) = policy.custom() {
                prop_assert!(custom.keep_from_height.is_none_or(|height| to < height));
                let recent = |blocks| u64::from(to) + u64::from(blocks) <= u64::from(reading.tip);
                prop_assert!(custom.keep_blocks.is_none_or(recent));
                prop_assert!(custom.keep_days.is_none() || reading.young_from.is_some_and(|height| to < height));
            }
        }
    }

    #[test]
    fn nothing_goes_unasked(reading in any_reading(), policy in any_policy(), leases in any_leases()) {
        let plan = plan(Ask::Automatic, &reading, &policy, &leases, None);
        let above = reading.usage_bytes.is_some_and(|usage| usage > policy.threshold.bytes());
        let low = reading.free_bytes.is_some_and(|free| free < policy.min_free.bytes());
        if matches!(plan.decision, PruneDecision::Prune(_)) {
            prop_assert!(policy.mode != Mode::Disabled);
            prop_assert!(above || low);
            prop_assert!(low || policy.window_is_open(reading.minute));
        }
    }

    #[test]
    fn a_request_by_height_goes_no_higher_than_asked(
        height in 0_u32..5_000, reading in any_reading(), policy in any_policy(), leases in any_leases(),
    ) {
        let plan = plan(Ask::Height(height), &reading, &policy, &leases, None);
        if let PruneDecision::Prune(step) = &plan.decision {
            prop_assert!(step.to_height <= height);
            prop_assert_eq!(step.to_height < height, step.held_by.is_some());
            prop_assert!(step.held_by.as_ref().is_none_or(|by| !by.is_rule()),
                "a rule refuses, a lease and the node clamp");
        }
    }

    #[test]
    fn a_plan_always_says_why_and_by_whom_it_is_held(
        ask in any_ask(), reading in any_reading(), policy in any_policy(), leases in any_leases(),
    ) {
        let plan = plan(ask, &reading, &policy, &leases, None);
        prop_assert!(!plan.why.is_empty());
        match &plan.decision {
            PruneDecision::Held { by, .. } => prop_assert!(plan.why.contains(&by.to_string())),
            PruneDecision::Prune(_) => prop_assert!(plan.trigger.is_some()),
            PruneDecision::Idle | PruneDecision::Blocked(_) | PruneDecision::Refused => {}
        }
    }

    #[test]
    fn a_lower_target_never_prunes_less(
        low in 0_u64..20_000, more in 0_u64..20_000,
        reading in any_reading(), policy in any_policy(), leases in any_leases(),
    ) {
        let height = |bytes| {
            let plan = plan(Ask::Usage(Size::from_bytes(bytes)), &reading, &policy, &leases, None);
            match plan.decision {
                PruneDecision::Prune(step) => Some(step.to_height),
                _ => None,
            }
        };
        prop_assert!(height(low) >= height(low + more), "{:?} < {:?}", height(low), height(low + more));
    }

    #[test]
    fn a_lease_more_never_prunes_more(
        ask in any_ask(), reading in any_reading(), policy in any_policy(), leases in any_leases(),
        keeps in (0_u32..4_000).prop_map(Keeps::From),
    ) {
        let height = |leases: &Leases| match plan(ask, &reading, &policy, leases, None).decision {
            PruneDecision::Prune(step) => Some(step.to_height),
            _ => None,
        };
        let mut more = leases.clone();
        more.add("more", keeps, None, now()).unwrap();
        prop_assert!(height(&more) <= height(&leases));
    }
}

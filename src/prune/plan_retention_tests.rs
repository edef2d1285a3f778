//! What is kept, and by whom.

use super::*;

#[test]
fn a_run_that_freed_all_it_could_is_not_repeated_before_more_may_go() {
    let policy = policy(Mode::Normal);
    let low_target = PrunePolicy {
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
    assert!(matches!(
        at(899_999, None).decision,
        PruneDecision::Prune(_)
    ));
    for tip in [899_999, 900_010] {
        assert!(
            matches!(
                at(tip, rest).decision,
                PruneDecision::Held {
                    by: Retention::Recent,
                    ..
                }
            ),
            "{tip}"
        );
    }
    assert!(matches!(
        at(900_011, rest).decision,
        PruneDecision::Prune(_)
    ));
    let by_hand = plan(Ask::Configured, &reading(), &low_target, &none(), rest);
    assert!(
        matches!(by_hand.decision, PruneDecision::Prune(_)),
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
    assert!(
        matches!(held.decision, PruneDecision::Held { .. }),
        "{held:?}"
    );
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
        let bound = retention::limit(
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

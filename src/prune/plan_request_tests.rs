//! What an operator asks for by hand.

use super::*;

#[test]
fn a_request_past_a_rule_is_refused_by_that_rule() {
    let policy = PrunePolicy {
        keep_blocks: 1000,
        ..policy(Mode::Normal)
    };
    let why = |ask| {
        let plan = plan(ask, &reading(), &policy, &none(), None);
        assert_eq!(plan.decision, PruneDecision::Refused, "{plan:?}");
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
        assert_eq!(plan.decision, PruneDecision::Idle, "{ask:?}");
        assert!(!plan.why.is_empty(), "{ask:?}");
    }
}

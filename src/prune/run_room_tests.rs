//! What a run does where deleting gives no room, or where that cannot be seen.

use super::*;

#[test]
fn on_a_volume_in_motion_little_more_goes_than_what_it_takes_to_see_that_nothing_comes_of_it() {
    let noise = 1_000_000_000;
    for target in [Target::Free(1 << 41), Target::Usage(1), Target::AllButKept] {
        let mut node = PrunedNode {
            has_snapshot: true,
            ..PrunedNode::new(50_000, 276, 1_000_000)
        };
        let mut run = PruneRun::new(target);
        let end = loop {
            match run.next_step(&node.reading(), &policy(), &Leases::default()) {
                RunStep::End(end) => break end,
                RunStep::Call { to_height, .. } => run.answered(node.prune(to_height)),
            }
            run.measured(&node.reading(), noise);
        };
        assert_eq!(
            (end.state, run.freed_bytes()),
            (JobState::NoProgress, Some(0)),
            "{target:?}"
        );
        assert!(
            end.no_room.is_some() && run.deleted_bytes() < Some(10 * noise),
            "{:?}",
            run.deleted_bytes()
        );
    }
}

#[test]
fn a_snapshot_that_is_taken_in_the_middle_of_a_run_ends_it_with_the_next_call() {
    let mut node = PrunedNode::new(50_000, 276, 1_000_000);
    let mut run = PruneRun::new(Target::Free(1 << 41));
    let mut deleted = Vec::new();
    let end = loop {
        match run.next_step(&node.reading(), &policy(), &Leases::default()) {
            RunStep::End(end) => break end,
            // As if the sizes of blocks had been taken for larger than they are.
            RunStep::Call { to_height, .. } => {
                run.answered(node.prune(to_height.min(node.first_kept + 10_000)));
            }
        }
        node.has_snapshot = true;
        run.measured(&node.reading(), 0);
        deleted.push(run.deleted_bytes().unwrap());
    };
    assert_eq!((end.state, deleted.len()), (JobState::NoProgress, 2));
    assert_eq!(run.freed_bytes(), Some(deleted[0]));
    let no_room = end.no_room.unwrap();
    assert_eq!(
        (no_room.deleted_bytes, no_room.freed_bytes),
        (deleted[1] - deleted[0], 0),
        "what was in vain"
    );
}

#[test]
fn a_volume_that_does_not_get_the_room_keeps_all_blocks_but_those_of_the_first_call() {
    for target in [Target::Free(1 << 41), Target::Usage(1), Target::AllButKept] {
        let mut node = PrunedNode {
            has_snapshot: true,
            ..PrunedNode::new(50_000, 276, 1_000_000)
        };
        let (run, end) = run(&mut node, target, &Leases::default());
        assert_eq!(
            (end.state, node.calls.len()),
            (JobState::NoProgress, 1),
            "{target:?}"
        );
        assert_eq!(node.first_kept, 2 * 276, "two files of some hundred");
        assert_eq!(
            (run.deleted_bytes(), run.freed_bytes()),
            (Some(2 * 276 * 1_000_000), Some(0))
        );
        let no_room = end.no_room.unwrap();
        assert_eq!(
            (no_room.deleted_bytes, no_room.freed_bytes),
            (2 * 276 * 1_000_000, 0)
        );
        assert!(
            end.error
                .unwrap()
                .contains("a snapshot or hard links hold the rest")
        );
    }
}

#[test]
fn what_one_small_call_freed_is_trusted_for_some_times_as_much_only() {
    let mut node = PrunedNode::new(50_000, 276, 1_000_000);
    let mut run = PruneRun::new(Target::Free(1 << 41));
    let nobody = Leases::default();
    let RunStep::Call { to_height, .. } = run.next_step(&node.reading(), &policy(), &nobody) else {
        panic!("no call")
    };
    node.prune(to_height);
    let small = node.first_kept;
    run.measured(&node.reading(), 0);
    // The room came of something else: all blocks are in a snapshot.
    node.has_snapshot = true;
    let RunStep::Call { to_height, .. } = run.next_step(&node.reading(), &policy(), &nobody) else {
        panic!("no call")
    };
    node.prune(to_height);
    assert!(
        node.first_kept <= small * 10,
        "{} of 50000",
        node.first_kept
    );
    run.measured(&node.reading(), 0);
    let RunStep::End(end) = run.next_step(&node.reading(), &policy(), &nobody) else {
        panic!("it went on")
    };
    assert_eq!(end.state, JobState::NoProgress);
}

#[test]
fn the_nodes_own_growth_and_a_volume_in_motion_are_no_sign_that_room_is_missing() {
    let node = || PrunedNode::new(50_000, 276, 1_000_000);
    let after_first_call = |change: fn(Reading) -> Reading, noise| {
        let mut node = node();
        let mut run = PruneRun::new(Target::Free(1 << 41));
        let RunStep::Call { to_height, .. } =
            run.next_step(&node.reading(), &policy(), &Leases::default())
        else {
            panic!()
        };
        node.prune(to_height);
        let after = change(node.reading());
        run.measured(&after, noise);
        matches!(
            run.next_step(&after, &policy(), &Leases::default()),
            RunStep::Call { .. }
        )
    };
    // The node writes out its cache before it deletes.
    let flushed = |reading: Reading| Reading {
        other_bytes: reading.other_bytes.map(|bytes| bytes + 2_000_000_000),
        free_bytes: reading.free_bytes.map(|bytes| bytes - 2_000_000_000),
        ..reading
    };
    assert!(after_first_call(flushed, 0));
    let somebody_wrote = |reading: Reading| Reading {
        free_bytes: reading.free_bytes.map(|bytes| bytes - 2_000_000_000),
        ..reading
    };
    assert!(!after_first_call(somebody_wrote, 0));
    assert!(
        after_first_call(somebody_wrote, 3_000_000_000),
        "more than that comes and goes by itself"
    );
}

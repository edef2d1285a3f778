//! What a run does where a node deletes less than it was asked to.

use super::*;

#[test]
fn a_node_whose_files_do_not_get_smaller_keeps_the_rest_of_its_blocks() {
    let mut node = PrunedNode::new(50_000, 276, 1_000_000);
    let mut run = PruneRun::new(Target::Usage(1));
    let full = node.reading();
    let next = run.next_step(&full, &policy(), &Leases::default());
    assert!(matches!(next, RunStep::Call { .. }), "{next:?}");
    node.prune(20_000);
    let gone = Reading {
        first_kept: node.first_kept,
        ..full
    };
    run.measured(&gone, 0);
    let RunStep::End(end) = run.next_step(&gone, &policy(), &Leases::default()) else {
        panic!("it went on")
    };
    assert_eq!(end.state, JobState::NoProgress);
    assert!(end.files_stay && end.error.unwrap().contains("did not get smaller"));
}

#[test]
fn a_node_that_keeps_more_than_a_file_holds_is_named_and_asked_no_more() {
    for target in [Target::Height(2_500), Target::Usage(1), Target::AllButKept] {
        for keeps_from in [0, 100, 900] {
            let mut node = PrunedNode {
                keeps_from,
                ..PrunedNode::new(3_000, 276, 278)
            };
            let (_, end) = run(&mut node, target, &Leases::default());
            assert_eq!(end.state, JobState::Held, "{target:?} {keeps_from}");
            assert_eq!(
                end.held_by.as_deref(),
                Some("the node (an index or a prune lock)"),
                "{target:?} {keeps_from}"
            );
            assert!(
                node.calls.len() < 8,
                "{target:?} {keeps_from}: {:?}",
                node.calls
            );
            // Nor would the next run find anything new.
            let rest = Rest {
                at: end.exhausted_below.unwrap(),
                blocks: 12,
                by_node: end.by_node,
            };
            let next = plan::plan(
                Ask::Automatic,
                &node.reading(),
                &policy(),
                &Leases::default(),
                Some(&rest),
            );
            assert!(
                matches!(next.decision, PruneDecision::Held { .. }),
                "{target:?} {keeps_from}: {next:?}"
            );
        }
    }
    let mut node = PrunedNode {
        keeps_from: 2_300,
        ..PrunedNode::new(3_000, 276, 278)
    };
    let end = ended(&mut node, Target::Height(2_500));
    assert_eq!(
        (end.state, node.first_kept),
        (JobState::Reached, 2_208),
        "less than a file is missing"
    );
}

#[test]
fn a_node_that_names_its_prune_lock_is_quoted() {
    let lock = PruneLock {
        id: "wallet".to_owned(),
        from: 0,
        until: Some(900),
    };
    let indexes = Arc::new(Indexes {
        indexes: Vec::new(),
        prune_locks: vec![lock],
    });
    let mut node = PrunedNode {
        keeps_from: 1,
        indexes,
        ..PrunedNode::new(3_000, 276, 278)
    };
    let end = ended(&mut node, Target::Height(2_500));
    assert_eq!(
        (end.state, end.held_by.as_deref()),
        (JobState::Held, Some("the node's prune lock wallet"))
    );
}

#[test]
fn blocks_that_were_downloaded_in_any_order_are_not_laid_to_the_nodes_charge() {
    let file_bytes = BLOCK_FILE_BYTES;
    let before = Reading {
        tip: 900_000,
        first_kept: 800_000,
        blocks_bytes: Some(100_001 * 1_500_000),
        block_file_bytes: Some(file_bytes),
        ..Reading::default()
    };
    assert!(
        !keeps_more_than_a_file(&before, Some(849_100), 850_000),
        "within the window of the download"
    );
    assert!(keeps_more_than_a_file(&before, Some(840_000), 850_000));
    assert!(keeps_more_than_a_file(&before, None, 850_000));
    assert!(!keeps_more_than_a_file(&before, Some(850_000), 850_000));
}

#[test]
fn blocks_of_unknown_size_go_no_further_than_the_room_that_was_missing() {
    for (comes, state) in [(true, JobState::Reached), (false, JobState::NoProgress)] {
        let mut node = PrunedNode::new(50_000, 276, 1_000_000);
        let mut run = PruneRun::new(Target::Free(8_000_000_000));
        node.volume = node.reading().usage_bytes.unwrap();
        let reading = |node: &PrunedNode| {
            let reading = Reading {
                blocks_bytes: None,
                usage_bytes: None,
                ..node.reading()
            };
            Reading {
                free_bytes: reading.free_bytes.filter(|_| comes).or(Some(0)),
                ..reading
            }
        };
        let end = loop {
            match run.next_step(&reading(&node), &policy(), &Leases::default()) {
                RunStep::End(end) => break end,
                RunStep::Call { to_height, .. } => run.answered(node.prune(to_height)),
            }
            run.measured(&reading(&node), 0);
        };
        assert_eq!(end.state, state);
        let lost = u64::from(node.first_kept) * 1_000_000;
        assert!(
            lost < 9_000_000_000 && (lost >= 8_000_000_000 || !comes),
            "{lost} bytes gone"
        );
    }
}

#[path = "run_kept_tests.rs"]
mod kept;
#[path = "run_room_tests.rs"]
mod room;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::node::{Indexes, PruneLock};
use crate::prune::decision::{Ask, PruneDecision, Rest};
use crate::prune::job_state::JobState;
use crate::prune::lease::Keeps;
use crate::prune::policy::{Custom, Mode};
use crate::values::{Mono, Now, Size};

/// A node as bitcoind is: it deletes whole files, and only those of which every block is at or
/// below the height.
struct PrunedNode {
    tip: u32,
    per_file: u32,
    block_bytes: u64,
    /// So much larger is each block than the one before it, in millionths of `block_bytes`.
    growth: u64,
    first_kept: u32,
    /// What is on the volume beside the blocks.
    beside: u64,
    volume: u64,
    /// What was deleted and lies in a snapshot too.
    in_snapshot: u64,
    has_snapshot: bool,
    /// The node itself keeps this height and all above, and does not say so.
    keeps_from: u32,
    indexes: Arc<Indexes>,
    calls: Vec<u32>,
}

impl PrunedNode {
    fn new(tip: u32, per_file: u32, block_bytes: u64) -> Self {
        Self {
            tip,
            per_file,
            block_bytes,
            growth: 0,
            first_kept: 0,
            beside: 5_000,
            volume: 1 << 40,
            in_snapshot: 0,
            has_snapshot: false,
            keeps_from: u32::MAX,
            indexes: Arc::default(),
            calls: Vec::new(),
        }
    }

    fn prune(&mut self, height: u32) -> Extent {
        self.calls.push(height);
        let height = height
            .min(self.tip.saturating_sub(288))
            .min(self.keeps_from.saturating_sub(1));
        let whole_files = (height + 1) / self.per_file * self.per_file;
        let before = self.bytes(self.first_kept, self.tip);
        self.first_kept = self.first_kept.max(whole_files);
        if self.has_snapshot {
            self.in_snapshot += before - self.bytes(self.first_kept, self.tip);
        }
        self.first_kept
            .checked_sub(1)
            .map_or(Extent::Nothing, Extent::UpTo)
    }

    /// Bytes of the blocks from `first` to `last`.
    fn bytes(&self, first: u32, last: u32) -> u64 {
        let count = u64::from(last + 1 - first);
        let ends = u64::from(first + last);
        count * self.block_bytes + self.block_bytes * self.growth * count * ends / 2_000_000
    }

    fn reading(&self) -> Reading {
        let blocks = self.bytes(self.first_kept, self.tip);
        Reading {
            tip: self.tip,
            first_kept: self.first_kept,
            usage_bytes: Some(blocks + self.beside),
            free_bytes: Some(self.volume - blocks - self.beside - self.in_snapshot),
            blocks_bytes: Some(blocks),
            other_bytes: Some(self.beside),
            volume_bytes: Some(self.volume),
            block_file_bytes: Some(
                self.bytes(self.tip.saturating_sub(self.per_file - 1), self.tip),
            ),
            indexes: Arc::clone(&self.indexes),
            ..Reading::default()
        }
    }
}

fn policy() -> PrunePolicy {
    PrunePolicy {
        mode: Mode::Normal,
        threshold: Size::from_bytes(2),
        target: Size::from_bytes(1),
        keep_blocks: 288,
        min_free: Size::default(),
        custom: Custom::default(),
    }
}

fn lease(from: u32) -> Leases {
    let mut leases = Leases::default();
    let now = Now {
        mono: Mono::START,
        wall: jiff::Timestamp::UNIX_EPOCH,
    };
    leases.add("lnd", Keeps::From(from), None, now).unwrap();
    leases
}

/// Runs to the end.
fn run(node: &mut PrunedNode, target: Target, leases: &Leases) -> (PruneRun, End) {
    let mut run = PruneRun::new(target);
    for _ in 0..10_000 {
        match run.next_step(&node.reading(), &policy(), leases) {
            RunStep::End(end) => return (run, end),
            RunStep::Call { to_height, .. } => run.answered(node.prune(to_height)),
        }
        run.measured(&node.reading(), 0);
    }
    panic!("a run without an end: {:?}", node.calls);
}

fn ended(node: &mut PrunedNode, target: Target) -> End {
    run(node, target, &Leases::default()).1
}

#[test]
fn a_run_goes_to_the_target_and_no_whole_file_further() {
    // 276 blocks of 278 bytes a file, as bitcoind has them with -fastprune.
    let mut node = PrunedNode::new(3_000, 276, 278);
    let wanted_bytes = node.reading().usage_bytes.unwrap() - 300_000;
    let (run, end) = run(&mut node, Target::Usage(wanted_bytes), &Leases::default());
    assert_eq!(end, End::reached());
    let usage = node.reading().usage_bytes.unwrap();
    assert!(
        usage <= wanted_bytes && usage + 276 * 278 > wanted_bytes,
        "{usage} of {wanted_bytes}"
    );
    assert_eq!(run.freed_bytes(), Some(276 * 278 * 4));
}

#[test]
fn a_target_that_what_is_kept_exceeds_ends_held_and_names_the_retention() {
    let mut node = PrunedNode::new(1_000, 276, 278);
    let end = ended(&mut node, Target::Usage(1));
    assert_eq!((end.state, node.first_kept), (JobState::Held, 552));
    assert!(end.held_by.unwrap().contains("288"));
    assert_eq!(end.exhausted_below, Some(713));
    assert!(node.calls.iter().all(|height| *height <= 712));
}

#[test]
fn a_lease_holds_a_run_and_what_is_below_it_goes() {
    let mut node = PrunedNode::new(1_000, 100, 278);
    let (_, end) = run(&mut node, Target::Usage(1), &lease(250));
    assert_eq!(
        (end.state, end.held_by.as_deref(), node.first_kept),
        (JobState::Held, Some("lease lnd"), 200)
    );
    let (_, end) = run(&mut node, Target::Height(500), &lease(350));
    assert_eq!(
        (end.state, end.held_by.as_deref(), node.first_kept),
        (JobState::Held, Some("lease lnd"), 300)
    );
    assert!(node.calls.iter().all(|height| *height < 350));
}

#[test]
fn a_height_inside_a_file_is_reached_at_its_edge_and_with_one_call() {
    let mut node = PrunedNode::new(1_000, 276, 278);
    let end = ended(&mut node, Target::Height(500));
    assert_eq!(
        (end.state, node.first_kept, node.calls.as_slice()),
        (JobState::Reached, 276, &[500][..])
    );
    let (run, end) = run(&mut node, Target::Height(500), &Leases::default());
    assert_eq!(
        (end.state, run.freed_bytes(), node.calls.len()),
        (JobState::Reached, Some(0), 2)
    );
}

#[test]
fn what_a_call_freed_is_not_known_of_a_node_that_has_gone_silent_since() {
    let node = PrunedNode::new(1_000, 276, 278);
    let before = node.reading();
    let mut run = PruneRun::new(Target::Height(500));
    assert!(matches!(
        run.next_step(&before, &policy(), &Leases::default()),
        RunStep::Call { .. }
    ));
    run.measured(
        &Reading {
            obstacle: Some(Obstacle::NotKnown),
            first_kept: 0,
            ..before
        },
        0,
    );
    assert_eq!(run.freed_bytes(), None);
}

#[test]
fn a_run_that_frees_nothing_because_of_file_boundaries_says_so() {
    let mut node = PrunedNode::new(400, 276, 278);
    let wanted_bytes = node.reading().usage_bytes.unwrap() - 10_000;
    let (run, end) = run(&mut node, Target::Usage(wanted_bytes), &Leases::default());
    assert_eq!(
        (end.state, run.freed_bytes(), node.first_kept),
        (JobState::NoProgress, Some(0), 0)
    );
    assert!(end.error.unwrap().contains("whole files"));
}

#[test]
fn a_size_inside_the_first_file_that_must_stay_is_reached_at_its_edge() {
    let mut node = PrunedNode::new(1_000, 276, 278);
    // All below 552 may go as whole files; of the next file a part may, which is where the target
    // is.
    let wanted_bytes = node.reading().usage_bytes.unwrap() - 600 * 278;
    let end = ended(&mut node, Target::Usage(wanted_bytes));
    assert_eq!((end.state, node.first_kept), (JobState::Reached, 552));
}

#[test]
fn a_volume_is_freed_until_so_much_is_free() {
    let mut node = PrunedNode::new(3_000, 276, 278);
    node.volume = node.reading().usage_bytes.unwrap();
    let end = ended(&mut node, Target::Free(100_000));
    assert_eq!((end.state, node.first_kept), (JobState::Reached, 552));
}

#[test]
fn a_chain_that_is_too_short_holds_and_any_other_obstacle_fails() {
    let reading = |obstacle| Reading {
        obstacle: Some(obstacle),
        ..PrunedNode::new(1_000, 276, 278).reading()
    };
    let next = |obstacle| {
        PruneRun::new(Target::Usage(1)).next_step(&reading(obstacle), &policy(), &Leases::default())
    };
    let RunStep::End(end) = next(Obstacle::ChainTooShort {
        tip: 1,
        needed: None,
    }) else {
        panic!()
    };
    assert_eq!(
        (end.state, end.held_by.as_deref()),
        (JobState::Held, Some("chain too short"))
    );
    let RunStep::End(end) = next(Obstacle::NotInPruneMode) else {
        panic!()
    };
    assert_eq!(end.state, JobState::Failed);
    assert!(end.error.unwrap().contains("not in prune mode"));
}

#[test]
fn blocks_that_come_meanwhile_do_not_draw_a_run_out() {
    let mut node = PrunedNode::new(1_000, 276, 278);
    let mut run = PruneRun::new(Target::Usage(1));
    for calls in 0.. {
        assert!(calls < 20, "{:?}", node.calls);
        match run.next_step(&node.reading(), &policy(), &Leases::default()) {
            RunStep::End(_) => break,
            RunStep::Call { to_height, .. } => run.answered(node.prune(to_height)),
        }
        node.tip += 10;
        run.measured(&node.reading(), 0);
    }
    assert!(
        node.calls.iter().all(|height| *height <= 712),
        "{:?}",
        node.calls
    );
}

fn any_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0_u64..3_000_000).prop_map(Target::Usage),
        (0_u64..3_000_000).prop_map(Target::Free),
        (0_u32..3_000).prop_map(Target::Height),
        Just(Target::AllButKept),
    ]
}

proptest! {
    #[test]
    fn a_run_ends_asks_ever_higher_and_never_past_what_is_kept(
        target in any_target(),
        tip in 1_u32..5_000,
        per_file in 1_u32..1_000,
        block_bytes in 1_u64..2_000,
        from in 0_u32..5_000,
    ) {
        let mut node = PrunedNode::new(tip, per_file, block_bytes);
        node.volume = node.reading().usage_bytes.unwrap() + 1_000;
        let (run, end) = run(&mut node, target, &lease(from));
        prop_assert!(end.state != JobState::Running && end.state != JobState::Failed);
        prop_assert!(node.calls.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", node.calls);
        prop_assert!(node.calls.iter().all(|height| *height < from && height + 288 <= tip), "{:?}", node.calls);
        prop_assert!(node.calls.len() < 50, "{} calls", node.calls.len());
        prop_assert!(node.first_kept <= from);
        prop_assert_eq!(run.freed_bytes(), Some(u64::from(node.first_kept) * block_bytes));
        let reading = node.reading();
        if end.state == JobState::Reached && run.freed_bytes() == Some(0) {
            let done = match target {
                Target::Usage(wanted_bytes) => reading.usage_bytes.unwrap() <= wanted_bytes,
                Target::Free(wanted_bytes) => reading.free_bytes.unwrap() >= wanted_bytes,
                Target::Height(_) | Target::AllButKept => true,
            };
            prop_assert!(done, "nothing went, and it is not as wanted");
        }
        prop_assert!(end.state != JobState::Held || end.held_by.is_some());
        prop_assert!(end.state != JobState::NoProgress || end.error.is_some());
    }

    #[test]
    fn a_run_to_a_usage_takes_no_whole_file_too_many(
        tip in 600_u32..5_000, per_file in 50_u32..300, block_bytes in 200_u64..2_000, share in 0.0..1.0,
    ) {
        let mut node = PrunedNode::new(tip, per_file, block_bytes);
        let deletable = f64::from(tip - 288) * f64::from(u32::try_from(block_bytes).unwrap());
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
        let wanted_bytes = node.reading().usage_bytes.unwrap() - (deletable * share) as u64;
        let end = ended(&mut node, Target::Usage(wanted_bytes));
        let file = u64::from(per_file) * block_bytes;
        if end.state == JobState::Reached {
            prop_assert!(node.reading().usage_bytes.unwrap() + file * 2 > wanted_bytes);
        }
    }

    #[test]
    fn blocks_that_grow_with_their_height_are_found_though_all_count_as_alike(
        growth in 0_u64..20_000, per_file in 20_u32..200, share in 1_u64..100,
    ) {
        let mut node = PrunedNode { growth, ..PrunedNode::new(5_000, per_file, 300) };
        let wanted_bytes = node.reading().usage_bytes.unwrap() - node.bytes(0, 4_000) * share / 100;
        let end = ended(&mut node, Target::Usage(wanted_bytes));
        prop_assert_eq!(end.state, JobState::Reached);
        prop_assert!(node.calls.len() < 30, "{} calls", node.calls.len());
        if node.first_kept > 0 {
            // Two files too many at most, or the first stride after a call that freed nothing: a
            // part of 64 of the chain.
            let last_blocks = (3 * per_file).max(5_000 / 64 + per_file);
            let last_files = node.bytes(node.first_kept.saturating_sub(last_blocks), node.first_kept);
            prop_assert!(node.reading().usage_bytes.unwrap() + last_files >= wanted_bytes);
        }
    }
}

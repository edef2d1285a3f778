//! The verdict on one node, judged once a second and at each change, and read by every probe.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::lifecycle::Lifecycle;
use super::verdict::refuse_user;
use crate::clock;
use crate::health::{HealthPolicy, Loops, Pruning, StandingSince, State, Verdict, judge};
use crate::prune::Pruner;
use crate::values::{Mono, Now};
use crate::watch::{Board, Snapshot};

/// The verdict of one moment.
pub struct Assessment {
    sequence: u64,
    generation: u64,
    refuses_user: bool,
    policy: Arc<HealthPolicy>,
    /// Timestamps in answers are a second old from here on.
    until: Mono,
    /// The moment.
    pub now: Now,
    /// The verdict.
    pub verdict: Verdict,
    /// Since when it stands so.
    pub since: StandingSince,
}

/// Where the verdict on a node is read without waiting.
pub struct HealthCache {
    board: Arc<Board>,
    pruner: Arc<Pruner>,
    lifecycle: Arc<Lifecycle>,
    policy: ArcSwap<HealthPolicy>,
    /// The node refuses a user whom another node accepts.
    refuses_user: AtomicBool,
    newest: ArcSwap<Assessment>,
    /// In the order of `State::ALL`: how often the node has entered each.
    entered: [AtomicU64; State::ALL.len()],
}

impl HealthCache {
    /// The cache of the node of `board`, judged by `policy`.
    #[must_use]
    pub fn new(
        board: Arc<Board>,
        pruner: Arc<Pruner>,
        lifecycle: Arc<Lifecycle>,
        policy: HealthPolicy,
    ) -> Self {
        let policy = Arc::new(policy);
        let now = clock::now();
        let first = Assessment::of(
            &board.read(),
            &policy,
            &pruner.outlook(now.mono),
            0,
            Loops::default(),
            now,
        );
        Self {
            board,
            pruner,
            lifecycle,
            policy: ArcSwap::new(policy),
            refuses_user: AtomicBool::new(false),
            newest: ArcSwap::from_pointee(first),
            entered: State::ALL.map(|_| AtomicU64::new(0)),
        }
    }

    /// Judges by `policy` from now on.
    pub fn change_policy(&self, policy: HealthPolicy) {
        self.policy.store(Arc::new(policy));
    }

    /// Whether the node refuses a user whom another node accepts.
    pub fn note_refused_user(&self, is: bool) {
        self.refuses_user.store(is, Ordering::Relaxed);
    }

    /// The verdict that was judged last, whenever that was.
    #[must_use]
    pub fn newest(&self) -> Arc<Assessment> {
        self.newest.load_full()
    }

    /// The verdict, at most a second old, and never older than the snapshot.
    pub fn read(&self, now: Mono) -> Guard<Arc<Assessment>> {
        let newest = self.newest.load();
        let generation = self.lifecycle.generation();
        let policy = self.policy.load();
        let refuses_user = self.refuses_user.load(Ordering::Relaxed);
        let is_current = newest.sequence == self.board.sequence()
            && now < newest.until
            && newest.generation == generation
            && newest.refuses_user == refuses_user
            && Arc::ptr_eq(&newest.policy, &policy);
        if is_current {
            return newest;
        }
        // Read first: what pruning says may be newer than it, and never older.
        let snapshot = self.board.read();
        let mut pruning = self.pruner.outlook(now);
        pruning.unwritten = pruning.unwritten.or_else(|| self.lifecycle.state_error());
        let mut next = Assessment::of(
            &snapshot,
            &policy,
            &pruning,
            generation,
            self.lifecycle.loops(now),
            clock::now(),
        );
        next.verdict.checks.extend(self.lifecycle.limits_check());
        if refuses_user {
            next.refuses_user = true;
            refuse_user(&mut next.verdict);
        }
        next.since = newest.since.next(&next.verdict, next.now.mono);
        self.newest.store(Arc::new(next));
        self.newest.load()
    }

    /// Counts that the node has entered the state `to`.
    pub(super) fn count_change(&self, to: State) {
        for (state, entered) in State::ALL.iter().zip(&self.entered) {
            if *state == to {
                entered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How often the node has entered each state of `State::ALL`.
    #[must_use]
    pub fn state_changes(&self) -> [u64; State::ALL.len()] {
        self.entered
            .each_ref()
            .map(|entered| entered.load(Ordering::Relaxed))
    }

    /// The state in one word, for systemd's status line.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.read(clock::mono()).verdict.state.as_str()
    }
}

impl Assessment {
    /// That of a fleet, by the `policy` of one of its nodes, after one that stood as `before`.
    pub(super) fn of_fleet(
        verdict: Verdict,
        policy: &Self,
        before: &StandingSince,
        now: Now,
    ) -> Self {
        Self {
            since: before.next(&verdict, now.mono),
            sequence: 0,
            generation: policy.generation,
            refuses_user: policy.refuses_user,
            policy: Arc::clone(&policy.policy),
            until: policy.until,
            now,
            verdict,
        }
    }

    fn of(
        snapshot: &Snapshot,
        policy: &Arc<HealthPolicy>,
        pruning: &Pruning,
        generation: u64,
        loops: Loops,
        now: Now,
    ) -> Self {
        let verdict = judge(snapshot, policy, pruning, loops, now);
        Self {
            sequence: snapshot.sequence,
            generation,
            refuses_user: false,
            policy: Arc::clone(policy),
            until: now.mono.after(until_next_second(now)),
            now,
            since: StandingSince::default().next(&verdict, now.mono),
            verdict,
        }
    }
}

fn until_next_second(now: Now) -> Duration {
    let into_the_second = u64::try_from(now.wall.subsec_nanosecond()).unwrap_or(0);
    Duration::from_secs(1).saturating_sub(Duration::from_nanos(into_the_second))
}

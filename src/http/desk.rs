//! What the answers are made of: the snapshot, and the verdict on it, judged once a second and at
//! each change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption, Guard};

use super::health;
use super::settings::Settings;
use crate::clock;
use crate::health::{Loops, Pruning, Question, State, Verdict, judge};
use crate::prune::Pruner;
use crate::supervise::Pulses;
use crate::values::{Mono, Now};
use crate::watch::{Board, Snapshot};

/// The verdict of one moment and the plain answers that follow from it.
pub(super) struct Judged {
    sequence: u64,
    /// The timestamp in the answers is a second old from here on.
    until: Mono,
    draining: bool,
    generation: u64,
    pub(super) settings: Arc<Settings>,
    pub(super) now: Now,
    pub(super) verdict: Verdict,
    live: health::Plain,
    live_daemon: health::Plain,
    ready: health::Plain,
    health: health::Plain,
}

impl Judged {
    /// The plain answer to `question`.
    pub(super) fn plain(&self, question: Question) -> &health::Plain {
        match question {
            Question::Live => &self.live,
            Question::LiveDaemon => &self.live_daemon,
            Question::Ready => &self.ready,
            Question::Health => &self.health,
        }
    }
}

/// Where everything that is known can be read without waiting.
pub struct Desk {
    board: Arc<Board>,
    settings: ArcSwap<Settings>,
    /// Counts the changes of the settings.
    generation: AtomicU64,
    pulses: Arc<Pulses>,
    pruner: Arc<Pruner>,
    draining: AtomicBool,
    /// Why the control cookie cannot be written.
    no_cookie: ArcSwapOption<String>,
    judged: ArcSwap<Judged>,
    /// In the order of `State::ALL`: how often the node has come into each.
    state_changes: [AtomicU64; State::ALL.len()],
}

impl Desk {
    /// A desk before `board`.
    #[must_use]
    pub fn new(
        board: Arc<Board>,
        settings: Settings,
        pulses: Arc<Pulses>,
        pruner: Arc<Pruner>,
    ) -> Self {
        let settings = Arc::new(settings);
        let (now, loops) = (clock::now(), Loops::default());
        let judged = compute(
            &board.read(),
            &settings,
            &pruner.outlook(now.mono),
            0,
            loops,
            now,
        );
        Self {
            board,
            settings: ArcSwap::new(settings),
            generation: AtomicU64::new(0),
            pulses,
            pruner,
            draining: AtomicBool::new(false),
            no_cookie: ArcSwapOption::empty(),
            judged: ArcSwap::from_pointee(judged),
            state_changes: State::ALL.map(|_| AtomicU64::new(0)),
        }
    }

    /// What is known of the node.
    #[must_use]
    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.board.read()
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Guard<Arc<Settings>> {
        self.settings.load()
    }

    /// Puts other settings in force.
    pub fn change_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Why the control cookie cannot be written, if it cannot.
    pub fn note_cookie(&self, trouble: Option<String>) {
        self.no_cookie.store(trouble.map(Arc::new));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// From now on the daemon is going down.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the daemon is going down.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The loops are alive, for systemd's watchdog.
    #[must_use]
    pub fn loops_turn(&self) -> bool {
        self.pulses.standing_still().is_none()
    }

    /// The verdict, at most a second old, and never older than the snapshot.
    pub(super) fn judged(&self, now: Mono) -> Guard<Arc<Judged>> {
        let judged = self.judged.load();
        let (draining, generation) = (self.is_draining(), self.generation.load(Ordering::Acquire));
        let current = judged.sequence == self.board.sequence()
            && now < judged.until
            && judged.draining == draining
            && judged.generation == generation;
        if current {
            return judged;
        }
        let resumed = self.pulses.resumed(now);
        let loops = Loops {
            draining,
            resumed,
            standing_still: self.pulses.standing_still(),
        };
        let (snapshot, settings) = (self.board.read(), self.settings.load());
        let (mut pruning, moment) = (self.pruner.outlook(now), clock::now());
        pruning.unwritten = pruning
            .unwritten
            .or_else(|| self.no_cookie.load().as_deref().cloned());
        self.judged.store(Arc::new(compute(
            &snapshot, &settings, &pruning, generation, loops, moment,
        )));
        self.judged.load()
    }

    /// What `question` finds of the verdict.
    pub fn look<T>(&self, now: Mono, question: impl FnOnce(&Verdict) -> T) -> T {
        question(&self.judged(now).verdict)
    }

    /// Counts that the node has come into the state `to`.
    pub fn state_changed(&self, to: State) {
        for (state, changes) in State::ALL.iter().zip(&self.state_changes) {
            if *state == to {
                changes.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How often the node has come into each state of `State::ALL`.
    pub(super) fn state_changes(&self) -> [u64; State::ALL.len()] {
        self.state_changes
            .each_ref()
            .map(|changes| changes.load(Ordering::Relaxed))
    }

    /// The state in one word, for systemd's status line.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.judged(clock::mono()).verdict.state.as_str()
    }
}

fn compute(
    snapshot: &Snapshot,
    settings: &Arc<Settings>,
    pruning: &Pruning,
    generation: u64,
    loops: Loops,
    now: Now,
) -> Judged {
    let verdict = judge(snapshot, &settings.policy, pruning, loops, now);
    let plain = |question| health::plain(question, &verdict, &health::Query::default(), now);
    Judged {
        sequence: snapshot.sequence,
        until: now.mono.after(until_next_second(now)),
        draining: loops.draining,
        generation,
        settings: Arc::clone(settings),
        now,
        live: plain(Question::Live),
        live_daemon: plain(Question::LiveDaemon),
        ready: plain(Question::Ready),
        health: plain(Question::Health),
        verdict,
    }
}

fn until_next_second(now: Now) -> Duration {
    let into_the_second = u64::try_from(now.wall.subsec_nanosecond()).unwrap_or(0);
    Duration::from_secs(1).saturating_sub(Duration::from_nanos(into_the_second))
}

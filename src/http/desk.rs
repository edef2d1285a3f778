//! What the answers are made of: a node's verdict, the settings, and the plain answers that follow
//! from both, kept until either changes.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::health;
use super::settings::Settings;
use crate::fleet::{Assessment, Lifecycle, Member};
use crate::health::{Question, State, Verdict};
use crate::values::{Mono, Now};
use crate::watch::Snapshot;

/// The verdict of one moment and the plain answers that follow from it.
pub(super) struct Judged {
    assessment: Arc<Assessment>,
    pub(super) settings: Arc<Settings>,
    live: health::Plain,
    live_daemon: health::Plain,
    ready: health::Plain,
    health: health::Plain,
}

impl Judged {
    fn of(assessment: Arc<Assessment>, settings: Arc<Settings>) -> Self {
        let query = health::Query::default();
        let plain = |question| health::plain(question, &assessment.verdict, &query, assessment.now);
        Self {
            live: plain(Question::Live),
            live_daemon: plain(Question::LiveDaemon),
            ready: plain(Question::Ready),
            health: plain(Question::Health),
            assessment,
            settings,
        }
    }

    /// When it was judged.
    pub(super) fn now(&self) -> Now {
        self.assessment.now
    }

    /// The verdict.
    pub(super) fn verdict(&self) -> &Verdict {
        &self.assessment.verdict
    }

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
    member: Arc<Member>,
    lifecycle: Arc<Lifecycle>,
    settings: ArcSwap<Settings>,
    judged: ArcSwap<Judged>,
}

impl Desk {
    /// The answers about `member`, with `settings`.
    #[must_use]
    pub fn new(member: Arc<Member>, lifecycle: Arc<Lifecycle>, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let assessment = member.health().newest();
        Self {
            judged: ArcSwap::from_pointee(Judged::of(assessment, Arc::clone(&settings))),
            settings: ArcSwap::new(settings),
            member,
            lifecycle,
        }
    }

    /// What is known of the node.
    #[must_use]
    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.member.snapshot()
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Guard<Arc<Settings>> {
        self.settings.load()
    }

    /// Puts other settings in force.
    pub fn change_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// Whether the daemon is draining.
    pub(super) fn is_draining(&self) -> bool {
        self.lifecycle.is_draining()
    }

    /// The verdict, at most a second old, and never older than the snapshot.
    pub(super) fn judged(&self, now: Mono) -> Guard<Arc<Judged>> {
        let judged = self.judged.load();
        let assessment = self.member.health().read(now);
        let settings = self.settings.load();
        if Arc::ptr_eq(&judged.assessment, &assessment) && Arc::ptr_eq(&judged.settings, &settings)
        {
            return judged;
        }
        self.judged.store(Arc::new(Judged::of(
            Arc::clone(&assessment),
            Arc::clone(&settings),
        )));
        self.judged.load()
    }

    /// How often the node has entered each state of `State::ALL`.
    pub(super) fn state_changes(&self) -> [u64; State::ALL.len()] {
        self.member.health().state_changes()
    }
}

//! What the answers are made of: a node's verdict, the settings, and the plain answers that follow
//! from them, cached until one of them changes.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::health_query::Query;
use super::plain_health::{self, PlainAnswer};
use super::settings::Settings;
use crate::fleet::{Assessment, Lifecycle, Member, MemberSettings, Roster, Router};
use crate::health::{Question, Verdict};
use crate::values::{Mono, Now};

/// The verdict of one moment and the plain answers that follow from it.
pub(super) struct Answers {
    /// The node that they are about, but for those about the gateway itself.
    pub(super) member: Arc<Member>,
    assessment: Arc<Assessment>,
    pub(super) settings: Arc<Settings>,
    pub(super) node: Arc<MemberSettings>,
    live: PlainAnswer,
    live_daemon: PlainAnswer,
    ready: PlainAnswer,
    health: PlainAnswer,
}

impl Answers {
    fn of(
        member: Arc<Member>,
        assessment: Arc<Assessment>,
        settings: Arc<Settings>,
        node: Arc<MemberSettings>,
    ) -> Self {
        let query = Query::default();
        let plain =
            |question| plain_health::plain(question, &assessment.verdict, &query, assessment.now);
        Self {
            live: plain(Question::Live),
            live_daemon: plain(Question::LiveDaemon),
            ready: plain(Question::Ready),
            health: plain(Question::Health),
            member,
            assessment,
            settings,
            node,
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
    pub(super) fn plain(&self, question: Question) -> &PlainAnswer {
        match question {
            Question::Live => &self.live,
            Question::LiveDaemon => &self.live_daemon,
            Question::Ready => &self.ready,
            Question::Health => &self.health,
        }
    }
}

/// Where the answers about the nodes are read without waiting.
pub struct AnswerCache {
    router: Arc<Router>,
    lifecycle: Arc<Lifecycle>,
    settings: ArcSwap<Settings>,
    newest: ArcSwap<Answers>,
}

impl AnswerCache {
    /// The answers about the nodes of `router`, with `settings`.
    #[must_use]
    pub fn new(router: Arc<Router>, lifecycle: Arc<Lifecycle>, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let member = router.roster().first();
        let first = Answers::of(
            Arc::clone(&member),
            member.health().newest(),
            Arc::clone(&settings),
            Arc::clone(&member.settings()),
        );
        Self {
            newest: ArcSwap::from_pointee(first),
            settings: ArcSwap::new(settings),
            router,
            lifecycle,
        }
    }

    /// Puts other settings in force.
    pub fn change_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// The nodes.
    pub(super) fn roster(&self) -> &Roster {
        self.router().roster()
    }

    /// Which node gets which call, and why.
    pub(super) fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// The settings in force.
    pub(super) fn settings(&self) -> Guard<Arc<Settings>> {
        self.settings.load()
    }

    /// Whether the daemon is draining.
    pub(super) fn is_draining(&self) -> bool {
        self.lifecycle.is_draining()
    }

    /// The answers, at most a second old, and never older than the snapshot.
    pub(super) fn read(&self, now: Mono) -> Guard<Arc<Answers>> {
        let newest = self.newest.load();
        let members = self.router.roster().all();
        if let Some(member) = members.only() {
            return self.answers(newest, member, &member.health().read(now));
        }
        let fleet = self.router.read(now);
        self.answers(newest, &fleet.reader, &fleet.assessment)
    }

    /// The `newest` answers if they are those about `member` and of `assessment`, else new ones.
    fn answers(
        &self,
        newest: Guard<Arc<Answers>>,
        member: &Arc<Member>,
        assessment: &Arc<Assessment>,
    ) -> Guard<Arc<Answers>> {
        let settings = self.settings.load();
        let node = member.settings();
        let is_current = Arc::ptr_eq(&newest.assessment, assessment)
            && Arc::ptr_eq(&newest.member, member)
            && Arc::ptr_eq(&newest.settings, &settings)
            && Arc::ptr_eq(&newest.node, &node);
        if is_current {
            return newest;
        }
        self.newest.store(Arc::new(Answers::of(
            Arc::clone(member),
            Arc::clone(assessment),
            Arc::clone(&settings),
            Arc::clone(&node),
        )));
        self.newest.load()
    }
}

//! What the answers are made of: a node's verdict, the settings, and the plain answers that follow
//! from them, cached until one of them changes.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::health_query::Query;
use super::node_question::{RotationStanding, verdict_in_rotation};
use super::plain_health::{self, PlainAnswer};
use super::settings::Settings;
use crate::fleet::{Assessment, Lifecycle, Member, MemberSettings, Roster, Router};
use crate::health::{Question, StandingSince, Verdict};
use crate::values::{Mono, Now};

/// The verdict of one moment and the plain answers that follow from it.
pub(super) struct Answers {
    /// The node that they are about, but for those about the gateway itself.
    pub(super) member: Arc<Member>,
    assessment: Arc<Assessment>,
    /// How the node is in the rotation, and what follows for it; of one of several.
    rotation: Option<(RotationStanding, Verdict)>,
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
        standing: Option<RotationStanding>,
    ) -> Self {
        let query = Query::default();
        let rotation = standing.map(|standing| {
            let verdict = verdict_in_rotation(&assessment.verdict, &standing);
            (standing, verdict)
        });
        let verdict = match &rotation {
            Some((_, verdict)) => verdict,
            None => &assessment.verdict,
        };
        let plain = |question| plain_health::plain(question, verdict, &query, assessment.now);
        Self {
            live: plain(Question::Live),
            live_daemon: plain(Question::LiveDaemon),
            ready: plain(Question::Ready),
            health: plain(Question::Health),
            member,
            assessment,
            rotation,
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
        match &self.rotation {
            Some((_, verdict)) => verdict,
            None => &self.assessment.verdict,
        }
    }

    /// Since when the state and the checks stand as they do.
    pub(super) fn since(&self) -> &StandingSince {
        &self.assessment.since
    }

    /// How the node is in the rotation, if it is one of several, and the verdict on it without
    /// that.
    pub(super) fn standing(&self) -> (Option<&RotationStanding>, &Verdict) {
        let standing = self.rotation.as_ref().map(|(standing, _)| standing);
        (standing, &self.assessment.verdict)
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
    /// The newest answers about each of several nodes that was asked about.
    of_nodes: ArcSwap<Vec<Arc<Answers>>>,
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
            None,
        );
        Self {
            newest: ArcSwap::from_pointee(first),
            of_nodes: ArcSwap::default(),
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

    /// When the certificate of the listeners expires, seconds since 1970.
    pub(super) fn certificate_expiry_secs(&self) -> Option<f64> {
        let expires = self.lifecycle.certificate_expiry()?;
        Some(expires.as_duration().as_secs_f64())
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
            None,
        )));
        self.newest.load()
    }

    /// The answers about the node called `name`, if there is one.
    pub(super) fn read_node(&self, name: &str, now: Mono) -> Option<Arc<Answers>> {
        if let Some(only) = self.router.roster().all().only() {
            return (only.settings().name == name).then(|| Arc::clone(&self.read(now)));
        }
        let fleet = self.router.read(now);
        let member = fleet.members.get(name)?;
        let standing = RotationStanding::of(fleet.facts(name)?);
        let assessment = member.health().read(now);
        let settings = self.settings.load();
        let node = member.settings();
        let of_nodes = self.of_nodes.load();
        let is_of_member = |answers: &&Arc<Answers>| Arc::ptr_eq(&answers.member, member);
        let known = of_nodes.iter().find(is_of_member);
        let is_current = |answers: &&Arc<Answers>| {
            Arc::ptr_eq(&answers.assessment, &assessment)
                && answers.standing().0 == Some(&standing)
                && Arc::ptr_eq(&answers.settings, &settings)
                && Arc::ptr_eq(&answers.node, &node)
        };
        if let Some(current) = known.filter(is_current) {
            return Some(Arc::clone(current));
        }
        let answers = Arc::new(Answers::of(
            Arc::clone(member),
            Arc::clone(&assessment),
            Arc::clone(&settings),
            Arc::clone(&node),
            Some(standing),
        ));
        // What another thread puts in at the same time may be lost: it is made again.
        let is_kept = |kept: &&Arc<Answers>| {
            let mut members = fleet.members.iter();
            !Arc::ptr_eq(&kept.member, member)
                && members.any(|member| Arc::ptr_eq(&kept.member, member))
        };
        let mut kept: Vec<Arc<Answers>> = of_nodes.iter().filter(is_kept).cloned().collect();
        kept.push(Arc::clone(&answers));
        self.of_nodes.store(Arc::new(kept));
        Some(answers)
    }
}

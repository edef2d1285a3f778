//! Keeps the rotation of the nodes up to date, and publishes it at each change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::assessment::{FleetAssessment, assess};
use super::drain::DrainRecord;
use super::fleet_reporter::FleetReporter;
use super::lifecycle::Lifecycle;
use super::roster::Roster;
use super::rotation::RotationHistory;
use super::settings::FleetSettings;
use super::tip_comparison::{ask, hurry};
use super::tip_relations::TipAnswer;
use super::verdict::{TooFewLeft, check_drain};
use crate::clock;
use crate::events::EventLog;
use crate::health::StandingSince;
use crate::route::{NodeFacts, RouteTable};
use crate::state::StoreError;
use crate::values::Mono;

/// Why a node is not drained.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// There is none with this name.
    #[error("there is no node {0}")]
    UnknownNode(String),
    /// Too few would be left.
    #[error(transparent)]
    TooFewLeft(#[from] TooFewLeft),
    /// It cannot be written, and would not survive a restart.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the rotation of the nodes up to date.
pub struct Router {
    roster: Arc<Roster>,
    lifecycle: Arc<Lifecycle>,
    settings: ArcSwap<FleetSettings>,
    history: Arc<Mutex<RotationHistory>>,
    newest: ArcSwap<FleetAssessment>,
    /// Rings when something is known of any node that was not known before.
    bell: Arc<Notify>,
    events: Arc<EventLog>,
    /// Held while an operator drains a node: two that are drained at once must not be one too many.
    draining: tokio::sync::Mutex<()>,
    /// Of which moment the table is that the gateway has.
    published: watch::Sender<Mono>,
}

impl Router {
    /// A rotation changes by time alone, too.
    const INTERVAL: Duration = Duration::from_millis(100);
    /// What comes within this time is evaluated once.
    const COALESCE_INTERVAL: Duration = Duration::from_millis(5);
    /// What is read is no older, even if the task that keeps it up to date is stalled.
    const MAX_AGE: Duration = Duration::from_secs(1);

    /// That of the nodes of `roster`, whose boards ring `bell`; `events` gets what changes.
    #[must_use]
    pub fn new(
        roster: Arc<Roster>,
        lifecycle: Arc<Lifecycle>,
        settings: FleetSettings,
        bell: Arc<Notify>,
        events: Arc<EventLog>,
    ) -> Self {
        let settings = Arc::new(settings);
        let mut history = RotationHistory::default();
        let before = StandingSince::default();
        let first = assess(
            (&roster, &lifecycle),
            &settings,
            &mut history,
            &before,
            clock::now(),
        );
        Self {
            newest: ArcSwap::from_pointee(first),
            roster,
            lifecycle,
            settings: ArcSwap::new(settings),
            history: Arc::new(Mutex::new(history)),
            bell,
            events,
            draining: tokio::sync::Mutex::default(),
            published: watch::Sender::default(),
        }
    }

    /// The nodes.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Guard<Arc<FleetSettings>> {
        self.settings.load()
    }

    /// Puts other settings in force, and other members into the rotation.
    pub fn change(&self, settings: FleetSettings) {
        self.settings.store(Arc::new(settings));
        self.bell.notify_one();
    }

    /// How all nodes are, at most a second ago.
    pub fn read(&self, now: Mono) -> Guard<Arc<FleetAssessment>> {
        let newest = self.newest.load();
        let is_current = now.since(newest.made) < Self::MAX_AGE
            && newest.generation == self.lifecycle.generation()
            && Arc::ptr_eq(&newest.members, &self.roster.all())
            && Arc::ptr_eq(&newest.settings, &self.settings.load());
        if is_current {
            return newest;
        }
        self.assess();
        self.newest.load()
    }

    fn history(&self) -> MutexGuard<'_, RotationHistory> {
        lock(&self.history)
    }

    /// Asks what is not known of the nodes' tips. The questions end with this task; how long one
    /// takes delays no other.
    fn compare_tips(&self, comparisons: &mut JoinSet<()>) {
        while comparisons.try_join_next().is_some() {}
        let mut history = self.history();
        let members = Arc::clone(&self.roster.all());
        hurry(&history.take_to_confirm(), &members);
        for question in history.tips().take_questions(clock::mono()) {
            let history = Arc::clone(&self.history);
            let members = Arc::clone(&members);
            let bell = Arc::clone(&self.bell);
            comparisons.spawn(async move {
                let answer: TipAnswer = ask(&question, &members).await;
                let to_confirm = lock(&history)
                    .tips()
                    .answered(&question, answer, clock::mono());
                hurry(&to_confirm, &members);
                bell.notify_one();
            });
        }
    }

    fn assess(&self) {
        let mut history = self.history();
        let settings = self.settings.load();
        let now = clock::now();
        let newest = assess(
            (&self.roster, &self.lifecycle),
            &settings,
            &mut history,
            &self.newest.load().assessment.since,
            now,
        );
        self.newest.store(Arc::new(newest));
    }

    /// Keeps the rotation up to date for ever, as long as there are several nodes: each table that
    /// differs from the last is given to `publish`, with the moment that it is of.
    pub async fn run(&self, publish: impl Fn(RouteTable, Mono)) {
        let mut reporter = FleetReporter::new(Arc::clone(&self.events));
        let mut published: Option<RouteTable> = None;
        let mut comparisons = JoinSet::new();
        self.history().tips().forget_questions();
        loop {
            if self.roster.all().has_several() {
                self.assess();
                self.compare_tips(&mut comparisons);
                let newest = self.newest.load();
                if published.as_ref() != Some(&newest.table) {
                    publish(newest.table.clone(), newest.made);
                    published = Some(newest.table.clone());
                }
                self.published.send_replace(newest.made);
                reporter.report(&newest, clock::mono());
                drop(newest);
                let _ = timeout(Self::INTERVAL, self.bell.notified()).await;
            } else {
                published = None;
                self.bell.notified().await;
            }
            sleep(Self::COALESCE_INTERVAL).await;
        }
    }

    /// Evaluates the nodes, and waits until the gateway has what came of it.
    async fn publish_now(&self) {
        self.assess();
        let made = self.newest.load().made;
        let mut published = self.published.subscribe();
        self.bell.notify_one();
        // A router that is stalled publishes when it goes on.
        let is_published = published.wait_for(|at| *at >= made);
        let _ = timeout(Self::MAX_AGE, is_published).await;
    }

    /// Drains the node called `name`, until `until` or until it is undrained. By `force` also if
    /// fewer nodes than `fleet.min_ready` are left. No call that comes later is sent to it.
    pub async fn drain(
        &self,
        name: &str,
        reason: Option<String>,
        until: Option<Timestamp>,
        force: bool,
    ) -> Result<DrainRecord, DrainError> {
        let _one_at_a_time = self.draining.lock().await;
        let members = self.roster.all().clone();
        let unknown = || DrainError::UnknownNode(name.to_owned());
        let member = members.get(name).ok_or_else(unknown)?;
        self.assess();
        let now = clock::now();
        if !force {
            let fleet = self.read(now.mono);
            let is_named = |node: &NodeFacts| &*node.name == name;
            let index = fleet.table.nodes.iter().position(is_named);
            let min_ready = self.settings().min_ready;
            check_drain(&fleet.table.nodes, index.ok_or_else(unknown)?, min_ready)?;
        }
        let drain = DrainRecord {
            reason,
            since: now.wall,
            until,
        };
        member.drain().put(drain.clone()).await?;
        self.publish_now().await;
        Ok(drain)
    }

    /// Ends the drain of the node called `name`: whether there was one.
    pub async fn undrain(&self, name: &str) -> Result<bool, DrainError> {
        let _one_at_a_time = self.draining.lock().await;
        let member = self.roster.get(name);
        let member = member.ok_or_else(|| DrainError::UnknownNode(name.to_owned()))?;
        let had_one = member.drain().end(clock::now().wall).await?;
        self.publish_now().await;
        Ok(had_one)
    }
}

fn lock(history: &Mutex<RotationHistory>) -> MutexGuard<'_, RotationHistory> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}

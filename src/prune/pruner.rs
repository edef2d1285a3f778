//! What others ask of pruning: plans, runs, leases, and what is known. Answered from memory, after
//! a fresh look.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, watch as channel};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::decision::{Ask, Plan, PruneDecision, Target, Trigger};
use super::end::End;
use super::forecast::Forecast;
use super::job::{Job, PlanRecord};
use super::job_event::ended_at;
use super::lease::{Keeps, LeaseRecord};
use super::plan;
use super::policy::PrunePolicy;
use super::reading::{self, Reading, Wanted};
use super::run::PruneRun;
use super::state::{GrantError, Granted, PruneCounts, PruneState};
use super::status::{PruneStatus, Started, UsageRecord};
use crate::clock;
use crate::config::schema::MemberConfig;
use crate::events::NodeEvents;
use crate::node::Volume;
use crate::state::{NodeStore, StoreError};
use crate::values::{Chain, Mono, Now};
use crate::watch::{self, Board, Link, Snapshot, Topic};

/// What of the configuration pruning hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct PruneSettings {
    /// When and how far.
    pub policy: PrunePolicy,
    /// The chain the node must be on; `None`: any.
    pub chain: Option<Chain>,
    /// How the node is watched; its `usage_interval` is the time between looks at the disk.
    pub plan: watch::PollPlan,
}

impl PruneSettings {
    /// What `config` writes of a node that is watched by `plan`.
    #[must_use]
    pub fn new(config: &MemberConfig, plan: watch::PollPlan) -> Self {
        // An unmanaged node is pruned by another daemon, or not at all.
        let is_automatic = config.manage && !config.archive;
        Self {
            policy: PrunePolicy::new(&config.storage, is_automatic),
            chain: config.node.chain,
            plan,
        }
    }
}

/// Why no job was begun.
#[derive(Debug)]
pub(super) enum NotBegun {
    Busy(Box<Job>),
    Closed,
}

/// Pruning, for whoever asks.
pub struct Pruner {
    pub(super) state: PruneState,
    pub(super) board: Arc<Board>,
    pub(super) events: Arc<NodeEvents>,
    settings: ArcSwap<PruneSettings>,
    /// Notified when there is a job to drive, or when something changed that a plan hangs on.
    pub(super) wake: Notify,
    /// The epoch of the node of which is known what a plan may need beside the polls.
    pub(super) surveyed: channel::Sender<Option<u64>>,
    closed: CancellationToken,
}

impl Pruner {
    /// Opens what survived the last run; `events` gets the end of each job.
    pub fn open(
        store: Arc<NodeStore>,
        board: Arc<Board>,
        events: Arc<NodeEvents>,
        settings: PruneSettings,
    ) -> Result<Self, StoreError> {
        let now = clock::now();
        let state = PruneState::open(store, now)?;
        // One that was running when the last run ended has its end only now.
        events.record_all(ended_at(state.jobs.last().as_ref(), now.wall));
        Ok(Self {
            state,
            board,
            events,
            settings: ArcSwap::from_pointee(settings),
            wake: Notify::new(),
            surveyed: channel::Sender::new(None),
            closed: CancellationToken::new(),
        })
    }

    /// The daemon is shutting down: from now on the node is asked to delete nothing that it was not
    /// asked before.
    pub fn close(&self) {
        self.closed.cancel();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Puts other settings in force.
    pub fn change_settings(&self, settings: PruneSettings) {
        self.settings.store(Arc::new(settings));
        // Whoever changes it may have mended the node too.
        self.state.findings.learn(|facts| facts.in_vain = false);
        self.wake.notify_one();
    }

    pub(super) fn settings(&self) -> Arc<PruneSettings> {
        self.settings.load_full()
    }

    /// What the planner decides from now.
    pub(super) fn reading(&self, now: Now) -> Reading {
        let snapshot = self.board.read();
        let settings = self.settings.load();
        let keep_days = settings.policy.custom().and_then(|custom| custom.keep_days);
        let no_room = self.state.findings.no_room();
        let wanted = Wanted {
            chain: settings.chain,
            keep_days,
            plan: &settings.plan,
            no_room,
        };
        let facts = self.state.findings.facts().of_epoch(snapshot.epoch);
        reading::read(&snapshot, &facts, wanted, now)
    }

    pub(super) fn plan(&self, ask: Ask, reading: &Reading, now: Now) -> Plan {
        let settings = self.settings.load();
        let leases = self.state.leases.current(now.mono);
        plan::plan(
            ask,
            reading,
            &settings.policy,
            &leases,
            self.state.jobs.rest().as_ref(),
        )
    }

    /// Has everything a plan hangs on asked again, and waits for that. A node that does not answer
    /// is not waited for.
    pub(super) async fn look(&self) {
        self.look_at(&[Topic::Chain, Topic::Indexes, Topic::Usage, Topic::Volume])
            .await;
    }

    /// As [`Self::look`], at `topics` only.
    pub(super) async fn look_at(&self, topics: &[Topic]) {
        let asked = clock::mono();
        for topic in topics {
            self.board.hurry(*topic);
        }
        let settled = |snapshot: &Snapshot| {
            let link = snapshot.link(Duration::MAX, clock::mono());
            topics.iter().all(|topic| {
                let collector = snapshot.collector(*topic);
                let unasked = collector.unsupported || (!topic.is_local() && link != Link::Up);
                unasked || collector.is_settled_since(asked)
            })
        };
        self.board.wait_until(settled).await;
    }

    /// As [`Self::look`], for somebody who waits for the answer.
    async fn quick_look(&self) {
        const LOOK_TIMEOUT: Duration = Duration::from_secs(5);
        let look = async {
            self.look().await;
            let epoch = self.board.read().epoch;
            if self.reading(clock::now()).obstacle.is_none() {
                // The sender is ours, so that there is one.
                let _ = self
                    .surveyed
                    .subscribe()
                    .wait_for(|surveyed| *surveyed == Some(epoch))
                    .await;
            }
        };
        // What is known is older or less then: a lower tip, of which less may go.
        let look = timeout(self.settings.load().plan.timeout.min(LOOK_TIMEOUT), look);
        let _ = self.closed.run_until_cancelled(look).await;
    }

    /// What would be done now.
    pub async fn propose(&self, ask: Ask) -> PlanRecord {
        self.quick_look().await;
        let now = clock::now();
        let reading = self.reading(now);
        PlanRecord::new(&self.plan(ask, &reading, now), &reading)
    }

    /// Does it, unless nothing is to be done.
    pub async fn start(&self, ask: Ask) -> Started {
        if let Some(running) = self.state.jobs.running() {
            return Started::Busy(Box::new(running));
        }
        self.quick_look().await;
        if self.is_closed() {
            return Started::Closed;
        }
        let now = clock::now();
        let reading = self.reading(now);
        let plan = self.plan(ask, &reading, now);
        let record = PlanRecord::new(&plan, &reading);
        let (target, held_by) = match plan.decision {
            PruneDecision::Prune(step) => (step.target, None),
            PruneDecision::Held { target, by } => (target, Some(by)),
            PruneDecision::Idle | PruneDecision::Blocked(_) | PruneDecision::Refused => {
                return Started::Not(Box::new(record));
            }
        };
        let job = match self.begin(Trigger::Manual, record, target, now).await {
            Ok(job) => job,
            Err(NotBegun::Busy(running)) => return Started::Busy(running),
            Err(NotBegun::Closed) => return Started::Closed,
        };
        match held_by {
            None => self.wake.notify_one(),
            // There is nothing to try: it has its place among the jobs, and its end.
            Some(by) => {
                if let Some(job) = self.finish(&End::held(by.to_string()), now.mono).await {
                    return Started::Job(Box::new(job));
                }
            }
        }
        Started::Job(Box::new(job))
    }

    pub(super) async fn begin(
        &self,
        trigger: Trigger,
        record: PlanRecord,
        target: Target,
        now: Now,
    ) -> Result<Job, NotBegun> {
        if self.is_closed() {
            return Err(NotBegun::Closed);
        }
        self.state
            .jobs
            .start(trigger, record, PruneRun::new(target), now)
            .await
            .map_err(NotBegun::Busy)
    }

    /// Has the running job send no further call; which one that is, if there is one. A call that
    /// the node is working on goes on to its end.
    #[must_use]
    pub fn cancel(&self) -> Option<Job> {
        self.state.jobs.cancel()
    }

    /// The running job, the last one, what is used and when the disk will be full.
    #[must_use]
    pub fn status(&self) -> PruneStatus {
        let now = clock::now();
        let reading = self.reading(now);
        let settings = self.settings.load();
        let policy = &settings.policy;
        let known = self
            .board
            .read()
            .without_stale(|topic| settings.plan.stale_after(topic), now.mono);
        let job = self.state.jobs.running();
        let last = self.state.jobs.last();
        PruneStatus {
            job,
            last,
            usage: UsageRecord {
                usage_bytes: reading.usage_bytes,
                blocks_bytes: reading.shown_blocks_bytes(),
                database_bytes: known.usage.map(|usage| usage.database_bytes),
                threshold_bytes: policy.threshold.bytes(),
                target_bytes: policy.target.bytes(),
                volume_free_bytes: reading.free_bytes,
                volume_size_bytes: known.volume.map(|volume| volume.size_bytes),
                min_free_bytes: policy.min_free.bytes(),
                first_kept_height: reading.is_known().then_some(reading.first_kept),
                tip_height: reading.is_known().then_some(reading.tip),
            },
            forecast: self.forecast(now.mono),
        }
    }

    /// Writes down what is known of the disk's past, for the forecast after a restart.
    pub async fn keep_samples(&self, now: Now) {
        self.state.disk.save(now).await;
    }

    /// When the volume will be full.
    #[must_use]
    pub fn forecast(&self, now: Mono) -> Option<Forecast> {
        self.state.disk.forecast(self.fresh_volume(now)?.free_bytes)
    }

    /// The volume, unless what is known of it is old.
    pub(super) fn fresh_volume(&self, now: Mono) -> Option<Volume> {
        let snapshot = self.board.read();
        let settings = self.settings.load();
        let limit = settings.plan.stale_after(Topic::Volume);
        snapshot
            .fresh(Topic::Volume, snapshot.volume.as_ref(), limit, now)
            .copied()
    }

    /// One job, by its number.
    #[must_use]
    pub fn job(&self, id: u64) -> Option<Job> {
        self.state.jobs.by_id(id)
    }

    /// The jobs that are remembered, the newest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.state.jobs.newest_first()
    }

    /// The leases in force.
    #[must_use]
    pub fn leases(&self) -> Vec<LeaseRecord> {
        self.state.leases.records(clock::now())
    }

    /// Grants or renews a lease.
    pub async fn grant(
        &self,
        name: &str,
        keeps: Keeps,
        ttl: Option<Duration>,
    ) -> Result<Granted, GrantError> {
        self.state.leases.grant(name, keeps, ttl).await
    }

    /// Ends a lease; whether there was one.
    pub async fn release(&self, name: &str) -> Result<bool, GrantError> {
        let released = self.state.leases.release(name).await?;
        self.wake.notify_one();
        Ok(released)
    }

    /// What is counted.
    #[must_use]
    pub fn counts(&self, now: Mono) -> PruneCounts {
        self.state.counts(now)
    }

    /// The lowest block that the node still has whole.
    #[must_use]
    pub fn first_kept_height(&self) -> Option<u32> {
        let reading = self.reading(clock::now());
        reading.is_known().then_some(reading.first_kept)
    }
}

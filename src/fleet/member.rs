//! One node with everything that exists once for it: client, snapshot, verdict, the loops that ask
//! it, pruning, reconnection.

use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, Guard};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::drain::NodeDrain;
use super::health_cache::HealthCache;
use super::lifecycle::Lifecycle;
use super::loops::Polling;
use super::private_broadcast::PrivateBroadcastRecord;
use super::settings::MemberSettings;
use super::tip;
use crate::clock;
use crate::events::{EventLog, NodeEvents};
use crate::metrics::Recorder;
use crate::node::NodeError;
use crate::node::rpc::{CallObserver, Endpoint, RpcNode};
use crate::prune::Pruner;
use crate::reconnect::Reconnection;
use crate::state::{NodeStore, StoreError};
use crate::supervise::{Supervisor, TaskId};
use crate::watch::{Board, PollPlan, Snapshot};

/// What the members of a daemon share.
#[derive(Clone)]
pub struct Shared {
    /// What is counted.
    pub recorder: Arc<Recorder>,
    /// Whoever spawns.
    pub supervisor: Arc<Supervisor>,
    /// The daemon's own condition.
    pub lifecycle: Arc<Lifecycle>,
    /// Rings when something new is known of any of them.
    pub bell: Arc<Notify>,
    /// What happened to them.
    pub events: Arc<EventLog>,
}

/// One node with everything that exists once for it.
pub struct Member {
    pub(super) settings: Arc<ArcSwap<MemberSettings>>,
    pub(super) shared: Shared,
    records: Arc<NodeStore>,
    events: Arc<NodeEvents>,
    pub(super) board: Arc<Board>,
    health: HealthCache,
    pub(super) pruner: Arc<Pruner>,
    pub(super) reconnection: Arc<Reconnection>,
    drain: NodeDrain,
    pub(super) private_broadcast: Arc<PrivateBroadcastRecord>,
    pub(super) plan: watch::Sender<PollPlan>,
    pub(super) polling: Mutex<Polling>,
}

impl Member {
    /// Opens what survived the last run. The node is not polled yet. Waits for the disk.
    pub fn open(
        settings: MemberSettings,
        records: Arc<NodeStore>,
        shared: Shared,
    ) -> Result<Self, StoreError> {
        let board = Arc::new(Board::ringing(Arc::clone(&shared.bell)));
        tip::restore(&records, &board);
        let log = Arc::clone(&shared.events);
        let events = Arc::new(NodeEvents::new(log, settings.name.as_str()));
        let pruner = Arc::new(Pruner::open(
            Arc::clone(&records),
            Arc::clone(&board),
            Arc::clone(&events),
            settings.prune.clone(),
        )?);
        let reconnection = Arc::new(Reconnection::open(
            settings.reconnect.clone(),
            Arc::clone(&board),
            Arc::clone(&records),
            Arc::clone(&events),
        ));
        let health = HealthCache::new(
            Arc::clone(&board),
            Arc::clone(&pruner),
            Arc::clone(&shared.lifecycle),
            settings.policy.clone(),
        );
        let drain = NodeDrain::open(Arc::clone(&records))?;
        let private_broadcast = Arc::new(PrivateBroadcastRecord::open(Arc::clone(&records))?);
        Ok(Self {
            drain,
            private_broadcast,
            plan: watch::Sender::new(settings.plan),
            settings: Arc::new(ArcSwap::from_pointee(settings)),
            shared,
            records,
            events,
            board,
            health,
            pruner,
            reconnection,
            polling: Mutex::default(),
        })
    }

    /// What the configuration says of the node now.
    #[must_use]
    pub fn settings(&self) -> Guard<Arc<MemberSettings>> {
        self.settings.load()
    }

    /// What is known of the node.
    #[must_use]
    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.board.read()
    }

    /// Where what happens to the node is recorded.
    pub(super) fn events(&self) -> &NodeEvents {
        &self.events
    }

    /// Where what is known of the node is published.
    #[must_use]
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// The verdict on the node.
    #[must_use]
    pub fn health(&self) -> &HealthCache {
        &self.health
    }

    /// The node's pruning.
    #[must_use]
    pub fn pruner(&self) -> &Arc<Pruner> {
        &self.pruner
    }

    /// The node's drain by an operator.
    #[must_use]
    pub fn drain(&self) -> &NodeDrain {
        &self.drain
    }

    /// Whether the node has private broadcast: as configured, else as it said last, in this run or
    /// in an earlier one. A node that was never asked has not.
    #[must_use]
    pub fn has_private_broadcast(&self) -> bool {
        let configured = self.settings().role.private_broadcast;
        let found = || {
            let found = self.snapshot().private_broadcast;
            found.or_else(|| self.private_broadcast.read())
        };
        configured.or_else(found).unwrap_or(false)
    }

    /// The node's lost peers.
    #[must_use]
    pub fn reconnection(&self) -> &Arc<Reconnection> {
        &self.reconnection
    }

    /// Puts other settings in force.
    pub fn change_settings(&self, settings: MemberSettings) {
        if settings.name != self.settings().name {
            self.shared.recorder.node_renamed();
            self.shared
                .supervisor
                .rename_node(&self.settings().name, &settings.name);
            self.rename_records(settings.name.clone());
            self.events.rename(&settings.name);
        }
        self.health.change_policy(settings.policy.clone());
        self.pruner.change_settings(settings.prune.clone());
        self.plan.send_replace(settings.plan);
        self.reconnection.change_terms(settings.reconnect.clone());
        self.settings.store(Arc::new(settings));
        self.adjust_loops();
    }

    /// Puts the node's records under its new name, off the runtime's thread.
    fn rename_records(&self, name: String) {
        let records = Arc::clone(&self.records);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = records.rename(&name) {
                warn!(%error, name, "the node's records keep its old name until the next start");
            }
        });
    }

    /// A client of the attached node at `endpoint`, whose calls are counted as this member's.
    /// Nothing is sent yet.
    pub fn client(&self, endpoint: Endpoint) -> Result<RpcNode, String> {
        let settings = Arc::clone(&self.settings);
        let recorder = Arc::clone(&self.shared.recorder);
        let observer: CallObserver = Arc::new(move |method, took, error| {
            let code = error.map(NodeError::code);
            recorder.node_call(&settings.load().name, method, took, code.as_deref());
        });
        RpcNode::new(endpoint, &observer).map_err(|error| error.to_string())
    }

    /// The task `name` of this node.
    #[must_use]
    pub fn task(&self, name: &'static str) -> TaskId {
        TaskId::of_node(name, &self.settings().name)
    }

    /// Spawns a task on this runtime whose lines in the log name the node.
    pub(super) fn spawn<F>(
        &self,
        name: &'static str,
        stop: &CancellationToken,
        make: impl Fn() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::current();
        self.shared
            .supervisor
            .restarting(&runtime, self.task(name), stop.clone(), make);
    }

    /// Keeps the tip in the store, until `stop`.
    pub fn spawn_tip_record(&self, stop: &CancellationToken) {
        let records = Arc::clone(&self.records);
        let board = Arc::clone(&self.board);
        self.spawn("tip", stop, move || {
            tip::keep(Arc::clone(&records), Arc::clone(&board))
        });
    }

    /// Writes what is not yet in the store.
    pub async fn flush(&self) {
        let reconnection = Arc::clone(&self.reconnection);
        let _ = tokio::task::spawn_blocking(move || reconnection.flush()).await;
        self.pruner.keep_samples(clock::now()).await;
        tip::write(&self.records, &self.board).await;
    }
}

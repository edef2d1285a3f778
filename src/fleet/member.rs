//! One node with everything that exists once for it: client, snapshot, verdict, the loops that ask
//! it, pruning, reconnection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::health_cache::HealthCache;
use super::lifecycle::Lifecycle;
use super::reporter::Reporter;
use super::tip;
use crate::clock;
use crate::health::HealthPolicy;
use crate::metrics::Recorder;
use crate::node::rpc::{CallObserver, Endpoint, RpcNode};
use crate::node::{Node, NodeError};
use crate::prune::{PruneSettings, PruneTask, Pruner};
use crate::reconnect::{Dialler, Reconnection, Terms};
use crate::state::{NodeStore, StoreError};
use crate::supervise::{Supervisor, TaskId};
use crate::values::Credentials;
use crate::watch::{Board, PollPlan, Snapshot, Topic, Watch, Workers};

/// What the configuration says of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberSettings {
    /// The label `node`.
    pub name: String,
    /// Where the node is, for `status`.
    pub location: String,
    /// At most so many peers have a series of their own.
    pub max_peers: u32,
    /// The largest number of peers, if written.
    pub peers_max: Option<u32>,
    /// What counts as healthy.
    pub policy: HealthPolicy,
    /// How the node is polled.
    pub plan: PollPlan,
    /// When blocks go.
    pub prune: PruneSettings,
    /// How lost peers are dialled again.
    pub reconnect: Terms,
}

/// What the members of a daemon share.
#[derive(Clone)]
pub struct Shared {
    /// What is counted.
    pub recorder: Arc<Recorder>,
    /// Whoever spawns.
    pub supervisor: Arc<Supervisor>,
    /// The daemon's own condition.
    pub lifecycle: Arc<Lifecycle>,
}

/// One node with everything that exists once for it.
pub struct Member {
    settings: Arc<ArcSwap<MemberSettings>>,
    shared: Shared,
    records: Arc<NodeStore>,
    board: Arc<Board>,
    health: HealthCache,
    pruner: Arc<Pruner>,
    reconnection: Arc<Reconnection>,
    plan: watch::Sender<PollPlan>,
    polling: Mutex<Polling>,
}

/// The loops that ask the node.
#[derive(Default)]
struct Polling {
    /// The client of an attached node.
    client: Option<Arc<RpcNode>>,
    /// Ends the loops.
    stop: CancellationToken,
}

impl Member {
    /// Opens what survived the last run. The node is not polled yet. Waits for the disk.
    pub fn open(
        settings: MemberSettings,
        records: Arc<NodeStore>,
        shared: Shared,
    ) -> Result<Self, StoreError> {
        let board = Arc::new(Board::default());
        tip::restore(&records, &board);
        let pruner = Arc::new(Pruner::open(
            Arc::clone(&records),
            Arc::clone(&board),
            settings.prune.clone(),
        )?);
        let reconnection = Arc::new(Reconnection::open(
            settings.reconnect.clone(),
            Arc::clone(&board),
            Arc::clone(&records),
        ));
        let health = HealthCache::new(
            Arc::clone(&board),
            Arc::clone(&pruner),
            Arc::clone(&shared.lifecycle),
            settings.policy.clone(),
        );
        Ok(Self {
            plan: watch::Sender::new(settings.plan),
            settings: Arc::new(ArcSwap::from_pointee(settings)),
            shared,
            records,
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
        }
        self.health.change_policy(settings.policy.clone());
        self.pruner.change_settings(settings.prune.clone());
        self.plan.send_replace(settings.plan);
        self.reconnection.change_terms(settings.reconnect.clone());
        self.settings.store(Arc::new(settings));
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

    /// Authenticates with `credentials` from the next call to an attached node on.
    pub fn change_credentials(&self, credentials: &Credentials) {
        if let Some(client) = &self.polling().client {
            client.change_credentials(credentials.clone());
        }
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

    /// Begins to ask the attached node behind `client`, and no other any more.
    pub fn attach(&self, client: RpcNode) {
        let client = Arc::new(client);
        let is_another = self.polling().client.replace(Arc::clone(&client)).is_some();
        if is_another {
            self.reconnection.change_node();
        }
        self.poll(client);
    }

    /// Begins to ask `node`, and no other any more. Runs on the runtime of the loops.
    pub fn poll(&self, node: Arc<dyn Node>) {
        let stop = CancellationToken::new();
        {
            let mut polling = self.polling();
            polling.stop.cancel();
            polling.stop = stop.clone();
        }
        self.board.clear(clock::mono());
        let workers = Arc::new(Workers::default());
        self.spawn_reconnection(&node, &workers, &stop);
        self.spawn_pruning(&node, &workers, &stop);
        let watch = Watch::new(
            node,
            workers,
            Arc::clone(&self.board),
            self.plan.subscribe(),
        );
        self.spawn_watch(watch, &stop);
    }

    fn spawn_watch(&self, watch: Watch, stop: &CancellationToken) {
        let watch = Arc::new(watch);
        for topic in Topic::ALL {
            let watch = Arc::clone(&watch);
            self.spawn(topic.task(), stop, move || {
                let watch = Arc::clone(&watch);
                async move { watch.run(topic).await }
            });
        }
    }

    fn spawn_pruning(
        &self,
        node: &Arc<dyn Node>,
        workers: &Arc<Workers>,
        stop: &CancellationToken,
    ) {
        let task = Arc::new(PruneTask::new(
            Arc::clone(&self.pruner),
            Arc::clone(node),
            Arc::clone(workers),
        ));
        self.spawn("prune", stop, move || {
            let task = Arc::clone(&task);
            async move { task.run().await }
        });
    }

    fn spawn_reconnection(
        &self,
        node: &Arc<dyn Node>,
        workers: &Arc<Workers>,
        stop: &CancellationToken,
    ) {
        let dialler = Arc::new(Dialler::new(
            Arc::clone(node),
            Arc::clone(workers),
            self.plan.subscribe(),
        ));
        let reconnection = Arc::clone(&self.reconnection);
        self.spawn("reconnect", stop, move || {
            Arc::clone(&reconnection).run(Arc::clone(&dialler))
        });
    }

    /// The task `name` of this node.
    #[must_use]
    pub fn task(&self, name: &'static str) -> TaskId {
        TaskId::of_node(name, &self.settings().name)
    }

    fn spawn<F>(
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

    /// Keeps the tip in the store and reports changes, until `stop`.
    pub fn spawn_reporters(self: &Arc<Self>, stop: &CancellationToken) -> Arc<Reporter> {
        let records = Arc::clone(&self.records);
        let board = Arc::clone(&self.board);
        self.spawn("tip", stop, move || {
            tip::keep(Arc::clone(&records), Arc::clone(&board))
        });
        let reporter = Arc::new(Reporter::new(Arc::clone(self)));
        let reporting = Arc::clone(&reporter);
        self.spawn("changes", stop, move || {
            let reporting = Arc::clone(&reporting);
            async move { reporting.run().await }
        });
        reporter
    }

    /// Ends the loops that ask the node.
    pub fn stop(&self) {
        self.polling().stop.cancel();
    }

    /// Writes what is not yet in the store.
    pub async fn flush(&self) {
        let reconnection = Arc::clone(&self.reconnection);
        let _ = tokio::task::spawn_blocking(move || reconnection.flush()).await;
        self.pruner.keep_samples(clock::now()).await;
        tip::write(&self.records, &self.board).await;
    }

    fn polling(&self) -> MutexGuard<'_, Polling> {
        self.polling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The loops that ask one node, from its client to their end.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::settings;
use crate::clock;
use crate::config::Config;
use crate::http::Desk;
use crate::metrics::Recorder;
use crate::node::embedded::Embedded;
use crate::node::rpc::{Observer, RpcNode};
use crate::node::{Node, NodeError};
use crate::prune::{PruneTask, Pruner};
use crate::reconnect::{Dialler, Reconnection};
use crate::supervise::Supervisor;
use crate::values::Credentials;
use crate::watch::{Board, Plan, Topic, Watch, Workers};

/// The loops that ask the node, and the stop of those that run.
pub(super) struct NodeWatch {
    board: Arc<Board>,
    desk: Arc<Desk>,
    recorder: Arc<Recorder>,
    supervisor: Arc<Supervisor>,
    reconnection: Arc<Reconnection>,
    pruner: Arc<Pruner>,
    node: Option<Arc<RpcNode>>,
    running: CancellationToken,
}

impl NodeWatch {
    pub(super) fn new(
        board: Arc<Board>,
        desk: Arc<Desk>,
        recorder: Arc<Recorder>,
        supervisor: Arc<Supervisor>,
        pruner: Arc<Pruner>,
        reconnection: Arc<Reconnection>,
    ) -> Self {
        Self {
            board,
            desk,
            recorder,
            supervisor,
            pruner,
            reconnection,
            node: None,
            running: CancellationToken::new(),
        }
    }

    /// A client of the node of `config`; nothing is sent yet.
    pub(super) fn client(&self, config: &Config) -> Result<RpcNode, String> {
        let (desk, recorder) = (Arc::clone(&self.desk), Arc::clone(&self.recorder));
        let observer: Observer = Arc::new(move |method, took, error| {
            let code = error.map(NodeError::code);
            recorder.node_call(&desk.settings().node_name, method, took, code.as_deref());
        });
        RpcNode::new(settings::endpoint(config), &observer).map_err(|error| error.to_string())
    }

    /// Begins to ask `node`, and no other any more.
    pub(super) fn start(&mut self, node: RpcNode, plan: &watch::Receiver<Plan>) {
        let node = Arc::new(node);
        if self.node.replace(Arc::clone(&node)).is_some() {
            self.reconnection.change_node();
        }
        self.ask(node, plan);
    }

    /// Where what is known of the node hangs.
    pub(super) fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    /// Begins to ask the embedded node.
    pub(super) fn start_embedded(&mut self, node: Arc<Embedded>, plan: &watch::Receiver<Plan>) {
        self.ask(node, plan);
    }

    fn ask(&mut self, node: Arc<dyn Node>, plan: &watch::Receiver<Plan>) {
        self.stop();
        self.board.clear(clock::mono());
        self.running = CancellationToken::new();
        let workers = Arc::new(Workers::default());
        self.reconnect(Dialler::new(
            Arc::clone(&node),
            Arc::clone(&workers),
            plan.clone(),
        ));
        let prune = Arc::new(PruneTask::new(
            Arc::clone(&self.pruner),
            Arc::clone(&node),
            Arc::clone(&workers),
        ));
        let watch = Arc::new(Watch::new(
            node,
            workers,
            Arc::clone(&self.board),
            plan.clone(),
        ));
        for topic in Topic::ALL {
            let watch = Arc::clone(&watch);
            self.supervisor.restarting(
                &Handle::current(),
                topic.task(),
                self.running.clone(),
                move || {
                    let watch = Arc::clone(&watch);
                    async move { watch.run(topic).await }
                },
            );
        }
        self.supervisor.restarting(
            &Handle::current(),
            "prune",
            self.running.clone(),
            move || {
                let prune = Arc::clone(&prune);
                async move { prune.run().await }
            },
        );
    }

    fn reconnect(&self, dialler: Dialler) {
        let (reconnection, dialler) = (Arc::clone(&self.reconnection), Arc::new(dialler));
        self.supervisor.restarting(
            &Handle::current(),
            "reconnect",
            self.running.clone(),
            move || Arc::clone(&reconnection).run(Arc::clone(&dialler)),
        );
    }

    /// Authenticates with `credentials` from the next call on.
    pub(super) fn change_credentials(&self, credentials: &Credentials) {
        if let Some(node) = &self.node {
            node.change_credentials(credentials.clone());
        }
    }

    pub(super) fn stop(&self) {
        self.running.cancel();
    }
}

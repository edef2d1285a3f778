//! The loops that ask a node, prune it and dial its peers: which of them run, and on which node.

use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, error_span};

use super::loops::{AskedNode, Polling, RunningLoops};
use super::member::Member;
use crate::clock;
use crate::node::Node;
use crate::node::rpc::RpcNode;
use crate::prune::PruneTask;
use crate::reconnect::Dialler;
use crate::tls::ClientTrust;
use crate::values::Credentials;
use crate::watch::{Topic, Watch, Workers};

/// What only some nodes are asked about.
const OPTIONAL_TOPICS: [Topic; 3] = [
    Topic::BestBlock,
    Topic::PrivateBroadcast,
    Topic::AliasFigures,
];

impl Member {
    /// Authenticates with `credentials` from the next call to an attached node on.
    pub fn change_credentials(&self, credentials: &Credentials) {
        if let Some(client) = &self.polling().client {
            client.change_credentials(credentials.clone());
        }
    }

    /// Trusts whom `trust` does from the next connection to an attached node on.
    pub fn change_trust(&self, trust: ClientTrust) {
        if let Some(client) = &self.polling().client {
            client.change_trust(trust);
        }
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
        let mut polling = self.polling();
        if let Some(before) = polling.loops.take() {
            before.stop.cancel();
        }
        self.board.clear(clock::mono());
        let workers = Arc::new(Workers::default());
        let watch = Arc::new(Watch::new(
            Arc::clone(&node),
            Arc::clone(&workers),
            Arc::clone(&self.board),
            self.plan.subscribe(),
        ));
        let mut loops = RunningLoops {
            node,
            workers,
            watch,
            stop,
            managing: None,
            optional: Vec::new(),
            runtime: Handle::current(),
        };
        self.adjust_managing(&mut loops);
        for topic in Topic::ALL {
            if !OPTIONAL_TOPICS.contains(&topic) {
                self.spawn_watch(topic, &loops);
            }
        }
        self.adjust_optional(&mut loops);
        polling.loops = Some(loops);
    }

    /// Starts and ends what the settings in force want to run, or not.
    pub(super) fn adjust_loops(&self) {
        if let Some(loops) = &mut self.polling().loops {
            self.adjust_managing(loops);
            self.adjust_optional(loops);
        }
    }

    fn adjust_managing(&self, loops: &mut RunningLoops) {
        match (&loops.managing, self.settings().manage) {
            (None, true) => {
                let stop = loops.stop.child_token();
                self.spawn_reconnection(loops, &stop);
                self.spawn_pruning(loops, &stop);
                loops.managing = Some(stop);
            }
            (Some(running), false) => {
                running.cancel();
                loops.managing = None;
            }
            (Some(_), true) | (None, false) => {}
        }
    }

    /// A loop that is no longer wanted asks nothing.
    fn adjust_optional(&self, loops: &mut RunningLoops) {
        for topic in OPTIONAL_TOPICS {
            if loops.optional.contains(&topic) || !self.settings().plan.asks(topic) {
                continue;
            }
            loops.optional.push(topic);
            self.spawn_watch(topic, loops);
            if topic == Topic::PrivateBroadcast {
                let (record, board) =
                    (Arc::clone(&self.private_broadcast), Arc::clone(&self.board));
                self.spawn_loop(
                    "private_broadcast",
                    &loops.runtime,
                    &loops.stop,
                    move || {
                        let record = Arc::clone(&record);
                        let board = Arc::clone(&board);
                        async move { record.keep(&board).await }
                    },
                );
            }
        }
    }

    fn spawn_watch(&self, topic: Topic, loops: &RunningLoops) {
        let watch = Arc::clone(&loops.watch);
        self.spawn_loop(topic.task(), &loops.runtime, &loops.stop, move || {
            let watch = Arc::clone(&watch);
            async move { watch.run(topic).await }
        });
    }

    fn spawn_pruning(&self, loops: &RunningLoops, stop: &CancellationToken) {
        let task = Arc::new(PruneTask::new(
            Arc::clone(&self.pruner),
            Arc::clone(&loops.node),
            Arc::clone(&loops.workers),
        ));
        self.spawn_loop("prune", &loops.runtime, stop, move || {
            let task = Arc::clone(&task);
            async move { task.run().await }
        });
    }

    fn spawn_reconnection(&self, loops: &RunningLoops, stop: &CancellationToken) {
        let dialler = Arc::new(Dialler::new(
            Arc::clone(&loops.node),
            Arc::clone(&loops.workers),
            self.plan.subscribe(),
        ));
        let reconnection = Arc::clone(&self.reconnection);
        self.spawn_loop("reconnect", &loops.runtime, stop, move || {
            Arc::clone(&reconnection).run(Arc::clone(&dialler))
        });
    }

    /// Spawns a loop whose lines in the log do not say which node they are about: where there are
    /// several, its span does.
    fn spawn_loop<F>(
        &self,
        name: &'static str,
        runtime: &Handle,
        stop: &CancellationToken,
        make: impl Fn() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let settings = self.settings();
        let span = match settings.plan.probe_interval {
            Some(_) => error_span!("node", node = settings.name),
            None => Span::none(),
        };
        let make = move || make().instrument(span.clone());
        self.shared
            .supervisor
            .restarting(runtime, self.task(name), stop.clone(), make);
    }

    /// Ends the loops that ask the node.
    pub fn stop(&self) {
        if let Some(loops) = &self.polling().loops {
            loops.stop.cancel();
        }
    }

    /// The node that is asked, if one is.
    pub(super) fn asked_node(&self) -> Option<AskedNode> {
        self.polling().loops.as_ref().map(|loops| AskedNode {
            node: Arc::clone(&loops.node),
            workers: Arc::clone(&loops.workers),
        })
    }

    fn polling(&self) -> MutexGuard<'_, Polling> {
        self.polling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

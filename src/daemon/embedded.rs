//! The embedded node in the daemon: from the configuration to the running node, and to its orderly
//! end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Daemon, ServeError};
use crate::config::Config;
use crate::config::schema::NodeKind;
use crate::node::embedded::{self, Calls, Embedded, Event, Observer, Options};
use crate::node::rpc::{RpcNode, Upstream};
use crate::values::Chain;
use crate::watch::Topic;

/// The embedded node, if the configuration asks for one.
#[derive(Clone, Default)]
pub(super) struct Inside(Option<Arc<Embedded>>);

impl Inside {
    /// Waits until somebody calls the node's `stop`; for ever if there is no node here.
    pub(super) async fn stop_asked(&self) {
        match &self.0 {
            Some(node) => node.stop_asked().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until the node has written everything; it was told to stop before.
    pub(super) async fn finished(&self) {
        /// A disk that hangs must not keep the process. What is not written is found again at the
        /// next start.
        const LONGEST: Duration = Duration::from_secs(20);
        let Some(node) = &self.0 else { return };
        if timeout(LONGEST, node.finished()).await.is_err() {
            warn!("the disk is too slow: the end of the chain is not written down");
        }
    }
}

/// The node that the daemon will ask, before it does.
pub(super) enum PendingNode {
    /// An attached one, by its client.
    Attached(Box<RpcNode>),
    /// The embedded one, by the calls that arrive for it.
    Embedded(Calls),
}

/// How the gateway reaches the node of `config`: as `client` does, or within the process.
pub(super) fn way_to(config: &Config, client: RpcNode) -> (Upstream, PendingNode) {
    let upstream = client.upstream();
    if config.node.kind == NodeKind::Attached {
        return (upstream, PendingNode::Attached(Box::new(client)));
    }
    let (inlet, calls) = embedded::inlet();
    (upstream.inside(inlet), PendingNode::Embedded(calls))
}

fn options(config: &Config, reindex: bool, observer: Observer) -> Options {
    let network = &config.network;
    Options {
        directory: config
            .node
            .data_dir
            .clone()
            .unwrap_or_else(|| PathBuf::from(".")),
        reindex,
        listen: network.listen,
        peers: network
            .peers
            .iter()
            .map(|peer| peer.on(Chain::Regtest).to_string())
            .collect(),
        max_peers: usize::try_from(network.max_peers).unwrap_or(usize::MAX),
        observer,
    }
}

impl Daemon {
    /// Starts the node that the daemon watches: the embedded one, or nothing but the client of an
    /// attached one.
    pub(super) async fn start_node(
        &self,
        node: PendingNode,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Result<Inside, ServeError> {
        let calls = match node {
            PendingNode::Attached(client) => {
                self.member.attach(*client);
                return Ok(Inside::default());
            }
            PendingNode::Embedded(calls) => calls,
        };
        self.start_friends(stop).await?;
        let member = Arc::clone(&self.member);
        let recorder = Arc::clone(&self.service.recorder);
        let observer: Observer = Arc::new(move |event| match event {
            Event::BlockConnected(took) => {
                recorder.block_connected(&member.settings().name, took);
            }
            // Readiness need not wait for the next poll.
            Event::Synced => member.board().hurry(Topic::Chain),
            Event::WritesChanged => member.board().hurry(Topic::Volume),
        });
        let (node, running) =
            Embedded::start(options(&self.config, self.options.reindex, observer)).await?;
        if let Some(address) = node.listening() {
            info!(%address, "listening for peers");
        }
        self.service.gateway.read_credentials().await;
        let node = Arc::new(node);
        let task = self.member.task("node");
        self.supervisor
            .critical(here, task, running.run(calls, stop.clone()));
        let polled: Arc<Embedded> = Arc::clone(&node);
        self.member.poll(polled);
        self.play(&node, stop);
        Ok(Inside(Some(node)))
    }
}

//! The embedded node in the daemon: from the configuration to the running node, and to its orderly
//! end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::Daemon;
use super::pending_node::PendingNode;
use super::serve_error::ServeError;
use crate::config::schema::MemberConfig;
use crate::config::schema::NodeKind;
use crate::fleet::Member;
use crate::node::embedded::{self, EmbeddedError, EmbeddedNode, EventObserver, NodeEvent, Options};
use crate::node::rpc::{Destination, RpcNode};
use crate::values::Chain;
use crate::watch::Topic;

impl From<EmbeddedError> for ServeError {
    fn from(error: EmbeddedError) -> Self {
        Self::Embedded {
            hint: error.hint(),
            source: Box::new(error),
        }
    }
}

/// The embedded node, if the configuration has one, and the nodes of `--dev --nodes`.
#[derive(Clone, Default)]
pub(super) struct EmbeddedHandle {
    node: Option<Arc<EmbeddedNode>>,
    dev_nodes: TaskTracker,
}

impl EmbeddedHandle {
    /// Waits for a call of the node's `stop`; for ever if there is no embedded node.
    pub(super) async fn stop_requested(&self) {
        match &self.node {
            Some(node) => node.node().stop_requested().await,
            None => std::future::pending().await,
        }
    }

    /// What keeps the nodes of `--dev --nodes` running, until they have ended.
    pub(super) fn dev_nodes(&self) -> &TaskTracker {
        &self.dev_nodes
    }

    /// Waits until the node has written everything, after it was stopped.
    pub(super) async fn finished(&self) {
        /// A disk that hangs must not keep the process. What is not written is found again at the
        /// next start.
        const FLUSH_TIMEOUT: Duration = Duration::from_secs(20);
        self.dev_nodes.close();
        self.dev_nodes.wait().await;
        let Some(node) = &self.node else { return };
        if timeout(FLUSH_TIMEOUT, node.node().finished())
            .await
            .is_err()
        {
            warn!("the disk is too slow: the end of the chain is not saved");
        }
    }
}

/// How the gateway reaches the node of `config`: as `client` does, or within the process.
pub(super) fn way_to(config: &MemberConfig, client: RpcNode) -> (Destination, PendingNode) {
    let destination = client.destination();
    if config.node.kind == NodeKind::Attached {
        return (destination, PendingNode::Attached(Box::new(client)));
    }
    let (inlet, calls) = embedded::inlet();
    (destination.inside(inlet), PendingNode::Embedded(calls))
}

fn options(config: &MemberConfig, reindex: bool, observer: EventObserver) -> Options {
    let network = &config.network;
    let data_dir = config.node.data_dir.clone();
    Options {
        reindex,
        listen: network.listen,
        peers: network
            .peers
            .iter()
            .map(|peer| peer.on(Chain::Regtest).to_string())
            .collect(),
        max_peers: usize::try_from(network.max_peers).unwrap_or(usize::MAX),
        observer,
        ..embedded::options(data_dir.unwrap_or_else(|| PathBuf::from(".")))
    }
}

impl Daemon {
    /// Starts the node of `member`: the embedded one, or nothing but the client of an attached
    /// one.
    pub(super) async fn start_node(
        &self,
        member: &Arc<Member>,
        node: PendingNode,
        embedded: &mut EmbeddedHandle,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Result<(), ServeError> {
        let calls = match node {
            PendingNode::Attached(client) => {
                member.attach(*client);
                return Ok(());
            }
            PendingNode::Embedded(calls) => calls,
        };
        self.start_dev_peers(stop).await?;
        let of_events = Arc::clone(member);
        let recorder = Arc::clone(&self.recorder);
        let observer: EventObserver = Arc::new(move |event| match event {
            NodeEvent::BlockConnected(took) => {
                recorder.block_connected(&of_events.settings().name, took);
            }
            NodeEvent::Started { .. } => {}
            // Readiness need not wait for the next poll.
            NodeEvent::Synced => of_events.board().hurry(Topic::Chain),
            NodeEvent::WritesChanged => of_events.board().hurry(Topic::Volume),
        });
        let (node, running) = EmbeddedNode::start(options(
            self.config.first_member(),
            self.options.reindex,
            observer,
        ))
        .await?;
        if let Some(address) = node.node().listening() {
            info!(%address, "listening for peers");
        }
        let name = member.settings().name.clone();
        self.gateway.read_credentials(&name).await;
        let node = Arc::new(node);
        let task = member.task("node");
        self.supervisor
            .critical(here, task, running.run(calls, stop.clone()));
        let polled: Arc<EmbeddedNode> = Arc::clone(&node);
        member.poll(polled);
        self.play(member, &node, stop);
        embedded.node = Some(node);
        Ok(())
    }
}

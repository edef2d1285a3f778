//! The node from its opening to its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::chain::params::{CHAIN, ChainParams};
use crate::chainstate::ChainstateSettings;
use crate::clock;
use crate::cookie::Cookie;
use crate::error::{OpenError, RunError};
use crate::network::PeerNetwork;
use crate::node_state::p2p::DialRequest;
use crate::node_state::{NodeContext, TrafficCounters};
use crate::node_thread::{NodeThread, StartupSignals};
use crate::options::Options;
use crate::rpc::{RpcError, RpcHandler};
use crate::rpc_listener::RpcListener;
use crate::secret::CookieSecret;
use crate::store::{DataDirectory, StorageError};
use crate::time::MonotonicTime;
use crate::validation::WriteStatus;

/// `open` returns after this time; a longer start goes on in the background.
const STARTUP_WAIT: Duration = Duration::from_secs(1);

/// Checks whether a node could be opened in `data_dir`, without opening it: nothing is written.
pub fn check_directory(data_dir: &Path) -> Result<(), StorageError> {
    DataDirectory::at(data_dir, CHAIN).map(drop)
}

/// A regtest node. Dropping it does not stop it: [`RegtestNode::stop`] does.
pub struct RegtestNode {
    pub(crate) thread: NodeThread,
    pub(crate) counters: Arc<TrafficCounters>,
    pub(crate) writes: Arc<WriteStatus>,
    pub(crate) started: MonotonicTime,
    rpc: RpcHandler,
    cookie: Cookie,
    data_dir: PathBuf,
    agent: Arc<Agent>,
    listening: Option<SocketAddr>,
    stop_requested: CancellationToken,
    stop: CancellationToken,
    finished: CancellationToken,
}

/// Runs the node's network and RPC until the node stops.
#[must_use = "the node speaks with nobody unless this runs"]
pub struct NodeRunner {
    network: PeerNetwork,
    rpc: RpcHandler,
    cookie: CookieSecret,
    thread: NodeThread,
    ended: oneshot::Receiver<Result<(), StorageError>>,
    stop: CancellationToken,
    finished: CancellationToken,
}

impl RegtestNode {
    /// Opens the node's files and starts its thread. Peers and callers are spoken with once
    /// `NodeRunner` runs. In a directory that is not the node's own nothing is touched.
    ///
    /// A start that takes longer than a second, such as a rebuild, goes on in the background: until
    /// it is over, questions are answered with
    /// [`NotRunning::Starting`](crate::NotRunning::Starting) and calls with the error code -28, as
    /// bitcoind does.
    pub async fn open(options: Options) -> Result<(Self, NodeRunner), OpenError> {
        let data_directory = DataDirectory::at(&options.data_dir, CHAIN)?;
        let listener = bind(options.listen).await?;
        let (dials, to_dial) = mpsc::unbounded_channel();
        for peer in &options.peers {
            // The other end is at hand.
            let _ = dials.send(DialRequest::new(peer));
        }
        let counters = Arc::new(TrafficCounters::default());
        let writes = Arc::new(WriteStatus::default());
        let agent = Arc::new(options.agent);
        let context = NodeContext {
            observer: options.observer,
            dials,
            counters: Arc::clone(&counters),
            writes: Arc::clone(&writes),
            agent: Arc::clone(&agent),
            expects_peers: !options.peers.is_empty(),
            max_peers: options.max_peers,
        };
        let settings = ChainstateSettings {
            data_directory: data_directory.clone(),
            params: ChainParams::of(CHAIN),
            reindex: options.reindex,
        };
        let (thread, life) = NodeThread::start(settings, context).map_err(OpenError::Thread)?;
        let ended = opened(life, options.reindex).await?;
        let network = PeerNetwork::new(
            thread.clone(),
            CHAIN,
            Arc::clone(&counters),
            listener,
            to_dial,
        );
        let started = clock::mono();
        let stop_requested = CancellationToken::new();
        let rpc = RpcHandler::new(
            thread.clone(),
            started,
            Arc::clone(&agent),
            stop_requested.clone(),
        );
        let node = Self {
            cookie: Cookie::write(&data_directory)?,
            rpc,
            thread,
            counters,
            writes,
            data_dir: options.data_dir,
            agent,
            started,
            listening: network.local_addr(),
            stop_requested,
            stop: CancellationToken::new(),
            finished: CancellationToken::new(),
        };
        let runner = node.runner(network, ended);
        Ok((node, runner))
    }

    /// What runs this node.
    fn runner(
        &self,
        network: PeerNetwork,
        ended: oneshot::Receiver<Result<(), StorageError>>,
    ) -> NodeRunner {
        NodeRunner {
            network,
            rpc: self.rpc.clone(),
            cookie: self.cookie.secret().clone(),
            thread: self.thread.clone(),
            ended,
            stop: self.stop.clone(),
            finished: self.finished.clone(),
        }
    }

    /// Calls `method` with `params`: an array, an object of named parameters, or null for none.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        self.rpc.call(method, &params).await
    }

    /// Its JSON-RPC, for whole requests.
    #[must_use]
    pub fn rpc(&self) -> &RpcHandler {
        &self.rpc
    }

    /// What callers over HTTP authenticate with: `user:password`. It is new at each start, and in
    /// `.cookie` in the data directory.
    #[must_use]
    pub fn cookie(&self) -> &CookieSecret {
        self.cookie.secret()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// What the node calls itself.
    #[must_use]
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Where peers may connect.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Waits until somebody calls the method `stop`. The node goes on until [`RegtestNode::stop`],
    /// so that whoever runs it can end in order.
    pub async fn stop_requested(&self) {
        self.stop_requested.cancelled().await;
    }

    /// Stops the node: `NodeRunner::run` writes pending changes, and returns.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until everything is written and the thread has ended.
    pub async fn finished(&self) {
        self.finished.cancelled().await;
    }
}

async fn bind(address: Option<SocketAddr>) -> Result<Option<TcpListener>, OpenError> {
    let Some(address) = address else {
        return Ok(None);
    };
    TcpListener::bind(address)
        .await
        .map(Some)
        .map_err(|source| OpenError::Listen { address, source })
}

/// Waits until the files are open. How the thread will have ended, for whoever runs the node.
async fn opened(
    mut life: StartupSignals,
    reindex: bool,
) -> Result<oneshot::Receiver<Result<(), StorageError>>, OpenError> {
    // Before that everything in the directory may be another's, its cookie too.
    reached(life.locked, &mut life.ended).await?;
    // A rebuild takes as long as it takes, and callers are answered that it does.
    if !reindex {
        reached(life.opened, &mut life.ended).await?;
        // Callers then get answers at once, unless there are many blocks to connect.
        let _ = timeout(STARTUP_WAIT, life.up).await;
    }
    Ok(life.ended)
}

/// Waits until the node's thread has reached `step`, or why it does not.
async fn reached(
    step: oneshot::Receiver<()>,
    ended: &mut oneshot::Receiver<Result<(), StorageError>>,
) -> Result<(), OpenError> {
    if step.await.is_ok() {
        return Ok(());
    }
    match ended.await {
        Ok(Err(error)) => Err(error.into()),
        _ => Err(OpenError::Thread(std::io::Error::other(
            "it broke off; the log says where",
        ))),
    }
}

fn outcome(
    ended: Result<Result<(), StorageError>, oneshot::error::RecvError>,
) -> Result<(), RunError> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(RunError::ThreadPanicked),
    }
}

impl NodeRunner {
    /// Speaks with peers and answers the callers of `listener` until `RegtestNode::stop`, then
    /// writes pending changes. Ends earlier only by a fault.
    pub async fn run(self, listener: RpcListener) -> Result<(), RunError> {
        let _finished = self.finished.drop_guard();
        let mut ended = self.ended;
        tokio::select! {
            ended = &mut ended => return outcome(ended).and(Err(RunError::ThreadEnded)),
            () = self.network.run(self.stop) => {}
            () = listener.serve(&self.rpc, &self.cookie) => {}
        }
        let _ = self.thread.send(|state| state.is_stopping = true);
        outcome(ended.await)
    }
}

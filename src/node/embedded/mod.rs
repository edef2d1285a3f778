//! The embedded node: a small Bitcoin node inside the daemon, honest about its limits.
//!
//! One thread of its own has the whole state (`machine`) and does all that may wait for the disk;
//! peers are spoken with on the caller's runtime. Invariant: a question is answered from the state
//! between two changes, never from the middle of one.

mod calls;
mod chain;
mod chainstate;
mod cookie;
mod disk;
mod engine;
mod machine;
mod mempool;
mod mining;
mod p2p;
mod play;
mod port;
pub mod rpc;
mod store;

pub use calls::{Calls, Inlet, inlet};
pub use machine::{Event, Observer};
pub use store::StoreError;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bitcoin::Network as Chain;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::chain::params::Params;
use self::chainstate::Settings;
use self::cookie::Cookie;
use self::disk::Writes;
use self::engine::Engine;
use self::machine::{Counters, Wiring};
use self::p2p::{Dial, Network};
use self::rpc::Rpc;
use self::store::Home;
use super::rpc::Directories;
use crate::clock;
use crate::values::{Mono, Secret};

/// The one chain that is offered. For any other, a node of one's own is attached.
const CHAIN: Chain = Chain::Regtest;

/// A start that takes longer is told as such to whoever asks.
const SOON: Duration = Duration::from_secs(1);

/// After a panic.
const BROKE_OFF: &str = "broke off; the log says where";

/// What the node is started with.
#[derive(Clone)]
pub struct Options {
    /// The data directory.
    pub directory: PathBuf,
    /// Rebuild the database from the block files.
    pub reindex: bool,
    /// Where peers may connect; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// Peers to connect to.
    pub peers: Vec<String>,
    /// No more inbound peers than make so many in all.
    pub max_peers: usize,
    /// Told what happens.
    pub observer: Observer,
}

/// Why the node cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Its files cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address for peers cannot be bound.
    #[error("cannot listen for peers on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no thread for it.
    #[error("cannot start the node's thread: {0}")]
    Thread(std::io::Error),
}

impl EmbeddedError {
    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => Some(error.hint()),
            Self::Listen { .. } => {
                Some("is another node running? network.listen names another address")
            }
            Self::Thread(_) => None,
        }
    }
}

/// Why the embedded node would not start in `directory`, as far as that can be seen without
/// starting it.
pub fn look_into(directory: &Path) -> Result<(), StoreError> {
    Home::at(directory, CHAIN).map(drop)
}

/// The embedded node.
pub struct Embedded {
    engine: Engine,
    counters: Arc<Counters>,
    writes: Arc<Writes>,
    rpc: Rpc,
    cookie: Cookie,
    directories: Directories,
    started: Mono,
    listening: Option<SocketAddr>,
    stop_asked: CancellationToken,
    finished: CancellationToken,
}

/// What keeps the node going: to be run until the end.
pub struct Running {
    network: Network,
    rpc: Rpc,
    cookie: Secret,
    engine: Engine,
    ended: oneshot::Receiver<Result<(), StoreError>>,
    finished: CancellationToken,
}

impl Embedded {
    /// Opens the node's files and starts its thread. Peers are spoken with once `Running` runs. In
    /// a directory that is not the node's own nothing is touched.
    pub async fn start(options: Options) -> Result<(Self, Running), EmbeddedError> {
        let home = Home::at(&options.directory, CHAIN)?;
        let listener = match options.listen {
            Some(address) => {
                let failed = |source| EmbeddedError::Listen { address, source };
                Some(TcpListener::bind(address).await.map_err(failed)?)
            }
            None => None,
        };
        let (dials, to_dial) = mpsc::unbounded_channel();
        let (counters, stop_asked) = (Arc::new(Counters::default()), CancellationToken::new());
        let writes = Arc::new(Writes::default());
        for peer in &options.peers {
            // The other end is at hand.
            let _ = dials.send(Dial::new(peer));
        }
        let wiring = Wiring {
            observer: options.observer,
            dials,
            counters: Arc::clone(&counters),
            writes: Arc::clone(&writes),
            expects_peers: !options.peers.is_empty(),
            max_peers: options.max_peers,
        };
        let params = Params::of(CHAIN);
        let settings = Settings {
            home: home.clone(),
            params,
            reindex: options.reindex,
        };
        let (engine, mut life) = Engine::start(settings, wiring).map_err(EmbeddedError::Thread)?;
        // Before that everything in the directory may be another's, its cookie too.
        reached(life.locked, &mut life.ended).await?;
        // A rebuild takes as long as it takes, and is told as such to whoever asks.
        if !options.reindex {
            reached(life.opened, &mut life.ended).await?;
            // Whoever asks from now on need not be told to come again, unless there is much to
            // connect.
            let _ = timeout(SOON, life.up).await;
        }
        let network = Network::new(
            engine.clone(),
            CHAIN,
            Arc::clone(&counters),
            listener,
            to_dial,
        );
        let (started, finished) = (clock::mono(), CancellationToken::new());
        let embedded = Self {
            cookie: Cookie::write(&home)?,
            rpc: Rpc::new(engine.clone(), started, stop_asked.clone()),
            engine: engine.clone(),
            counters,
            writes,
            directories: Directories {
                data: options.directory,
                blocks: None,
            },
            started,
            listening: network.local_addr(),
            stop_asked,
            finished: finished.clone(),
        };
        let (rpc, cookie) = (embedded.rpc.clone(), embedded.cookie.secret().clone());
        Ok((
            embedded,
            Running {
                network,
                rpc,
                cookie,
                engine,
                ended: life.ended,
                finished,
            },
        ))
    }

    /// Its JSON-RPC.
    #[must_use]
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// What callers of its JSON-RPC authenticate with where there are no users: `user:password`.
    #[must_use]
    pub fn cookie(&self) -> &Secret {
        self.cookie.secret()
    }

    /// Where peers may connect.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Waits until somebody calls `stop`.
    pub async fn stop_asked(&self) {
        self.stop_asked.cancelled().await;
    }

    /// Waits until everything is written and the thread has ended.
    pub async fn finished(&self) {
        self.finished.cancelled().await;
    }
}

/// Waits until the node's thread has reached `step`, or why it does not.
async fn reached(
    step: oneshot::Receiver<()>,
    ended: &mut oneshot::Receiver<Result<(), StoreError>>,
) -> Result<(), EmbeddedError> {
    if step.await.is_ok() {
        return Ok(());
    }
    match ended.await {
        Ok(Err(error)) => Err(error.into()),
        _ => Err(EmbeddedError::Thread(std::io::Error::other(BROKE_OFF))),
    }
}

impl Running {
    /// Speaks with peers and answers `calls` until `stop`, then writes what is not written. Ends
    /// before only by a fault.
    pub async fn run(self, calls: Calls, stop: CancellationToken) -> Result<(), String> {
        let _finished = self.finished.drop_guard();
        let mut ended = self.ended;
        let told = |ended: Result<Result<(), StoreError>, oneshot::error::RecvError>| match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("{error}; {}", error.hint())),
            Err(_) => Err(format!("the node's thread {BROKE_OFF}")),
        };
        tokio::select! {
            ended = &mut ended => return told(ended).and(Err("the node's thread ended".to_owned())),
            () = self.network.run(stop) => {}
            () = calls.serve(&self.rpc, &self.cookie) => {}
        }
        let _ = self.engine.tell(|machine| machine.is_stopping = true);
        told(ended.await)
    }
}

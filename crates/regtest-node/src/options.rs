//! What a node is opened with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::agent::Agent;
use crate::event::EventObserver;

/// What a node is opened with.
#[derive(Clone)]
pub struct Options {
    /// The data directory; it is made if it is not there.
    pub data_dir: PathBuf,
    /// Rebuild the database from the block files.
    pub reindex: bool,
    /// Where peers may connect; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// Peers to connect to, host or host and port, and to connect to again when they are lost.
    pub peers: Vec<String>,
    /// No more inbound peers than make so many in all.
    pub max_peers: usize,
    /// Called on each event, on the node's thread.
    pub observer: EventObserver,
    /// What the node calls itself.
    pub agent: Agent,
}

impl Options {
    /// A node in `data_dir` that knows no peers and listens for none.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            reindex: false,
            listen: None,
            peers: Vec::new(),
            max_peers: 125,
            observer: Arc::new(|_| {}),
            agent: Agent::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("data_dir", &self.data_dir)
            .field("reindex", &self.reindex)
            .field("listen", &self.listen)
            .field("peers", &self.peers)
            .field("max_peers", &self.max_peers)
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

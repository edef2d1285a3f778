//! What the loops of one node share, and which of them run.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::node::Node;
use crate::node::rpc::RpcNode;
use crate::watch::{Topic, Watch, Workers};

/// The loops of one node.
#[derive(Default)]
pub(super) struct Polling {
    /// The client of an attached node.
    pub(super) client: Option<Arc<RpcNode>>,
    /// The loops that run.
    pub(super) loops: Option<RunningLoops>,
}

/// A node to ask something beside the polls, and the workers of it that may be held.
pub(super) struct AskedNode {
    pub(super) node: Arc<dyn Node>,
    pub(super) workers: Arc<Workers>,
}

/// The loops that run, and what they share.
pub(super) struct RunningLoops {
    pub(super) node: Arc<dyn Node>,
    pub(super) workers: Arc<Workers>,
    pub(super) watch: Arc<Watch>,
    /// Ends all of them.
    pub(super) stop: CancellationToken,
    /// Ends pruning and reconnection, if they run.
    pub(super) managing: Option<CancellationToken>,
    /// What only some nodes are asked about, as far as a loop does so.
    pub(super) optional: Vec<Topic>,
    pub(super) runtime: Handle,
}

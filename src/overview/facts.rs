//! What an overview is made of: documents of the control API, as they are at one moment.

use jiff::Timestamp;

use crate::api::{
    DetailedHealth, History, LeaseDocument, NodeHealth, NodeHour, PeerDocument, QueuedPeer,
    RotationState, StatusDocument,
};

/// What is known of the daemon and of its nodes at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overview {
    pub(crate) now: Timestamp,
    pub(crate) status: StatusDocument,
    pub(crate) history: History,
    /// In the order of the configuration; at least one.
    pub(crate) nodes: Vec<NodeOverview>,
}

/// What is known of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeOverview {
    pub(crate) health: NodeHealth,
    pub(crate) hour: NodeHour,
    /// Of one of several: the lower, the sooner it is used.
    pub(crate) priority: Option<u32>,
    pub(crate) first_kept_height: Option<u32>,
    /// Calls that are at it; unknown without access to the control API.
    pub(crate) in_flight: Option<usize>,
    /// Unknown where only the gateway as a whole reports it.
    pub(crate) max_in_flight: Option<usize>,
    /// Of one of several: half of its answers begin within this time, seconds.
    pub(crate) p50_secs: Option<f64>,
    pub(crate) peers: Vec<PeerDocument>,
    pub(crate) queue: Vec<QueuedPeer>,
    /// Those in force, where they were asked for.
    pub(crate) leases: Vec<LeaseDocument>,
}

impl Overview {
    /// Whether there are several nodes.
    pub(crate) fn has_several(&self) -> bool {
        self.status.detailed.nodes.is_some()
    }

    /// Between two values of the last hour, seconds.
    pub(crate) fn interval_secs(&self) -> u64 {
        self.history.interval_secs
    }

    /// The node that reads of the chain go to, else the first.
    pub(crate) fn reader(&self) -> Option<&NodeOverview> {
        let reads = self.nodes.iter().find(|node| node.health.reads);
        reads.or(self.nodes.first())
    }
}

/// What the `document` of an only node says of it.
pub(crate) fn only_node(document: &DetailedHealth) -> NodeHealth {
    NodeHealth {
        name: document.node.name.clone(),
        state: document.state.clone(),
        state_since: document.state_since,
        rotation: RotationState::In,
        rotation_since: None,
        reads: true,
        reason: None,
        drained: None,
        lag_blocks: None,
        chain: document.chain.clone(),
        storage: document.storage.clone(),
        network: document.network.clone(),
        checks: document.checks.clone(),
        pruning: document.pruning.clone(),
        reconnection: document.reconnection.clone(),
        node: document.node.clone(),
        thresholds: document.thresholds,
        collectors: document.collectors.clone(),
    }
}

//! What the page is made of: documents of the API, as they are at one moment.

use jiff::Timestamp;

use crate::api::{
    DetailedHealth, History, NodeHealth, NodeHour, PeerDocument, QueuedPeer, RotationState,
    StatusDocument,
};
use crate::http::audience::Audience;

/// What the page is made of.
pub(super) struct PageFacts {
    pub(super) audience: Audience,
    pub(super) now: Timestamp,
    pub(super) status: StatusDocument,
    pub(super) history: History,
    /// In the order of the configuration; at least one.
    pub(super) nodes: Vec<NodePageFacts>,
}

/// What is known of one node.
pub(super) struct NodePageFacts {
    pub(super) health: NodeHealth,
    pub(super) hour: NodeHour,
    /// Of one of several: the lower, the sooner it is used.
    pub(super) priority: Option<u32>,
    pub(super) first_kept_height: Option<u32>,
    pub(super) in_flight: usize,
    pub(super) max_in_flight: usize,
    /// Of one of several: half of its answers begin within this time, seconds.
    pub(super) p50_secs: Option<f64>,
    pub(super) peers: Vec<PeerDocument>,
    pub(super) queue: Vec<QueuedPeer>,
}

impl PageFacts {
    pub(super) fn has_several(&self) -> bool {
        self.status.detailed.nodes.is_some()
    }

    /// Between two values of the last hour, seconds.
    pub(super) fn interval_secs(&self) -> u64 {
        self.history.interval_secs
    }
}

/// What the `document` of an only node says of it.
pub(super) fn only_node(document: &DetailedHealth) -> NodeHealth {
    NodeHealth {
        name: document.node.name.clone(),
        state: document.state.clone(),
        state_since: document.state_since,
        rotation: RotationState::In,
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

//! Addresses that the node connects to, once or persistently.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use super::peers::PeerSet;
use crate::time::MonotonicTime;

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DialRequest {
    /// Host, or host and port.
    pub(crate) address: String,
}

impl DialRequest {
    pub(crate) fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }
}

/// Time between two attempts to connect to an added node.
const DIAL_RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// Sends addresses to the network task, which connects to them.
#[derive(Debug)]
pub(crate) struct PeerDialler {
    dials: mpsc::UnboundedSender<DialRequest>,
    /// Nodes to stay connected to (`addnode … add`), and when each was last dialled.
    pub(crate) added: BTreeMap<String, Option<MonotonicTime>>,
}

impl PeerDialler {
    pub(crate) fn new(dials: mpsc::UnboundedSender<DialRequest>) -> Self {
        Self {
            dials,
            added: BTreeMap::new(),
        }
    }

    /// Connects to `address` once.
    pub(crate) fn dial(&self, address: String) {
        // The receiver ends only with the node.
        let _ = self.dials.send(DialRequest::new(address));
    }

    /// Connects to `address` now, and again whenever it is not connected.
    pub(crate) fn keep_connected(&mut self, address: String, peers: &PeerSet, now: MonotonicTime) {
        self.added.insert(address, None);
        self.dial_added(peers, now);
    }

    /// Dials the added nodes that are not connected, each once a minute.
    pub(crate) fn dial_added(&mut self, peers: &PeerSet, now: MonotonicTime) {
        if !peers.is_network_active {
            return;
        }
        for (name, tried) in &mut self.added {
            let is_due = tried.is_none_or(|tried| now.since(tried) > DIAL_RETRY_INTERVAL);
            if is_due && peers.find(name).is_none() {
                *tried = Some(now);
                let _ = self.dials.send(DialRequest::new(name));
            }
        }
    }
}

//! Whom the node connects to, once or again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use super::peers::Peers;
use crate::time::Mono;

/// An address to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    /// Host, or host and port.
    pub(crate) address: String,
}

impl Dial {
    pub(crate) fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }
}

/// Between two attempts to connect to one who is to stay connected.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// Hands addresses to those who connect.
#[derive(Debug)]
pub(crate) struct Dialler {
    dials: mpsc::UnboundedSender<Dial>,
    /// To be connected to again and again: `addnode … add`. And when that was last tried.
    pub(crate) added: BTreeMap<String, Option<Mono>>,
}

impl Dialler {
    pub(crate) fn new(dials: mpsc::UnboundedSender<Dial>) -> Self {
        Self {
            dials,
            added: BTreeMap::new(),
        }
    }

    /// Connects to `address` once.
    pub(crate) fn dial(&self, address: String) {
        // Whoever listens there is gone only when the node ends.
        let _ = self.dials.send(Dial::new(address));
    }

    /// Connects to `address` now, and again whenever it is not connected.
    pub(crate) fn keep_connected(&mut self, address: String, peers: &Peers, now: Mono) {
        self.added.insert(address, None);
        self.dial_added(peers, now);
    }

    /// Connects to those who are to be connected and are not, each once a minute.
    pub(crate) fn dial_added(&mut self, peers: &Peers, now: Mono) {
        if !peers.is_network_active {
            return;
        }
        for (name, tried) in &mut self.added {
            let is_due = tried.is_none_or(|tried| now.since(tried) > RETRY_INTERVAL);
            if is_due && peers.find(name).is_none() {
                *tried = Some(now);
                let _ = self.dials.send(Dial::new(name));
            }
        }
    }
}

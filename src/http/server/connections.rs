//! The open connections: what each is doing, and which of them make room for others.
//!
//! Invariant: at the bound the connections that have waited longest for their clients give way; one
//! whose answer is being made never does.

mod body;
mod client_stream;
mod connection;
#[cfg(test)]
mod tests;

pub(in crate::http) use body::RequestBody;
pub(super) use client_stream::{ClientStream, poll_discard};
pub(super) use connection::{CloseRequest, Connection, InFlightRequest};

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock;
use crate::http::settings::Settings;
use crate::limit::network_of;
use crate::values::{ConnectionOrigin, Mono};

/// A connection idle for less than this is about to be used, not idle.
const MIN_IDLE_TIME: Duration = Duration::from_millis(50);
/// The part of all connections that makes room at once.
const EVICTED_SHARE: usize = 64;

/// The open connections, one table for all listeners, since they share the process' descriptors.
pub struct Connections {
    capacity: usize,
    next_id: AtomicU64,
    open: Mutex<OpenConnections>,
    /// How many have ended.
    ended: AtomicU64,
}

#[derive(Default)]
struct OpenConnections {
    connections: HashMap<u64, Arc<Connection>>,
    /// How many each network has.
    by_network: HashMap<u64, usize>,
}

impl OpenConnections {
    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.connections.remove(&id)?;
        if let Some(count) = self.by_network.get_mut(&connection.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_network.remove(&connection.network);
            }
        }
        // A flood leaves no room behind that nobody needs.
        if self.connections.capacity() > 1024
            && self.connections.len() < self.connections.capacity() / 8
        {
            self.connections.shrink_to_fit();
            self.by_network.shrink_to_fit();
        }
        Some(connection)
    }
}

impl Connections {
    /// A table for at most `capacity` connections.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            next_id: AtomicU64::new(0),
            open: Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_full(&self) -> bool {
        self.open().connections.len() >= self.capacity
    }

    /// Whether `network` has as many connections as it may; by default a quarter of all.
    fn is_full_for(&self, network: u64, most: Option<NonZeroU32>) -> bool {
        let most = most.map_or(self.capacity / 4, |most| {
            usize::try_from(most.get()).unwrap_or(usize::MAX)
        });
        self.open()
            .by_network
            .get(&network)
            .is_some_and(|count| *count >= most.max(1))
    }

    /// Whether one more of `origin` finds room among those of its address, for which those that
    /// have been idle longest give way. What a trusted proxy or a Unix socket passes on is of many.
    pub(super) fn makes_room_for(&self, origin: ConnectionOrigin, settings: &Settings) -> bool {
        let Some(address) = origin.peer() else {
            return true;
        };
        let network = network_of(address);
        let most = settings.rpc.max_connections_per_address.fixed();
        !self.is_full_for(network, most)
            || settings.trusts(origin)
            || self.evict(Some(network), clock::mono()) > 0
    }

    /// How many have ended so far.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn enter(self: &Arc<Self>, network: u64, now: Mono) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection::new(network, now));
        let mut open = self.open();
        open.connections.insert(id, Arc::clone(&connection));
        *open.by_network.entry(network).or_default() += 1;
        drop(open);
        Ticket {
            id,
            connections: Arc::clone(self),
            connection,
        }
    }

    /// Ends the connections that have been idle longest. Several at a time, so that a flood is not
    /// paid for with a look at all connections for each one that comes. Returns how many.
    /// `network`: of this one only.
    pub(super) fn evict(&self, network: Option<u64>, now: Mono) -> usize {
        let mut open = self.open();
        let mut idle: Vec<(Duration, u64)> = open
            .connections
            .iter()
            .filter(|(_, connection)| network.is_none_or(|network| connection.network == network))
            .filter_map(|(id, connection)| Some((connection.waits_for(now)?, *id)))
            .filter(|(idle, _)| *idle >= MIN_IDLE_TIME)
            .collect();
        let batch = (self.capacity / EVICTED_SHARE).max(1).min(idle.len());
        if batch > 0 {
            idle.select_nth_unstable_by(batch - 1, |a, b| b.cmp(a));
        }
        for (_, id) in idle.iter().take(batch) {
            if let Some(connection) = open.remove(*id) {
                connection.ask_to_close(CloseRequest::Now);
            }
        }
        batch
    }

    /// Ends the connections whose clients have taken nothing of an answer for `limit`.
    pub(super) fn end_stalled(&self, limit: Duration, now: Mono) {
        let open = self.open();
        for connection in open
            .connections
            .values()
            .filter(|connection| connection.is_write_blocked())
        {
            if connection.quiet_for(now) >= limit {
                connection.ask_to_close(CloseRequest::Now);
            }
        }
    }

    /// Has those that have been idle for a while wait in less memory.
    pub(super) fn let_rest(&self, now: Mono) {
        const REST_AFTER: Duration = Duration::from_secs(1);
        for connection in self.open().connections.values() {
            let is_idle = || {
                connection
                    .idle_for(now)
                    .is_some_and(|idle| idle >= REST_AFTER)
            };
            if connection.is_awake() && is_idle() {
                connection.let_rest();
            }
        }
    }

    /// Asks every connection that has been idle for `idle`, or all, to `close`.
    pub(super) fn ask_to_close(&self, close: CloseRequest, idle: Option<Duration>, now: Mono) {
        for connection in self.open().connections.values() {
            if idle.is_none_or(|limit| connection.idle_for(now).is_some_and(|idle| idle >= limit)) {
                connection.ask_to_close(close);
            }
        }
    }
}

/// A connection's entry in the table, given back when it ends.
pub(super) struct Ticket {
    id: u64,
    connections: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
        self.connections.ended.fetch_add(1, Ordering::Relaxed);
    }
}

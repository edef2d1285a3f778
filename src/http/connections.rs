//! The open connections: what each is doing, and which of them make room for others.
//!
//! Invariant: at the bound the connections that have waited longest for their clients give way; one whose answer
//! is being made never does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atomic_waker::AtomicWaker;

use crate::values::Mono;

/// A connection idle for less than this is about to be used, not idle.
const IDLE: Duration = Duration::from_millis(50);
/// The part of all connections that makes room at once.
const EVICTED_SHARE: usize = 64;

/// What is known of an open connection.
pub(super) struct Connection {
    requests_open: AtomicU32,
    /// Requests whose body is awaited: they are in flight, but may give way to others.
    bodies_awaited: AtomicU32,
    active_at_ms: AtomicU64,
    pub(super) wish: AtomicU8,
    pub(super) waker: AtomicWaker,
}

/// What a connection is wished to do; each step is final.
pub(super) const SERVE: u8 = 0;
pub(super) const CLOSE: u8 = 1;
pub(super) const END: u8 = 2;

impl Connection {
    fn new(now: Mono) -> Self {
        Self {
            requests_open: AtomicU32::new(0),
            bodies_awaited: AtomicU32::new(0),
            active_at_ms: AtomicU64::new(milliseconds(now)),
            wish: AtomicU8::new(SERVE),
            waker: AtomicWaker::new(),
        }
    }

    pub(super) fn begin(&self, now: Mono) {
        self.requests_open.fetch_add(1, Ordering::Relaxed);
        self.active_at_ms.store(milliseconds(now), Ordering::Relaxed);
    }

    pub(super) fn finish(&self, now: Mono) {
        self.requests_open.fetch_sub(1, Ordering::Relaxed);
        self.active_at_ms.store(milliseconds(now), Ordering::Relaxed);
    }

    pub(super) fn wish(&self, wish: u8) {
        self.wish.fetch_max(wish, Ordering::Relaxed);
        self.waker.wake();
    }

    fn quiet_for(&self, now: Mono) -> Duration {
        let since = self.active_at_ms.load(Ordering::Relaxed);
        Duration::from_millis(milliseconds(now).saturating_sub(since))
    }

    /// How long nothing has been asked of it; `None` while a request is in flight.
    fn idle_for(&self, now: Mono) -> Option<Duration> {
        (self.requests_open.load(Ordering::Relaxed) == 0).then(|| self.quiet_for(now))
    }

    /// How long it has been waiting for its client, be it for a request or for the rest of one: it may make room.
    fn waits_for(&self, now: Mono) -> Option<Duration> {
        let open = self.requests_open.load(Ordering::Relaxed);
        (open <= self.bodies_awaited.load(Ordering::Relaxed)).then(|| self.quiet_for(now))
    }
}

/// Goes with each request that may have a body: where that is awaited is told, since whoever stops in the middle of
/// one must give way as an idle connection does.
#[derive(Clone)]
pub(super) struct AwaitedBody(pub(super) Arc<Connection>);

impl AwaitedBody {
    /// Awaits `body`; meanwhile the connection may be ended to make room.
    pub(super) async fn read<T>(&self, body: impl Future<Output = T>) -> T {
        self.0.bodies_awaited.fetch_add(1, Ordering::Relaxed);
        let body = body.await;
        self.0.bodies_awaited.fetch_sub(1, Ordering::Relaxed);
        body
    }
}

fn milliseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_millis()).unwrap_or(u64::MAX)
}

/// The book of open connections, one for all listeners, since they share the process' descriptors.
pub struct Connections {
    capacity: usize,
    next_id: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

impl Connections {
    /// A book for at most `capacity` connections.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, next_id: AtomicU64::new(0), open: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_full(&self) -> bool {
        self.book().len() >= self.capacity
    }

    pub(super) fn enter(self: &Arc<Self>, now: Mono) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection::new(now));
        self.book().insert(id, Arc::clone(&connection));
        Ticket { id, connections: Arc::clone(self), connection }
    }

    /// Ends the connections that have been idle longest. Several at a time, so that a flood is not paid for with
    /// a look at all connections for each one that comes. Returns how many.
    pub(super) fn evict(&self, now: Mono) -> usize {
        let mut book = self.book();
        let mut idle: Vec<(Duration, u64)> = book
            .iter()
            .filter_map(|(id, connection)| Some((connection.waits_for(now)?, *id)))
            .filter(|(idle, _)| *idle >= IDLE)
            .collect();
        let batch = (self.capacity / EVICTED_SHARE).max(1).min(idle.len());
        if batch > 0 {
            idle.select_nth_unstable_by(batch - 1, |a, b| b.cmp(a));
        }
        for (_, id) in idle.iter().take(batch) {
            if let Some(connection) = book.remove(id) {
                connection.wish(END);
            }
        }
        batch
    }

    /// Wishes `wish` of every connection that has been idle for `idle`, or of all.
    pub(super) fn wish(&self, wish: u8, idle: Option<Duration>, now: Mono) {
        for connection in self.book().values() {
            if idle.is_none_or(|limit| connection.idle_for(now).is_some_and(|idle| idle >= limit)) {
                connection.wish(wish);
            }
        }
    }
}

/// A connection's place in the book, given back when it ends.
pub(super) struct Ticket {
    id: u64,
    connections: Arc<Connections>,
    pub(super) connection: Arc<Connection>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.book().remove(&self.id);
    }
}

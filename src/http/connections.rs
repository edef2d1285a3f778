//! The open connections: what each is doing, and which of them make room for others.
//!
//! Invariant: at the bound the connections that have waited longest for their clients give way; one
//! whose answer is being made never does.

mod body;
#[cfg(test)]
mod tests;
mod watched;

pub(super) use body::AwaitedBody;
pub(super) use watched::{Watched, poll_discard};

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::settings::Settings;
use crate::clock;
use crate::limit::network_of;
use crate::values::Mono;

/// A connection idle for less than this is about to be used, not idle.
const IDLE: Duration = Duration::from_millis(50);
/// The part of all connections that makes room at once.
const EVICTED_SHARE: usize = 64;

/// What is known of an open connection. But for what is wished of it, the task that serves it alone
/// changes it: to count takes no locked instruction.
pub(super) struct Connection {
    /// Whose it is, see `crate::limit::network_of`.
    network: u64,
    requests_open: AtomicU32,
    /// Requests whose body is awaited: they are in flight, but may give way to others.
    bodies_awaited: AtomicU32,
    /// The client takes nothing of what is written.
    write_blocked: AtomicBool,
    /// A request was answered before all of its body had come.
    body_unread: AtomicBool,
    /// Its last request says twice how long its body is, see `lengths`.
    lengths_conflict: AtomicBool,
    /// The end of what the client sends is not looked at before its answer is written.
    end_waits: AtomicBool,
    active_at_ms: AtomicU64,
    pub(super) wish: AtomicU8,
    /// How much memory it holds while nothing is asked of it.
    rest: AtomicU8,
    /// That of the task that serves it, which has the same for as long as it lasts.
    waker: OnceLock<Waker>,
}

/// What a connection is wished to do; each step is final.
pub(super) const SERVE: u8 = 0;
pub(super) const CLOSE: u8 = 1;
pub(super) const END: u8 = 2;

/// It is served, or waits with all that serving takes.
const AWAKE: u8 = 0;
/// It is idle, and is to wait in less memory.
const TO_REST: u8 = 1;
/// It does.
const AT_REST: u8 = 2;

impl Connection {
    fn new(network: u64, now: Mono) -> Self {
        Self {
            network,
            requests_open: AtomicU32::new(0),
            bodies_awaited: AtomicU32::new(0),
            write_blocked: AtomicBool::new(false),
            body_unread: AtomicBool::new(false),
            lengths_conflict: AtomicBool::new(false),
            end_waits: AtomicBool::new(false),
            active_at_ms: AtomicU64::new(milliseconds(now)),
            wish: AtomicU8::new(SERVE),
            rest: AtomicU8::new(AWAKE),
            waker: OnceLock::new(),
        }
    }

    /// It is served by the task of `waker`, which is woken when something is wished of it. To be
    /// said before the first look at what that is.
    pub(super) fn serve_by(&self, waker: Waker) {
        let _ = self.waker.set(waker);
        // Whoever does not see the waker has wished before: then the wish is seen.
        fence(Ordering::SeqCst);
    }

    fn set_requests_open(&self, change: impl FnOnce(u32) -> u32) {
        self.requests_open.store(
            change(self.requests_open.load(Ordering::Relaxed)),
            Ordering::Relaxed,
        );
    }

    pub(super) fn begin(&self, now: Mono) {
        self.set_requests_open(|open| open + 1);
        self.answered_at_once(now);
    }

    pub(super) fn finish(&self, now: Mono) {
        self.set_requests_open(|open| open.saturating_sub(1));
        // The client may have taken some of the answer since.
        let active = self
            .active_at_ms
            .load(Ordering::Relaxed)
            .max(milliseconds(now));
        self.active_at_ms.store(active, Ordering::Relaxed);
    }

    /// A request has come, and is answered already.
    pub(super) fn answered_at_once(&self, now: Mono) {
        self.active_at_ms
            .store(milliseconds(now), Ordering::Relaxed);
        self.rest.store(AWAKE, Ordering::Relaxed);
    }

    /// Whether it is idle, and is to wait in less memory.
    pub(super) fn is_to_rest(&self) -> bool {
        self.rest.load(Ordering::Relaxed) == TO_REST
    }

    /// An answer is out that left much behind. Whether the connection is to wait in less memory,
    /// since there is no other one to come and no rest of its request.
    fn rests_after_answer(&self) -> bool {
        let rests = self.requests_open.load(Ordering::Relaxed) == 0 && !self.has_unread_body();
        if rests {
            self.rest.store(TO_REST, Ordering::Relaxed);
        }
        rests
    }

    /// It waits in little memory, or does no longer.
    pub(super) fn set_at_rest(&self, at_rest: bool) {
        self.rest
            .store(if at_rest { AT_REST } else { AWAKE }, Ordering::Relaxed);
    }

    /// The body of a request is awaited until this is dropped: it may give way to others.
    pub(super) fn await_body(&self) -> BodyAwaited<'_> {
        self.bodies_awaited.fetch_add(1, Ordering::Relaxed);
        BodyAwaited(self)
    }

    fn wake(&self) {
        fence(Ordering::SeqCst);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    pub(super) fn wish(&self, wish: u8) {
        self.wish.fetch_max(wish, Ordering::Relaxed);
        self.wake();
    }

    fn quiet_for(&self, now: Mono) -> Duration {
        let since = self.active_at_ms.load(Ordering::Relaxed);
        Duration::from_millis(milliseconds(now).saturating_sub(since))
    }

    /// Whether a request was answered before all of its body had come: the rest may be on its way.
    pub(super) fn has_unread_body(&self) -> bool {
        self.body_unread.load(Ordering::Relaxed)
    }

    /// A whole request has come whose answer waits for nobody: it is given also to a client that
    /// sends nothing more.
    pub(super) fn let_the_end_wait(&self) {
        self.end_waits.store(true, Ordering::Relaxed);
    }

    fn is_write_blocked(&self) -> bool {
        self.write_blocked.load(Ordering::Relaxed)
    }

    /// How long nothing has been asked of it; `None` while a request is in flight, or its answer on
    /// the way.
    fn idle_for(&self, now: Mono) -> Option<Duration> {
        let done = self.requests_open.load(Ordering::Relaxed) == 0 && !self.is_write_blocked();
        done.then(|| self.quiet_for(now))
    }

    /// How long it has been waiting for its client, be it for a request, for the rest of one, or
    /// for it to take its answer: it may make room.
    fn waits_for(&self, now: Mono) -> Option<Duration> {
        let open = self.requests_open.load(Ordering::Relaxed);
        let waits = open <= self.bodies_awaited.load(Ordering::Relaxed) || self.is_write_blocked();
        waits.then(|| self.quiet_for(now))
    }
}

/// A body that is awaited.
pub(super) struct BodyAwaited<'a>(&'a Connection);

impl Drop for BodyAwaited<'_> {
    fn drop(&mut self) {
        self.0.bodies_awaited.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that is being answered, from its head until this is dropped.
pub(super) struct InFlight<C: Deref<Target = Connection> = Arc<Connection>> {
    connection: C,
    /// When the whole answer was there, if that is known: to read the clock again costs more than
    /// all else here.
    pub(super) answered_at: Option<Mono>,
}

impl<C: Deref<Target = Connection>> InFlight<C> {
    pub(super) fn begin(connection: C, now: Mono) -> Self {
        connection.begin(now);
        Self {
            connection,
            answered_at: None,
        }
    }
}

impl<C: Deref<Target = Connection>> Drop for InFlight<C> {
    fn drop(&mut self) {
        self.connection
            .finish(self.answered_at.unwrap_or_else(clock::mono));
    }
}

fn milliseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_millis()).unwrap_or(u64::MAX)
}

/// The book of open connections, one for all listeners, since they share the process' descriptors.
pub struct Connections {
    capacity: usize,
    next_id: AtomicU64,
    open: Mutex<Open>,
    /// How many have ended.
    ended: AtomicU64,
}

#[derive(Default)]
struct Open {
    connections: HashMap<u64, Arc<Connection>>,
    /// How many each network has.
    by_network: HashMap<u64, usize>,
}

impl Open {
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
    /// A book for at most `capacity` connections.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            next_id: AtomicU64::new(0),
            open: Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    fn book(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_full(&self) -> bool {
        self.book().connections.len() >= self.capacity
    }

    /// Whether `network` has as many connections as it may; by default a quarter of all.
    fn is_full_for(&self, network: u64, most: Option<NonZeroU32>) -> bool {
        let most = most.map_or(self.capacity / 4, |most| {
            usize::try_from(most.get()).unwrap_or(usize::MAX)
        });
        self.book()
            .by_network
            .get(&network)
            .is_some_and(|count| *count >= most.max(1))
    }

    /// Whether one more of `address` finds room among its own, for which those that have been idle
    /// longest give way. What a trusted proxy passes on is of many.
    pub(super) fn makes_room_for(&self, address: IpAddr, settings: &Settings) -> bool {
        let (network, most) = (network_of(address), settings.max_connections_per_address);
        !self.is_full_for(network, most)
            || settings.trusts(address)
            || self.evict(Some(network), clock::mono()) > 0
    }

    /// How many have ended so far.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn enter(self: &Arc<Self>, network: u64, now: Mono) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection::new(network, now));
        let mut open = self.book();
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
        let mut book = self.book();
        let mut idle: Vec<(Duration, u64)> = book
            .connections
            .iter()
            .filter(|(_, connection)| network.is_none_or(|network| connection.network == network))
            .filter_map(|(id, connection)| Some((connection.waits_for(now)?, *id)))
            .filter(|(idle, _)| *idle >= IDLE)
            .collect();
        let batch = (self.capacity / EVICTED_SHARE).max(1).min(idle.len());
        if batch > 0 {
            idle.select_nth_unstable_by(batch - 1, |a, b| b.cmp(a));
        }
        for (_, id) in idle.iter().take(batch) {
            if let Some(connection) = book.remove(*id) {
                connection.wish(END);
            }
        }
        batch
    }

    /// Ends the connections whose clients have taken nothing of an answer for `limit`.
    pub(super) fn end_stalled(&self, limit: Duration, now: Mono) {
        let book = self.book();
        for connection in book
            .connections
            .values()
            .filter(|connection| connection.is_write_blocked())
        {
            if connection.quiet_for(now) >= limit {
                connection.wish(END);
            }
        }
    }

    /// Has those that have been idle for a while wait in less memory.
    pub(super) fn let_rest(&self, now: Mono) {
        const IDLE: Duration = Duration::from_secs(1);
        for connection in self.book().connections.values() {
            let is_idle = || connection.idle_for(now).is_some_and(|idle| idle >= IDLE);
            if connection.rest.load(Ordering::Relaxed) == AWAKE && is_idle() {
                connection.rest.store(TO_REST, Ordering::Relaxed);
                connection.wake();
            }
        }
    }

    /// Wishes `wish` of every connection that has been idle for `idle`, or of all.
    pub(super) fn wish(&self, wish: u8, idle: Option<Duration>, now: Mono) {
        for connection in self.book().connections.values() {
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
        self.connections.book().remove(self.id);
        self.connections.ended.fetch_add(1, Ordering::Relaxed);
    }
}

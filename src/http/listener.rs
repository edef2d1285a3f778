//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it. At its bound
//! the connection that has been idle longest makes room.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use atomic_waker::AtomicWaker;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::ReadBuf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::service::{Answer, Role, Service};
use crate::clock;
use crate::values::Mono;

/// The two steps of going down.
#[derive(Clone, Default)]
pub struct Shutdown {
    /// New connections are refused.
    pub refuse: CancellationToken,
    /// Open connections end with the request they are in.
    pub close: CancellationToken,
}

/// A bound listener, about to serve.
pub struct Listener {
    tcp: TcpListener,
    role: Role,
    capacity: usize,
}

/// A connection may go so long without a whole header, the first one included.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer headers are answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
/// After its last request a closing connection may linger so long.
const LINGER: Duration = Duration::from_secs(1);
/// A connection idle for less than this is about to be used, not idle.
const IDLE: Duration = Duration::from_millis(50);
/// How often connections are looked over.
const ROUND: Duration = Duration::from_secs(1);

/// What is known of an open connection.
struct Connection {
    requests_open: AtomicU32,
    active_at_ms: AtomicU64,
    wish: AtomicU8,
    waker: AtomicWaker,
}

/// What a connection is wished to do; each step is final.
const SERVE: u8 = 0;
const CLOSE: u8 = 1;
const END: u8 = 2;

impl Connection {
    fn new(now: Mono) -> Self {
        Self {
            requests_open: AtomicU32::new(0),
            active_at_ms: AtomicU64::new(milliseconds(now)),
            wish: AtomicU8::new(SERVE),
            waker: AtomicWaker::new(),
        }
    }

    fn begin(&self, now: Mono) {
        self.requests_open.fetch_add(1, Ordering::Relaxed);
        self.active_at_ms.store(milliseconds(now), Ordering::Relaxed);
    }

    fn finish(&self, now: Mono) {
        self.requests_open.fetch_sub(1, Ordering::Relaxed);
        self.active_at_ms.store(milliseconds(now), Ordering::Relaxed);
    }

    fn wish(&self, wish: u8) {
        self.wish.fetch_max(wish, Ordering::Relaxed);
        self.waker.wake();
    }

    /// How long nothing has been asked of it; `None` while something is.
    fn idle_for(&self, now: Mono) -> Option<Duration> {
        let idle = self.requests_open.load(Ordering::Relaxed) == 0;
        let since = self.active_at_ms.load(Ordering::Relaxed);
        idle.then(|| Duration::from_millis(milliseconds(now).saturating_sub(since)))
    }
}

fn milliseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_millis()).unwrap_or(u64::MAX)
}

#[derive(Default)]
struct Connections(Mutex<HashMap<u64, Arc<Connection>>>);

impl Connections {
    fn insert(&self, id: u64, connection: Arc<Connection>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, connection);
    }

    fn remove(&self, id: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ends the connection that has been idle longest. False if all are in use.
    fn evict_one(&self, now: Mono) -> bool {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = connections.iter().filter_map(|(id, connection)| Some((connection.idle_for(now)?, *id)));
        let longest = idle.max().filter(|(idle, _)| *idle >= IDLE);
        let evicted = longest.and_then(|(_, id)| connections.remove(&id));
        if let Some(connection) = &evicted {
            connection.wish(END);
        }
        evicted.is_some()
    }

    /// Wishes `wish` of every connection that has been idle for `idle`, or of all.
    fn wish(&self, wish: u8, idle: Option<Duration>, now: Mono) {
        for connection in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if idle.is_none_or(|limit| connection.idle_for(now).is_some_and(|idle| idle >= limit)) {
                connection.wish(wish);
            }
        }
    }
}

impl Listener {
    /// Will serve `tcp`, with at most `capacity` connections open.
    #[must_use]
    pub fn new(tcp: TcpListener, role: Role, capacity: usize) -> Self {
        Self { tcp, role, capacity }
    }

    /// Accepts and serves until told to refuse, then waits until every connection has ended.
    pub async fn serve(self, service: Arc<Service>, shutdown: Shutdown) -> Result<(), String> {
        let connections = Arc::new(Connections::default());
        let tracker = TaskTracker::new();
        let runtime = tokio::runtime::Handle::current();
        let mut round = tokio::time::interval(ROUND);
        let mut next_id = 0_u64;
        loop {
            let accepted = tokio::select! {
                accepted = self.tcp.accept() => accepted,
                _ = round.tick() => {
                    // Who has not sent a whole header by now gives its place back.
                    connections.wish(END, Some(HEADER_TIMEOUT), clock::mono());
                    continue;
                }
                () = shutdown.refuse.cancelled() => break,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    accept_failed(&error, &connections).await;
                    continue;
                }
            };
            let now = clock::mono();
            if connections.count() >= self.capacity && !connections.evict_one(now) {
                debug!(client_addr = %from, open = self.capacity, "all connections are in use, one is refused");
                continue;
            }
            next_id += 1;
            let connection = Arc::new(Connection::new(now));
            connections.insert(next_id, Arc::clone(&connection));
            let ticket = Ticket { id: next_id, connections: Arc::clone(&connections), connection };
            let served = serve_connection(stream, from, self.role, Arc::clone(&service), ticket);
            tracker.spawn_on(served, &runtime);
        }
        drop(self.tcp);
        tracker.close();
        shutdown.close.cancelled().await;
        connections.wish(CLOSE, None, clock::mono());
        loop {
            tokio::select! {
                () = tracker.wait() => return Ok(()),
                // One that has only begun to ask is not waited for.
                _ = round.tick() => connections.wish(END, Some(LINGER), clock::mono()),
            }
        }
    }
}

/// What to do when accepting fails: the connection may be gone already, or this process or the system is out of
/// descriptors. Then an idle connection gives way, and a pause keeps the loop from spinning.
async fn accept_failed(error: &std::io::Error, connections: &Connections) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    const PAUSE: Duration = Duration::from_millis(20);
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    let evicted = connections.evict_one(clock::mono());
    warn!(%error, evicted, "cannot accept a connection");
    sleep(PAUSE).await;
}

/// A connection's place in the book, given back when it ends.
struct Ticket {
    id: u64,
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.remove(self.id);
    }
}

async fn serve_connection(stream: TcpStream, from: SocketAddr, role: Role, service: Arc<Service>, ticket: Ticket) {
    let connection = Arc::clone(&ticket.connection);
    // A connection that has sent nothing costs no buffers. A look at the byte, since readiness may be told falsely.
    let first_byte = poll_fn(|context| {
        connection.waker.register(context.waker());
        if connection.wish.load(Ordering::Relaxed) != SERVE {
            return Poll::Ready(false);
        }
        let mut byte = [0];
        stream.poll_peek(context, &mut ReadBuf::new(&mut byte)).map(|peeked| matches!(peeked, Ok(1..)))
    });
    if !first_byte.await || stream.set_nodelay(true).is_err() {
        return;
    }
    // Boxed, so that one that is silent does not hold the room that serving takes.
    Box::pin(serve_requests(stream, from, role, &service, &connection)).await;
}

async fn serve_requests(
    stream: TcpStream,
    from: SocketAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Connection,
) {
    let answer = service_fn(|request| {
        let now = clock::mono();
        connection.begin(now);
        match service.answer(request, from, role, now) {
            Answer::Ready(reply) => {
                connection.finish(now);
                Either::Left(ready(Ok::<_, Infallible>(reply)))
            }
            // Boxed, so that what most requests never need is not moved about with them.
            Answer::Later(reply) => Either::Right(Box::pin(async move {
                let reply = reply.await;
                connection.finish(clock::mono());
                Ok(reply)
            })),
        }
    });
    // Answers are short: one copy into the head's buffer costs less than gathering two buffers.
    let serving =
        http1::Builder::new().writev(false).max_buf_size(HEADER_BYTES).serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(serving);
    let mut closing = false;
    let ended = poll_fn(|context| {
        // Cheaper on each request than to select among futures, which take a lock to be polled.
        connection.waker.register(context.waker());
        match connection.wish.load(Ordering::Relaxed) {
            END => return Poll::Ready(Ok(())),
            CLOSE if !closing => {
                closing = true;
                serving.as_mut().graceful_shutdown();
            }
            _ => {}
        }
        serving.as_mut().poll(context)
    });
    if let Err(error) = ended.await {
        debug!(client_addr = %from, %error, "a connection ended early");
    }
}

//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it. At its bound
//! the connection that has been idle longest makes room.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use atomic_waker::AtomicWaker;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
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
    connections: Arc<Connections>,
}

/// A connection may go so long without a whole header, the first one included.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer headers are answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
/// After its last request a closing connection may linger so long.
const LINGER: Duration = Duration::from_secs(1);
/// A connection idle for less than this is about to be used, not idle.
const IDLE: Duration = Duration::from_millis(50);
/// The part of all connections that makes room at once.
const EVICTED_SHARE: usize = 64;
/// What was sent before the end was announced is still answered if it comes within this.
const LAST_CALL: Duration = Duration::from_millis(50);
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

/// Goes with each request that may have a body: where that is awaited is told, since whoever stops in the middle of
/// one must give way as an idle connection does.
#[derive(Clone)]
pub(super) struct AwaitedBody(Arc<Connection>);

impl AwaitedBody {
    /// Awaits `body`; meanwhile the connection may be ended to make room.
    pub(super) async fn read<T>(&self, body: impl Future<Output = T>) -> T {
        self.0.finish(clock::mono());
        let body = body.await;
        self.0.begin(clock::mono());
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

    fn is_full(&self) -> bool {
        self.book().len() >= self.capacity
    }

    fn enter(self: &Arc<Self>, now: Mono) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection::new(now));
        self.book().insert(id, Arc::clone(&connection));
        Ticket { id, connections: Arc::clone(self), connection }
    }

    /// Ends the connections that have been idle longest. Several at a time, so that a flood is not paid for with
    /// a look at all connections for each one that comes. Returns how many.
    fn evict(&self, now: Mono) -> usize {
        let mut book = self.book();
        let mut idle: Vec<(Duration, u64)> = book
            .iter()
            .filter_map(|(id, connection)| Some((connection.idle_for(now)?, *id)))
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
    fn wish(&self, wish: u8, idle: Option<Duration>, now: Mono) {
        for connection in self.book().values() {
            if idle.is_none_or(|limit| connection.idle_for(now).is_some_and(|idle| idle >= limit)) {
                connection.wish(wish);
            }
        }
    }
}

impl Listener {
    /// Will serve `tcp`, and keep its connections in `connections`.
    #[must_use]
    pub fn new(tcp: TcpListener, role: Role, connections: Arc<Connections>) -> Self {
        Self { tcp, role, connections }
    }

    /// Accepts and serves until told to refuse, then waits until every connection has ended.
    pub async fn serve(self, service: Arc<Service>, shutdown: Shutdown) -> Result<(), String> {
        let Self { tcp, role, connections } = self;
        let tracker = TaskTracker::new();
        let runtime = tokio::runtime::Handle::current();
        let start = |(stream, from): (TcpStream, SocketAddr)| {
            let ticket = connections.enter(clock::mono());
            tracker.spawn_on(serve_connection(stream, from, role, Arc::clone(&service), ticket), &runtime);
        };
        let mut round = tokio::time::interval(ROUND);
        let mut complaint = Complaint::default();
        loop {
            let accepted = tokio::select! {
                accepted = tcp.accept() => accepted,
                _ = round.tick() => {
                    // Who has not sent a whole header by now gives its place back.
                    connections.wish(END, Some(HEADER_TIMEOUT), clock::mono());
                    continue;
                }
                () = shutdown.refuse.cancelled() => break,
            };
            match accepted {
                Ok(accepted) if !connections.is_full() => start(accepted),
                Ok(accepted) => {
                    if connections.evict(clock::mono()) == 0 {
                        debug!(client_addr = %accepted.1, "all connections are in use, one is refused");
                        continue;
                    }
                    start(accepted);
                    // Those that make room close when their tasks run: before the next one is let in.
                    tokio::task::yield_now().await;
                }
                Err(error) => accept_failed(&error, &connections, &mut complaint).await,
            }
        }
        // Whoever had connected before is served still. The system itself is asked, since what the runtime knows of a
        // socket may be older than the connections.
        if let Ok(tcp) = tcp.into_std() {
            while let Some(accepted) = waiting(&tcp) {
                start(accepted);
            }
        }
        tracker.close();
        shutdown.close.cancelled().await;
        sleep(LAST_CALL).await;
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

/// A connection that waits to be accepted.
fn waiting(tcp: &std::net::TcpListener) -> Option<(TcpStream, SocketAddr)> {
    loop {
        match tcp.accept() {
            Ok((stream, from)) => {
                stream.set_nonblocking(true).ok()?;
                return Some((TcpStream::from_std(stream).ok()?, from));
            }
            Err(error) if of_one_connection(&error) => {}
            Err(_) => return None,
        }
    }
}

/// Whether accepting failed for the sake of one connection, which may be gone already.
fn of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// Says now and then that accepting fails.
#[derive(Default)]
struct Complaint {
    last: Option<Mono>,
    times: u64,
}

impl Complaint {
    const PAUSE: Duration = Duration::from_secs(10);

    fn say(&mut self, error: &std::io::Error, evicted: usize, now: Mono) {
        self.times += 1;
        if self.last.is_none_or(|last| now.since(last) >= Self::PAUSE) {
            warn!(%error, evicted, times = self.times, "cannot accept a connection");
            *self = Self { last: Some(now), times: 0 };
        }
    }
}

/// What to do when accepting fails: the connection may be gone already, or this process or the system is out of
/// descriptors. Then an idle connection gives way, and a pause keeps the loop from spinning.
async fn accept_failed(error: &std::io::Error, connections: &Connections, complaint: &mut Complaint) {
    const PAUSE: Duration = Duration::from_millis(20);
    if of_one_connection(error) {
        return;
    }
    let now = clock::mono();
    complaint.say(error, connections.evict(now), now);
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
        self.connections.book().remove(&self.id);
    }
}

async fn serve_connection(stream: TcpStream, from: SocketAddr, role: Role, service: Arc<Service>, ticket: Ticket) {
    let connection = Arc::clone(&ticket.connection);
    // A connection that has sent nothing costs no buffers. A look at the byte, since readiness may be told falsely.
    let first_byte = poll_fn(|context| {
        connection.waker.register(context.waker());
        let wish = connection.wish.load(Ordering::Relaxed);
        let mut byte = [0];
        match stream.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
            // What was asked before the wish to close is answered still.
            Poll::Ready(peeked) => Poll::Ready(wish != END && matches!(peeked, Ok(1..))),
            Poll::Pending if wish != SERVE => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
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
    connection: &Arc<Connection>,
) {
    let answer = service_fn(|mut request: Request<Incoming>| {
        if request.method() == Method::POST {
            request.extensions_mut().insert(AwaitedBody(Arc::clone(connection)));
        }
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
        let wish = connection.wish.load(Ordering::Relaxed);
        if wish == END {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(ended) = serving.as_mut().poll(context) {
            return Poll::Ready(ended);
        }
        if wish == CLOSE && !closing {
            closing = true;
            serving.as_mut().graceful_shutdown();
            return serving.as_mut().poll(context);
        }
        Poll::Pending
    });
    if let Err(error) = ended.await {
        debug!(client_addr = %from, %error, "a connection ended early");
    }
}

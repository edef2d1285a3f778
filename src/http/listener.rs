//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it. At its bound
//! the connection that has been idle longest makes room.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::service::{Role, Service};
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

/// A connection may take so long to send a header, the first one included.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer headers are answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
/// After the last request a closing connection may linger so long.
const LINGER: Duration = Duration::from_secs(1);
/// A connection idle for less than this is about to be used, not idle.
const IDLE: Duration = Duration::from_millis(50);

/// What is known of an open connection.
struct Connection {
    requests_open: AtomicU32,
    awaits_body: AtomicBool,
    active_at_ms: AtomicU64,
    evict: CancellationToken,
}

impl Connection {
    fn new() -> Self {
        let connection = Self {
            requests_open: AtomicU32::new(0),
            awaits_body: AtomicBool::new(false),
            active_at_ms: AtomicU64::new(0),
            evict: CancellationToken::new(),
        };
        connection.touch();
        connection
    }

    fn touch(&self) {
        self.active_at_ms.store(milliseconds(clock::mono()), Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        self.requests_open.load(Ordering::Relaxed) == 0
    }

    /// It may be ended to make room: nothing of ours would be lost.
    fn gives_way(&self) -> bool {
        self.is_idle() || self.awaits_body.load(Ordering::Relaxed)
    }
}

/// Goes with each request that may have a body: where that is awaited is told, since whoever stops in the middle of
/// one must give way as an idle connection does.
#[derive(Clone)]
pub(super) struct AwaitedBody(Arc<Connection>);

impl AwaitedBody {
    /// Awaits `body`; meanwhile the connection may be ended to make room.
    pub(super) async fn read<T>(&self, body: impl Future<Output = T>) -> T {
        self.0.awaits_body.store(true, Ordering::Relaxed);
        let body = body.await;
        self.0.awaits_body.store(false, Ordering::Relaxed);
        body
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
    fn evict_one(&self) -> bool {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = milliseconds(clock::mono()).saturating_sub(u64::try_from(IDLE.as_millis()).unwrap_or(0));
        let idle = connections.iter().filter(|(_, connection)| connection.gives_way());
        let oldest = idle
            .map(|(id, connection)| (connection.active_at_ms.load(Ordering::Relaxed), *id))
            .filter(|(active, _)| *active <= limit)
            .min();
        let evicted = oldest.and_then(|(_, id)| connections.remove(&id));
        if let Some(connection) = &evicted {
            connection.evict.cancel();
        }
        evicted.is_some()
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
        let mut next_id = 0_u64;
        loop {
            let accepted = tokio::select! {
                accepted = self.tcp.accept() => accepted,
                () = shutdown.refuse.cancelled() => break,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    accept_failed(&error, &connections).await;
                    continue;
                }
            };
            if connections.count() >= self.capacity && !connections.evict_one() {
                debug!(client_addr = %from, open = self.capacity, "all connections are in use, one is refused");
                continue;
            }
            next_id += 1;
            let connection = Arc::new(Connection::new());
            connections.insert(next_id, Arc::clone(&connection));
            let ticket = Ticket { id: next_id, connections: Arc::clone(&connections), connection };
            let served =
                serve_connection(stream, from, self.role, Arc::clone(&service), ticket, shutdown.close.clone());
            tracker.spawn_on(served, &runtime);
        }
        drop(self.tcp);
        tracker.close();
        tracker.wait().await;
        Ok(())
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
    let evicted = connections.evict_one();
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

async fn serve_connection(
    stream: TcpStream,
    from: SocketAddr,
    role: Role,
    service: Arc<Service>,
    ticket: Ticket,
    close: CancellationToken,
) {
    let connection = Arc::clone(&ticket.connection);
    // A connection that has sent nothing costs no buffers. A look at the byte, since readiness may be told falsely.
    let mut byte = [0];
    let first_byte = tokio::select! {
        peeked = timeout(HEADER_TIMEOUT, stream.peek(&mut byte)) => matches!(peeked, Ok(Ok(1..))),
        () = connection.evict.cancelled() => false,
        () = close.cancelled() => false,
    };
    if !first_byte || stream.set_nodelay(true).is_err() {
        return;
    }
    // Boxed, so that one that is silent does not hold the room that serving takes.
    Box::pin(serve_requests(stream, from, role, &service, &connection, close)).await;
}

async fn serve_requests(
    stream: TcpStream,
    from: SocketAddr,
    role: Role,
    service: &Service,
    connection: &Arc<Connection>,
    close: CancellationToken,
) {
    let answer = service_fn(|mut request: Request<Incoming>| {
        if request.method() == Method::POST {
            request.extensions_mut().insert(AwaitedBody(Arc::clone(connection)));
        }
        connection.requests_open.fetch_add(1, Ordering::Relaxed);
        async move {
            let reply = service.answer(request, from, role).await;
            connection.touch();
            connection.requests_open.fetch_sub(1, Ordering::Relaxed);
            Ok::<_, Infallible>(reply)
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = connection.evict.cancelled() => return,
        () = close.cancelled() => {
            serving.as_mut().graceful_shutdown();
            loop {
                tokio::select! {
                    ended = serving.as_mut() => break ended,
                    () = sleep(LINGER) => if connection.is_idle() { return },
                }
            }
        }
    };
    if let Err(error) = ended {
        debug!(client_addr = %from, %error, "a connection ended early");
    }
}

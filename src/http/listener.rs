//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it. At its bound
//! the connection that has been idle longest makes room.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::mem::MaybeUninit;
use std::net::{Shutdown as Half, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, sleep, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::connections::{AwaitedBody, CLOSE, Connection, Connections, END, InFlight, Ticket, Watched};
use super::ordinary::{self, Ended, Ordinary};
use super::reply::Reply;
use super::service::{Answer, Role, Service};
use crate::clock;
use crate::values::{ClientAddr, Mono};

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
/// A client may take nothing of its answer for so long. What it does not take is held by the node.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Longer headers are answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
/// After its last request a closing connection may linger so long.
const LINGER: Duration = Duration::from_secs(1);
/// What was sent before the end was announced is still answered if it comes within this.
const LAST_CALL: Duration = Duration::from_millis(50);
/// How often connections are looked over.
const ROUND: Duration = Duration::from_secs(1);

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
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_round = clock::mono();
        let mut complaint = Complaint::default();
        loop {
            let accepted = tokio::select! {
                accepted = tcp.accept() => accepted,
                _ = round.tick() => {
                    // Who has not sent a whole header by now gives its place back. After a stop of the whole process
                    // everyone looks late, and is given another round.
                    let now = clock::mono();
                    if now.since(last_round) < ROUND * 3 {
                        connections.wish(END, Some(HEADER_TIMEOUT), now);
                        connections.end_stalled(STALL_TIMEOUT, now);
                    }
                    last_round = now;
                    service.tick(now);
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

async fn serve_connection(mut stream: TcpStream, from: SocketAddr, role: Role, service: Arc<Service>, ticket: Ticket) {
    let connection = Arc::clone(&ticket.connection);
    let mut watched = Watched::new(&mut stream, Arc::clone(&connection), HEADER_BYTES);
    connection.serve_by(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
    // A connection that has sent nothing costs no buffers.
    let Ok(first) = poll_fn(|context| ordinary::poll_next(&mut watched, &connection, context)).await else { return };
    if watched.set_nodelay().is_err() {
        return;
    }
    // Boxed, so that one that is silent does not hold the room that serving takes.
    Box::pin(serve_requests(watched, first, from, role, &service, &connection)).await;
    if connection.has_unread_body() || has_unread_bytes(&stream) {
        Box::pin(linger(&mut stream, &connection)).await;
    }
}

/// An answer to come, and the request it is for.
struct Held {
    reply: Pin<Box<dyn Future<Output = Reply> + Send>>,
    in_flight: Option<InFlight>,
}

impl Future for Held {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = std::task::ready!(self.reply.as_mut().poll(context));
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(reply.map(|body| body.holding(in_flight))))
    }
}

async fn serve_requests(
    mut watched: Watched<'_>,
    first: Bytes,
    from: SocketAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) {
    let from = ClientAddr::from(from);
    let ordinary = Ordinary::new(&mut watched, connection, service);
    match ordinary.serve(first, &from, role).await {
        Ok(rest) => watched.put_back(rest),
        Err(Ended::InOrder) => return,
        Err(Ended::Early(error)) => {
            debug!(client_addr = from.as_str(), error, "a connection ended early");
            return;
        }
    }
    Box::pin(serve_anything(watched, &from, role, service, connection)).await;
}

async fn serve_anything(
    watched: Watched<'_>,
    from: &ClientAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) {
    let answer = service_fn(|request: Request<Incoming>| {
        let now = clock::mono();
        let in_flight = InFlight::begin(Arc::clone(connection), now);
        let request = request.map(|body| AwaitedBody::new(body, Arc::clone(connection)));
        let has_come = request.body().is_end_stream();
        let answer = service.answer(request, from, role, now);
        if has_come && !matches!(answer, Answer::OfNode(_)) {
            connection.let_the_end_wait();
        }
        match answer {
            Answer::Ready(reply) => {
                drop(in_flight);
                Either::Left(ready(Ok::<_, Infallible>(reply)))
            }
            Answer::OfNode(reply) | Answer::Later(reply) => Either::Right(Held { reply, in_flight: Some(in_flight) }),
        }
    });
    // Answers are short: one copy into the head's buffer costs less than gathering two buffers.
    let mut server = http1::Builder::new();
    let server = server.writev(false).max_buf_size(HEADER_BYTES).title_case_headers(true);
    let serving = server.serve_connection(TokioIo::new(watched), answer);
    tokio::pin!(serving);
    let mut closing = false;
    let ended = poll_fn(|context| {
        // Cheaper on each request than to select among futures, which take a lock to be polled.
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
        debug!(client_addr = from.as_str(), %error, "a connection ended early");
    }
}

/// Whether the client has sent what nobody has read, such as its next request before it has seen that this was the last.
fn has_unread_bytes(stream: &TcpStream) -> bool {
    SockRef::from(stream).peek(&mut [MaybeUninit::uninit()]).is_ok_and(|bytes| bytes > 0)
}

/// Reads on for a while, and keeps nothing: closing a socket with unread bytes resets the connection, and a client that
/// sends all of its request before it looks would never see why it was refused, nor one that asks ahead all of its answer.
async fn linger(stream: &mut TcpStream, connection: &Connection) {
    const MOST: usize = 64 << 20;
    let _ = SockRef::from(&*stream).shutdown(Half::Write);
    let mut left = MOST;
    let mut buffer = vec![0; HEADER_BYTES];
    let read = poll_fn(|context| {
        while left > 0 && connection.wish.load(Ordering::Relaxed) != END {
            let mut part = ReadBuf::new(&mut buffer);
            match Pin::new(&mut *stream).poll_read(context, &mut part) {
                Poll::Ready(Ok(())) if !part.filled().is_empty() => left = left.saturating_sub(part.filled().len()),
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    });
    let _ = timeout(LINGER, read).await;
}

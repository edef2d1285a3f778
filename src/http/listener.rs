//! Accepts connections and serves them, within bounds: of descriptors, of time for a header, of its
//! size.
//!
//! Invariant: a listener never stops accepting because of what a client or the system does to it.
//! At its bound the connection that has been idle longest makes room.

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
use hyper::server::conn::http1::{self, Parts};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, sleep, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::accepting::{Complaint, Freed, accept_failed, waiting};
use super::arriving::{Arriving, are_enough};
use super::connections::{
    AwaitedBody, CLOSE, Connection, Connections, END, InFlight, Ticket, Watched, poll_discard,
};
use super::ordinary::{self, Ended, Ordinary};
use super::reply::Reply;
use super::service::{Answer, Role, Service};
use crate::clock;
use crate::gateway::Held;
use crate::limit::network_of;
use crate::values::ClientAddr;

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
        Self {
            tcp,
            role,
            connections,
        }
    }

    /// Accepts and serves until told to refuse, then waits until every connection has ended.
    pub async fn serve(self, service: Arc<Service>, shutdown: Shutdown) -> Result<(), String> {
        let Self {
            tcp,
            role,
            connections,
        } = self;
        let tracker = TaskTracker::new();
        let runtime = tokio::runtime::Handle::current();
        let start = |(stream, from): (TcpStream, SocketAddr)| {
            let ticket = connections.enter(network_of(from.ip()), clock::mono());
            tracker.spawn_on(
                serve_connection(stream, from, role, Arc::clone(&service), ticket),
                &runtime,
            );
        };
        let mut round = tokio::time::interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_round = clock::mono();
        let (mut complaint, mut freed) = (Complaint::default(), Freed::default());
        loop {
            let accepted = tokio::select! {
                accepted = tcp.accept() => accepted,
                _ = round.tick() => {
                    // Who has not sent a whole header by now gives its place back. After a stop of
                    // the whole process everyone looks late, and is given another round.
                    let now = clock::mono();
                    if now.since(last_round) < ROUND * 3 {
                        connections.wish(END, Some(HEADER_TIMEOUT), now);
                        connections.end_stalled(STALL_TIMEOUT, now);
                        connections.let_rest(now);
                    }
                    last_round = now;
                    service.tick(now);
                    freed.give_back(connections.ended());
                    continue;
                }
                () = shutdown.refuse.cancelled() => break,
            };
            match accepted {
                Ok((_, from))
                    if !connections.makes_room_for(from.ip(), &service.desk.settings()) =>
                {
                    debug!(client_addr = %from, "its address has as many connections as it may, all in use");
                }
                Ok(accepted) if !connections.is_full() => start(accepted),
                Ok(accepted) => {
                    if connections.evict(None, clock::mono()) == 0 {
                        debug!(client_addr = %accepted.1, "all connections are in use, one is refused");
                        continue;
                    }
                    start(accepted);
                    // Those that make room close when their tasks run: before the next one is let
                    // in.
                    tokio::task::yield_now().await;
                }
                Err(error) => accept_failed(&error, &connections, &mut complaint).await,
            }
        }
        // Whoever had connected before is served still. The system itself is asked, since what the
        // runtime knows of a socket may be older than the connections.
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

async fn serve_connection(
    mut stream: TcpStream,
    from: SocketAddr,
    role: Role,
    service: Arc<Service>,
    ticket: Ticket,
) {
    let connection = Arc::clone(&ticket.connection);
    connection.serve_by(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
    serve_in_turn(&mut stream, from, role, &service, &connection).await;
    if connection.has_unread_body() || has_unread_bytes(&stream) {
        Box::pin(linger(&mut stream, &connection)).await;
    }
}

/// Waits for requests in little memory, and has them served in as much as that takes.
async fn serve_in_turn(
    stream: &mut TcpStream,
    from: SocketAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) {
    let hold = || service.gateway.hold(network_of(from.ip()));
    let mut watched = Watched::new(stream, Arc::clone(connection), HEADER_BYTES, Some(hold()));
    let mut came = Bytes::new();
    // A connection that has sent nothing costs no buffers, and one that has sent a part of a
    // request little more.
    while let Some(request) = arrival(&mut watched, came, connection, hold()).await {
        if watched.set_nodelay().is_err() {
            return;
        }
        // Boxed, so that one that is silent does not hold the room that serving takes.
        let served = Box::pin(serve_requests(
            watched, request, from, role, service, connection,
        ));
        let Some((stream, rest)) = served.await else {
            return;
        };
        (watched, came) = (stream, rest);
    }
}

/// Waits until enough of a request has come, beginning with what `came`; `None` if nothing more is
/// to be served.
async fn arrival(
    watched: &mut Watched<'_>,
    came: Bytes,
    connection: &Connection,
    mut held: Held<'_>,
) -> Option<Bytes> {
    if !came.is_empty() && are_enough(&came) {
        return Some(came);
    }
    let mut arriving = Arriving::default();
    arriving.extend(&came);
    // What is left of it may be a small part of what is held for its sake.
    drop(came);
    connection.set_at_rest(true);
    loop {
        let more = poll_fn(|context| ordinary::poll_next(watched, connection, context))
            .await
            .ok()?;
        if arriving.is_empty() && are_enough(&more) {
            connection.set_at_rest(false);
            return Some(more);
        }
        arriving.extend(&more);
        if arriving.is_enough() {
            connection.set_at_rest(false);
            return Some(arriving.into_bytes().into());
        }
        if !may_hold(&mut held, &arriving) {
            return None;
        }
        if arriving.has_head() {
            return Box::pin(body_arrival(watched, arriving, connection, held)).await;
        }
    }
}

/// The same, of a request whose head is there: it is in flight, and has its time to end.
async fn body_arrival(
    watched: &mut Watched<'_>,
    mut arriving: Arriving,
    connection: &Connection,
    mut held: Held<'_>,
) -> Option<Bytes> {
    let _in_flight = InFlight::begin(connection, clock::mono());
    let _awaited = connection.await_body();
    while !arriving.is_enough() {
        let more = poll_fn(|context| match connection.wish.load(Ordering::Relaxed) {
            END => Poll::Ready(None),
            _ => watched
                .poll_receive(context)
                .map(|came| came.ok().filter(|came| !came.is_empty())),
        });
        // Whoever serves it says that it was too slow.
        let Ok(more) = timeout(HEADER_TIMEOUT, more).await else {
            break;
        };
        arriving.extend(&more?);
        if !may_hold(&mut held, &arriving) {
            return None;
        }
    }
    Some(arriving.into_bytes().into())
}

fn may_hold(held: &mut Held<'_>, arriving: &Arriving) -> bool {
    let may = held.grow_to(u64::try_from(arriving.size()).unwrap_or(u64::MAX));
    if !may {
        debug!("a connection ends, too much is held of requests that have not come whole");
    }
    may
}

/// An answer to come, and the request it is for.
struct Awaiting {
    reply: Pin<Box<dyn Future<Output = Reply> + Send>>,
    in_flight: Option<InFlight>,
}

impl Future for Awaiting {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = std::task::ready!(self.reply.as_mut().poll(context));
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(reply.map(|body| body.holding(in_flight))))
    }
}

/// Serves requests, of which `first` has come. The stream is given back with the beginning of a
/// request that has not come whole, if there is one, to wait for what comes next in less memory.
async fn serve_requests<'a>(
    mut watched: Watched<'a>,
    first: Bytes,
    from: SocketAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) -> Option<(Watched<'a>, Bytes)> {
    let from = ClientAddr::from(from);
    let held = service.gateway.hold(network_of(from.address.ip()));
    let ordinary = Ordinary::new(&mut watched, connection, service, held);
    match ordinary.serve(first, &from, role).await {
        Ok(rest) if rest.is_empty() || !are_enough(&rest) => return Some((watched, rest)),
        Ok(rest) => watched.put_back(rest),
        Err(Ended::InOrder) => return None,
        Err(Ended::Early(error)) => {
            debug!(
                client_addr = from.as_str(),
                error, "a connection ended early"
            );
            return None;
        }
    }
    Box::pin(serve_anything(watched, &from, role, service, connection)).await
}

async fn serve_anything<'a>(
    watched: Watched<'a>,
    from: &ClientAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) -> Option<(Watched<'a>, Bytes)> {
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
            Answer::OfNode(reply) | Answer::Later(reply) => Either::Right(Awaiting {
                reply,
                in_flight: Some(in_flight),
            }),
        }
    });
    // Answers are short: one copy into the head's buffer costs less than gathering two buffers.
    let mut server = http1::Builder::new();
    let server = server
        .writev(false)
        .max_buf_size(HEADER_BYTES)
        .title_case_headers(true);
    let mut serving = server.serve_connection(TokioIo::new(watched), answer);
    let mut closing = false;
    let ended = poll_fn(|context| {
        // Cheaper on each request than to select among futures, which take a lock to be polled.
        let wish = connection.wish.load(Ordering::Relaxed);
        if wish == END {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(ended) = serving.poll_without_shutdown(context) {
            return Poll::Ready(ended);
        }
        if wish == CLOSE && !closing {
            closing = true;
            Pin::new(&mut serving).graceful_shutdown();
            return serving.poll_without_shutdown(context);
        }
        Poll::Pending
    });
    let ended = ended.await;
    let Parts { io, read_buf, .. } = serving.into_parts();
    let mut watched = io.into_inner();
    if watched.was_let_go() && !connection.has_unread_body() {
        // What it was told was no end: that it saw one in the middle of a request is no error.
        return Some((watched, read_buf));
    }
    if let Err(error) = ended {
        debug!(client_addr = from.as_str(), %error, "a connection ended early");
    } else {
        let _ = poll_fn(|context| Pin::new(&mut watched).poll_shutdown(context)).await;
    }
    None
}

/// Whether the client has sent what nobody has read, such as its next request before it has seen
/// that this was the last.
fn has_unread_bytes(stream: &TcpStream) -> bool {
    SockRef::from(stream)
        .peek(&mut [MaybeUninit::uninit()])
        .is_ok_and(|bytes| bytes > 0)
}

/// Reads on for a while, and keeps nothing: closing a socket with unread bytes resets the
/// connection, and a client that sends all of its request before it looks would never see why it
/// was refused, nor one that asks ahead all of its answer.
async fn linger(stream: &mut TcpStream, connection: &Connection) {
    const MOST: usize = 64 << 20;
    let _ = SockRef::from(&*stream).shutdown(Half::Write);
    let mut left = MOST;
    let read = poll_fn(|context| {
        while left > 0 && connection.wish.load(Ordering::Relaxed) != END {
            match poll_discard(stream, context) {
                Poll::Ready(Ok(read @ 1..)) => left = left.saturating_sub(read),
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    });
    let _ = timeout(LINGER, read).await;
}

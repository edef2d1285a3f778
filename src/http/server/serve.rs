//! One connection: requests are waited for in little memory, and served on the fast path, or by
//! `hyper`.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::{self, Parts};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::either::Either;
use tracing::debug;

use super::connections::{
    ClientStream, CloseRequest, Connection, InFlightRequest, RequestBody, Ticket, poll_discard,
};
use super::fast_path::{self, ConnectionEnd, FastPath};
use super::listen_socket::{Accepted, Begun};
use super::partial_request::{PartialRequest, are_enough};
use super::socket::Socket;
use super::timeouts::{HEADER_TIMEOUT, LINGER_TIMEOUT};
use super::unspoken;
use crate::clock;
use crate::gateway::{Body, Reservation};
use crate::http::listener_tls::ListenerTls;
use crate::http::role::Role;
use crate::http::service::{Pending, Service, ServiceAnswer};
use crate::limit::network_of;
use crate::values::{ClientAddr, ConnectionOrigin};

/// Longer headers are answered with 431.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Serves `accepted` until it ends.
pub(super) async fn serve_connection(
    accepted: Accepted,
    role: Role,
    service: Arc<Service>,
    tls: Arc<ListenerTls>,
    ticket: Ticket,
) {
    let connection = Arc::clone(&ticket.connection);
    connection.serve_by(poll_fn(|context| Poll::Ready(context.waker().clone())).await);
    let begun = accepted.begin(role, &service, &tls, &connection).await;
    drop(tls);
    let Some(Begun {
        mut socket,
        origin,
        role,
    }) = begun
    else {
        return;
    };
    serve_in_turn(&mut socket, origin, role, &service, &connection).await;
    if connection.has_unread_body() || socket.has_unread_bytes() {
        Box::pin(linger(&mut socket, &connection)).await;
    } else if socket.buffers() && connection.close_request() != CloseRequest::Now {
        let _ = Box::pin(timeout(LINGER_TIMEOUT, socket.end_writing())).await;
    }
}

/// Waits for requests in little memory, and has them served in as much as that takes.
async fn serve_in_turn(
    socket: &mut Socket,
    origin: ConnectionOrigin,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) {
    let network = network_of(origin.client().ip());
    let hold = || service.gateway.reserve(network);
    let mut watched = ClientStream::new(
        socket,
        Arc::clone(connection),
        MAX_HEADER_BYTES,
        Some(hold()),
    );
    let mut came = Bytes::new();
    // A connection that has sent nothing costs no buffers, and one that has sent a part of a
    // request little more.
    while let Some(request) = arrival(&mut watched, came, connection, hold()).await {
        if watched.set_nodelay().is_err() {
            return;
        }
        // Boxed, so that one that is silent does not hold the room that serving takes.
        let served = Box::pin(serve_requests(
            watched, request, origin, role, service, connection,
        ));
        let Some((stream, rest)) = served.await else {
            return;
        };
        watched = stream;
        came = rest;
    }
}

/// Waits until enough of a request has come, beginning with what `came`; `None` if nothing more is
/// to be served.
async fn arrival(
    watched: &mut ClientStream<'_>,
    came: Bytes,
    connection: &Connection,
    mut held: Reservation<'_>,
) -> Option<Bytes> {
    if !came.is_empty() && are_enough(&came) {
        return Some(came);
    }
    let mut partial = PartialRequest::default();
    partial.extend(&came);
    // What is left of it may be a small part of what is held for its sake.
    drop(came);
    connection.set_at_rest(true);
    loop {
        let more = poll_fn(|context| fast_path::poll_next(watched, connection, context))
            .await
            .ok()?;
        if partial.is_empty() && are_enough(&more) {
            connection.set_at_rest(false);
            return Some(more);
        }
        partial.extend(&more);
        if partial.is_enough() {
            connection.set_at_rest(false);
            return Some(partial.into_bytes().into());
        }
        if !may_hold(&mut held, &partial) {
            return None;
        }
        if partial.has_head() {
            return Box::pin(body_arrival(watched, partial, connection, held)).await;
        }
    }
}

/// The same, of a request whose head is there: it is in flight, and has its time to end.
async fn body_arrival(
    watched: &mut ClientStream<'_>,
    mut partial: PartialRequest,
    connection: &Connection,
    mut held: Reservation<'_>,
) -> Option<Bytes> {
    let _in_flight = InFlightRequest::begin(connection, clock::mono());
    let _awaited = connection.await_body();
    while !partial.is_enough() {
        let more = poll_fn(|context| match connection.close_request() {
            CloseRequest::Now => Poll::Ready(None),
            _ => watched
                .poll_receive(context)
                .map(|came| came.ok().filter(|came| !came.is_empty())),
        });
        // Whoever serves it says that it was too slow.
        let Ok(more) = timeout(HEADER_TIMEOUT, more).await else {
            break;
        };
        partial.extend(&more?);
        if !may_hold(&mut held, &partial) {
            return None;
        }
    }
    Some(partial.into_bytes().into())
}

fn may_hold(held: &mut Reservation<'_>, partial: &PartialRequest) -> bool {
    let may = held.grow_to(u64::try_from(partial.size()).unwrap_or(u64::MAX));
    if !may {
        debug!("closing a connection: it holds too many bytes of incomplete requests");
    }
    may
}

/// An answer to come, and the request it is for.
struct PendingResponse {
    reply: Pending,
    in_flight: Option<InFlightRequest>,
}

impl Future for PendingResponse {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = std::task::ready!(self.reply.as_mut().poll(context));
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(reply.map(|mut body| {
            body.keep(in_flight);
            body
        })))
    }
}

/// Serves requests, of which `first` has come. The stream is given back with the beginning of a
/// request that has not come whole, if there is one, to wait for what comes next in less memory.
async fn serve_requests<'a>(
    mut watched: ClientStream<'a>,
    first: Bytes,
    origin: ConnectionOrigin,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) -> Option<(ClientStream<'a>, Bytes)> {
    let from = ClientAddr::from(origin);
    let held = service.gateway.reserve(network_of(from.address.ip()));
    let fast_path = FastPath::new(&mut watched, connection, service, held);
    match fast_path.serve(first, &from, role).await {
        Ok(rest) if rest.is_empty() || !are_enough(&rest) => return Some((watched, rest)),
        Ok(rest) if unspoken::is_http_2(&rest) => {
            let _ = watched.write_all(&unspoken::HTTP_2.bytes()).await;
            let _ = watched.flush().await;
            return None;
        }
        Ok(rest) => watched.put_back(rest),
        Err(ConnectionEnd::InOrder) => return None,
        Err(ConnectionEnd::Early(error)) => {
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
    watched: ClientStream<'a>,
    from: &ClientAddr,
    role: Role,
    service: &Arc<Service>,
    connection: &Arc<Connection>,
) -> Option<(ClientStream<'a>, Bytes)> {
    let answer = service_fn(|request: Request<Incoming>| {
        let now = clock::mono();
        let in_flight = InFlightRequest::begin(Arc::clone(connection), now);
        let request = request.map(|body| RequestBody::new(body, Arc::clone(connection)));
        let has_come = request.body().is_end_stream();
        let answer = service.answer(request, from, role, now);
        if has_come && !matches!(answer, ServiceAnswer::OfNode(_)) {
            connection.let_the_end_wait();
        }
        match answer {
            ServiceAnswer::Ready(reply) => {
                drop(in_flight);
                Either::Left(ready(Ok::<_, Infallible>(reply)))
            }
            ServiceAnswer::OfNode(reply) | ServiceAnswer::Later(reply) => {
                Either::Right(PendingResponse {
                    reply,
                    in_flight: Some(in_flight),
                })
            }
        }
    });
    // Answers are short: one copy into the head's buffer costs less than gathering two buffers.
    let mut server = http1::Builder::new();
    let server = server
        .writev(false)
        .max_buf_size(MAX_HEADER_BYTES)
        .title_case_headers(true);
    let mut serving = server.serve_connection(TokioIo::new(watched), answer);
    let mut closing = false;
    let ended = poll_fn(|context| {
        // Cheaper on each request than to select among futures, which take a lock to be polled.
        let close = connection.close_request();
        if close == CloseRequest::Now {
            return Poll::Ready(Ok(()));
        }
        if let Poll::Ready(ended) = serving.poll_without_shutdown(context) {
            return Poll::Ready(ended);
        }
        if close == CloseRequest::Graceful && !closing {
            closing = true;
            Pin::new(&mut serving).graceful_shutdown();
            return serving.poll_without_shutdown(context);
        }
        Poll::Pending
    });
    let ended = ended.await;
    let Parts { io, read_buf, .. } = serving.into_parts();
    let mut watched = io.into_inner();
    if watched.was_released() && !connection.has_unread_body() {
        // The end that was reported was none: to `hyper` it came within a request, which is no
        // error.
        return Some((watched, read_buf));
    }
    if let Err(error) = ended {
        debug!(client_addr = from.as_str(), %error, "a connection ended early");
    } else {
        let _ = poll_fn(|context| Pin::new(&mut watched).poll_shutdown(context)).await;
    }
    None
}

/// Reads on for a while, and keeps nothing: closing a socket with unread bytes resets the
/// connection, and a client that sends all of its request before it looks would never see why it
/// was refused, nor one that asks ahead all of its answer.
async fn linger(socket: &mut Socket, connection: &Connection) {
    const MAX_LINGER_BYTES: usize = 64 << 20;
    let _ = timeout(LINGER_TIMEOUT, socket.end_writing()).await;
    let mut left = MAX_LINGER_BYTES;
    let read = poll_fn(|context| {
        while left > 0 && connection.close_request() != CloseRequest::Now {
            match poll_discard(socket, context) {
                Poll::Ready(Ok(read @ 1..)) => left = left.saturating_sub(read),
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    });
    let _ = timeout(LINGER_TIMEOUT, read).await;
}

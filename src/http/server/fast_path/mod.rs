//! The fast path: plain requests, answered one after another without `hyper`.
//!
//! Nearly all requests are short calls in one piece, or probes. They are little work, of which what
//! serves every kind of request costs a third. So plain requests are read here, and whatever is not
//! plain, with all that comes after it on its connection, is left to `hyper`.
//!
//! Decides nothing about requests. Invariant: the bytes of an answer do not depend on who has
//! answered.

mod answer;
mod head;

use std::future::poll_fn;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body as _;
use tokio::io::AsyncWrite;
use tokio::task::yield_now;

use self::answer::BodyFraming;
use self::head::{HeadReader, RequestKind};
use super::connections::{ClientStream, CloseRequest, Connection, InFlightRequest};
use crate::clock;
use crate::gateway::{Body, BodyError, GatewayClient, Reply, Reservation, RpcRequest};
use crate::http::role::Role;
use crate::http::service::Service;
use crate::logging::RequestId;
use crate::values::ClientAddr;

/// So much is written at once: one copy costs less than another system call.
const MAX_BUFFERED_BYTES: usize = 16 * 1024;
/// More than nearly all requests have.
const UNCOUNTED_PIPELINE_BYTES: usize = 4 * 1024;
/// What an idle connection keeps for its next answer.
const IDLE_BUFFER_BYTES: usize = 1024;

/// A connection on which plain requests are answered.
pub(super) struct FastPath<'a, 'b> {
    watched: &'a mut ClientStream<'b>,
    connection: &'a Arc<Connection>,
    service: &'a Service,
    /// What has come behind the request that is being answered.
    ahead: Bytes,
    /// The budget for that, where it is much.
    held: Reservation<'a>,
    /// What is to be written, and how much of it is.
    out: Vec<u8>,
    written: usize,
}

/// The connection has ended, or has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionEnd {
    /// With nothing left to do, or because it was asked to close.
    InOrder,
    /// In the middle of a request, and why.
    Early(&'static str),
}

const CLIENT_GONE: ConnectionEnd = ConnectionEnd::Early("the client is gone");

impl<'a, 'b> FastPath<'a, 'b> {
    /// That whose stream is `watched`.
    pub(super) fn new(
        watched: &'a mut ClientStream<'b>,
        connection: &'a Arc<Connection>,
        service: &'a Service,
        held: Reservation<'a>,
    ) -> Self {
        Self {
            watched,
            connection,
            service,
            ahead: Bytes::new(),
            held,
            out: Vec::new(),
            written: 0,
        }
    }

    /// Answers requests, of which `first` has come, until one comes that is not plain, or not
    /// whole, which is returned; nothing, once the connection is to wait in less memory.
    pub(super) async fn serve(
        mut self,
        first: Bytes,
        from: &ClientAddr,
        role: Role,
    ) -> Result<Bytes, ConnectionEnd> {
        let mut came = first;
        let mut client = self.service.gateway.client(from.clone());
        let mut heads = HeadReader::default();
        loop {
            if self.connection.close_request() == CloseRequest::Now {
                return Err(ConnectionEnd::InOrder);
            }
            // Who asks much ahead has it held for as long as the answers take.
            if came.len() > UNCOUNTED_PIPELINE_BYTES
                && !self
                    .held
                    .grow_to(u64::try_from(came.len()).unwrap_or(u64::MAX))
            {
                return Err(ConnectionEnd::Early(
                    "too many bytes of unanswered requests are held",
                ));
            }
            let request = heads
                .read(&came)
                .filter(|_| !self.service.cache.is_draining());
            let Some(request) = request else {
                return Ok(came);
            };
            self.ahead = came.slice(request.body.end..);
            match &request.asked {
                RequestKind::Call(call) if role == Role::Main && self.service.takes_calls() => {
                    let body = taken(&came, request.body.clone());
                    self.call(call, body, &mut client, request.id).await?;
                }
                RequestKind::Probe(target) => {
                    let now = clock::mono();
                    let Some(reply) = self.service.probe(target, now) else {
                        return Ok(came);
                    };
                    self.connection.answered_at_once(now);
                    self.write_reply(reply, &self.service.name(request.id))
                        .await?;
                }
                RequestKind::Call(_) => return Ok(came),
            }
            came = std::mem::take(&mut self.ahead);
            if came.is_empty() {
                self.held.shrink();
                let next = |context: &mut Context<'_>| match poll_next(
                    self.watched,
                    self.connection,
                    context,
                ) {
                    Poll::Pending if self.connection.is_to_rest() => Poll::Ready(Ok(Bytes::new())),
                    next => next,
                };
                came = poll_fn(next).await?;
                if came.is_empty() {
                    return Ok(came);
                }
            } else {
                // Other tasks get their turn. The runtime also reports nothing as ready to a task
                // that does not yield, not even that a connection to the node was closed.
                yield_now().await;
            }
        }
    }

    async fn call(
        &mut self,
        call: &RpcRequest<'_>,
        body: Bytes,
        from: &mut GatewayClient,
        client_id: Option<&[u8]>,
    ) -> Result<(), ConnectionEnd> {
        let arrived = clock::mono();
        let mut in_flight = InFlightRequest::begin(&**self.connection, arrived);
        let service = self.service;
        let id = self.service.name(client_id);
        let mut body = Full::new(body);
        let reply = {
            let mut answering = pin!(
                service
                    .gateway
                    .answer(call, &mut body, from, &id, arrived, None)
            );
            self.unless_ended(|_, context| answering.as_mut().poll(context).map(Ok))
                .await?
        };
        in_flight.answered_at = reply.ended_at();
        self.write_reply(reply, &id).await
    }

    async fn write_reply(&mut self, reply: Reply, id: &RequestId) -> Result<(), ConnectionEnd> {
        // The end may have been announced since.
        let last = self.service.cache.is_draining()
            || self.connection.close_request() != CloseRequest::None;
        let framing = BodyFraming::of(&reply);
        answer::write_head(&mut self.out, &reply, framing, id, last, clock::wall);
        self.write_body(reply.into_body(), framing).await?;
        if last {
            Err(ConnectionEnd::InOrder)
        } else {
            Ok(())
        }
    }

    /// Writes `body` as it comes, and what is to be written before it.
    async fn write_body(
        &mut self,
        mut body: Body,
        framing: BodyFraming,
    ) -> Result<(), ConnectionEnd> {
        while !body.is_end_stream() {
            let part = self
                .unless_ended(
                    |this, context| match Pin::new(&mut body).poll_frame(context) {
                        Poll::Ready(part) => Poll::Ready(Ok(part)),
                        // What there is need not wait for what is to come.
                        Poll::Pending => match this.poll_write_out(context) {
                            Poll::Ready(Err(ended)) => Poll::Ready(Err(ended)),
                            _ => Poll::Pending,
                        },
                    },
                )
                .await?;
            let Some(part) = part else { break };
            // An answer that breaks off is not ended, so that nobody takes half of it for all.
            let part =
                part.map_err(|_: BodyError| ConnectionEnd::Early("the node's answer broke off"))?;
            let Ok(data) = part.into_data() else { continue };
            framing.begin_part(&mut self.out, data.len());
            if self.out.len() + data.len() > MAX_BUFFERED_BYTES {
                self.write_out().await?;
                self.write(&data).await?;
            } else {
                self.out.extend_from_slice(&data);
            }
            framing.end_part(&mut self.out);
        }
        framing.end(&mut self.out);
        self.write_out().await
    }

    async fn write_out(&mut self) -> Result<(), ConnectionEnd> {
        poll_fn(|context| self.unless_closed(Self::poll_write_out, context)).await
    }

    fn poll_write_out(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionEnd>> {
        ready!(poll_write_rest(
            self.watched,
            &self.out,
            &mut self.written,
            context
        ))?;
        ready!(poll_drain(self.watched, context))?;
        self.out.clear();
        self.out.shrink_to(IDLE_BUFFER_BYTES);
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    async fn write(&mut self, data: &[u8]) -> Result<(), ConnectionEnd> {
        let mut written = 0;
        let mut write = |this: &mut Self, context: &mut Context<'_>| {
            ready!(poll_write_rest(this.watched, data, &mut written, context))?;
            poll_drain(this.watched, context)
        };
        poll_fn(|context| self.unless_closed(&mut write, context)).await
    }

    /// Does `work`, unless the connection is to close. A client that sends nothing more may still
    /// read: only a failed write shows that it is gone.
    fn unless_closed<T>(
        &mut self,
        mut work: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<Result<T, ConnectionEnd>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, ConnectionEnd>> {
        if let Poll::Ready(done) = work(self, context) {
            return Poll::Ready(done);
        }
        if self.connection.close_request() == CloseRequest::Now {
            return Poll::Ready(Err(ConnectionEnd::InOrder));
        }
        Poll::Pending
    }

    /// Does `work`, which waits for the node, for as long as the client is there too.
    async fn unless_ended<T>(
        &mut self,
        mut work: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<Result<T, ConnectionEnd>>,
    ) -> Result<T, ConnectionEnd> {
        poll_fn(|context| {
            if let Poll::Ready(done) = self.unless_closed(&mut work, context) {
                return Poll::Ready(done);
            }
            // Who sends more while it waits is there.
            if !self.ahead.is_empty() {
                return Poll::Pending;
            }
            match ready!(self.watched.poll_receive(context)) {
                Ok(came) if !came.is_empty() => {
                    self.ahead = came;
                    Poll::Pending
                }
                _ => Poll::Ready(Err(CLIENT_GONE)),
            }
        })
        .await
    }
}

/// A part of what `came`. One that is short is copied, which costs less than to share it.
fn taken(came: &Bytes, part: Range<usize>) -> Bytes {
    const MAX_COPIED_BYTES: usize = 1024;
    match came.get(part.clone()) {
        Some(short) if short.len() <= MAX_COPIED_BYTES => Bytes::copy_from_slice(short),
        _ => came.slice(part),
    }
}

/// Writes what of `data` is not `written` yet.
fn poll_write_rest(
    watched: &mut ClientStream<'_>,
    data: &[u8],
    written: &mut usize,
    context: &mut Context<'_>,
) -> Poll<Result<(), ConnectionEnd>> {
    while let Some(rest) = data.get(*written..).filter(|rest| !rest.is_empty()) {
        match ready!(Pin::new(&mut *watched).poll_write(context, rest)) {
            Ok(more @ 1..) => *written += more,
            _ => return Poll::Ready(Err(CLIENT_GONE)),
        }
    }
    Poll::Ready(Ok(()))
}

/// Sends what of the written still waits in this process.
fn poll_drain(
    watched: &mut ClientStream<'_>,
    context: &mut Context<'_>,
) -> Poll<Result<(), ConnectionEnd>> {
    watched.poll_drain(context).map_err(|_| CLIENT_GONE)
}

/// What the client sends next, while nothing is asked of it.
pub(super) fn poll_next(
    watched: &mut ClientStream<'_>,
    connection: &Connection,
    context: &mut Context<'_>,
) -> Poll<Result<Bytes, ConnectionEnd>> {
    let close = connection.close_request();
    match watched.poll_receive(context) {
        // What was asked before the request to close is answered still.
        Poll::Ready(Ok(came)) if close != CloseRequest::Now && !came.is_empty() => {
            Poll::Ready(Ok(came))
        }
        Poll::Ready(_) => Poll::Ready(Err(ConnectionEnd::InOrder)),
        Poll::Pending if close != CloseRequest::None => Poll::Ready(Err(ConnectionEnd::InOrder)),
        Poll::Pending => Poll::Pending,
    }
}

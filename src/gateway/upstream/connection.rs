//! One kept-alive connection to the node, driven by whoever uses it: no task of its own, no wake-up
//! between two.
//!
//! Invariant: a call counts as unsent only if the node cannot have all of it, and so cannot
//! have run it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::io::poll_read_buf;

use super::call_failure::CallFailure;
use super::node_request::NodeRequest;
use super::send_once::{SentCall, UnsentCall};
use super::wire::{Framing, HeadParser, ResponseHead, write_head};
use crate::gateway::request::{TRACEPARENT, TRACESTATE};
use crate::gateway::reusable_timer::ReusableTimer;
use crate::node::rpc::{Destination, USER_TIMEOUT};
use crate::tls::handshake_failure;
use crate::values::Mono;

/// The longest time for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Read at once, and sent at once with the head: one copy costs less than another system call. What
/// an idle connection keeps is not much larger.
const BUFFER_BYTES: usize = 8 * 1024;
/// Read at once of a long answer, at most.
const MAX_READ_BYTES: usize = 256 * 1024;

/// A socket, or a way within the process.
type Stream = Box<dyn Duplex>;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether data, or the end, may have arrived since the last read.
    fn may_have_news(&self) -> bool;
}

impl Duplex for TcpStream {
    fn may_have_news(&self) -> bool {
        has_news(self)
    }
}

impl Duplex for TlsStream<TcpStream> {
    /// Something may have been read from the socket and not yet from the session.
    fn may_have_news(&self) -> bool {
        true
    }
}

impl Duplex for DuplexStream {
    fn may_have_news(&self) -> bool {
        true
    }
}

/// Whether data, or the end, may have arrived over `stream` since the last read. It reads a flag,
/// without a lock and without a system call.
pub(crate) fn has_news(stream: &TcpStream) -> bool {
    stream.try_io(Interest::READABLE, || Ok(())).is_ok()
}

/// A connection to the node.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is noted at another moment"
)]
pub(in crate::gateway) struct NodeConnection {
    /// The node as it was configured then: a reload may name another one.
    pub(super) destination: Arc<Destination>,
    stream: Stream,
    /// The head of the call and the beginning of its body, how much of that is sent, and the rest.
    beginning: Vec<u8>,
    sent: usize,
    rest: Bytes,
    /// None of what is sent waits in this process.
    is_flushed: bool,
    /// The node takes no more of it.
    is_refused: bool,
    /// Received data that is not taken yet.
    inbox: BytesMut,
    heads: HeadParser,
    /// The rest of the answer's body, once its head is read.
    framing: Framing,
    stays_open: bool,
    /// The time since which it is idle.
    pub(super) idle_since: Mono,
    /// The node may have closed it while it was idle.
    pub(super) reused: bool,
}

impl NodeConnection {
    /// Connects to the node.
    pub(super) async fn open(destination: &Arc<Destination>) -> Result<Box<Self>, String> {
        if let Some(inlet) = destination.inlet() {
            let stream = inlet
                .connect()
                .ok_or_else(|| "the embedded node has stopped".to_owned())?;
            return Ok(Self::over(destination, Box::new(stream)));
        }
        let failed =
            |reason: String| format!("cannot connect to the node at {destination}: {reason}");
        match timeout(CONNECT_TIMEOUT, connect(destination)).await {
            Ok(Ok(stream)) => Ok(Self::over(destination, stream)),
            Ok(Err(error)) => Err(failed(match handshake_failure(&error) {
                Some(failure) => format!("its server {failure}"),
                None => error.to_string(),
            })),
            Err(_) => Err(failed("no answer".to_owned())),
        }
    }

    fn over(destination: &Arc<Destination>, stream: Stream) -> Box<Self> {
        Box::new(Self {
            destination: Arc::clone(destination),
            stream,
            beginning: Vec::new(),
            sent: 0,
            rest: Bytes::new(),
            is_flushed: true,
            is_refused: false,
            inbox: BytesMut::new(),
            heads: HeadParser::default(),
            framing: Framing::END,
            stays_open: true,
            idle_since: Mono::START,
            reused: false,
        })
    }

    /// Whether another call can be sent: the answer before was complete, and no other data has
    /// arrived.
    pub(super) fn is_at_rest(&self) -> bool {
        self.stays_open && self.framing.is_at_end() && self.is_sent() && self.inbox.is_empty()
    }

    /// Whether the node has left it open and sent nothing while it was idle, as far as is known
    /// without waiting.
    pub(super) fn is_open(&mut self, context: &mut Context<'_>) -> bool {
        !self.stream.may_have_news() || self.poll_fill(context).is_pending()
    }

    /// Makes it ready to be idle, perhaps for long.
    pub(super) fn rest(&mut self, now: Mono) {
        self.idle_since = now;
        if self.inbox.capacity() > BUFFER_BYTES {
            self.inbox = BytesMut::new();
        }
        if self.beginning.capacity() > 2 * BUFFER_BYTES {
            self.beginning = Vec::new();
        }
    }

    /// Hands `outgoing` over, with these credentials; it is sent when the answer is awaited.
    pub(super) fn begin(
        &mut self,
        outgoing: &NodeRequest<'_>,
        authorization: Option<&[u8]>,
        call: UnsentCall,
    ) -> SentCall {
        let headers = [
            ("Host", Some(self.destination.authority().as_bytes())),
            ("Authorization", authorization),
            ("Content-Type", outgoing.content_type),
            ("X-Request-Id", Some(outgoing.request_id.as_bytes())),
            (TRACEPARENT, outgoing.trace.parent),
        ];
        let states = outgoing.trace.state.iter();
        let states = states.map(|state| (TRACESTATE, Some(*state)));
        self.beginning.clear();
        write_head(
            &mut self.beginning,
            [self.destination.path(), outgoing.path],
            headers.into_iter().chain(states),
            outgoing.body.len(),
        );
        let (beginning, rest) = outgoing
            .body
            .split_at(BUFFER_BYTES.min(outgoing.body.len()));
        self.beginning.extend_from_slice(beginning);
        self.rest = outgoing.body.slice_ref(rest);
        self.sent = 0;
        self.is_flushed = false;
        self.is_refused = false;
        self.stays_open = false;
        call.send()
    }

    /// Works on the connection until the head of the answer is there.
    pub(super) async fn answer(&mut self) -> Result<ResponseHead, CallFailure> {
        poll_fn(|context| self.poll_head(context)).await
    }

    /// The same, until `deadline`, at which `timer` wakes; `None` after it.
    pub(super) async fn answer_until(
        &mut self,
        deadline: Instant,
        timer: &mut ReusableTimer,
    ) -> Option<Result<ResponseHead, CallFailure>> {
        poll_fn(|context| match self.poll_head(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => timer.poll(deadline, context).map(|()| None),
        })
        .await
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<ResponseHead, CallFailure>> {
        // The node may have answered, and closed, before it had all.
        let unsent = match self.poll_send(context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        };
        loop {
            let ended = match self.poll_fill(context) {
                Poll::Ready(Ok(1..)) => None,
                Poll::Ready(Ok(0)) => Some(CallFailure::Closed),
                Poll::Ready(Err(error)) => Some(CallFailure::Broken(error)),
                Poll::Pending if unsent.is_some() => Some(CallFailure::Closed),
                Poll::Pending => return Poll::Pending,
            };
            if let Some(failure) = ended {
                return Poll::Ready(Err(self.failed(failure, unsent)));
            }
            if let Some(head) = self.heads.take(&mut self.inbox)? {
                self.framing = head.framing;
                self.stays_open = head.stays_open;
                return Poll::Ready(Ok(head));
            }
        }
    }

    /// The error of a call without an answer: that it could not be sent, if so, comes first.
    #[cold]
    fn failed(&self, failure: CallFailure, unsent: Option<io::Error>) -> CallFailure {
        match unsent {
            Some(error) => CallFailure::Unsent(error),
            None if !self.is_sent() => CallFailure::Unsent(io::ErrorKind::UnexpectedEof.into()),
            None => failure,
        }
    }

    /// The next part of the answer's body; `None` at its end.
    pub(super) fn poll_part(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CallFailure>>> {
        loop {
            match self.framing.take(&mut self.inbox) {
                Ok(Some(part)) => return Poll::Ready(Some(Ok(part))),
                Ok(None) if self.framing.is_at_end() => return Poll::Ready(None),
                Ok(None) => {}
                Err(malformed) => return Poll::Ready(Some(Err(malformed.into()))),
            }
            // It may want all of the call before it says the rest.
            if !self.is_flushed {
                let _ = self.poll_send(context);
            }
            match ready!(self.poll_fill(context)) {
                Ok(1..) => {}
                // The system reports once that a connection broke: after it did so to the sender,
                // the reader sees an end.
                Ok(0) if self.framing == Framing::UntilClose && !self.is_refused => {
                    self.framing = Framing::END;
                }
                Ok(0) => return Poll::Ready(Some(Err(CallFailure::Closed))),
                Err(error) => return Poll::Ready(Some(Err(CallFailure::Broken(error)))),
            }
        }
    }

    /// The rest of the answer's body.
    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the node may have all of the call.
    pub(super) fn is_sent(&self) -> bool {
        self.sent == self.beginning.len() && self.rest.is_empty()
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = self.poll_write_rest(context);
        self.is_refused |= matches!(sent, Poll::Ready(Err(_)));
        sent
    }

    fn poll_write_rest(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_sent() {
            let beginning = self.beginning.get(self.sent..).unwrap_or_default();
            let left = if beginning.is_empty() {
                &*self.rest
            } else {
                beginning
            };
            match ready!(Pin::new(&mut self.stream).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                // The sent bytes are dropped: their share of the body budget was released when the
                // answer began.
                written if beginning.is_empty() => drop(self.rest.split_to(written)),
                written => self.sent += written,
            }
        }
        if !self.is_flushed {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what there is; 0 is the end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.inbox.capacity() - self.inbox.len() < BUFFER_BYTES {
            let expected = usize::try_from(self.framing.expected()).unwrap_or(usize::MAX);
            self.inbox
                .reserve(expected.clamp(BUFFER_BYTES, MAX_READ_BYTES));
        }
        poll_read_buf(Pin::new(&mut self.stream), context, &mut self.inbox)
    }
}

/// A stream to the node, with TLS if that is spoken there.
async fn connect(destination: &Destination) -> io::Result<Stream> {
    let stream = TcpStream::connect(destination.host_and_port()).await?;
    keep_alive(&stream)?;
    let Some(tls) = destination.tls() else {
        return Ok(Box::new(stream));
    };
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    Ok(Box::new(connector.connect(tls.name.clone(), stream).await?))
}

/// A node's host that is gone is noticed, however long an answer may take.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    const KEEPALIVE_IDLE_TIME: Duration = Duration::from_secs(30);
    const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
    const KEEPALIVE_RETRIES: u32 = 3;
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE_TIME)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    let socket = SockRef::from(stream);
    // Without this the system retransmits unacknowledged data for a quarter of an hour.
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    socket.set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod judge_tests;
#[cfg(test)]
#[path = "connection_tests.rs"]
pub(in crate::gateway) mod tests;

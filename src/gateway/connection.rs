//! One kept-alive connection to the node, driven by whoever uses it: no task of its own, no wake-up between two.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection as Driver, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::clock;
use crate::node::rpc::Upstream;
use crate::values::Mono;

/// A connection takes at most so long to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A socket, or a way within the process.
type Stream = Box<dyn Duplex>;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type CallBody = Full<Bytes>;
/// An answer that is awaited.
pub(super) type Pending = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// A connection to the node.
pub(super) struct Connection {
    /// The node as it was configured then: a reload may name another one.
    pub(super) upstream: Arc<Upstream>,
    sender: SendRequest<CallBody>,
    driver: Pin<Box<Driver<TokioIo<Stream>, CallBody>>>,
    ended: bool,
    /// When a call that is awaited is given up. One for all calls: to put a timer off costs less than a new one.
    late: Pin<Box<Sleep>>,
    /// Since when nobody has used it.
    pub(super) idle_since: Mono,
    /// The node may have closed it while it was idle.
    pub(super) reused: bool,
}

impl Connection {
    /// Connects to the node.
    pub(super) async fn open(upstream: &Arc<Upstream>) -> Result<Self, String> {
        if let Some(inlet) = upstream.inlet() {
            let stream = inlet.connect().ok_or_else(|| "the embedded node has stopped".to_owned())?;
            return Self::over(upstream, Box::new(stream)).await;
        }
        let stream = match timeout(CONNECT_TIMEOUT, TcpStream::connect(upstream.host_and_port())).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(format!("cannot connect to the node at {upstream}: {error}")),
            Err(_) => return Err(format!("cannot connect to the node at {upstream}: no answer")),
        };
        keep_alive(&stream).map_err(|error| format!("cannot use the connection to the node: {error}"))?;
        Self::over(upstream, Box::new(stream)).await
    }

    async fn over(upstream: &Arc<Upstream>, stream: Stream) -> Result<Self, String> {
        // A call is short: one copy costs less than gathering two buffers.
        let handshake = Builder::new().writev(false).handshake(TokioIo::new(stream)).await;
        let (sender, driver) = handshake.map_err(|error| error.to_string())?;
        Ok(Self {
            upstream: Arc::clone(upstream),
            sender,
            driver: Box::pin(driver),
            ended: false,
            late: Box::pin(sleep_until(clock::deadline(Duration::ZERO))),
            idle_since: Mono::START,
            reused: false,
        })
    }

    /// Whether another call can be sent: a look at the socket, no waiting.
    pub(super) fn is_usable(&mut self, context: &mut Context<'_>) -> bool {
        self.drive(context);
        !self.ended && self.sender.is_ready()
    }

    /// Hands `request` over; it is sent when the answer is awaited.
    pub(super) fn send(&mut self, request: Request<CallBody>) -> Pending {
        Box::pin(self.sender.send_request(request))
    }

    /// Works on the connection until the head of the answer is there.
    pub(super) async fn answer(&mut self, pending: &mut Pending) -> hyper::Result<Response<Incoming>> {
        poll_fn(|context| self.poll_answer(pending, context)).await
    }

    /// The same, until `deadline`; `None` once that is past.
    pub(super) async fn answer_until(
        &mut self,
        pending: &mut Pending,
        deadline: Instant,
    ) -> Option<hyper::Result<Response<Incoming>>> {
        self.late.as_mut().reset(deadline);
        poll_fn(|context| match self.poll_answer(pending, context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => self.late.as_mut().poll(context).map(|()| None),
        })
        .await
    }

    fn poll_answer(
        &mut self,
        pending: &mut Pending,
        context: &mut Context<'_>,
    ) -> Poll<hyper::Result<Response<Incoming>>> {
        self.drive(context);
        // The end of the connection is told to whoever awaits an answer.
        pending.as_mut().poll(context)
    }

    /// Works on the connection. How it ended is told by the answer, or the body, that does not come.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        self.ended = self.ended || self.driver.as_mut().poll(context).is_ready();
    }
}

/// A node's host that is gone is noticed, however long an answer may take.
fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    const QUIET: Duration = Duration::from_secs(30);
    const BETWEEN: Duration = Duration::from_secs(10);
    const TRIES: u32 = 3;
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(QUIET).with_interval(BETWEEN).with_retries(TRIES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

//! The body of an answer: one of our own, or the node's as it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use super::Gateway;
use super::connection::Connection;
use super::record::Record;
use crate::clock;
use crate::metrics::Outcome;

/// The body of an answer.
pub enum Body {
    /// Short, and whole already.
    Whole(Full<Bytes>),
    /// The node's, passed on as it comes.
    Node(Box<NodeBody>),
}

impl Body {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

/// Why a body ends before its end; the connection is closed then, so that nobody takes half of it for all.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The node went away.
    #[error("the node's answer broke off: {0}")]
    Node(hyper::Error),
    /// The client, or the node, was too slow.
    #[error("the answer took longer than rpc.request_timeout_secs")]
    TimedOut,
}

/// The node's answer as it comes over a connection.
pub(super) struct Answer {
    incoming: Incoming,
    connection: Connection,
    /// What was read ahead, and how that ended.
    ahead: Vec<u8>,
    failed: Option<hyper::Error>,
}

impl Answer {
    pub(super) fn new(incoming: Incoming, connection: Connection) -> Self {
        Self { incoming, connection, ahead: Vec::new(), failed: None }
    }

    /// The next part; `None` at the end.
    pub(super) fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<hyper::Result<Bytes>>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.ahead).into())));
        }
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        self.poll_incoming(context)
    }

    fn poll_incoming(&mut self, context: &mut Context<'_>) -> Poll<Option<hyper::Result<Bytes>>> {
        loop {
            let mut frame = Pin::new(&mut self.incoming).poll_frame(context);
            if frame.is_pending() {
                // To have asked makes the connection read on.
                self.connection.drive(context);
                frame = Pin::new(&mut self.incoming).poll_frame(context);
            }
            match std::task::ready!(frame) {
                Some(Ok(frame)) => {
                    // Trailers are nobody's business.
                    let Ok(data) = frame.into_data() else { continue };
                    return Poll::Ready(Some(Ok(data)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Reads ahead what there is of a short body, so that it can be passed on whole; nothing is waited for. It costs
    /// one system call less.
    pub(super) async fn read_ahead(&mut self) {
        const SHORT: u64 = 16 * 1024;
        if self.incoming.size_hint().exact().is_some_and(|length| length <= SHORT) {
            let _ = poll_fn(|context| Poll::Ready(self.poll_ahead(usize::MAX, context))).await;
        }
    }

    /// Reads ahead, until all is there, or `most` bytes are. Ready once that is so; what came stays to be read.
    pub(super) fn poll_ahead(&mut self, most: usize, context: &mut Context<'_>) -> Poll<()> {
        while self.ahead.len() < most && self.failed.is_none() && !self.incoming.is_end_stream() {
            match std::task::ready!(self.poll_incoming(context)) {
                Some(Ok(part)) => self.ahead.extend_from_slice(&part),
                Some(Err(error)) => self.failed = Some(error),
                None => break,
            }
        }
        Poll::Ready(())
    }

    /// What was read ahead.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// Whether all of the body was read ahead.
    pub(super) fn is_whole(&self) -> bool {
        self.failed.is_none() && self.incoming.is_end_stream()
    }

    /// What was read ahead, and the connection: it can be used again if that was all.
    pub(super) fn into_parts(self) -> (Bytes, Connection) {
        (self.ahead.into(), self.connection)
    }

    fn is_at_end(&self) -> bool {
        self.ahead.is_empty() && self.failed.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (ahead, rest) = (u64::try_from(self.ahead.len()).unwrap_or(u64::MAX), self.incoming.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }
}

/// The node's answer on its way to a client. It gives the connection back when it is whole, and tells how it ended.
pub struct NodeBody {
    answer: Option<Answer>,
    gateway: Arc<Gateway>,
    record: Option<Record>,
    outcome: Outcome,
    until: Pin<Box<Sleep>>,
    passed: u64,
    /// How it broke off, which is told one poll later: what came before goes out first.
    broken: Option<BodyError>,
}

impl NodeBody {
    /// Passes `answer` on; `outcome` is told if all of it comes before `until`.
    pub(super) fn new(answer: Answer, gateway: Arc<Gateway>, record: Record, outcome: Outcome, until: Sleep) -> Self {
        let (answer, record) = (Some(answer), Some(record));
        Self { answer, gateway, record, outcome, until: Box::pin(until), passed: 0, broken: None }
    }

    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(answer) = &mut self.answer else { return Poll::Ready(None) };
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        // The timer wakes whoever waits for the node; a client that takes its time is asked each time.
        let is_late = clock::deadline(Duration::ZERO) >= self.until.deadline();
        let part = if is_late { Poll::Pending } else { answer.poll_part(context) };
        let error = match part {
            Poll::Pending if self.until.as_mut().poll(context).is_ready() => BodyError::TimedOut,
            Poll::Ready(Some(Err(error))) => BodyError::Node(error),
            part => return part.map_err(BodyError::Node),
        };
        // Whoever writes an answer throws away what is not yet written when it breaks off.
        self.broken = Some(error);
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn end(&mut self, outcome: Outcome, error: Option<&BodyError>) {
        if let Some(record) = self.record.take() {
            record.finish(outcome, self.passed, error.map(ToString::to_string).as_deref());
        }
    }

    fn end_whole(&mut self) {
        if let Some(answer) = self.answer.take() {
            self.gateway.pool.give_back(answer.connection, clock::mono());
        }
        self.end(self.outcome, None);
    }
}

impl hyper::body::Body for NodeBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let part = std::task::ready!(self.poll_part(context));
        match &part {
            Some(Ok(data)) => {
                self.passed += u64::try_from(data.len()).unwrap_or(u64::MAX);
                // Whoever knows the length asks no further.
                if self.is_end_stream() {
                    self.end_whole();
                }
            }
            Some(Err(error)) => {
                // What is half read cannot be used again.
                self.answer = None;
                let timed_out = matches!(error, BodyError::TimedOut);
                self.end(if timed_out { Outcome::TimedOut } else { Outcome::NodeDied }, Some(error));
            }
            None => self.end_whole(),
        }
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_none_or(Answer::is_at_end)
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.as_ref().map(Answer::size_hint).unwrap_or_default()
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Node(body) => Pin::new(body.as_mut()).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Node(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Node(body) => body.size_hint(),
        }
    }
}

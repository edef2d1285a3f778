//! The body of an answer: one of our own, or the node's as it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::Gateway;
use super::answers::OnItsWay;
use super::connection::{Connection, Failure};
use super::record::Record;
use crate::clock;
use crate::limit::network_of;
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

/// Why a body ends before its end; the connection is closed then, so that nobody takes half of it
/// for all.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The node went away.
    #[error("the node's answer broke off: {0}")]
    Node(String),
    /// The client, or the node, was too slow.
    #[error("the answer took longer than rpc.request_timeout_secs")]
    TimedOut,
}

/// The node's answer as it comes over a connection.
pub(super) struct Answer {
    connection: Box<Connection>,
    /// What was read ahead, and how that ended.
    ahead: Bytes,
    failed: Option<Failure>,
}

impl Answer {
    /// The answer whose head came over `connection`.
    pub(super) fn new(connection: Box<Connection>) -> Self {
        Self {
            connection,
            ahead: Bytes::new(),
            failed: None,
        }
    }

    /// The next part; `None` at the end.
    pub(super) fn poll_part(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.ahead))));
        }
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        self.connection.poll_part(context)
    }

    /// Reads ahead what there is of a short body, so that it can be passed on whole; nothing is
    /// waited for. It costs one system call less.
    pub(super) async fn read_ahead(&mut self) {
        const SHORT: u64 = 16 * 1024;
        if self
            .connection
            .framing()
            .length()
            .is_some_and(|length| length <= SHORT)
        {
            let _ = poll_fn(|context| Poll::Ready(self.poll_ahead(usize::MAX, context))).await;
        }
    }

    /// Reads ahead, until all is there, or `most` bytes are. Ready once that is so; what came stays
    /// to be read.
    pub(super) fn poll_ahead(&mut self, most: usize, context: &mut Context<'_>) -> Poll<()> {
        while self.ahead.len() < most
            && self.failed.is_none()
            && !self.connection.framing().is_at_end()
        {
            match std::task::ready!(self.connection.poll_part(context)) {
                Some(Ok(part)) if self.ahead.is_empty() => self.ahead = part,
                Some(Ok(part)) => {
                    let mut ahead = BytesMut::from(std::mem::take(&mut self.ahead));
                    ahead.extend_from_slice(&part);
                    self.ahead = ahead.freeze();
                }
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
        self.failed.is_none() && self.connection.framing().is_at_end()
    }

    /// What was read ahead, and the connection: it can be used again if that was all.
    pub(super) fn into_parts(self) -> (Bytes, Box<Connection>) {
        (self.ahead, self.connection)
    }

    fn is_at_end(&self) -> bool {
        self.ahead.is_empty() && self.is_whole()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = u64::try_from(self.ahead.len()).unwrap_or(u64::MAX);
        match self.connection.framing().length() {
            Some(rest) => SizeHint::with_exact(ahead.saturating_add(rest)),
            None => SizeHint::default(),
        }
    }
}

/// The node's answer on its way to a client. It gives the connection back when it is whole, and
/// tells how it ended.
pub struct NodeBody {
    answer: Option<Answer>,
    gateway: Arc<Gateway>,
    record: Option<Box<Record>>,
    outcome: Outcome,
    until: Pin<Box<Sleep>>,
    passed: u64,
    _on_its_way: OnItsWay,
    /// How it broke off, which is told one poll later: what came before goes out first.
    broken: Option<BodyError>,
}

impl NodeBody {
    /// Passes `answer` on; `outcome` is told if all of it comes before `until`.
    pub(super) fn new(
        answer: Answer,
        gateway: Arc<Gateway>,
        record: Box<Record>,
        outcome: Outcome,
        until: Sleep,
    ) -> Self {
        let on_its_way = gateway.answers.begin(network_of(record.origin.client));
        let (answer, record) = (Some(answer), Some(record));
        let until = Box::pin(until);
        Self {
            answer,
            gateway,
            record,
            outcome,
            until,
            passed: 0,
            _on_its_way: on_its_way,
            broken: None,
        }
    }

    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(answer) = &mut self.answer else {
            return Poll::Ready(None);
        };
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        // The timer wakes whoever waits for the node; a client that takes its time is asked each
        // time.
        let is_late = clock::deadline(Duration::ZERO) >= self.until.deadline();
        let part = if is_late {
            Poll::Pending
        } else {
            answer.poll_part(context)
        };
        let error = match part {
            Poll::Pending if self.until.as_mut().poll(context).is_ready() => BodyError::TimedOut,
            Poll::Ready(Some(Err(failure))) => BodyError::Node(failure.to_string()),
            Poll::Ready(Some(Ok(part))) => return Poll::Ready(Some(Ok(part))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => return Poll::Pending,
        };
        // Whoever writes an answer throws away what is not yet written when it breaks off.
        self.broken = Some(error);
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn end(&mut self, outcome: Outcome, error: Option<&BodyError>) {
        if let Some(record) = self.record.take() {
            drop(record.end(
                outcome,
                self.passed,
                error.map(ToString::to_string),
                clock::mono(),
            ));
        }
    }

    fn end_whole(&mut self) {
        if let Some(answer) = self.answer.take() {
            self.gateway
                .pool
                .give_back(answer.connection, clock::mono());
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
                self.end(
                    if timed_out {
                        Outcome::TimedOut
                    } else {
                        Outcome::NodeDied
                    },
                    Some(error),
                );
            }
            None => self.end_whole(),
        }
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_none_or(Answer::is_at_end)
    }

    fn size_hint(&self) -> SizeHint {
        self.answer
            .as_ref()
            .map(Answer::size_hint)
            .unwrap_or_default()
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
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

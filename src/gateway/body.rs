//! The body of an answer: one of our own, or the node's as it comes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::access_log::LogEntry;
use super::streamed::StreamedAnswer;
use super::upstream::Upstream;
use super::upstream::answer::NodeAnswer;
use crate::clock;
use crate::metrics::CallOutcome;

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

    /// Keeps `guard` until the body has been taken, if that is not so at once.
    pub fn keep(&mut self, guard: impl Send + Sync + 'static) {
        if let Self::Node(body) = self {
            body.guard = Some(Box::new(guard));
        }
    }
}

/// Why a body was cut short. The connection is then closed, so that no client takes a part for the
/// whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The node went away.
    #[error("the node's answer broke off: {0}")]
    Node(String),
    /// The client, or the node, was too slow.
    #[error("the answer took longer than rpc.request_timeout_secs")]
    TimedOut,
}

/// The node's answer on its way to a client. It gives the connection back when it is whole, and
/// logs how it ended.
pub struct NodeBody {
    answer: Option<NodeAnswer>,
    upstream: Arc<Upstream>,
    log: Option<Box<LogEntry>>,
    outcome: CallOutcome,
    until: Pin<Box<Sleep>>,
    passed: u64,
    _streamed: StreamedAnswer,
    guard: Option<Box<dyn Send + Sync>>,
    /// The error that cut it short, returned one poll later: the data before it is sent first.
    broken: Option<BodyError>,
}

impl NodeBody {
    /// Passes `answer` on; `log` says `outcome` if all of it comes before `until`.
    pub(super) fn new(
        answer: NodeAnswer,
        upstream: Arc<Upstream>,
        log: Box<LogEntry>,
        streamed: StreamedAnswer,
        outcome: CallOutcome,
        until: Sleep,
    ) -> Self {
        Self {
            answer: Some(answer),
            upstream,
            log: Some(log),
            outcome,
            until: Box::pin(until),
            passed: 0,
            _streamed: streamed,
            guard: None,
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
        // The timer wakes the wait for the node; a slow client is checked at each poll.
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
        // On an error the writer drops what it has not written yet.
        self.broken = Some(error);
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn end(&mut self, outcome: CallOutcome, error: Option<&BodyError>) {
        if let Some(mut log) = self.log.take() {
            let error = error.map(ToString::to_string);
            log.end(outcome, self.passed, error, clock::mono());
        }
    }

    fn end_whole(&mut self) {
        if let Some(answer) = self.answer.take() {
            self.upstream
                .give_back(answer.into_parts().1, clock::mono());
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
                // A writer that knows the length does not poll again.
                if self.is_end_stream() {
                    self.end_whole();
                }
            }
            Some(Err(error)) => {
                // A connection with a half-read answer cannot be used again.
                self.answer = None;
                let timed_out = matches!(error, BodyError::TimedOut);
                self.end(
                    if timed_out {
                        CallOutcome::TimedOut
                    } else {
                        CallOutcome::NodeDied
                    },
                    Some(error),
                );
            }
            None => self.end_whole(),
        }
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_none_or(NodeAnswer::is_at_end)
    }

    fn size_hint(&self) -> SizeHint {
        self.answer
            .as_ref()
            .map(NodeAnswer::size_hint)
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

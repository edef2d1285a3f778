//! The body of the node's answer, as it comes over a connection.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::SizeHint;

use super::call_failure::CallFailure;
use super::connection::NodeConnection;

/// The node's answer as it comes over a connection, of which some may be read ahead.
pub(in crate::gateway) struct NodeAnswer {
    connection: Box<NodeConnection>,
    /// The data read ahead, and how the body ended.
    ahead: Bytes,
    failed: Option<CallFailure>,
}

impl NodeAnswer {
    /// The answer whose head came over `connection`.
    pub(in crate::gateway) fn new(connection: Box<NodeConnection>) -> Self {
        Self {
            connection,
            ahead: Bytes::new(),
            failed: None,
        }
    }

    /// The next part; `None` at the end.
    pub(in crate::gateway) fn poll_part(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CallFailure>>> {
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
    pub(in crate::gateway) async fn read_ahead(&mut self) {
        const MAX_READ_AHEAD_BYTES: u64 = 16 * 1024;
        if self
            .connection
            .framing()
            .length()
            .is_some_and(|length| length <= MAX_READ_AHEAD_BYTES)
        {
            let _ = poll_fn(|context| Poll::Ready(self.poll_ahead(usize::MAX, context))).await;
        }
    }

    /// Reads ahead until the body is complete or `most` bytes are buffered. The buffered data stays
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

    /// The connection of an answer that was read to its end, with `body` in place of what came.
    pub(super) fn replace(&mut self, body: Bytes) {
        debug_assert!(self.is_whole(), "the rest would be passed on too");
        self.ahead = body;
    }

    /// What was read ahead.
    pub(in crate::gateway) fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// Whether the body is said to have at most `most` bytes.
    pub(in crate::gateway) fn is_short(&self, most: u64) -> bool {
        self.size_hint()
            .exact()
            .is_some_and(|length| length <= most)
    }

    /// Whether all of the body was read ahead.
    pub(in crate::gateway) fn is_whole(&self) -> bool {
        self.failed.is_none() && self.connection.framing().is_at_end()
    }

    /// The buffered data, and the connection if the answer is complete, so that it can be used
    /// again.
    pub(in crate::gateway) fn into_parts(self) -> (Bytes, Box<NodeConnection>) {
        (self.ahead, self.connection)
    }

    pub(in crate::gateway) fn is_at_end(&self) -> bool {
        self.ahead.is_empty() && self.is_whole()
    }

    pub(in crate::gateway) fn size_hint(&self) -> SizeHint {
        let ahead = u64::try_from(self.ahead.len()).unwrap_or(u64::MAX);
        match self.connection.framing().length() {
            Some(rest) => SizeHint::with_exact(ahead.saturating_add(rest)),
            None => SizeHint::default(),
        }
    }
}

//! The body of a request, which makes its connection one that waits for its client while it is
//! awaited.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::Connection;

/// The body of a request. While it is awaited its connection may make room for others: whoever
/// stops in the middle of one must give way as an idle connection does.
pub(in crate::http) struct RequestBody {
    incoming: Incoming,
    connection: Arc<Connection>,
    awaited: bool,
    ended: bool,
}

impl RequestBody {
    pub(in crate::http::server) fn new(incoming: Incoming, connection: Arc<Connection>) -> Self {
        Self {
            incoming,
            connection,
            awaited: false,
            ended: false,
        }
    }

    /// Whether the request, which comes in chunks, has another length beside.
    pub(in crate::http) fn has_another_length(&self) -> bool {
        self.connection.lengths_conflict.load(Ordering::Relaxed)
    }

    fn set_awaited(&mut self, awaited: bool) {
        if self.awaited != awaited {
            self.awaited = awaited;
            let bodies = &self.connection.bodies_awaited;
            if awaited {
                bodies.fetch_add(1, Ordering::Relaxed)
            } else {
                bodies.fetch_sub(1, Ordering::Relaxed)
            };
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(context);
        self.set_awaited(frame.is_pending());
        self.ended = matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.set_awaited(false);
        if !self.ended && !self.incoming.is_end_stream() {
            self.connection.body_unread.store(true, Ordering::Relaxed);
        }
    }
}

//! A connection's stream, observed between the socket and the code that serves HTTP over it.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::has_budget_remaining;

use super::connection::{Connection, milliseconds};
use crate::clock;
use crate::gateway::Reservation;
use crate::http::server::smuggling_guard::SmugglingGuard;
use crate::http::server::socket::Socket;

/// A connection's stream, which notes whether the client lets us wait with what we have to say, and
/// whether what it says has two lengths, or a target that would be cut.
///
/// An answer is made before it is written: a slow reader of the last part is neither idle nor done.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is noted at another moment"
)]
pub(in crate::http::server) struct ClientStream<'a> {
    stream: PolledStream<'a>,
    connection: Arc<Connection>,
    blocked: bool,
    smuggling_guard: SmugglingGuard,
    /// Something was written that is not flushed yet.
    has_written: bool,
    /// So much was written since the last flush, bytes.
    written: usize,
    /// The end was seen, and waits for the answer.
    end_seen: bool,
    /// What was received, and is to be read again.
    ahead: Bytes,
    /// An end of the stream was reported that is none: the code that serves it returns the stream,
    /// which then waits in less memory.
    is_released: bool,
    longest_head: usize,
    /// The answer of which the client takes nothing.
    unread: Option<Reservation<'a>>,
}

/// A stream that one task alone reads, which asks more often whether something has come than
/// something does.
struct PolledStream<'a> {
    socket: &'a mut Socket,
    /// The task will be woken when something comes, or the end.
    is_noted: bool,
}

thread_local! {
    /// Received bytes are read into this buffer first, so that an idle connection holds none.
    static SCRATCH_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; ClientStream::RECEIVE_BYTES]);
}

/// Reads what has come over `socket`, and keeps nothing of it; 0 is the end.
pub(in crate::http::server) fn poll_discard(
    socket: &mut Socket,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    SCRATCH_BUFFER.with_borrow_mut(|scratch| {
        let mut part = ReadBuf::new(scratch);
        let read = socket.poll_read_raw(context, &mut part);
        read.map_ok(|()| part.filled().len())
    })
}

impl PolledStream<'_> {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Registering the waker again takes a lock. The runtime has one thread, so nothing changes
        // between the two checks.
        if self.is_noted && !self.socket.has_news() {
            return Poll::Pending;
        }
        let read = Pin::new(&mut *self.socket).poll_read(context, to);
        // A task whose cooperative budget is used up is woken again in any case, and its waker is
        // not registered.
        self.is_noted = read.is_pending() && has_budget_remaining();
        read
    }
}

impl<'a> ClientStream<'a> {
    /// So much is received at once.
    const RECEIVE_BYTES: usize = 16 * 1024;
    /// About what an answer takes that is made and not read.
    const UNREAD_ANSWER_BYTES: u64 = 64 * 1024;
    /// After a longer answer whoever serves keeps a buffer of its size, so the connection waits in
    /// less memory at once.
    const MAX_RETAINED_ANSWER_BYTES: usize = 8 * 1024;

    /// `socket` of `connection`, which takes no head longer than `longest_head`. `unread` is the
    /// budget for what its client does not take.
    pub(in crate::http::server) fn new(
        socket: &'a mut Socket,
        connection: Arc<Connection>,
        longest_head: usize,
        unread: Option<Reservation<'a>>,
    ) -> Self {
        Self {
            stream: PolledStream {
                socket,
                is_noted: false,
            },
            connection,
            blocked: false,
            smuggling_guard: SmugglingGuard::new(longest_head),
            has_written: false,
            written: 0,
            end_seen: false,
            ahead: Bytes::new(),
            is_released: false,
            longest_head,
            unread,
        }
    }

    /// Whether an end of the stream was reported that is none. The next bytes begin a request.
    pub(in crate::http::server) fn was_released(&mut self) -> bool {
        self.smuggling_guard = SmugglingGuard::new(self.longest_head);
        std::mem::take(&mut self.is_released)
    }

    /// What has come, and was not looked at; nothing is the end.
    pub(in crate::http::server) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Bytes>> {
        SCRATCH_BUFFER.with_borrow_mut(|scratch| {
            let mut part = ReadBuf::new(scratch);
            let read = self.stream.poll_read(context, &mut part);
            read.map_ok(|()| Bytes::copy_from_slice(part.filled()))
        })
    }

    /// `received` is to be read again.
    pub(in crate::http::server) fn put_back(&mut self, received: Bytes) {
        self.ahead = received;
        self.has_written = false;
    }

    /// What is written is sent at once.
    pub(in crate::http::server) fn set_nodelay(&self) -> io::Result<()> {
        self.stream.socket.set_nodelay()
    }

    fn poll_read_on(
        &mut self,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return self.stream.poll_read(context, to);
        }
        let part = self.ahead.split_to(self.ahead.len().min(to.remaining()));
        to.put_slice(&part);
        Poll::Ready(Ok(()))
    }

    /// The answer is sent: the end of the stream may be reported now.
    fn flushed(&mut self, context: &Context<'_>) {
        if std::mem::take(&mut self.has_written) {
            self.connection.end_waits.store(false, Ordering::Relaxed);
            if std::mem::take(&mut self.written) > Self::MAX_RETAINED_ANSWER_BYTES
                && self.connection.rests_after_answer()
            {
                // Whoever serves looks for more to read only when it is woken.
                context.waker().wake_by_ref();
            }
            if std::mem::take(&mut self.end_seen) {
                context.waker().wake_by_ref();
            }
        }
    }

    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.has_written = true;
        if let Poll::Ready(Ok(more)) = &written {
            self.written = self.written.saturating_add(*more);
        }
        match self.note_blocked(written.is_pending()) {
            Ok(()) => written,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Sends what of the written waits in this process, which it does under TLS alone.
    pub(in crate::http::server) fn poll_drain(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.stream.socket.buffers() {
            return Poll::Ready(Ok(()));
        }
        let drained = Pin::new(&mut *self.stream.socket).poll_flush(context);
        match self.note_blocked(drained.is_pending()) {
            Ok(()) => drained,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Notes whether the client takes nothing of what there is for it; fails if too much is kept
    /// for those who do not.
    fn note_blocked(&mut self, blocked: bool) -> io::Result<()> {
        if blocked || self.blocked {
            let was_blocked = std::mem::replace(&mut self.blocked, blocked);
            self.connection
                .write_blocked
                .store(blocked, Ordering::Relaxed);
            if blocked != was_blocked {
                // The client has just read something, or has just stopped: it is not stalled yet.
                self.connection
                    .active_at_ms
                    .store(milliseconds(clock::mono()), Ordering::Relaxed);
            }
            if let Some(unread) = self.unread.as_mut().filter(|_| !blocked) {
                unread.shrink();
            } else if self
                .unread
                .as_mut()
                .is_some_and(|unread| !unread.grow_to(Self::UNREAD_ANSWER_BYTES))
            {
                let many = "too many answers are not read";
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, many));
            }
        }
        Ok(())
    }
}

impl AsyncRead for ClientStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = to.filled().len();
        let read = self.poll_read_on(context, to);
        if self
            .smuggling_guard
            .conflict_in(to.filled_mut().get_mut(before..).unwrap_or_default())
        {
            self.connection
                .lengths_conflict
                .store(true, Ordering::Relaxed);
        }
        let is_end = matches!(read, Poll::Ready(Ok(())))
            && to.filled().len() == before
            && to.remaining() > 0;
        if read.is_pending() && self.connection.is_to_rest() && !self.blocked && !self.has_written {
            self.is_released = true;
            return Poll::Ready(Ok(()));
        }
        if is_end && self.connection.end_waits.load(Ordering::Relaxed) {
            // Whoever reads an end in the middle of an exchange breaks it off.
            self.end_seen = true;
            return Poll::Pending;
        }
        read
    }
}

impl AsyncWrite for ClientStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream.socket).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream.socket).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.poll_drain(context);
        if flushed.is_ready() {
            self.flushed(context);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
#[path = "client_stream_tests.rs"]
mod tests;

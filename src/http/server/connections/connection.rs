//! What is known of one open connection.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Duration;

use crate::clock;
use crate::values::Mono;

/// What is known of an open connection. But for its close request, the task that serves it alone
/// changes it: to count takes no locked instruction.
pub(in crate::http::server) struct Connection {
    /// Whose it is, see `crate::limit::network_of`.
    pub(super) network: u64,
    pub(super) requests_open: AtomicU32,
    /// Requests whose body is awaited: they are in flight, but may give way to others.
    pub(super) bodies_awaited: AtomicU32,
    /// The client takes nothing of what is written.
    pub(super) write_blocked: AtomicBool,
    /// A request was answered before all of its body had come.
    pub(super) body_unread: AtomicBool,
    /// Its last request says twice how long its body is, see `smuggling_guard`.
    pub(super) lengths_conflict: AtomicBool,
    /// The end of what the client sends is not looked at before its answer is written.
    pub(super) end_waits: AtomicBool,
    pub(super) active_at_ms: AtomicU64,
    close_request: AtomicU8,
    /// How much memory it holds while nothing is asked of it.
    rest: AtomicU8,
    /// That of the task that serves it, which has the same for as long as it lasts.
    waker: OnceLock<Waker>,
}

/// Whether a connection is to close; each step is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http::server) enum CloseRequest {
    /// It is served on.
    None,
    /// With the request it is in.
    Graceful,
    /// At once.
    Now,
}

impl CloseRequest {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Graceful,
            _ => Self::Now,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Graceful => 1,
            Self::Now => 2,
        }
    }
}

/// It is served, or waits with all that serving takes.
const AWAKE: u8 = 0;
/// It is idle, and is to wait in less memory.
const TO_REST: u8 = 1;
/// It does.
const AT_REST: u8 = 2;

impl Connection {
    pub(super) fn new(network: u64, now: Mono) -> Self {
        Self {
            network,
            requests_open: AtomicU32::new(0),
            bodies_awaited: AtomicU32::new(0),
            write_blocked: AtomicBool::new(false),
            body_unread: AtomicBool::new(false),
            lengths_conflict: AtomicBool::new(false),
            end_waits: AtomicBool::new(false),
            active_at_ms: AtomicU64::new(milliseconds(now)),
            close_request: AtomicU8::new(0),
            rest: AtomicU8::new(AWAKE),
            waker: OnceLock::new(),
        }
    }

    /// It is served by the task of `waker`, which is woken when it is to close. To be said
    /// before the first look at that.
    pub(in crate::http::server) fn serve_by(&self, waker: Waker) {
        let _ = self.waker.set(waker);
        // Whoever does not see the waker has asked before: then that is seen.
        fence(Ordering::SeqCst);
    }

    fn set_requests_open(&self, change: impl FnOnce(u32) -> u32) {
        self.requests_open.store(
            change(self.requests_open.load(Ordering::Relaxed)),
            Ordering::Relaxed,
        );
    }

    pub(in crate::http::server) fn begin(&self, now: Mono) {
        self.set_requests_open(|open| open + 1);
        self.answered_at_once(now);
    }

    pub(in crate::http::server) fn finish(&self, now: Mono) {
        self.set_requests_open(|open| open.saturating_sub(1));
        // The client may have taken some of the answer since.
        let active = self
            .active_at_ms
            .load(Ordering::Relaxed)
            .max(milliseconds(now));
        self.active_at_ms.store(active, Ordering::Relaxed);
    }

    /// A request has come, and is answered already.
    pub(in crate::http::server) fn answered_at_once(&self, now: Mono) {
        self.active_at_ms
            .store(milliseconds(now), Ordering::Relaxed);
        self.rest.store(AWAKE, Ordering::Relaxed);
    }

    /// Whether it is idle, and is to wait in less memory.
    pub(in crate::http::server) fn is_to_rest(&self) -> bool {
        self.rest.load(Ordering::Relaxed) == TO_REST
    }

    /// Whether it is served, or waits with all that serving takes.
    pub(in crate::http::server) fn is_awake(&self) -> bool {
        self.rest.load(Ordering::Relaxed) == AWAKE
    }

    /// It is idle, and is to wait in less memory.
    pub(in crate::http::server) fn let_rest(&self) {
        self.rest.store(TO_REST, Ordering::Relaxed);
        self.wake();
    }

    /// An answer is out that left much behind. Whether the connection is to wait in less memory,
    /// since there is no other one to come and no rest of its request.
    pub(in crate::http::server) fn rests_after_answer(&self) -> bool {
        let rests = self.requests_open.load(Ordering::Relaxed) == 0 && !self.has_unread_body();
        if rests {
            self.rest.store(TO_REST, Ordering::Relaxed);
        }
        rests
    }

    /// It waits in little memory, or does no longer.
    pub(in crate::http::server) fn set_at_rest(&self, at_rest: bool) {
        self.rest
            .store(if at_rest { AT_REST } else { AWAKE }, Ordering::Relaxed);
    }

    /// The body of a request is awaited until this is dropped: it may give way to others.
    pub(in crate::http::server) fn await_body(&self) -> AwaitedBodyGuard<'_> {
        self.bodies_awaited.fetch_add(1, Ordering::Relaxed);
        AwaitedBodyGuard(self)
    }

    fn wake(&self) {
        fence(Ordering::SeqCst);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    pub(in crate::http::server) fn ask_to_close(&self, close: CloseRequest) {
        self.close_request
            .fetch_max(close.number(), Ordering::Relaxed);
        self.wake();
    }

    /// Whether it is to close.
    pub(in crate::http::server) fn close_request(&self) -> CloseRequest {
        CloseRequest::of(self.close_request.load(Ordering::Relaxed))
    }

    pub(super) fn quiet_for(&self, now: Mono) -> Duration {
        let since = self.active_at_ms.load(Ordering::Relaxed);
        Duration::from_millis(milliseconds(now).saturating_sub(since))
    }

    /// Whether a request was answered before all of its body had come: the rest may be on its way.
    pub(in crate::http::server) fn has_unread_body(&self) -> bool {
        self.body_unread.load(Ordering::Relaxed)
    }

    /// A whole request has come whose answer waits for nobody: it is given also to a client that
    /// sends nothing more.
    pub(in crate::http::server) fn let_the_end_wait(&self) {
        self.end_waits.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_write_blocked(&self) -> bool {
        self.write_blocked.load(Ordering::Relaxed)
    }

    /// How long nothing has been asked of it; `None` while a request is in flight, or its answer on
    /// the way.
    pub(super) fn idle_for(&self, now: Mono) -> Option<Duration> {
        let done = self.requests_open.load(Ordering::Relaxed) == 0 && !self.is_write_blocked();
        done.then(|| self.quiet_for(now))
    }

    /// How long it has been waiting for its client, be it for a request, for the rest of one, or
    /// for it to take its answer: it may make room.
    pub(super) fn waits_for(&self, now: Mono) -> Option<Duration> {
        let open = self.requests_open.load(Ordering::Relaxed);
        let waits = open <= self.bodies_awaited.load(Ordering::Relaxed) || self.is_write_blocked();
        waits.then(|| self.quiet_for(now))
    }
}

/// A body that is awaited.
pub(in crate::http::server) struct AwaitedBodyGuard<'a>(&'a Connection);

impl Drop for AwaitedBodyGuard<'_> {
    fn drop(&mut self) {
        self.0.bodies_awaited.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that is being answered, from its head until this is dropped.
pub(in crate::http::server) struct InFlightRequest<C: Deref<Target = Connection> = Arc<Connection>>
{
    connection: C,
    /// When the whole answer was there, if that is known: to read the clock again costs more than
    /// all else here.
    pub(in crate::http::server) answered_at: Option<Mono>,
}

impl<C: Deref<Target = Connection>> InFlightRequest<C> {
    pub(in crate::http::server) fn begin(connection: C, now: Mono) -> Self {
        connection.begin(now);
        Self {
            connection,
            answered_at: None,
        }
    }
}

impl<C: Deref<Target = Connection>> Drop for InFlightRequest<C> {
    fn drop(&mut self) {
        self.connection
            .finish(self.answered_at.unwrap_or_else(clock::mono));
    }
}

pub(super) fn milliseconds(moment: Mono) -> u64 {
    u64::try_from(moment.since_start().as_millis()).unwrap_or(u64::MAX)
}

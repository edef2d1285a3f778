//! One node, as calls are forwarded to it.
//!
//! | what | file |
//! |---|---|
//! | where it is, and bllvmctl's own credentials there | `crate::node::rpc::Destination` |
//! | how many calls it has at once | `concurrency`, `permit` |
//! | which clients' credentials it has accepted | `verified` |
//! | its connections | `pool`, `connection`, `wire` |
//! | a call, and its answer | `call`, `abandon`, `answer`, `coalesce` |
//!
//! Decides when a call goes to this node, and over which connection. Refuses to know other nodes:
//! nothing here is shared between two of them but the count of failed logins, which is an address'.
//! Invariant: a call holds a slot from before it is sent until the node has begun to answer it.

mod abandon;
mod answer;
mod call;
mod coalesce;
mod concurrency;
mod connection;
mod own_credentials;
mod permit;
mod pool;
mod verified;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Cache};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::coalesce::Coalescer;
use self::concurrency::Concurrency;
use self::connection::Connection;
use self::pool::Pool;
use self::verified::Verified;
use super::failed_logins::FailedLogins;
use crate::clock;
use crate::metrics::Front;
use crate::node::Identity;
use crate::node::rpc::Destination;
use crate::values::Mono;

pub(super) use self::answer::NodeAnswer;
pub(super) use self::call::{Deadlines, LoginAs, Outgoing};
pub(crate) use self::connection::has_news;
pub(super) use self::permit::{Ask, Permit, Wait};
pub(super) use self::verified::Claim;
pub(super) use self::wire::Head;

/// The newest of what may be replaced as a whole. What was replaced is let go with the next call.
pub(super) type Cached<T> = Cache<Arc<ArcSwap<T>>, Arc<T>>;

/// One node: address, credentials, connections, slots, and the credentials that it has accepted.
pub(super) struct Upstream {
    destination: Arc<ArcSwap<Destination>>,
    concurrency: Concurrency,
    verified: Arc<Verified>,
    pool: Pool,
    coalescer: Coalescer,
    /// Calls whose clients have gone.
    abandoned: TaskTracker,
    /// Long polls are to end.
    shutting_down: CancellationToken,
    /// Nobody was to be reached at the node when it was looked at last.
    is_gone: AtomicBool,
    metrics: Arc<Front>,
}

impl Upstream {
    /// The node at `destination`; nothing is sent yet. Long polls end with `shutting_down`.
    pub(super) fn new(
        destination: Destination,
        failed_logins: Arc<FailedLogins>,
        shutting_down: CancellationToken,
        metrics: Arc<Front>,
    ) -> Self {
        Self {
            destination: Arc::new(ArcSwap::from_pointee(destination)),
            concurrency: Concurrency::default(),
            verified: Arc::new(Verified::new(failed_logins, metrics.refused_by_node())),
            pool: Pool::default(),
            coalescer: Coalescer::default(),
            abandoned: TaskTracker::new(),
            shutting_down,
            is_gone: AtomicBool::new(false),
            metrics,
        }
    }

    /// Reads bllvmctl's own credentials, off the runtime's thread.
    pub(super) async fn read_credentials(&self) {
        self.destination.load_full().read_credentials().await;
    }

    /// The node is at `destination` from now on.
    pub(super) fn change_destination(&self, destination: Destination) {
        self.destination.store(Arc::new(destination));
        self.pool.clear();
    }

    /// Whether nobody `is` to be reached at the node, as the daemon's own calls show. Calls that
    /// are there hold no slot any longer.
    pub(super) fn notice_gone(&self, is: bool) {
        if is && !self.is_gone.swap(is, Ordering::Relaxed) {
            self.pool.clear();
            self.concurrency.give_back_all();
        }
        self.is_gone.store(is, Ordering::Relaxed);
    }

    /// Closes connections that have been idle too long.
    pub(super) fn sweep(&self, now: Mono) {
        self.pool.sweep(now);
    }

    /// As many slots as `configured`, else as suits the node: `identity` is who it is, if it was
    /// `asked` and says it. `long_polls` is how many of so many slots long polls may have.
    pub(super) fn resize(
        &self,
        configured: Option<usize>,
        identity: Option<&Identity>,
        asked: bool,
        long_polls: impl FnOnce(usize) -> usize,
    ) {
        let slots = configured.unwrap_or_else(|| concurrency::default_slots(identity, asked));
        self.concurrency.resize(slots, long_polls(slots));
    }

    /// Calls at the node, and how many there may be.
    pub(super) fn concurrency(&self) -> &Concurrency {
        &self.concurrency
    }

    /// Keeps the connection of `answer`, if another call can be sent over it.
    pub(super) fn give_back(&self, connection: Box<Connection>, now: Mono) {
        self.pool.give_back(connection, now);
    }

    /// While others wait for a slot, an answer goes out after they have sent their calls: the node
    /// works on those while its answers are passed on, and it and the clients are woken once for
    /// several calls, which is most of what a short call costs.
    pub(super) async fn coalesce(&self) {
        if self.concurrency.are_all_taken() {
            self.coalescer.wait(clock::mono).await;
        }
    }
}

/// A node as one client's connection calls it: what one call has found, the next one need not look
/// for.
pub(super) struct UpstreamHandle {
    upstream: Arc<Upstream>,
    destination: Cached<Destination>,
}

impl UpstreamHandle {
    pub(super) fn new(upstream: &Arc<Upstream>) -> Self {
        Self {
            upstream: Arc::clone(upstream),
            destination: Cache::new(Arc::clone(&upstream.destination)),
        }
    }

    pub(super) fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }
}

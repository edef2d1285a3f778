//! One node, as calls are forwarded to it.
//!
//! | what | file |
//! |---|---|
//! | where it is, and bllvmctl's own credentials there | `crate::node::rpc::Destination` |
//! | how many calls it has at once | `concurrency`, `permit` |
//! | which clients' credentials it has accepted | `verified` |
//! | its connections | `pool`, `connection`, `wire` |
//! | a call, and its answer | `call`, `call_failure`, `failed_call`, `abandon`, `answer`, `coalesce` |
//! | that it is sent once | `send_once` |
//! | that it does not wait at a node that is left | `presence` |
//!
//! Decides when a call goes to this node, and over which connection. Refuses to know other nodes:
//! nothing here is shared between two of them but the count of failed logins, which is an address'.
//! Invariant: a call holds a slot from before it is sent until the node has begun to answer it.

mod abandon;
pub(super) mod answer;
pub(super) mod call;
pub(super) mod call_failure;
mod coalesce;
mod concurrency;
pub(super) mod connection;
pub(super) mod failed_call;
pub(super) mod node_request;
mod own_credentials;
pub(super) mod permit;
mod pool;
pub(super) mod presence;
pub(super) mod send_once;
mod unknown_user;
pub(super) mod verified;
pub(super) mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Cache};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::coalesce::Coalescer;
use self::concurrency::Concurrency;
use self::connection::NodeConnection;
use self::pool::Pool;
use self::presence::{Departure, Presence};
use self::verified::{Claim, CredentialVerifier};
use super::failed_logins::FailedLogins;
use crate::clock;
use crate::metrics::{GatewayMetrics, UpstreamMetrics};
use crate::node::Identity;
use crate::node::rpc::Destination;
use crate::values::Mono;

/// A cached pointer to a value that is replaced as a whole. The replaced value is dropped with the
/// next call.
pub(super) type CachedArc<T> = Cache<Arc<ArcSwap<T>>, Arc<T>>;

/// One node: address, credentials, connections, slots, and the credentials that it has accepted.
pub(super) struct Upstream {
    /// Where it is. Calls have it from their handle.
    destination: ArcSwap<Destination>,
    concurrency: Concurrency,
    verified: Arc<CredentialVerifier>,
    pool: Pool,
    coalescer: Coalescer,
    /// Calls whose clients have gone.
    abandoned: TaskTracker,
    /// Long polls are to end.
    shutting_down: CancellationToken,
    /// The node was unreachable at the last poll.
    is_gone: AtomicBool,
    metrics: Arc<GatewayMetrics>,
}

impl Upstream {
    /// The node at `destination`; nothing is sent yet. Long polls end with `shutting_down`.
    pub(super) fn new(
        destination: Destination,
        failed_logins: Arc<FailedLogins>,
        shutting_down: CancellationToken,
        metrics: Arc<GatewayMetrics>,
    ) -> Self {
        Self {
            destination: ArcSwap::from_pointee(destination),
            concurrency: Concurrency::default(),
            verified: Arc::new(CredentialVerifier::new(
                failed_logins,
                metrics.refused_by_node(),
            )),
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

    /// Runs a call at the node that outlives its client.
    pub(super) fn spawn(&self, call: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.abandoned.spawn_on(call, &runtime);
        }
    }

    /// The node is at `destination` from now on. Calls that are at the former one hold no slot of
    /// this one, and whom that one has accepted is not known here.
    fn change_destination(&self, destination: &Arc<Destination>) {
        self.destination.store(Arc::clone(destination));
        self.verified.change_node();
        self.pool.clear();
        self.concurrency.give_back_all();
        self.is_gone.store(false, Ordering::Relaxed);
    }

    /// Closes its idle connections: it is none of the nodes any longer.
    pub(super) fn retire(&self) {
        self.pool.clear();
    }

    /// Sets whether the node `is` unreachable, as found by the daemon's own calls. Calls in flight
    /// then hold no slot any longer.
    pub(super) fn notice_gone(&self, is: bool) {
        if is && !self.is_gone.swap(is, Ordering::Relaxed) {
            self.pool.clear();
            self.concurrency.give_back_all();
        }
        self.is_gone.store(is, Ordering::Relaxed);
    }

    /// The node has refused credentials that another node accepts; whether it had not done so
    /// before.
    pub(super) fn note_unknown_user(&self, claim: Claim<'_>) -> bool {
        self.verified.note_refused_here(claim.key, clock::mono())
    }

    /// Whether the node has refused these credentials lately, which another node accepts.
    pub(super) fn refuses(&self, claim: Claim<'_>) -> bool {
        self.verified.refuses(claim.key)
    }

    /// Whether the node has refused credentials that another node accepts, in the last hour and
    /// without accepting them since.
    pub(super) fn has_unknown_user(&self) -> bool {
        self.verified.has_unknown_user()
    }

    /// Closes connections that have been idle too long.
    pub(super) fn sweep(&self, now: Mono) {
        self.pool.sweep(now);
        self.verified.sweep(now);
    }

    /// As many slots as `configured`, else as suits the node: `identity` is that of the node, if it
    /// was `asked` and reports one. `long_polls` gives the part of the slots that long polls may
    /// have.
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
    pub(super) fn give_back(&self, connection: Box<NodeConnection>, now: Mono) {
        self.pool.give_back(connection, now);
    }

    /// While calls wait for a slot, an answer is sent after those calls: the node works on them
    /// while its answers are passed on, and it and the clients are woken once for several calls.
    /// Wake-ups are most of the cost of a short call.
    pub(super) async fn coalesce(&self) {
        if self.concurrency.are_all_taken() {
            self.coalescer.wait(clock::mono).await;
        }
    }
}

/// A node as calls find it: with the address that is in force, so that no call looks for it.
#[derive(Clone)]
pub(super) struct UpstreamHandle {
    name: Arc<str>,
    upstream: Arc<Upstream>,
    destination: Arc<Destination>,
    /// Until the node is left.
    pub(super) presence: Presence,
    /// It keeps all blocks: no caller has it pruned.
    pub(super) is_archive: bool,
    counters: Arc<UpstreamMetrics>,
}

impl UpstreamHandle {
    /// `upstream`, which is called `name`.
    pub(super) fn new(name: Arc<str>, upstream: Upstream) -> Self {
        Self {
            counters: Arc::new(upstream.metrics.upstream(&name)),
            name,
            destination: upstream.destination.load_full(),
            upstream: Arc::new(upstream),
            presence: Presence::default(),
            is_archive: false,
        }
    }

    /// The same node under another name.
    pub(super) fn renamed(&self, name: Arc<str>) -> Self {
        Self {
            counters: Arc::new(self.upstream.metrics.upstream(&name)),
            name,
            ..self.clone()
        }
    }

    pub(super) fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// The node's name.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What is counted of it.
    pub(super) fn counters(&self) -> &UpstreamMetrics {
        &self.counters
    }

    /// The node is at `destination` from now on; the departure is that of those who wait at the
    /// former one.
    pub(super) fn change_destination(&mut self, destination: Destination) -> Departure {
        self.destination = Arc::new(destination);
        self.upstream.change_destination(&self.destination);
        self.presence.renew()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::task::{Context, Waker};

    use hyper::StatusCode;

    use super::connection::tests as connections;
    use super::permit::PermitRequest;
    use super::verified::Standing;
    use super::*;
    use crate::limit::Limiter;
    use crate::metrics::Recorder;

    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn two_upstreams() -> [Upstream; 2] {
        let metrics = Arc::new(Recorder::new().unwrap().gateway().unwrap());
        let failed_logins = Arc::new(FailedLogins::new(Arc::clone(&metrics)));
        [1, 2].map(|port| {
            let upstream = Upstream::new(
                Arc::into_inner(connections::destination(port)).unwrap(),
                Arc::clone(&failed_logins),
                CancellationToken::new(),
                Arc::clone(&metrics),
            );
            upstream.resize(Some(1), None, false, |_| 0);
            upstream
        })
    }

    #[test]
    fn a_slot_taken_at_one_node_is_free_at_the_other_and_stays_taken_when_that_is_gone() {
        let [first, second] = two_upstreams();
        let request = PermitRequest {
            is_long_poll: false,
            claim: None,
            client: CLIENT,
            is_accepted_elsewhere: false,
        };
        let permit = first.try_permit(request, Mono::START);
        assert!(permit.is_some() && first.try_permit(request, Mono::START).is_none());
        assert_eq!(second.concurrency().in_flight(), (0, 1));
        assert!(second.try_permit(request, Mono::START).is_some());
        second.notice_gone(true);
        assert_eq!(first.concurrency().in_flight(), (1, 1));
    }

    #[test]
    fn of_a_node_that_was_replaced_neither_a_slot_stays_taken_nor_credentials_verified() {
        let [upstream, _] = two_upstreams();
        let key = Limiter::default().user(b"a:b");
        let claim = Claim {
            key,
            authorization: Some(b"Basic YTpi"),
        };
        let begin = || {
            upstream
                .verified
                .begin(key, Standing::Unverified, CLIENT, Mono::START)
                .ok()
                .unwrap()
        };
        begin().judged(StatusCode::OK);
        let request = PermitRequest {
            is_long_poll: false,
            claim: None,
            client: CLIENT,
            is_accepted_elsewhere: false,
        };
        let late = begin();
        let at_the_former = upstream.try_permit(request, Mono::START);
        assert!(at_the_former.is_some() && upstream.is_verified(claim));
        upstream.change_destination(&connections::destination(3));
        late.judged(StatusCode::OK);
        assert!(!upstream.is_verified(claim));
        let at_the_next = upstream.try_permit(request, Mono::START);
        drop(at_the_former);
        assert!(at_the_next.is_some() && upstream.try_permit(request, Mono::START).is_none());
    }

    #[test]
    fn a_connection_to_one_node_is_kept_in_its_pool_alone() {
        let [first, second] = two_upstreams();
        let (connection, _far) = connections::connection(1024);
        let destination = Arc::clone(&connection.destination);
        first.give_back(connection, Mono::START);
        second.notice_gone(true);
        let mut context = Context::from_waker(Waker::noop());
        let mut take = |from: &Upstream| from.pool.take(&destination, Mono::START, &mut context);
        assert!(take(&second).is_none());
        assert!(take(&first).is_some());
    }

    #[test]
    fn credentials_that_one_node_accepts_are_not_verified_at_the_other() {
        let [first, second] = two_upstreams();
        let key = Limiter::default().user(b"a:b");
        let claim = Claim {
            key,
            authorization: Some(b"Basic YTpi"),
        };
        let login = first
            .verified
            .begin(key, Standing::Unverified, CLIENT, Mono::START);
        login.ok().unwrap().judged(StatusCode::OK);
        assert!(first.is_verified(claim) && !second.is_verified(claim));
        let login = second
            .verified
            .begin(key, Standing::Unverified, CLIENT, Mono::START);
        login.ok().unwrap().judged(StatusCode::UNAUTHORIZED);
        assert!(first.is_verified(claim) && !second.is_verified(claim));
    }
}

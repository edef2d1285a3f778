//! The JSON-RPC front: calls come in from clients, and go out to the node, if they may.
//!
//! | step | file |
//! |---|---|
//! | who the client is, where proxies stand between | `client` |
//! | its credentials and what they allow | `access`, `principal`, `logins` |
//! | its head, whoever has read it | `request` |
//! | its body, within bounds | `intake` |
//! | which methods it calls | `parse`, `long_poll` |
//! | whether it may call them, and now; a place at the node | `admission`, `crate::limit` |
//! | the call and its answer | `exchange`, `connection`, `wire`, `body`, `lines`, `reply`, `aside` |
//! | what is told of it | `record`, `refusal` |
//!
//! Decides which calls reach the node, and when. Refuses to know what they mean. Invariant: the
//! bytes that were looked at are the bytes that are sent; what is refused has cost nothing, and has
//! an answer with its caller's id.

mod access;
mod admission;
mod alarm;
mod answers;
mod aside;
mod body;
mod client;
mod connection;
mod exchange;
mod intake;
mod lines;
mod logins;
mod long_poll;
mod parse;
#[cfg(test)]
mod parse_fuzz;
#[cfg(test)]
mod parse_oracle;
mod policy;
mod pool;
mod principal;
mod record;
mod refusal;
mod reply;
mod report;
mod request;
mod room;
mod serve;
mod wire;

pub use access::{MethodList, User};
pub use body::{Body, BodyError, NodeBody};
pub use client::Client;
pub(crate) use connection::has_news;
pub use intake::Held;
pub use lines::Lines;
pub(crate) use lines::write_line;
pub use policy::{Limits, Policy};
pub use record::Untold;
pub use refusal::Objection;
pub use reply::Reply;
pub use report::{Caller, Explanation, NoSuchUser, RatePart, Report, Step, Summary, UserPart};
pub use request::Request;
pub(crate) use request::{FORWARDED_FOR, TRACEPARENT};

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use self::answers::Answers;
use self::aside::Aside;
use self::intake::Intake;
use self::logins::Logins;
use self::policy::Rules;
use self::pool::Pool;
use crate::limit::{Layer, Limiter};
use crate::metrics::Front;
use crate::node::rpc::Upstream;
use crate::node::{Identity, RpcWorkers, Slots};
use crate::values::Mono;

/// Work that few calls need. In a box, and called through a vtable, its code and its state are out
/// of the way of those that all need: what a busy front does is to be found in its processor's
/// caches.
type Rare<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Does `work` within `span`. To be called only if somebody looks: most of the time nobody does.
#[inline(never)]
fn traced<'a, T>(span: Span, work: impl Future<Output = T> + Send + 'a) -> Rare<'a, T> {
    Box::pin(work.instrument(span))
}

/// The front before one node.
pub struct Gateway {
    rules: Arc<ArcSwap<Rules>>,
    upstream: Arc<ArcSwap<Upstream>>,
    limiter: Mutex<Limiter>,
    logins: Arc<Logins>,
    slots: Slots,
    /// The part of them that calls may have which wait for a block.
    long_polls: Slots,
    pool: Pool,
    aside: Aside,
    intake: Intake,
    answers: Arc<Answers>,
    front: Front,
    abandoned: TaskTracker,
    /// Nobody is to wait for a block any more.
    ending: CancellationToken,
    processed: AtomicU64,
    /// Nobody was to be reached at the node when it was looked at last.
    is_gone: AtomicBool,
}

impl Gateway {
    /// A front before `upstream`; nothing is sent yet.
    #[must_use]
    pub fn new(policy: Policy, upstream: Upstream, front: Front) -> Self {
        let mut limiter = Limiter::default();
        let rules = Rules::new(policy, &mut limiter);
        let intake = Intake::default();
        intake.resize(rules.policy.max_body_bytes);
        Self {
            rules: Arc::new(ArcSwap::from_pointee(rules)),
            upstream: Arc::new(ArcSwap::from_pointee(upstream)),
            limiter: Mutex::new(limiter),
            logins: Arc::new(Logins::new(
                Self::AT_A_NODE_OF_FEW_WORKERS,
                front.refused_by_node(),
            )),
            slots: Slots::new(Self::AT_A_NODE_OF_FEW_WORKERS),
            long_polls: Slots::new(1),
            pool: Pool::default(),
            aside: Aside::default(),
            intake,
            answers: Arc::default(),
            front,
            abandoned: TaskTracker::new(),
            ending: CancellationToken::new(),
            processed: AtomicU64::new(0),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Calls at a node at once. One of 4 workers is for `uptime` and one for the daemon's other
    /// calls; of 16, a half is for those who do not come through here.
    const AT_A_NODE_OF_FEW_WORKERS: usize = 2;
    const AT_A_NODE_OF_MANY_WORKERS: usize = 8;
    const AT_ANOTHER_NODE: usize = 4;

    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls that have ended since the start, however they did.
    #[must_use]
    pub fn requests_processed(&self) -> u64 {
        self.processed.load(Ordering::Relaxed)
    }

    fn count(&self, calls: u64) {
        self.processed.fetch_add(calls, Ordering::Relaxed);
    }

    /// Puts `policy` in force. Buckets keep what is in them.
    pub fn change_policy(&self, policy: Policy, now: Mono) {
        let mut limiter = self.limiter();
        let rules = Rules::new(policy, &mut limiter);
        rules.take_over(&self.rules.load(), &mut limiter, now);
        self.intake.resize(rules.policy.max_body_bytes);
        self.rules.store(Arc::new(rules));
    }

    /// What `network` holds of the budget for all that is read and is not yet a request: nothing
    /// yet.
    #[must_use]
    pub fn hold(&self, network: u64) -> Held<'_> {
        self.intake.hold(network)
    }

    /// Reads the daemon's own credentials at the node, which has just been started.
    pub async fn read_credentials(&self) {
        self.upstream.load_full().read_credentials().await;
    }

    /// Passes calls on to `upstream` from now on.
    pub fn change_upstream(&self, upstream: Upstream) {
        self.upstream.store(Arc::new(upstream));
        self.pool.clear();
    }

    /// What has to be done about once a second: `identity` is who the node is, if it was `asked`
    /// and says it.
    pub fn tick(&self, identity: Option<&Identity>, asked: bool, now: Mono) {
        self.limiter().sweep(now);
        self.logins.sweep(now);
        self.pool.sweep(now);
        let rules = self.rules.load();
        let fixed = rules
            .policy
            .max_in_flight
            .map(|most| usize::try_from(most.get()).unwrap_or(usize::MAX));
        let workers = identity.map(|identity| identity.dialect().rpc_workers);
        let places = fixed.unwrap_or(match workers {
            Some(RpcWorkers::Many) => Self::AT_A_NODE_OF_MANY_WORKERS,
            Some(RpcWorkers::Unknown) => Self::AT_ANOTHER_NODE,
            None if asked => Self::AT_ANOTHER_NODE,
            // Until it is known, the least that may be right.
            Some(RpcWorkers::Few) | None => Self::AT_A_NODE_OF_FEW_WORKERS,
        });
        self.slots.resize(places);
        self.logins.resize(places);
        self.long_polls.resize(rules.policy.long_polls(places));
    }

    /// Ends the calls that wait for a block, now and from now on: the daemon shuts down.
    pub fn end_long_polls(&self) {
        self.ending.cancel();
    }

    /// Whether nobody `is` to be reached at the node, as the daemon's own calls show. Calls that
    /// are there hold no place any longer.
    pub fn notice_gone(&self, is: bool) {
        if is && !self.is_gone.swap(is, Ordering::Relaxed) {
            self.pool.clear();
            self.slots.give_back_all();
            self.long_polls.give_back_all();
            self.logins.unverified().give_back_all();
        }
        self.is_gone.store(is, Ordering::Relaxed);
    }

    /// Brings the gauges up to date, for a scrape.
    pub fn measure(&self) {
        self.front
            .in_flight
            .set(i64::try_from(self.slots.taken()).unwrap_or(i64::MAX));
        let limiter = self.limiter();
        for layer in Layer::ALL {
            self.front.keys(layer.as_str(), limiter.remembered(layer));
        }
    }
}

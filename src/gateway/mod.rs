//! The JSON-RPC gateway: calls come in from clients, and go out to one of the nodes, if they may.
//!
//! | step | file |
//! |---|---|
//! | identify: who the client is, its credentials and what they allow | `identify`, `client`, `access`, `failed_logins` |
//! | read: its body, within bounds | `read`, `body_budget` |
//! | parse: which methods it calls | `parse`, `crate::route` |
//! | admit: whether it may call them, and now; a slot | `admit`, `rate_limits`, `prepaid`, `policy`, `crate::limit` |
//! | forward: the call and its answer | `upstream`, `body`, `streamed` |
//! | with several nodes: which of them, and which next | `dispatch`, `route_query`, `inspection`, `crate::route` |
//! | the five of them, and the one place that refuses | `serve`, `reply`, `refusal`, `route_refusal` |
//! | what is handed to the network | `broadcast`, `dispatch/fan_out` |
//! | a call that waits for a block, sent again | `long_poll` |
//! | what an answer shows of the chain | `shown_tip`, `crate::route` |
//! | the nodes in force, and what is published of them | `upstream_set`, `nodes` |
//! | a line about each request | `access_log` |
//!
//! Decides which calls reach the node, and when. Refuses to know what they mean. Invariant: the
//! bytes that were looked at are the bytes that are sent; what is refused has cost nothing, and has
//! an answer with its caller's id.

mod access;
mod access_log;
mod admit;
mod body;
mod body_budget;
mod broadcast;
mod client;
mod dispatch;
#[cfg(test)]
mod dispatch_tests;
mod exchange;
mod explanation;
mod failed_logins;
mod failover;
mod fair_share;
mod header_map;
mod identify;
mod inspection;
mod limits_trial;
mod lines;
mod long_poll;
mod nodes;
mod parse;
#[cfg(test)]
mod parse_fuzz;
#[cfg(any(test, fuzzing))]
mod parse_oracle;
mod policy;
mod prepaid;
mod prepay;
mod principal;
mod rare_future;
mod rate_limits;
mod read;
mod refusal;
mod reply;
mod report;
mod request;
mod reusable_timer;
mod reusable_waits;
mod route_query;
mod route_refusal;
mod serve;
mod shown_tip;
mod streamed;
mod target;
mod upstream;
mod upstream_set;

pub use access::{GatewayUser, MethodList, NodeList};
pub use body::{Body, BodyError, NodeBody};
pub use body_budget::Reservation;
pub use broadcast::receivers::withheld;
pub use client::GatewayClient;
pub use explanation::{CallerQuery, Explanation, LayerLevel, NoSuchUser};
pub use failover::{Failover, Publication};
pub(crate) use header_map::header_map;
pub use limits_trial::{TrialRefusal, TriedLimit};
pub use lines::HeaderLines;
pub(crate) use lines::write_line;
pub use nodes::UpstreamOverview;
pub use policy::{GatewayPolicy, RateLimitPolicy};
pub use refusal::Objection;
pub use reply::Reply;
pub use report::{RateLimitOverview, RateLimitReport, RatePart, UserPart};
pub use request::RpcRequest;
pub(crate) use request::{FORWARDED_FOR, NODE_HEADER, TRACEPARENT, TRACESTATE};
pub(crate) use upstream::connection::has_news;
pub use upstream_set::{UpstreamSpec, UpstreamUpdate};

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::access_log::AccessLog;
use self::body_budget::BodyBudget;
use self::explanation::levels_in_store;
use self::failed_logins::FailedLogins;
use self::failover::FailoverObserver;
use self::policy::Rules;
use self::rate_limits::RateLimits;
use self::report::RateLimitReporter;
use self::streamed::StreamedAnswers;
use self::upstream_set::UpstreamSet;
use crate::clock;
use crate::limit::Limiter;
use crate::limit::shared::{BucketSecret, SharedLimits};
use crate::metrics::{GatewayMetrics, GatewayTotals};
use crate::route::Floor;
use crate::values::{ClientAddr, Mono};

/// The gateway before one node or several.
pub struct Gateway {
    rules: Arc<ArcSwap<Rules>>,
    rate_limits: RateLimits,
    failed_logins: Arc<FailedLogins>,
    body_budget: BodyBudget,
    streamed: Arc<StreamedAnswers>,
    /// The nodes in force.
    upstreams: Arc<ArcSwap<UpstreamSet>>,
    /// What of the chain has been shown of them.
    floor: Floor,
    /// Rings when something is published of them.
    published: Notify,
    /// One at a time changes them, and sees by which change reads moved.
    changing: Mutex<FailoverObserver>,
    access_log: Arc<AccessLog>,
    /// Ends all long polls.
    shutting_down: CancellationToken,
    metrics: Arc<GatewayMetrics>,
}

/// Panics if what is made of `body`, in which a batch may have `most` calls, is not what another
/// JSON reader finds there.
#[cfg(fuzzing)]
pub fn judge_body(body: &[u8], most: usize) {
    parse_oracle::judge(body, most);
}

impl Gateway {
    /// A gateway before these `nodes`; nothing is sent yet.
    #[must_use]
    pub fn new(policy: GatewayPolicy, nodes: Vec<UpstreamSpec>, metrics: GatewayMetrics) -> Self {
        let metrics = Arc::new(metrics);
        let mut limiter = Limiter::default();
        let rules = Rules::new(policy, None, &mut limiter);
        let body_budget = BodyBudget::default();
        body_budget.resize(rules.policy.rpc.max_body_bytes.get());
        let failed_logins = Arc::new(FailedLogins::new(Arc::clone(&metrics)));
        let shutting_down = CancellationToken::new();
        let gateway = Self {
            rules: Arc::new(ArcSwap::from_pointee(rules)),
            rate_limits: RateLimits::new(limiter, Arc::clone(&metrics)),
            failed_logins,
            body_budget,
            streamed: Arc::default(),
            upstreams: Arc::new(ArcSwap::from_pointee(UpstreamSet::default())),
            floor: Floor::default(),
            published: Notify::new(),
            changing: Mutex::default(),
            access_log: Arc::new(AccessLog::new(Arc::clone(&metrics))),
            shutting_down,
            metrics,
        };
        gateway.change_nodes(nodes.into_iter().map(UpstreamUpdate::from).collect());
        gateway
    }

    /// A client that is connected from `addr`.
    #[must_use]
    pub fn client(&self, addr: ClientAddr) -> GatewayClient {
        GatewayClient::new(addr, &self.rules, &self.upstreams)
    }

    /// Calls that have ended since the start, however they did.
    #[must_use]
    pub fn requests_processed(&self) -> u64 {
        self.access_log.processed()
    }

    /// What was counted since the start, of all methods together.
    #[must_use]
    pub fn totals(&self) -> GatewayTotals {
        self.metrics.totals()
    }

    /// Puts `policy` in force. Buckets keep their tokens.
    pub fn change_policy(&self, policy: GatewayPolicy, now: Mono) {
        let mut limiter = self.rate_limits.limiter();
        let before = self.rules.load();
        let mut rules = Rules::new(policy, before.shared.clone(), &mut limiter);
        rules.key_generation = before.key_generation;
        rules.take_over(&before, &mut limiter, now);
        self.body_budget
            .resize(rules.policy.rpc.max_body_bytes.get());
        self.rules.store(Arc::new(rules));
    }

    /// Limits are `shared` so from now on, or each daemon has its own.
    pub fn share_limits(&self, shared: Option<Arc<SharedLimits>>) {
        let mut limiter = self.rate_limits.limiter();
        if let Some(shared) = &shared {
            limiter.change_secret(shared.secret());
        }
        let rules = self.rules.load().shared(shared, &mut limiter);
        self.rules.store(Arc::new(rules));
    }

    /// Limits that several daemons share, if they are.
    #[must_use]
    pub fn shared_limits(&self) -> Option<Arc<SharedLimits>> {
        self.rules.load().shared.clone()
    }

    /// Callers are hashed with `secret` from now on.
    pub fn change_secret(&self, secret: BucketSecret) {
        let mut limiter = self.rate_limits.limiter();
        if limiter.change_secret(secret) {
            let before = self.rules.load();
            let rules = before.shared(before.shared.clone(), &mut limiter);
            self.rules.store(Arc::new(rules));
        }
    }

    /// What callers are hashed with.
    #[must_use]
    pub fn secret(&self) -> BucketSecret {
        self.rate_limits.limiter().secret()
    }

    /// An empty reservation of the body budget for `network`.
    #[must_use]
    pub fn reserve(&self, network: u64) -> Reservation<'_> {
        self.body_budget.reserve(network)
    }

    /// The work to do about once a second.
    pub fn sweep(&self, now: Mono) {
        self.rate_limits.limiter().sweep(now);
        if let Some(shared) = &self.rules.load().shared {
            shared.sweep(now);
        }
        self.failed_logins.sweep(now);
        self.floor.sweep(now);
        for upstream in self.upstreams.load().upstreams() {
            upstream.sweep(now);
        }
    }

    /// Ends the calls that wait for a block, now and from now on: the daemon shuts down.
    pub fn end_long_polls(&self) {
        self.shutting_down.cancel();
    }

    /// Brings the gauges up to date, for a scrape.
    pub fn measure(&self) {
        let set = self.upstreams.load();
        let in_flight = set.upstreams().map(|node| node.concurrency().in_flight().0);
        self.metrics
            .in_flight
            .set(i64::try_from(in_flight.sum::<usize>()).unwrap_or(i64::MAX));
        if set.only().is_none() {
            for node in set.handles() {
                let (in_flight, _) = node.upstream().concurrency().in_flight();
                node.counters().in_flight(in_flight);
            }
        }
        self.rate_limits.measure();
    }

    /// The limits in short.
    #[must_use]
    pub fn summary(&self) -> RateLimitOverview {
        let upstreams = self.upstreams.load();
        self.reporter(&self.rules.load(), &upstreams).summary()
    }

    /// The limits in full.
    #[must_use]
    pub fn report(&self) -> RateLimitReport {
        let upstreams = self.upstreams.load();
        self.reporter(&self.rules.load(), &upstreams).report()
    }

    /// What would become of one call of `caller` at `now`. Charges nothing.
    pub fn explain(&self, caller: &CallerQuery, now: Mono) -> Result<Explanation, NoSuchUser> {
        let upstreams = self.upstreams.load();
        self.reporter(&self.rules.load(), &upstreams)
            .explain(caller, &[], now)
    }

    /// The same, with the levels in the store where limits are shared: it is asked for them.
    pub async fn explain_levels(&self, caller: &CallerQuery) -> Result<Explanation, NoSuchUser> {
        let upstreams = self.upstreams.load_full();
        let rules = self.rules.load_full();
        let reporter = self.reporter(&rules, &upstreams);
        let levels = match &rules.shared {
            Some(shared) => levels_in_store(shared, &reporter.demands(caller)?).await,
            None => Vec::new(),
        };
        reporter.explain(caller, &levels, clock::mono())
    }

    fn reporter<'a>(
        &'a self,
        rules: &'a Rules,
        upstreams: &'a UpstreamSet,
    ) -> RateLimitReporter<'a> {
        RateLimitReporter {
            rules,
            rate_limits: &self.rate_limits,
            upstreams,
        }
    }
}

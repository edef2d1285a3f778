//! The JSON-RPC gateway: calls come in from clients, and go out to a node, if they may.
//!
//! | step | file |
//! |---|---|
//! | identify: who the client is, its credentials and what they allow | `identify`, `client`, `access`, `failed_logins` |
//! | read: its body, within bounds | `read`, `body_budget` |
//! | parse: which methods it calls | `parse`, `crate::route` |
//! | admit: whether it may call them, and now; a slot | `admit`, `rate_limits`, `policy`, `crate::limit` |
//! | forward: the call and its answer | `upstream`, `body`, `streamed` |
//! | the five of them, and the one place that refuses | `serve`, `reply`, `refusal` |
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
mod client;
mod exchange;
mod failed_logins;
mod fair_share;
mod header_map;
mod identify;
mod lines;
mod parse;
#[cfg(test)]
mod parse_fuzz;
#[cfg(test)]
mod parse_oracle;
mod policy;
mod rare_future;
mod rate_limits;
mod read;
mod refusal;
mod reply;
mod report;
mod request;
mod reusable_timer;
mod serve;
mod streamed;
mod upstream;

pub use access::{GatewayUser, MethodList};
pub use body::{Body, BodyError, NodeBody};
pub use body_budget::Reservation;
pub use client::GatewayClient;
pub(crate) use header_map::header_map;
pub use lines::HeaderLines;
pub(crate) use lines::write_line;
pub use policy::{GatewayPolicy, RateLimitPolicy};
pub use refusal::Objection;
pub use reply::Reply;
pub use report::{
    CallerQuery, Explanation, LayerLevel, NoSuchUser, RateLimitOverview, RateLimitReport, RatePart,
    UserPart,
};
pub use request::RpcRequest;
pub(crate) use request::{FORWARDED_FOR, TRACEPARENT};
pub(crate) use upstream::connection::has_news;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use self::access_log::AccessLog;
use self::body_budget::BodyBudget;
use self::failed_logins::FailedLogins;
use self::policy::Rules;
use self::rate_limits::RateLimits;
use self::report::RateLimitReporter;
use self::streamed::StreamedAnswers;
use self::upstream::Upstream;
use crate::limit::Limiter;
use crate::metrics::GatewayMetrics;
use crate::node::Identity;
use crate::node::rpc::Destination;
use crate::values::{ClientAddr, Mono};

/// The gateway before a node.
pub struct Gateway {
    rules: Arc<ArcSwap<Rules>>,
    rate_limits: RateLimits,
    failed_logins: Arc<FailedLogins>,
    body_budget: BodyBudget,
    streamed: Arc<StreamedAnswers>,
    upstream: Arc<Upstream>,
    access_log: Arc<AccessLog>,
    /// Ends all long polls.
    shutting_down: CancellationToken,
    metrics: Arc<GatewayMetrics>,
}

impl Gateway {
    /// A gateway before the node at `destination`; nothing is sent yet.
    #[must_use]
    pub fn new(policy: GatewayPolicy, destination: Destination, metrics: GatewayMetrics) -> Self {
        let metrics = Arc::new(metrics);
        let mut limiter = Limiter::default();
        let rules = Rules::new(policy, &mut limiter);
        let body_budget = BodyBudget::default();
        body_budget.resize(rules.policy.max_body_bytes);
        let failed_logins = Arc::new(FailedLogins::new(Arc::clone(&metrics)));
        let shutting_down = CancellationToken::new();
        let upstream = Upstream::new(
            destination,
            Arc::clone(&failed_logins),
            shutting_down.clone(),
            Arc::clone(&metrics),
        );
        Self {
            rules: Arc::new(ArcSwap::from_pointee(rules)),
            rate_limits: RateLimits::new(limiter, Arc::clone(&metrics)),
            failed_logins,
            body_budget,
            streamed: Arc::default(),
            upstream: Arc::new(upstream),
            access_log: Arc::new(AccessLog::new(Arc::clone(&metrics))),
            shutting_down,
            metrics,
        }
    }

    /// A client that is connected from `addr`.
    #[must_use]
    pub fn client(&self, addr: ClientAddr) -> GatewayClient {
        GatewayClient::new(addr, &self.rules, &self.upstream)
    }

    /// Calls that have ended since the start, however they did.
    #[must_use]
    pub fn requests_processed(&self) -> u64 {
        self.access_log.processed()
    }

    /// Puts `policy` in force. Buckets keep their tokens.
    pub fn change_policy(&self, policy: GatewayPolicy, now: Mono) {
        let mut limiter = self.rate_limits.limiter();
        let rules = Rules::new(policy, &mut limiter);
        rules.take_over(&self.rules.load(), &mut limiter, now);
        self.body_budget.resize(rules.policy.max_body_bytes);
        self.rules.store(Arc::new(rules));
    }

    /// An empty reservation of the body budget for `network`.
    #[must_use]
    pub fn reserve(&self, network: u64) -> Reservation<'_> {
        self.body_budget.reserve(network)
    }

    /// Reads the daemon's own credentials at the node, which has just been started.
    pub async fn read_credentials(&self) {
        self.upstream.read_credentials().await;
    }

    /// Passes calls on to `destination` from now on.
    pub fn change_destination(&self, destination: Destination) {
        self.upstream.change_destination(destination);
    }

    /// The work to do about once a second. `identity` is that of the node, if it was `asked` and
    /// reports one.
    pub fn tick(&self, identity: Option<&Identity>, asked: bool, now: Mono) {
        self.rate_limits.limiter().sweep(now);
        self.failed_logins.sweep(now);
        self.upstream.sweep(now);
        let rules = self.rules.load();
        let policy = &rules.policy;
        self.upstream
            .resize(policy.max_in_flight(), identity, asked, |slots| {
                policy.long_polls(slots)
            });
    }

    /// Ends the calls that wait for a block, now and from now on: the daemon shuts down.
    pub fn end_long_polls(&self) {
        self.shutting_down.cancel();
    }

    /// Sets whether the node `is` unreachable, as found by the daemon's own calls.
    pub fn notice_gone(&self, is: bool) {
        self.upstream.notice_gone(is);
    }

    /// Brings the gauges up to date, for a scrape.
    pub fn measure(&self) {
        let (in_flight, _) = self.upstream.concurrency().in_flight();
        self.metrics
            .in_flight
            .set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        self.rate_limits.measure();
    }

    /// The limits in short.
    #[must_use]
    pub fn summary(&self) -> RateLimitOverview {
        self.reporter(&self.rules.load()).summary()
    }

    /// The limits in full.
    #[must_use]
    pub fn report(&self) -> RateLimitReport {
        self.reporter(&self.rules.load()).report()
    }

    /// What would become of one call of `caller` at `now`. Charges nothing.
    pub fn explain(&self, caller: &CallerQuery, now: Mono) -> Result<Explanation, NoSuchUser> {
        self.reporter(&self.rules.load()).explain(caller, now)
    }

    fn reporter<'a>(&'a self, rules: &'a Rules) -> RateLimitReporter<'a> {
        RateLimitReporter {
            rules,
            rate_limits: &self.rate_limits,
            upstream: &self.upstream,
        }
    }
}

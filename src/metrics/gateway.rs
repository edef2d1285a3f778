//! What is counted at the JSON-RPC gateway. Every series is looked up once: a call costs a few
//! additions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use super::call_outcome::{CallOutcome, REQUEST_BUCKETS};
use super::counter::counter;
use super::families::{self as family, Family};
use super::methods::Method;
use super::totals::{GatewayTotals, LimitedTotals};
use super::upstream::{UpstreamFamilies, UpstreamMetrics, UpstreamOutcome};
use crate::route::Class;

/// Up to the two seconds that a call waits by default.
const WAIT_BUCKETS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0];

#[derive(Default)]
struct PerMethod {
    requests: [OnceLock<IntCounter>; CallOutcome::ALL.len()],
    duration: OnceLock<Histogram>,
}

/// Counters and histograms of the gateway.
pub struct GatewayMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    per_method: Vec<PerMethod>,
    errors: IntCounterVec,
    limited: IntCounterVec,
    keys: IntGaugeVec,
    auth_failures: IntCounterVec,
    /// Calls at the node.
    pub in_flight: IntGauge,
    /// Times that the node said its own queue is full.
    pub overload: IntCounter,
    queue_wait: Histogram,
    upstreams: UpstreamFamilies,
}

impl GatewayMetrics {
    /// All at zero.
    pub(super) fn new(
        registry: &Registry,
        auth_failures: &IntCounterVec,
    ) -> Result<Self, prometheus::Error> {
        let histogram = |family: &Family, buckets: &[f64]| {
            HistogramVec::new(
                HistogramOpts::new(family.name, family.help).buckets(buckets.to_vec()),
                family.labels,
            )
        };
        let gauge = |family: &Family| IntGauge::new(family.name, family.help);
        let wait = HistogramOpts::new(family::RPC_QUEUE_WAIT.name, family::RPC_QUEUE_WAIT.help);
        let metrics = Self {
            requests: counter(&family::RPC_REQUESTS)?,
            durations: histogram(&family::RPC_DURATION, &REQUEST_BUCKETS)?,
            per_method: (0..Method::count()).map(|_| PerMethod::default()).collect(),
            errors: counter(&family::RPC_ERRORS)?,
            limited: counter(&family::RPC_LIMITED)?,
            keys: IntGaugeVec::new(
                Opts::new(family::RPC_LIMITER_KEYS.name, family::RPC_LIMITER_KEYS.help),
                family::RPC_LIMITER_KEYS.labels,
            )?,
            auth_failures: auth_failures.clone(),
            in_flight: gauge(&family::RPC_IN_FLIGHT)?,
            overload: IntCounter::new(family::RPC_OVERLOAD.name, family::RPC_OVERLOAD.help)?,
            queue_wait: Histogram::with_opts(wait.buckets(WAIT_BUCKETS.to_vec()))?,
            upstreams: UpstreamFamilies::new(registry)?,
        };
        // What may happen any time is at zero before: a rate needs a first value to rise from.
        for layer in ["address", "user", "method", "login"] {
            metrics.limited.with_label_values(&[layer]);
        }
        for at in ["front", "node"] {
            metrics.auth_failures.with_label_values(&[at]);
        }
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.durations.clone()))?;
        registry.register(Box::new(metrics.errors.clone()))?;
        registry.register(Box::new(metrics.limited.clone()))?;
        registry.register(Box::new(metrics.keys.clone()))?;
        registry.register(Box::new(metrics.in_flight.clone()))?;
        registry.register(Box::new(metrics.overload.clone()))?;
        registry.register(Box::new(metrics.queue_wait.clone()))?;
        Ok(metrics)
    }

    /// `times` calls of `method` ended so.
    #[expect(clippy::as_conversions, reason = "an outcome's place among all")]
    pub fn ended(&self, method: Method, outcome: CallOutcome, times: u64) {
        let cell = self
            .per_method
            .get(method.index())
            .and_then(|of| of.requests.get(outcome as usize));
        let labels = || {
            self.requests
                .with_label_values(&[method.label(), outcome.as_str()])
        };
        if let Some(cell) = cell {
            cell.get_or_init(labels).inc_by(times);
        }
    }

    /// A request of `method` took so long.
    pub fn took(&self, method: Method, duration: Duration) {
        let Some(of) = self.per_method.get(method.index()) else {
            return;
        };
        let histogram = of
            .duration
            .get_or_init(|| self.durations.with_label_values(&[method.label()]));
        histogram.observe(duration.as_secs_f64());
    }

    /// A request was answered with this JSON-RPC code; one that is neither ours nor bitcoind's
    /// counts as `other`.
    pub fn error(&self, code: i64) {
        let code = match code {
            -36..=-1 | -32_700..=-32_600 | -32_012..=-32_001 => code.to_string(),
            _ => "other".to_owned(),
        };
        self.errors.with_label_values(&[&code]).inc();
    }

    /// A call waited so long for its turn.
    pub fn waited(&self, duration: Duration) {
        self.queue_wait.observe(duration.as_secs_f64());
    }

    /// A request was over the limit of `layer`, be it refused or only observed.
    pub fn limited(&self, layer: &str) {
        self.limited.with_label_values(&[layer]).inc();
    }

    /// So many callers are remembered in `layer`.
    pub fn keys(&self, layer: &str, keys: usize) {
        self.keys
            .with_label_values(&[layer])
            .set(i64::try_from(keys).unwrap_or(i64::MAX));
    }

    /// What is counted of the node called `name`.
    #[must_use]
    pub fn upstream(&self, name: &Arc<str>) -> UpstreamMetrics {
        self.upstreams.of(name)
    }

    /// A call of `class` that may have run was sent to another node, and ended so there.
    pub fn resent(&self, class: Class, outcome: UpstreamOutcome) {
        self.upstreams.resent(class, outcome);
    }

    /// What was handed to the network at all nodes has ended so at `node`.
    pub fn broadcast(&self, node: &str, outcome: &str) {
        self.upstreams.broadcast(node, outcome);
    }

    /// Reads go to another node than `node`, for this `reason`.
    pub fn failed_over(&self, node: &str, reason: &str) {
        self.upstreams.failed_over(node, reason);
    }

    /// It took so long from a node's last answer until it was left.
    pub fn failure_detected(&self, after: Duration) {
        self.upstreams.detected(after);
    }

    /// What was counted since the start, of all methods together.
    #[must_use]
    pub fn totals(&self) -> GatewayTotals {
        let mut totals = GatewayTotals::default();
        for of in &self.per_method {
            for (outcome, counter) in CallOutcome::ALL.into_iter().zip(&of.requests) {
                totals.add(outcome, counter.get().map_or(0, IntCounter::get));
            }
            if let Some(histogram) = of.duration.get() {
                totals.add_durations(histogram);
            }
        }
        let limited = |layer| self.limited.with_label_values(&[layer]).get();
        totals.limited = LimitedTotals {
            address: limited("address"),
            user: limited("user"),
            method: limited("method"),
            login: limited("login"),
        };
        totals
    }

    /// Counts the credentials that were wrong at the node.
    #[must_use]
    pub fn refused_by_node(&self) -> IntCounter {
        self.auth_failures.with_label_values(&["node"])
    }

    /// Credentials were wrong: at the `metrics`, or at the `node`.
    pub fn auth_failed(&self, at: &str) {
        self.auth_failures.with_label_values(&[at]).inc();
    }
}

//! What is counted of each node behind the gateway, where there are several. Series are looked up
//! once: a call costs a few additions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use super::counter::counter;
use super::families::{self as family};
use crate::route::Class;

/// From an answer out of memory to a scan of the unspent outputs.
const ANSWER_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0,
];
/// From a connection that is refused to a node that is silently cut off.
const DETECTION_BUCKETS: [f64; 9] = [0.01, 0.05, 0.25, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0];

/// What comes of a broadcast at one node.
const BROADCAST_OUTCOMES: [&str; 7] = [
    "success",
    "in_chain",
    "duplicate",
    "inconclusive",
    "refused",
    "no_answer",
    "unreachable",
];

macro_rules! upstream_outcomes {
    ($($(#[$doc:meta])* $variant:ident $name:literal)*) => {
        /// How a call to one node ends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum UpstreamOutcome {
            $($(#[$doc])* $variant,)*
        }

        impl UpstreamOutcome {
            const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The label's value.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

upstream_outcomes! {
    /// The node answered with HTTP 200.
    Answered "answered"
    /// The node answered with another status.
    NodeError "node_error"
    /// Another node was asked: this one lacks what was asked for.
    Lacking "lacking"
    /// The call could not be sent.
    Unreachable "unreachable"
    /// The node refused the credentials.
    Unauthorized "unauthorized"
    /// The node's own work queue is full.
    QueueFull "queue_full"
    /// The node went away before its answer.
    NoAnswer "no_answer"
    /// The node was left while the call waited for its answer.
    Left "left"
    /// It took too long.
    TimedOut "timed_out"
    /// The daemon shut down.
    ShuttingDown "shutting_down"
}

/// The families, which all nodes share.
#[derive(Clone)]
pub(super) struct UpstreamFamilies {
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGaugeVec,
    resent: IntCounterVec,
    broadcast: IntCounterVec,
    failovers: IntCounterVec,
    detection: Histogram,
}

/// The counters of one node.
pub struct UpstreamMetrics {
    name: Arc<str>,
    families: UpstreamFamilies,
    requests: [[OnceLock<IntCounter>; UpstreamOutcome::ALL.len()]; Class::ALL.len()],
    duration: OnceLock<Histogram>,
    in_flight: OnceLock<IntGauge>,
}

impl UpstreamFamilies {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let duration = &family::UPSTREAM_DURATION;
        let detection = &family::FAILOVER_DETECTION;
        let in_flight = &family::UPSTREAM_IN_FLIGHT;
        let families = Self {
            requests: counter(&family::UPSTREAM_REQUESTS)?,
            durations: HistogramVec::new(
                HistogramOpts::new(duration.name, duration.help).buckets(ANSWER_BUCKETS.to_vec()),
                duration.labels,
            )?,
            in_flight: IntGaugeVec::new(
                Opts::new(in_flight.name, in_flight.help),
                in_flight.labels,
            )?,
            resent: counter(&family::RESENT)?,
            broadcast: counter(&family::BROADCAST)?,
            failovers: counter(&family::FAILOVERS)?,
            detection: Histogram::with_opts(
                HistogramOpts::new(detection.name, detection.help)
                    .buckets(DETECTION_BUCKETS.to_vec()),
            )?,
        };
        registry.register(Box::new(families.requests.clone()))?;
        registry.register(Box::new(families.durations.clone()))?;
        registry.register(Box::new(families.in_flight.clone()))?;
        registry.register(Box::new(families.resent.clone()))?;
        registry.register(Box::new(families.broadcast.clone()))?;
        registry.register(Box::new(families.failovers.clone()))?;
        registry.register(Box::new(families.detection.clone()))?;
        Ok(families)
    }

    pub(super) fn of(&self, name: &Arc<str>) -> UpstreamMetrics {
        UpstreamMetrics {
            name: Arc::clone(name),
            families: self.clone(),
            requests: Default::default(),
            duration: OnceLock::new(),
            in_flight: OnceLock::new(),
        }
    }

    /// A call of `class` that may have run was sent again, and ended so.
    pub(super) fn resent(&self, class: Class, outcome: UpstreamOutcome) {
        let labels = [class.label(), outcome.as_str()];
        self.resent.with_label_values(&labels).inc();
    }

    /// What was handed to the network at all nodes has ended so at `node`.
    pub(super) fn broadcast(&self, node: &str, outcome: &str) {
        self.broadcast.with_label_values(&[node, outcome]).inc();
    }

    /// Reads go to another node than `node`, for this `reason`.
    pub(super) fn failed_over(&self, node: &str, reason: &str) {
        self.failovers.with_label_values(&[node, reason]).inc();
    }

    /// It took so long from a node's last answer until it was left.
    pub(super) fn detected(&self, after: Duration) {
        self.detection.observe(after.as_secs_f64());
    }
}

impl UpstreamMetrics {
    /// A call of `class` ended so.
    #[expect(clippy::as_conversions, reason = "the places of variants among all")]
    pub fn ended(&self, class: Class, outcome: UpstreamOutcome) {
        let cell = self
            .requests
            .get(class as usize)
            .and_then(|of| of.get(outcome as usize));
        let labels = || {
            let labels = [&*self.name, class.label(), outcome.as_str()];
            self.families.requests.with_label_values(&labels)
        };
        if let Some(cell) = cell {
            cell.get_or_init(labels).inc();
        }
    }

    /// The node took so long until its answer began.
    pub fn took(&self, duration: Duration) {
        let histogram = || self.families.durations.with_label_values(&[&*self.name]);
        self.duration
            .get_or_init(histogram)
            .observe(duration.as_secs_f64());
    }

    /// So many calls are at the node.
    pub fn in_flight(&self, calls: usize) {
        let gauge = || self.families.in_flight.with_label_values(&[&*self.name]);
        self.in_flight
            .get_or_init(gauge)
            .set(i64::try_from(calls).unwrap_or(i64::MAX));
    }

    /// Calls that the node has answered, be it with an error, since the daemon's start.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "a variant's place among all")]
    pub fn answered(&self) -> u64 {
        let answered = [UpstreamOutcome::Answered, UpstreamOutcome::NodeError];
        let of = |outcome: &UpstreamOutcome| {
            let counters = self.requests.iter();
            let counters = counters.filter_map(move |of| of.get(*outcome as usize)?.get());
            counters.map(IntCounter::get).sum::<u64>()
        };
        answered.iter().map(of).sum()
    }

    /// How long half of the answers took at most to begin, since the daemon's start; by the bound
    /// of the histogram's bucket that has it. None before the first answer, or if it is beyond all.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        let families = self.duration.get()?.collect();
        let histogram = families.first()?.get_metric().first()?.get_histogram();
        let half = histogram.get_sample_count().div_ceil(2).max(1);
        let bucket = histogram
            .get_bucket()
            .iter()
            .find(|bucket| bucket.cumulative_count() >= half)?;
        Some(Duration::from_secs_f64(bucket.upper_bound()))
    }

    /// Its series end: the node is none behind the gateway any longer.
    pub fn retire(&self) {
        for class in Class::ALL {
            for outcome in UpstreamOutcome::ALL {
                let labels = [&*self.name, class.label(), outcome.as_str()];
                // Most were never there.
                let _ = self.families.requests.remove_label_values(&labels);
            }
        }
        for outcome in BROADCAST_OUTCOMES {
            let labels = [&*self.name, outcome];
            let _ = self.families.broadcast.remove_label_values(&labels);
        }
        let _ = self.families.durations.remove_label_values(&[&*self.name]);
        let _ = self.families.in_flight.remove_label_values(&[&*self.name]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> (Registry, UpstreamMetrics) {
        let registry = Registry::new();
        let metrics = UpstreamFamilies::new(&registry).unwrap().of(&"a".into());
        (registry, metrics)
    }

    #[test]
    fn the_median_is_the_bound_under_which_half_of_the_answers_are() {
        let (_, metrics) = metrics();
        assert_eq!(metrics.median(), None);
        for millis in [1, 1, 4, 700] {
            metrics.took(Duration::from_millis(millis));
        }
        assert_eq!(metrics.median(), Some(Duration::from_millis(1)));
        metrics.took(Duration::from_millis(4));
        assert_eq!(metrics.median(), Some(Duration::from_millis(5)));
    }

    #[test]
    fn a_node_that_has_gone_leaves_no_series_behind() {
        let (registry, metrics) = metrics();
        metrics.ended(Class::View, UpstreamOutcome::Answered);
        metrics.took(Duration::from_millis(1));
        metrics.in_flight(3);
        let series = || -> usize {
            let of_node = |family: &prometheus::proto::MetricFamily| {
                let has_node = |metric: &&prometheus::proto::Metric| {
                    metric
                        .get_label()
                        .iter()
                        .any(|label| label.name() == "node")
                };
                family.get_metric().iter().filter(has_node).count()
            };
            registry.gather().iter().map(of_node).sum()
        };
        assert_eq!(series(), 3);
        metrics.retire();
        assert_eq!(series(), 0);
    }
}

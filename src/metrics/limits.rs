//! What is counted of the store of shared limits. Without a store there is no series.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

use super::counter::counter;
use super::families as family;

/// From a store on this machine to one that is not in time.
const STORE_BUCKETS: [f64; 9] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1,
];

/// Counters and gauges of the store of shared limits.
#[derive(Clone)]
pub struct LimitsMetrics {
    up: IntGaugeVec,
    seconds: HistogramVec,
    calls: IntCounterVec,
    mode: IntGaugeVec,
}

impl LimitsMetrics {
    const MODES: [&'static str; 4] = ["shared", "share", "open", "closed"];
    const OUTCOMES: [&'static str; 6] = [
        "granted",
        "refused",
        "late",
        "failed",
        "posted",
        "announced",
    ];

    /// Without a series.
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let seconds = HistogramOpts::new(family::LIMITS_SECONDS.name, family::LIMITS_SECONDS.help);
        let gauge = |family: &family::Family| {
            IntGaugeVec::new(Opts::new(family.name, family.help), family.labels)
        };
        let metrics = Self {
            up: gauge(&family::LIMITS_STORE_UP)?,
            seconds: HistogramVec::new(
                seconds.buckets(STORE_BUCKETS.to_vec()),
                family::LIMITS_SECONDS.labels,
            )?,
            calls: counter(&family::LIMITS_CALLS)?,
            mode: gauge(&family::LIMITS_MODE)?,
        };
        registry.register(Box::new(metrics.up.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.calls.clone()))?;
        registry.register(Box::new(metrics.mode.clone()))?;
        Ok(metrics)
    }

    /// Whether the store is used.
    pub fn up(&self, is_up: bool) {
        self.up.with_label_values::<&str>(&[]).set(i64::from(is_up));
    }

    /// An answer of the store took so long.
    pub fn answered(&self, took: Duration) {
        self.seconds
            .with_label_values::<&str>(&[])
            .observe(took.as_secs_f64());
    }

    /// A call to the store ended so.
    pub fn called(&self, outcome: &str) {
        self.calls.with_label_values(&[outcome]).inc();
    }

    /// Who decides from now on.
    pub fn mode(&self, mode: &str) {
        for outcome in Self::OUTCOMES {
            self.calls.with_label_values(&[outcome]);
        }
        for known in Self::MODES {
            self.mode
                .with_label_values(&[known])
                .set(i64::from(known == mode));
        }
    }

    /// There is no store any more.
    pub fn remove(&self) {
        self.up.reset();
        self.seconds.reset();
        self.calls.reset();
        self.mode.reset();
    }
}

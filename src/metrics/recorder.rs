//! What is counted as it happens, with the client library's own counters and histograms.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::{LabelPair, MetricFamily};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Registry};

use super::counter::counter;
use super::families as family;
use super::gateway::GatewayMetrics;
use super::limits::LimitsMetrics;
#[cfg(target_os = "linux")]
use super::own::OwnProcess;

/// From a kept-alive loopback call to a chain lock that is held for minutes.
const NODE_RPC_BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0, 300.0,
];

/// From a block with nothing but its coinbase to a full one on a slow disk.
const BLOCK_BUCKETS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// What came of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOutcome {
    /// It was taken.
    Sent,
    /// All attempts failed.
    Failed,
    /// Others took its place before it was sent.
    Dropped,
}

impl NotifyOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Failed, Self::Dropped];

    /// The value of the label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// Counters and histograms.
pub struct Recorder {
    registry: Registry,
    node_rpc_duration: HistogramVec,
    node_rpc_errors: IntCounterVec,
    block_validation: HistogramVec,
    auth_failures: IntCounterVec,
    notifications: IntCounterVec,
    #[cfg(target_os = "linux")]
    process: OwnProcess,
}

impl Recorder {
    /// All at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let histogram = HistogramOpts::new(
            family::NODE_RPC_DURATION.name,
            family::NODE_RPC_DURATION.help,
        );
        let recorder = Self {
            node_rpc_duration: HistogramVec::new(
                histogram.buckets(NODE_RPC_BUCKETS.to_vec()),
                family::NODE_RPC_DURATION.labels,
            )?,
            node_rpc_errors: counter(&family::NODE_RPC_ERRORS)?,
            block_validation: HistogramVec::new(
                HistogramOpts::new(family::BLOCK_VALIDATION.name, family::BLOCK_VALIDATION.help)
                    .buckets(BLOCK_BUCKETS.to_vec()),
                family::BLOCK_VALIDATION.labels,
            )?,
            auth_failures: counter(&family::AUTH_FAILURES)?,
            notifications: counter(&family::NOTIFICATIONS)?,
            #[cfg(target_os = "linux")]
            process: OwnProcess::new(),
            registry,
        };
        recorder
            .registry
            .register(Box::new(recorder.node_rpc_duration.clone()))?;
        recorder
            .registry
            .register(Box::new(recorder.node_rpc_errors.clone()))?;
        recorder
            .registry
            .register(Box::new(recorder.auth_failures.clone()))?;
        recorder
            .registry
            .register(Box::new(recorder.block_validation.clone()))?;
        recorder
            .registry
            .register(Box::new(recorder.notifications.clone()))?;
        recorder.auth_failures.with_label_values(&["control"]);
        Ok(recorder)
    }

    /// A call of the daemon's own to `node` ended, and how it failed.
    pub fn node_call(&self, node: &str, method: &str, took: Duration, error_code: Option<&str>) {
        self.node_rpc_duration
            .with_label_values(&[node, method])
            .observe(took.as_secs_f64());
        if let Some(code) = error_code {
            self.node_rpc_errors
                .with_label_values(&[node, method, code])
                .inc();
        }
    }

    /// The embedded `node` connected a block.
    pub fn block_connected(&self, node: &str, took: Duration) {
        self.block_validation
            .with_label_values(&[node])
            .observe(took.as_secs_f64());
    }

    /// The node got another name: the series of the old one end.
    pub fn node_renamed(&self) {
        self.node_rpc_duration.reset();
        self.node_rpc_errors.reset();
        self.block_validation.reset();
    }

    /// The node called `node` is gone, and its series end.
    pub fn remove_node(&self, node: &str) {
        for labels in labels_of_node(&self.node_rpc_duration, node) {
            let values = [node, label(&labels, "method")];
            let _ = self.node_rpc_duration.remove_label_values(&values);
        }
        for labels in labels_of_node(&self.node_rpc_errors, node) {
            let values = [node, label(&labels, "method"), label(&labels, "code")];
            let _ = self.node_rpc_errors.remove_label_values(&values);
        }
        let _ = self.block_validation.remove_label_values(&[node]);
    }

    /// A request to the control API had no or wrong credentials.
    pub fn control_refused(&self) {
        self.auth_failures.with_label_values(&["control"]).inc();
    }

    /// There is a notification called `name`: its counters begin, if they have not.
    pub fn notifies(&self, name: &str) {
        for outcome in NotifyOutcome::ALL {
            let labels = [name, outcome.as_str()];
            self.notifications.with_label_values(&labels);
        }
    }

    /// There is no notification called `name` any more, and its counters end.
    pub fn notifies_no_more(&self, name: &str) {
        for outcome in NotifyOutcome::ALL {
            let labels = [name, outcome.as_str()];
            let _ = self.notifications.remove_label_values(&labels);
        }
    }

    /// A notification called `name` came to this end.
    pub fn notified(&self, name: &str, outcome: NotifyOutcome) {
        let labels = [name, outcome.as_str()];
        self.notifications.with_label_values(&labels).inc();
    }

    /// What the gateway counts. It can be created once.
    pub fn gateway(&self) -> Result<GatewayMetrics, prometheus::Error> {
        GatewayMetrics::new(&self.registry, &self.auth_failures)
    }

    /// What is counted of the store of shared limits. It can be created once.
    pub fn limits(&self) -> Result<LimitsMetrics, prometheus::Error> {
        LimitsMetrics::new(&self.registry)
    }

    pub(super) fn gather(&self) -> Vec<MetricFamily> {
        let families = self.registry.gather();
        #[cfg(target_os = "linux")]
        let families = [families, self.process.families()].concat();
        families
    }
}

/// The labels of each series of `family` that is about `node`.
fn labels_of_node(family: &impl Collector, node: &str) -> Vec<Vec<LabelPair>> {
    let mut found = Vec::new();
    for family in family.collect() {
        for metric in family.get_metric() {
            let labels = metric.get_label();
            if label(labels, "node") == node {
                found.push(labels.to_vec());
            }
        }
    }
    found
}

fn label<'a>(labels: &'a [LabelPair], name: &str) -> &'a str {
    let found = labels.iter().find(|label| label.name() == name);
    found.map_or("", LabelPair::value)
}

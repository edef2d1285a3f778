//! The last hour of everything that is sampled.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ring::{SAMPLE_INTERVAL, SampleRing, moment_of};
use super::sample::{GatewaySample, NodeSample};
use crate::values::Mono;

/// The last hour of the gateway and of each node.
#[derive(Default)]
pub struct HourHistory {
    rings: Mutex<Rings>,
}

#[derive(Default)]
struct Rings {
    gateway: SampleRing<{ GatewaySample::VALUES }>,
    /// By name, in the order of the configuration.
    nodes: Vec<(String, SampleRing<{ NodeSample::VALUES }>)>,
}

/// The last hour as it is read: all series are of the same slots, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HourSeries {
    /// Between two samples.
    pub interval: Duration,
    /// When the last interval began; `None`: there is no sample yet.
    pub until: Option<Mono>,
    /// Of the gateway.
    pub gateway: Vec<GatewaySample>,
    /// Of each node.
    pub nodes: Vec<NodeSeries>,
}

/// The last hour of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSeries {
    /// Its name.
    pub name: String,
    /// Its samples.
    pub samples: Vec<NodeSample>,
}

impl HourHistory {
    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what was seen into `slot`. The nodes are those of `nodes` from now on; of one that is
    /// not among them nothing is kept.
    pub(super) fn put(&self, slot: u64, gateway: &GatewaySample, nodes: Vec<(String, NodeSample)>) {
        let mut rings = self.rings();
        rings.gateway.put(slot, gateway.store());
        let mut before = std::mem::take(&mut rings.nodes);
        for (name, sample) in nodes {
            let known = before.iter().position(|(known, _)| *known == name);
            let mut ring = known.map(|at| before.swap_remove(at).1).unwrap_or_default();
            ring.put(slot, sample.store());
            rings.nodes.push((name, ring));
        }
    }

    /// The last hour.
    #[must_use]
    pub fn read(&self) -> HourSeries {
        let rings = self.rings();
        let Some(until) = rings.gateway.newest() else {
            return HourSeries {
                interval: SAMPLE_INTERVAL,
                ..HourSeries::default()
            };
        };
        let node = |(name, ring): &(String, SampleRing<{ NodeSample::VALUES }>)| NodeSeries {
            name: name.clone(),
            samples: ring.until(until).map(NodeSample::load).collect(),
        };
        HourSeries {
            interval: SAMPLE_INTERVAL,
            until: Some(moment_of(until)),
            gateway: rings
                .gateway
                .until(until)
                .map(GatewaySample::load)
                .collect(),
            nodes: rings.nodes.iter().map(node).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::SAMPLES;
    use super::*;
    use crate::route::MAX_NODES;

    /// What is kept of as many nodes as there may be is below 1 MiB.
    const _: () = {
        let node = NodeSample::VALUES * MAX_NODES;
        assert!((GatewaySample::VALUES + node) * size_of::<f32>() * SAMPLES < 1 << 20);
    };

    fn node(height: u32) -> NodeSample {
        NodeSample {
            height: Some(f64::from(height)),
            ..NodeSample::default()
        }
    }

    fn heights(series: &HourSeries) -> Vec<(&str, Vec<Option<f64>>)> {
        let nodes = series.nodes.iter();
        nodes
            .map(|node| {
                let heights = node.samples.iter().map(|sample| sample.height);
                (&*node.name, heights.collect())
            })
            .collect()
    }

    #[test]
    fn a_node_that_comes_later_is_unknown_before_and_one_that_is_gone_is_forgotten() {
        let history = HourHistory::default();
        assert_eq!(history.read().until, None);
        let gateway = GatewaySample::default();
        let named = |name: &str, height| (name.to_owned(), node(height));
        history.put(0, &gateway, vec![named("a", 1)]);
        history.put(1, &gateway, vec![named("b", 7), named("a", 2)]);
        let series = history.read();
        assert_eq!(
            series.gateway.len(),
            2,
            "the process is younger than an hour"
        );
        assert_eq!(
            heights(&series),
            [
                ("b", vec![None, Some(7.0)]),
                ("a", vec![Some(1.0), Some(2.0)])
            ]
        );
        history.put(2, &gateway, vec![named("b", 8)]);
        history.put(3, &gateway, vec![named("b", 9), named("a", 3)]);
        let series = history.read();
        assert_eq!(
            heights(&series)[1],
            ("a", vec![None, None, None, Some(3.0)])
        );
        history.put(400, &gateway, vec![named("b", 10)]);
        let series = history.read();
        assert_eq!(series.gateway.len(), SAMPLES);
        assert_eq!(
            series.until,
            Some(Mono::from_start(Duration::from_secs(4_000)))
        );
        assert_eq!(heights(&series)[0].1.last(), Some(&Some(10.0)));
    }
}

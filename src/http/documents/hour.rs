//! The samples of the last hour, as the document has them: a list of each value.

use crate::api::{GatewayHour, History, LimitedHour, NodeHour};
use crate::history::{GatewaySample, HourSeries, NodeSample, NodeSeries};
use crate::values::{Now, Size};

/// The series of the last hour without events; of the node called `node` only, if one is asked
/// about.
pub(in crate::http) fn history(hour: &HourSeries, node: Option<&str>, now: Now) -> History {
    let is_shown = |of: &&NodeSeries| node.is_none_or(|node| of.name == node);
    History {
        interval_secs: hour.interval.as_secs(),
        until: hour.until.map(|until| now.wall_of(until)),
        gateway: GatewayHour::from(&*hour.gateway),
        nodes: hour
            .nodes
            .iter()
            .filter(is_shown)
            .map(NodeHour::from)
            .collect(),
        ..History::default()
    }
}

impl From<&[GatewaySample]> for GatewayHour {
    fn from(samples: &[GatewaySample]) -> Self {
        let list = |of: fn(&GatewaySample) -> Option<f64>| -> Vec<Option<f64>> {
            samples
                .iter()
                .map(|sample| of(sample).map(rounded))
                .collect()
        };
        Self {
            health: list(|sample| sample.health),
            answered_per_sec: list(|sample| sample.answered_per_sec),
            failed_per_sec: list(|sample| sample.failed_per_sec),
            rejected_per_sec: list(|sample| sample.rejected_per_sec),
            limited_per_sec: LimitedHour {
                address: list(|sample| sample.over_address_limit_per_sec),
                user: list(|sample| sample.over_user_limit_per_sec),
                method: list(|sample| sample.over_method_limit_per_sec),
                login: list(|sample| sample.over_login_limit_per_sec),
            },
            p50_secs: list(|sample| sample.p50_secs),
            p99_secs: list(|sample| sample.p99_secs),
            in_flight: samples
                .iter()
                .map(|sample| small(sample.in_flight))
                .collect(),
        }
    }
}

impl From<&NodeSeries> for NodeHour {
    fn from(series: &NodeSeries) -> Self {
        let samples = &series.samples;
        let numbers = |of: fn(&NodeSample) -> Option<f64>| -> Vec<Option<u32>> {
            samples.iter().map(|sample| small(of(sample))).collect()
        };
        let sizes = |of: fn(&NodeSample) -> Option<f64>| -> Vec<Option<Size>> {
            let bytes = samples.iter().map(of);
            bytes
                .map(|bytes| bytes.map(whole).map(Size::from_bytes))
                .collect()
        };
        let rates = samples
            .iter()
            .map(|sample| sample.answered_per_sec.map(rounded));
        let has_rates = samples
            .iter()
            .any(|sample| sample.answered_per_sec.is_some());
        Self {
            name: series.name.clone(),
            health: samples.iter().map(|sample| sample.health).collect(),
            height: numbers(|sample| sample.height),
            lag_blocks: numbers(|sample| sample.lag_blocks),
            usage_bytes: sizes(|sample| sample.usage_bytes),
            free_bytes: sizes(|sample| sample.free_bytes),
            peers_inbound: numbers(|sample| sample.peers_inbound),
            peers_outbound: numbers(|sample| sample.peers_outbound),
            mempool_transactions: numbers(|sample| sample.mempool_transactions),
            answered_per_sec: if has_rates {
                rates.collect()
            } else {
                Vec::new()
            },
        }
    }
}

/// Four digits after the point: latencies are a tenth of a millisecond at best.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// A number that was whole before it was sampled.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes are not negative, and the conversion saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn small(value: Option<f64>) -> Option<u32> {
    value.and_then(|value| u32::try_from(whole(value)).ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::values::Mono;

    #[test]
    fn a_list_of_each_value_is_of_the_same_moments() {
        let gateway = GatewaySample {
            health: Some(0.5),
            p99_secs: Some(0.012_345_678),
            over_login_limit_per_sec: Some(0.1),
            ..GatewaySample::default()
        };
        let node = |name: &str| NodeSeries {
            name: name.to_owned(),
            samples: vec![
                NodeSample::default(),
                NodeSample {
                    height: Some(868_211.0),
                    usage_bytes: Some(214_300_000_000.0),
                    ..NodeSample::default()
                },
            ],
        };
        let hour = HourSeries {
            interval: Duration::from_secs(10),
            until: Some(Mono::from_start(Duration::from_secs(10))),
            gateway: vec![GatewaySample::default(), gateway],
            nodes: vec![node("a"), node("b")],
        };
        let now = Now {
            mono: Mono::from_start(Duration::from_secs(12)),
            wall: jiff::Timestamp::from_second(1_000).unwrap(),
        };
        let all = history(&hour, None, now);
        assert_eq!(all.until.map(jiff::Timestamp::as_second), Some(998));
        assert_eq!(all.gateway.p99_secs, [None, Some(0.0123)]);
        assert_eq!(all.gateway.limited_per_sec.login, [None, Some(0.1)]);
        assert_eq!(all.nodes[0].height, [None, Some(868_211)]);
        assert_eq!(
            all.nodes[0].usage_bytes[1].map(Size::bytes),
            Some(214_300_000_000)
        );
        assert!(all.nodes[0].answered_per_sec.is_empty(), "of an only node");
        let of_b = history(&hour, Some("b"), now);
        assert_eq!(
            of_b.nodes
                .iter()
                .map(|node| &*node.name)
                .collect::<Vec<_>>(),
            ["b"]
        );
    }
}

//! A page under construction: families with their samples, empty ones left out.

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use super::families::{Family, MetricKind};

#[derive(Default)]
pub(super) struct Page(Vec<MetricFamily>);

impl Page {
    /// Adds a sample of `family`, if its value is known. `labels` are the values of the family's
    /// labels; the last of them may be left out, and an empty one is not written.
    pub(super) fn add(&mut self, family: &Family, labels: &[&str], value: impl Into<Option<f64>>) {
        let Some(value) = value.into() else { return };
        debug_assert!(
            labels.len() <= family.labels.len(),
            "labels of {}",
            family.name
        );
        let mut metric = Metric::from_label(pairs(family, labels));
        let kind = match family.kind {
            MetricKind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
                MetricType::COUNTER
            }
            MetricKind::Gauge | MetricKind::Histogram => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
                MetricType::GAUGE
            }
        };
        if let Some(last) = self.0.last_mut().filter(|last| last.name() == family.name) {
            last.mut_metric().push(metric);
            return;
        }
        let mut made = MetricFamily::default();
        made.set_name(family.name.to_owned());
        made.set_help(family.help.to_owned());
        made.set_field_type(kind);
        made.set_metric(vec![metric]);
        self.0.push(made);
    }

    /// Adds what is on `other`: its samples to the families that are there, and the other families
    /// where they stand there.
    pub(super) fn append(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        let mut behind = 0;
        for mut family in other.0 {
            let known = self
                .0
                .iter_mut()
                .enumerate()
                .find(|(_, known)| known.name() == family.name());
            if let Some((at, known)) = known {
                known.mut_metric().append(family.mut_metric());
                behind = at + 1;
            } else {
                self.0.insert(behind, family);
                behind += 1;
            }
        }
    }

    pub(super) fn into_families(self) -> Vec<MetricFamily> {
        self.0
    }
}

fn pairs(family: &Family, values: &[&str]) -> Vec<LabelPair> {
    let pair = |(name, value): (&&str, &&str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    let is_there = |(_, value): &(&&str, &&str)| !value.is_empty();
    let labels = family.labels.iter().zip(values);
    labels.filter(is_there).map(pair).collect()
}

/// Counts and bytes as Prometheus has them.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact up to 2^53, as every Prometheus value"
)]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}

/// 1 for yes, 0 for no.
pub(super) fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

//! A page as text: the classic format by the client library, OpenMetrics 1.0 here, since that
//! library has none.

use std::fmt::Write;

use prometheus::TextEncoder;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFormat {
    /// Prometheus text 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl PageFormat {
    /// What the `Accept` header asks for; the classic format unless OpenMetrics is named with a
    /// quality at least as high as that of plain text.
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let ranges = || accept.into_iter().flat_map(|accept| accept.split(','));
        let best = |wanted: &str| {
            ranges()
                .filter_map(|range| quality(range, wanted))
                .fold(0.0, f32::max)
        };
        let open = best("application/openmetrics-text");
        if open > 0.0 && open >= best("text/plain") {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// The `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The quality that one range of an `Accept` header gives `wanted`, if it names it.
fn quality(range: &str, wanted: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    parts
        .next()
        .filter(|name| name.eq_ignore_ascii_case(wanted))?;
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    Some(quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)))
}

pub(super) fn encode(families: &[MetricFamily], format: PageFormat) -> String {
    match format {
        // It refuses only a family without samples, and the page has none.
        PageFormat::Text => TextEncoder::new()
            .encode_to_string(families)
            .unwrap_or_default(),
        PageFormat::OpenMetrics => open_metrics(families),
    }
}

/// OpenMetrics 1.0 names a counter without its `_total` in `# TYPE`, and ends with `# EOF`.
fn open_metrics(families: &[MetricFamily]) -> String {
    let mut text = String::new();
    for family in families {
        let kind = family.get_field_type();
        let name = match kind {
            MetricType::COUNTER => family
                .name()
                .strip_suffix("_total")
                .unwrap_or(family.name()),
            _ => family.name(),
        };
        let kind_name = match kind {
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            MetricType::SUMMARY | MetricType::UNTYPED => "unknown",
        };
        let help = family
            .help()
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('"', "\\\"");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# TYPE {name} {kind_name}\n# HELP {name} {help}");
        for metric in family.get_metric() {
            sample(&mut text, name, kind, metric);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn sample(text: &mut String, name: &str, kind: MetricType, metric: &Metric) {
    let labels = metric.get_label();
    match kind {
        MetricType::COUNTER => line(
            text,
            name,
            "_total",
            labels,
            None,
            metric.get_counter().get_value(),
        ),
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let count = super::page::number(histogram.get_sample_count());
            for bucket in histogram.get_bucket() {
                let bound = canonical(bucket.upper_bound());
                line(
                    text,
                    name,
                    "_bucket",
                    labels,
                    Some(&bound),
                    super::page::number(bucket.cumulative_count()),
                );
            }
            line(text, name, "_bucket", labels, Some("+Inf"), count);
            line(text, name, "_sum", labels, None, histogram.get_sample_sum());
            line(text, name, "_count", labels, None, count);
        }
        _ => line(text, name, "", labels, None, metric.get_gauge().get_value()),
    }
}

/// A bucket's bound as OpenMetrics wants floats: never without a point.
fn canonical(bound: f64) -> String {
    let text = bound.to_string();
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

fn line(
    text: &mut String,
    name: &str,
    suffix: &str,
    labels: &[LabelPair],
    bound: Option<&str>,
    value: f64,
) {
    text.push_str(name);
    text.push_str(suffix);
    let pairs = labels.iter().map(|label| (label.name(), label.value()));
    let pairs = pairs.chain(bound.map(|bound| ("le", bound)));
    let mut separator = '{';
    for (name, value) in pairs {
        let value = value
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('"', "\\\"");
        let _ = write!(text, "{separator}{name}=\"{value}\"");
        separator = ',';
    }
    if separator == ',' {
        text.push('}');
    }
    let _ = writeln!(text, " {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_own_header_gets_open_metrics_and_plain_text_the_classic_format() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        assert_eq!(
            PageFormat::negotiate(Some(prometheus)),
            PageFormat::OpenMetrics
        );
        let classic_first =
            "text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.3";
        assert_eq!(PageFormat::negotiate(Some(classic_first)), PageFormat::Text);
        assert_eq!(PageFormat::negotiate(Some("*/*")), PageFormat::Text);
        assert_eq!(PageFormat::negotiate(None), PageFormat::Text);
    }
}

//! `bllvmctl metrics`: series of `/metrics` by name; histograms as count, mean and quantiles.

use std::collections::BTreeMap;

use clap::Args;
use globset::{Glob, GlobSet, GlobSetBuilder};
use prometheus_parse::{HistogramCount, Sample, Scrape, Value};
use reqwest::StatusCode;
use serde::Serialize;

use super::args::{Format, WatchArg, examples};
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::{metrics_page, wait};

/// The prefix of the metrics of bllvmctl; patterns may omit it.
const PREFIX: &str = "bllvm_";

// No doc comment: its backticks would be printed.
const PATTERN_HELP: &str =
    "Show the metrics with these names; * and ? match, and the prefix bllvm_ may be left out";

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl metrics 'chain_*' 'network_peers'", "Show the metrics with these names"),
    ("bllvmctl metrics --raw", "Print the text that Prometheus scrapes"),
]))]
pub(super) struct MetricsArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[arg(value_name = "PATTERN", help = PATTERN_HELP)]
    patterns: Vec<String>,
    /// Print the text that Prometheus scrapes
    #[arg(long, conflicts_with = "output")]
    raw: bool,
}

pub(super) fn run(args: &MetricsArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = invocation.client()?;
    let output = invocation.output;
    let wanted = globs(&args.patterns)?;
    wait::repeat("metrics", args.watch.watch, output, || {
        let answer = client.get("/metrics", None, |body| body.contains("bllvm_build_info"))?;
        if answer.status != StatusCode::OK {
            let text = format!(
                "the daemon serves no metrics (HTTP {})",
                answer.status.as_u16()
            );
            return Err(Failure::text(Exit::No, text).hint("rpc.metrics_enabled may be false"));
        }
        let found = if args.raw {
            let text = metrics_page::lines(&answer.body, &wanted, client.node());
            output.print(&text)?;
            !text.is_empty()
        } else {
            let mut series = parse(&answer.body, &wanted)?;
            if let Some(node) = client.node() {
                series.retain(|series| series.is_of(node));
            }
            match output.format {
                Format::Json => output.json(&series)?,
                Format::Table | Format::Tsv if series.is_empty() => {}
                Format::Table | Format::Tsv => show(&series, output)?,
            }
            !series.is_empty()
        };
        if found {
            return Ok(Exit::Yes);
        }
        let of_node = client
            .node()
            .map_or_else(String::new, |node| format!(" of node {node}"));
        Err(Failure::text(
            Exit::No,
            format!("no metric{of_node} matches {}", args.patterns.join(" ")),
        ))
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet, Failure> {
    let usage =
        |error| Failure::new(Exit::Usage, error).hint("write a name with * and ?, such as chain_*");
    let mut set = GlobSetBuilder::new();
    let all = ["*".to_owned()];
    for pattern in if patterns.is_empty() {
        &all[..]
    } else {
        patterns
    } {
        for pattern in [pattern.clone(), format!("{PREFIX}{pattern}")] {
            set.add(Glob::new(&pattern).map_err(usage)?);
        }
    }
    set.build().map_err(usage)
}

/// One series.
#[derive(Debug, PartialEq, Serialize)]
struct Series {
    name: String,
    labels: BTreeMap<String, String>,
    #[serde(flatten)]
    value: SeriesValue,
}

impl Series {
    fn is_of(&self, node: &str) -> bool {
        self.labels.get("node").is_some_and(|label| label == node)
    }
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SeriesValue {
    Counter {
        value: f64,
    },
    Gauge {
        value: f64,
    },
    Untyped {
        value: f64,
    },
    Histogram {
        count: f64,
        mean: Option<f64>,
        p50: Option<f64>,
        p99: Option<f64>,
    },
}

fn parse(page: &str, wanted: &GlobSet) -> Result<Vec<Series>, Failure> {
    let scrape = Scrape::parse(page.lines().map(|line| Ok(replace_syntax(line))));
    let samples = scrape
        .map_err(|error| Failure::new(Exit::Internal, error))?
        .samples;
    let series = samples.iter().filter_map(|sample| one(sample, &samples));
    let mut series: Vec<Series> = series
        .filter(|series| wanted.is_match(&series.name))
        .collect();
    // The parser returns histograms in no particular order.
    series.sort_by(|one, other| (&one.name, &one.labels).cmp(&(&other.name, &other.labels)));
    Ok(series)
}

/// The private-use area of Unicode, whose characters replace those that the parser would
/// misread.
const PRIVATE_USE_START: u32 = 0xe000;

/// Replaces the characters in label values that the parser would take for its syntax.
fn replace_syntax(line: &str) -> String {
    if line.starts_with('#') {
        return line.to_owned();
    }
    let replacement = |c: char| char::from_u32(PRIVATE_USE_START + u32::from(c)).unwrap_or(c);
    let (mut text, mut inside, mut characters) =
        (String::with_capacity(line.len()), false, line.chars());
    while let Some(c) = characters.next() {
        match c {
            '\\' if inside => match characters.next() {
                Some('n') => text.push(replacement('\n')),
                Some(escaped) => text.push(replacement(escaped)),
                None => {}
            },
            '"' => {
                inside = !inside;
                text.push(c);
            }
            ',' | '=' | '{' | '}' if inside => text.push(replacement(c)),
            _ => text.push(c),
        }
    }
    text
}

/// Undoes `replace_syntax`.
fn restore_syntax(text: &str) -> String {
    let plain = |c: char| {
        u32::from(c)
            .checked_sub(PRIVATE_USE_START)
            .filter(|c| *c < 0x80)
            .and_then(char::from_u32)
    };
    text.chars().map(|c| plain(c).unwrap_or(c)).collect()
}

fn one(sample: &Sample, all: &[Sample]) -> Option<Series> {
    let sibling = |suffix: &str| {
        let is_it = |other: &&Sample| {
            other.metric.strip_suffix(suffix) == Some(&sample.metric)
                && other.labels == sample.labels
        };
        match all.iter().find(is_it)?.value {
            Value::Untyped(value) | Value::Counter(value) | Value::Gauge(value) => Some(value),
            Value::Histogram(_) | Value::Summary(_) => None,
        }
    };
    let value = match &sample.value {
        Value::Counter(value) => SeriesValue::Counter { value: *value },
        Value::Gauge(value) => SeriesValue::Gauge { value: *value },
        // The sum and the count of a histogram belong to its own series.
        Value::Untyped(_) if is_part_of_histogram(sample, all) => return None,
        Value::Untyped(value) => SeriesValue::Untyped { value: *value },
        Value::Histogram(buckets) => {
            let count = sibling("_count").or(buckets.last().map(|bucket| bucket.count))?;
            let mean = sibling("_sum")
                .map(|sum| sum / count)
                .filter(|mean| mean.is_finite());
            SeriesValue::Histogram {
                count,
                mean,
                p50: quantile(buckets, 0.5),
                p99: quantile(buckets, 0.99),
            }
        }
        Value::Summary(_) => return None,
    };
    let labels = sample
        .labels
        .iter()
        .map(|(name, value)| (name.clone(), restore_syntax(value)))
        .collect();
    Some(Series {
        name: sample.metric.clone(),
        labels,
        value,
    })
}

fn is_part_of_histogram(sample: &Sample, all: &[Sample]) -> bool {
    let base = sample
        .metric
        .strip_suffix("_sum")
        .or_else(|| sample.metric.strip_suffix("_count"));
    base.is_some_and(|base| {
        all.iter()
            .any(|other| other.metric == base && matches!(other.value, Value::Histogram(_)))
    })
}

/// The quantile as `histogram_quantile` of Prometheus estimates it: linear within the bucket, and
/// the last finite bound in the +Inf bucket.
fn quantile(buckets: &[HistogramCount], q: f64) -> Option<f64> {
    let total = buckets
        .last()
        .map(|bucket| bucket.count)
        .filter(|total| *total > 0.0)?;
    let rank = q * total;
    let mut below = (0.0, 0.0);
    for bucket in buckets {
        if bucket.count >= rank {
            if bucket.less_than.is_infinite() {
                return Some(below.0);
            }
            let inside = bucket.count - below.1;
            let share = if inside > 0.0 {
                (rank - below.1) / inside
            } else {
                1.0
            };
            return Some(below.0 + (bucket.less_than - below.0) * share);
        }
        below = (bucket.less_than, bucket.count);
    }
    None
}

fn show(series: &[Series], output: Output) -> Result<(), Failure> {
    let row = |series: &Series| {
        let labels: Vec<String> = series
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let value = match &series.value {
            SeriesValue::Counter { value }
            | SeriesValue::Gauge { value }
            | SeriesValue::Untyped { value } => value.to_string(),
            SeriesValue::Histogram {
                count,
                mean,
                p50,
                p99,
            } => {
                let figure = |figure: &Option<f64>| {
                    figure.map_or_else(|| "-".to_owned(), |f| format!("{f:.4}"))
                };
                format!(
                    "count={count} mean={} p50={} p99={}",
                    figure(mean),
                    figure(p50),
                    figure(p99)
                )
            }
        };
        vec![series.name.clone(), labels.join(","), value]
    };
    output.rows(
        &["name", "labels", "value"],
        &series.iter().map(row).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_value_is_shown_unchanged() {
        let page = "# TYPE a gauge\na{node=\"x,y}=\\\"z\\\\\\n\",other=\"b\"} 1\n";
        let series = parse(page, &globs(&[]).unwrap()).unwrap();
        let labels: Vec<_> = series[0]
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(labels, [("node", "x,y}=\"z\\\n"), ("other", "b")]);
    }

    proptest::proptest! {
        #[test]
        fn any_label_comes_back_as_it_was(value in "[ -~\né]{0,12}") {
            let escaped = value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
            let page = format!("# TYPE a gauge\na{{node=\"{escaped}\"}} 1\n");
            let series = parse(&page, &globs(&[]).unwrap()).unwrap();
            proptest::prop_assert_eq!(series[0].labels.get("node"), Some(&value));
        }
    }

    const PAGE: &str = "\
# HELP bllvm_chain_height Height.
# TYPE bllvm_chain_height gauge
bllvm_chain_height{node=\"main\"} 101
# HELP bllvm_d_seconds Time.
# TYPE bllvm_d_seconds histogram
bllvm_d_seconds_bucket{method=\"a\",le=\"1\"} 50
bllvm_d_seconds_bucket{method=\"a\",le=\"2\"} 100
bllvm_d_seconds_bucket{method=\"a\",le=\"+Inf\"} 100
bllvm_d_seconds_sum{method=\"a\"} 120
bllvm_d_seconds_count{method=\"a\"} 100
# HELP process_threads Threads.
# TYPE process_threads gauge
process_threads 3
";

    fn set(patterns: &[&str]) -> GlobSet {
        globs(
            &patterns
                .iter()
                .map(|pattern| (*pattern).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap()
    }

    #[test]
    fn names_match_with_and_without_the_prefix() {
        for pattern in ["chain_*", "bllvm_chain_height", "*height"] {
            let series = parse(PAGE, &set(&[pattern])).unwrap();
            assert_eq!(series.len(), 1, "{pattern}");
            assert_eq!(series[0].value, SeriesValue::Gauge { value: 101.0 });
        }
        assert_eq!(parse(PAGE, &set(&[])).unwrap().len(), 3);
    }

    #[test]
    fn a_histogram_is_shown_as_count_mean_and_quantiles() {
        let series = parse(PAGE, &set(&["d_seconds"])).unwrap();
        let value = SeriesValue::Histogram {
            count: 100.0,
            mean: Some(1.2),
            p50: Some(1.0),
            p99: Some(1.98),
        };
        assert_eq!(series[0].value, value);
    }
}

//! The disk of a node: usage against its thresholds, forecast, pruning. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::chart::{ChartSeries, Scale, chart};
use super::facts::NodePageFacts;
use super::text::{UNKNOWN, known, seconds, since};
use super::view::{BarView, ChartView, FactView, StorageView};
use crate::api::{DiskForecast, PruneJob, PruningMode};
use crate::health::duration;
use crate::values::Size;

pub(super) fn storage(node: &NodePageFacts, now: Timestamp, interval_secs: u64) -> StorageView {
    let pruning = &node.health.pruning;
    let plan = pruning.plan.as_ref().map(|plan| {
        let held = plan.held_by.as_ref().map(|by| format!(", held by {by}"));
        format!("{}: {}{}", plan.action, plan.why, held.unwrap_or_default())
    });
    StorageView {
        bars: [usage_bar(node), volume_bar(node)]
            .into_iter()
            .flatten()
            .collect(),
        facts: vec![
            FactView::new("Used", known(pruning.usage_bytes, |used| used.to_string())),
            FactView::new("Full in", known(pruning.forecast.as_ref(), full_in)),
            FactView::new("Growth", known(pruning.forecast.as_ref(), growth)),
            FactView::new("Pruning", pruning.mode.to_string()),
            FactView::new(
                "Leases",
                known(pruning.leases, |leases| format!("{leases} in force")),
            ),
            FactView::new("Plan", plan.unwrap_or_else(|| UNKNOWN.to_owned())),
            FactView::new(
                "Running job",
                known(pruning.job.as_ref(), |job| job_text(job, now)),
            ),
            FactView::new(
                "Last job",
                known(pruning.last.as_ref(), |job| job_text(job, now)),
            ),
        ],
        charts: charts(node, interval_secs),
    }
}

fn charts(node: &NodePageFacts, interval_secs: u64) -> Vec<ChartView> {
    let name = &node.health.name;
    let hour = &node.hour;
    let bytes = |list: &[Option<Size>]| -> Vec<Option<f64>> {
        list.iter().map(|size| size.map(bytes_of)).collect()
    };
    vec![
        chart(
            format!("usage-of-{name}"),
            "Used",
            &[ChartSeries::new("used", &bytes(&hour.usage_bytes))],
            (Scale::Lowest, interval_secs),
            size_text,
        ),
        chart(
            format!("free-of-{name}"),
            "Free on the volume",
            &[ChartSeries::new("free", &bytes(&hour.free_bytes))],
            (Scale::Lowest, interval_secs),
            size_text,
        ),
    ]
}

/// The usage against the thresholds, of a node that is pruned by itself.
fn usage_bar(node: &NodePageFacts) -> Option<BarView> {
    let pruning = &node.health.pruning;
    let used = pruning.usage_bytes?;
    if pruning.mode == PruningMode::Disabled {
        return None;
    }
    let (threshold, target) = (pruning.threshold_bytes, pruning.target_bytes);
    let whole = threshold.max(used);
    let detail = format!("prunes above {threshold}, down to {target}");
    Some(BarView {
        name: "Used by the chain",
        value: used.to_string(),
        label: format!("{used} used; {detail}"),
        detail,
        level: if used > threshold { "warning" } else { "" },
        fill: thousandths(used, whole),
        marks: vec![thousandths(target, whole), thousandths(threshold, whole)],
    })
}

fn volume_bar(node: &NodePageFacts) -> Option<BarView> {
    let status = &node.health.node;
    let (free, size) = (status.volume_free_bytes?, status.volume_size_bytes?);
    let thresholds = &node.health.thresholds;
    let taken = Size::from_bytes(size.bytes().saturating_sub(free.bytes()));
    let wanted = thresholds.min_free_bytes.unwrap_or_default();
    let critical = thresholds.storage_critical_bytes.unwrap_or_default();
    let level = match free {
        free if free < critical => "bad",
        free if free < wanted => "warning",
        _ => "",
    };
    let at = Size::from_bytes(size.bytes().saturating_sub(wanted.bytes()));
    Some(BarView {
        name: "Volume",
        value: format!("{free} free"),
        detail: format!("of {size}, {wanted} wanted"),
        label: format!("{taken} of {size} taken, {free} free"),
        level,
        fill: thousandths(taken, size),
        marks: if wanted.bytes() > 0 {
            vec![thousandths(at, size)]
        } else {
            Vec::new()
        },
    })
}

fn full_in(forecast: &DiskForecast) -> String {
    let long = |seconds: u64| duration(Duration::from_secs(seconds));
    let Some(about) = forecast.full_in_secs else {
        return "it does not grow".to_owned();
    };
    match (forecast.earliest_secs, forecast.latest_secs) {
        (Some(earliest), Some(latest)) if earliest < latest => {
            format!(
                "about {} ({} to {})",
                long(about),
                long(earliest),
                long(latest)
            )
        }
        (Some(earliest), None) => {
            format!("about {} ({} at the earliest)", long(about), long(earliest))
        }
        _ => format!("about {}", long(about)),
    }
}

fn growth(forecast: &DiskForecast) -> String {
    let amount = Size::from_bytes(forecast.bytes_per_day.unsigned_abs());
    let sign = if forecast.bytes_per_day < 0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{amount} a day")
}

fn job_text(job: &PruneJob, now: Timestamp) -> String {
    let freed = job.freed_bytes.map(|freed| format!(", {freed} freed"));
    let held = job.held_by.as_ref().map(|by| format!(", held by {by}"));
    let at = job.finished_at.unwrap_or(job.started_at);
    format!(
        "{}{}{}, {} ago",
        job.state,
        freed.unwrap_or_default(),
        held.unwrap_or_default(),
        seconds(since(at, now))
    )
}

/// The part that `of` is of `whole`.
fn thousandths(of: Size, whole: Size) -> u32 {
    let share = u128::from(of.bytes()) * 1_000 / u128::from(whole.bytes().max(1));
    u32::try_from(share.min(1_000)).unwrap_or(1_000)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a chart shows three figures"
)]
fn bytes_of(size: Size) -> f64 {
    size.bytes() as f64
}

fn size_text(bytes: f64) -> String {
    Size::from_gigabytes(bytes / 1e9).map_or_else(|| UNKNOWN.to_owned(), |size| size.to_string())
}

/// `84.1 GB`, and when the volume is full, for a tile.
pub(super) fn free_tile(node: &NodePageFacts) -> (String, String) {
    let free = known(node.health.node.volume_free_bytes, |free| free.to_string());
    let forecast = node.health.pruning.forecast.as_ref();
    let about = forecast.and_then(|forecast| forecast.full_in_secs);
    let full = about.map(|about| format!("full in about {}", duration(Duration::from_secs(about))));
    let used = node
        .health
        .pruning
        .usage_bytes
        .map(|used| format!("{used} used"));
    (free, full.or(used).unwrap_or_default())
}

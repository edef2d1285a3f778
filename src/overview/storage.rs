//! The disk of a node in words: usage against its thresholds, forecast, pruning.

use std::time::Duration;

use jiff::Timestamp;

use super::facts::NodeOverview;
use super::level::OverviewLevel;
use super::node::blocks;
use super::text::{grouped, known, seconds, since};
use crate::api::{DiskForecast, LeaseDocument, PruneJob, PrunePlan, PruningMode};
use crate::health::duration;
use crate::values::Size;

/// How full something is, in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StorageBar {
    /// What is full.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) value: String,
    /// What it is compared with.
    pub(crate) detail: String,
    /// All of it as a sentence.
    pub(crate) label: String,
    /// Whether it is too full.
    pub(crate) level: OverviewLevel,
    /// How full it is.
    pub(crate) fill: u32,
    /// Where something happens.
    pub(crate) marks: Vec<u32>,
}

/// The usage of the chain, and the volume; what is not known is left out.
pub(crate) fn storage_bars(node: &NodeOverview) -> Vec<StorageBar> {
    let bars = [usage_bar(node), volume_bar(node)];
    bars.into_iter().flatten().collect()
}

/// What is known of its disk and of pruning, each with its name.
pub(crate) fn storage_facts(node: &NodeOverview, now: Timestamp) -> Vec<(&'static str, String)> {
    let pruning = &node.health.pruning;
    let forecast = pruning.forecast.as_ref();
    let no_job = || "none".to_owned();
    let job = |job: &PruneJob| job_text(job, now);
    let leases = known(pruning.leases, |leases| match leases {
        0 => "none".to_owned(),
        number => format!("{number} in force"),
    });
    let mut facts = vec![
        ("Used", known(pruning.usage_bytes, |used| used.to_string())),
        ("Full in", known(forecast, full_in)),
        ("Growth", known(forecast, growth)),
        ("Pruning", pruning.mode.to_string()),
        ("Plan", known(pruning.plan.as_ref(), plan_text)),
        ("Running job", pruning.job.as_ref().map_or_else(no_job, job)),
        ("Last job", pruning.last.as_ref().map_or_else(no_job, job)),
        ("Leases", leases),
    ];
    let leases = node.leases.iter();
    facts.extend(leases.map(|lease| ("Lease", lease_text(lease, now))));
    facts
}

/// `lnd keeps blocks from height 840,000 on, 23 h left`
fn lease_text(lease: &LeaseDocument, now: Timestamp) -> String {
    let keeps = match (lease.from_height, lease.last) {
        (Some(height), _) => format!("blocks from height {} on", grouped(height)),
        (None, Some(last)) => format!("the last {}", blocks(last)),
        (None, None) => "blocks".to_owned(),
    };
    let left = match lease.expires_at {
        Some(end) => format!("{} left", seconds(since(now, end))),
        None => "until it is released".to_owned(),
    };
    format!("{} keeps {keeps}, {left}", lease.name)
}

/// What pruning would do by itself now.
fn plan_text(plan: &PrunePlan) -> String {
    let held = plan.held_by.as_ref().map(|by| format!(", held by {by}"));
    format!("{}: {}{}", plan.action, plan.why, held.unwrap_or_default())
}

/// The usage against the thresholds, of a node that is pruned by itself.
fn usage_bar(node: &NodeOverview) -> Option<StorageBar> {
    let pruning = &node.health.pruning;
    let used = pruning.usage_bytes?;
    if pruning.mode == PruningMode::Disabled {
        return None;
    }
    let threshold = pruning.threshold_bytes;
    let target = pruning.target_bytes;
    let whole = threshold.max(used);
    let detail = format!("prunes above {threshold}, down to {target}");
    Some(StorageBar {
        name: "Used by the chain",
        value: used.to_string(),
        label: format!("{used} used; {detail}"),
        detail,
        level: if used > threshold {
            OverviewLevel::Warning
        } else {
            OverviewLevel::Good
        },
        fill: thousandths(used, whole),
        marks: vec![thousandths(target, whole), thousandths(threshold, whole)],
    })
}

fn volume_bar(node: &NodeOverview) -> Option<StorageBar> {
    let status = &node.health.node;
    let free = status.volume_free_bytes?;
    let size = status.volume_size_bytes?;
    let thresholds = &node.health.thresholds;
    let taken = Size::from_bytes(size.bytes().saturating_sub(free.bytes()));
    let wanted = thresholds.min_free_bytes.unwrap_or_default();
    let critical = thresholds.storage_critical_bytes.unwrap_or_default();
    let level = match free {
        free if free < critical => OverviewLevel::Bad,
        free if free < wanted => OverviewLevel::Warning,
        _ => OverviewLevel::Good,
    };
    let at = Size::from_bytes(size.bytes().saturating_sub(wanted.bytes()));
    Some(StorageBar {
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

/// When the volume is full, in short; `None`: it does not grow.
pub(super) fn full_in_short(forecast: &DiskForecast) -> Option<String> {
    let about = Duration::from_secs(forecast.full_in_secs?);
    Some(format!("full in about {}", duration(about)))
}

/// When the volume is full.
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

/// How fast it grows.
fn growth(forecast: &DiskForecast) -> String {
    let amount = Size::from_bytes(forecast.bytes_per_day.unsigned_abs());
    let sign = if forecast.bytes_per_day < 0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{amount} a day")
}

/// A job, and how long ago it was.
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
/// An amount as a number of a series.
pub(crate) fn bytes_of(size: Size) -> f64 {
    size.bytes() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_lease_says_what_it_keeps_and_for_how_long() {
        let lease = |from_height, last, expires_at: Option<&str>| LeaseDocument {
            name: "lnd".to_owned(),
            from_height,
            last,
            ttl_secs: None,
            created_at: time("2026-11-30T12:00:00Z"),
            expires_at: expires_at.map(time),
        };
        let now = time("2026-11-30T13:00:00Z");
        let of_a_day = lease(Some(840_000), None, Some("2026-12-01T12:00:00Z"));
        let expected = "lnd keeps blocks from height 840,000 on, 23 h left";
        assert_eq!(lease_text(&of_a_day, now), expected);
        let for_ever = lease(None, Some(1), None);
        let expected = "lnd keeps the last 1 block, until it is released";
        assert_eq!(lease_text(&for_ever, now), expected);
    }
}

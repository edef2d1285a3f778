//! `bllvmctl prune status`: the jobs, the usage and the forecast.

use reqwest::Method;

use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::{age, known, size};
use super::{each_node, prune_job};
use crate::api::{CheckId, DiskForecast, PruneDocument, StatusDocument, path_of_status};
use crate::values::Size;

pub(super) fn show(client: &Client, output: Output) -> CommandResult {
    let documents = client.read::<PruneDocument>("prune")?;
    each_node::show(&documents, output, |node, document| {
        let check = check_text(client, node.or(client.node()))?;
        Ok(text(document, check.as_deref()))
    })?;
    Ok(Exit::Yes)
}

/// The text of the check `pruning` of the node called `node`, or of the only one.
fn check_text(client: &Client, node: Option<&str>) -> Result<Option<String>, Failure> {
    let status = client
        .control::<StatusDocument>(Method::GET, &path_of_status(node))?
        .ok()?;
    let mut checks = status.document.detailed.checks.into_iter();
    let check = checks.find(|check| check.name == CheckId::Pruning);
    Ok(check.map(|check| check.text))
}

fn text(document: &PruneDocument, check: Option<&str>) -> String {
    let usage = &document.usage;
    let job = document.job.as_ref().map(prune_job::lines);
    let last = document.last.as_ref().map(prune_job::lines);
    let used = format!(
        "{}, of which blocks {}; threshold {}, target {}",
        size(usage.usage_bytes),
        size(usage.blocks_bytes),
        size(usage.threshold_bytes),
        size(usage.target_bytes)
    );
    let volume = format!(
        "{} free of {}, at least {} wanted",
        size(usage.volume_free_bytes),
        size(usage.volume_size_bytes),
        size(usage.min_free_bytes)
    );
    let lines = [
        ("job", job.unwrap_or_else(|| "none running".to_owned())),
        ("last", last.unwrap_or_else(|| "none yet".to_owned())),
        ("check", known(check)),
        ("usage", used),
        ("volume", volume),
        ("forecast", forecast(document.forecast.as_ref())),
    ];
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<9} {value}"));
    lines.map(|line| line + "\n").collect()
}

/// The forecast of a full volume as text.
pub(super) fn forecast(forecast: Option<&DiskForecast>) -> String {
    let Some(forecast) = forecast else {
        return "not enough data yet".to_owned();
    };
    let period = format!("observed over {}", age(forecast.observed_secs));
    let per_day = Size::from_bytes(forecast.bytes_per_day.unsigned_abs());
    let growth = if forecast.bytes_per_day < 0 {
        format!("shrinking by {per_day} a day")
    } else {
        format!("growing by {per_day} a day")
    };
    let Some(full) = forecast.full_in_secs else {
        // It grows, but the period observed is too short for a forecast so far ahead.
        let when = if forecast.bytes_per_day > 0 {
            "not enough data to tell when it is full"
        } else {
            "not getting full"
        };
        return format!("{when}, {growth}, {period}");
    };
    let range = match (forecast.earliest_secs, forecast.latest_secs) {
        (Some(earliest), Some(latest)) => format!(" ({} to {})", age(earliest), age(latest)),
        (Some(earliest), None) => format!(" ({} at the earliest)", age(earliest)),
        _ => String::new(),
    };
    format!("full in about {}{range}, {growth}, {period}", age(full))
}

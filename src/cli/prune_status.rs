//! `bllvmctl prune status`, and a job as people read it.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::args::Format;
use super::client::Client;
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::status::{self, age};
use crate::values::Size;

/// A job as the daemon tells it.
#[derive(Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    trigger: String,
    state: String,
    pub(super) plan: JobPlan,
    pub(super) freed_bytes: Option<u64>,
    deleted_bytes: Option<u64>,
    pruned_height: Option<u32>,
    held_by: Option<String>,
    finished_at: Option<jiff::Timestamp>,
    error: Option<String>,
}

/// What of its plan is shown.
#[derive(Deserialize)]
pub(super) struct JobPlan {
    pub(super) about_bytes: Option<u64>,
    /// The node deletes whole files of blocks.
    #[serde(default)]
    whole_files: Option<bool>,
}

pub(super) fn bytes(bytes: u64) -> String {
    Size::from_bytes(bytes).to_string()
}

impl Job {
    pub(super) fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// What is freed, and what is left to free as far as can be told.
    pub(super) fn progress(&self) -> String {
        let Some(freed) = self.freed_bytes else {
            return "how much is freed is not known".to_owned();
        };
        let Some(about) = self.plan.about_bytes else {
            return format!("{} freed", bytes(freed));
        };
        let left = bytes(about.saturating_sub(freed));
        format!(
            "{} of about {} freed, {left} left",
            bytes(freed),
            bytes(about)
        )
    }

    /// How it stands, in a line.
    pub(super) fn line(&self) -> String {
        let end = match self.state.as_str() {
            "running" => "is running",
            "reached" => "reached its aim",
            "held" => "was held back",
            "no_progress" => "came no further",
            "failed" => "failed",
            "interrupted" => "was interrupted",
            other => other,
        };
        let freed = self
            .freed_bytes
            .map_or_else(|| "unknown how much was".to_owned(), bytes);
        // What was deleted says more only where a snapshot or hard links hold a part of it.
        let deleted = self
            .deleted_bytes
            .filter(|deleted| self.freed_bytes.is_some_and(|freed| freed < *deleted));
        let deleted = deleted.map_or_else(String::new, |deleted| {
            format!(" of {} deleted", bytes(deleted))
        });
        let gone = match (self.pruned_height, self.freed_bytes) {
            (Some(height), _) => format!(", blocks up to height {height} are gone"),
            (None, Some(_)) => ", no block is gone".to_owned(),
            (None, None) => String::new(),
        };
        let whole_files = match (self.state.as_str(), self.deleted_bytes) {
            ("reached", Some(0)) if self.plan.whole_files != Some(false) => {
                "; the node deletes whole files only, and none was to go"
            }
            _ => "",
        };
        format!(
            "job {} ({}) {end}: {freed} freed{deleted}{gone}{whole_files}",
            self.id, self.trigger
        )
    }

    /// Why it did not reach its aim, if it did not.
    pub(super) fn why_not(&self) -> Option<String> {
        if self.state == "reached" {
            return None;
        }
        let why = match (&self.held_by, &self.error) {
            (Some(by), _) => format!("held by {by}"),
            (None, Some(error)) => error.clone(),
            (None, None) => self.state.clone(),
        };
        Some(format!(
            "prune job {} did not reach its aim: {why}",
            self.id
        ))
    }

    fn lines(&self) -> String {
        let ended = self
            .finished_at
            .map_or_else(String::new, |at| format!(", at {}", whole_seconds(at)));
        let why = self.why_not().filter(|_| !self.is_running());
        let why = why.map_or_else(String::new, |why| format!("\n          {why}"));
        format!("{}{ended}{why}", self.line())
    }
}

fn whole_seconds(at: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.as_second()).unwrap_or(at)
}

pub(super) fn show(client: &Client, output: Output) -> Outcome {
    let document = client.control(Method::GET, "/api/v1/prune")?.granted()?;
    match output.format {
        Format::Json => output.json(&document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(&document))?,
        Format::Table => output.print(&table(&document, standing(client)?.as_deref())?)?,
    }
    Ok(Exit::Yes)
}

/// How pruning stands, in the words of its check.
fn standing(client: &Client) -> Result<Option<String>, Failure> {
    let document = client.control(Method::GET, "/api/v1/status")?.json()?;
    let checks = document.get("checks").and_then(Value::as_array);
    let check = checks
        .into_iter()
        .flatten()
        .find(|check| check.get("name").is_some_and(|name| name == "pruning"));
    Ok(check.and_then(|check| check.get("text")?.as_str().map(str::to_owned)))
}

fn table(document: &Value, standing: Option<&str>) -> Result<String, Failure> {
    let job = |name: &str| -> Result<Option<Job>, Failure> {
        let job = document.get(name).filter(|job| !job.is_null());
        job.map(Job::deserialize)
            .transpose()
            .map_err(|error| Failure::new(Exit::Internal, error))
    };
    let size = |pointer: &str| {
        let known = document.pointer(pointer).and_then(Value::as_u64);
        known.map_or_else(|| "-".to_owned(), bytes)
    };
    let lines = [
        (
            "job",
            job("job")?.map_or_else(|| "none is running".to_owned(), |job| job.lines()),
        ),
        (
            "last",
            job("last")?.map_or_else(|| "none yet".to_owned(), |job| job.lines()),
        ),
        ("standing", standing.unwrap_or("-").to_owned()),
        (
            "usage",
            format!(
                "{}, of which blocks {}; threshold {}, target {}",
                size("/usage/usage_bytes"),
                size("/usage/blocks_bytes"),
                size("/usage/threshold_bytes"),
                size("/usage/target_bytes")
            ),
        ),
        (
            "volume",
            format!(
                "{} free of {}, at least {} wanted",
                size("/usage/volume_free_bytes"),
                size("/usage/volume_size_bytes"),
                size("/usage/min_free_bytes")
            ),
        ),
        ("forecast", forecast(document.get("forecast"))),
    ];
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<9} {value}"));
    Ok(lines.map(|line| line + "\n").collect())
}

/// When the volume will be full, as people read it.
pub(super) fn forecast(forecast: Option<&Value>) -> String {
    let Some(forecast) = forecast.filter(|forecast| !forecast.is_null()) else {
        return "not enough seen yet".to_owned();
    };
    let number = |name: &str| forecast.get(name).and_then(Value::as_u64);
    let seen =
        number("observed_secs").map_or_else(String::new, |seen| format!("seen over {}", age(seen)));
    let per_day = forecast
        .get("bytes_per_day")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let growth = match u64::try_from(per_day) {
        Ok(growth) => format!("growing by {} a day", bytes(growth)),
        Err(_) => format!("shrinking by {} a day", bytes(per_day.unsigned_abs())),
    };
    let Some(full) = number("full_in_secs") else {
        // It grows, but was seen for too short a time to tell of one so far away.
        let told = if per_day > 0 {
            "too little seen to tell when it is full"
        } else {
            "not getting full"
        };
        return format!("{told}, {growth}, {seen}");
    };
    let range = match (number("earliest_secs"), number("latest_secs")) {
        (Some(earliest), Some(latest)) => format!(" ({} to {})", age(earliest), age(latest)),
        (Some(earliest), None) => format!(" ({} at the earliest)", age(earliest)),
        _ => String::new(),
    };
    format!("full in about {}{range}, {growth}, {seen}", age(full))
}

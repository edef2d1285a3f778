//! `bllvmctl queue`: the lost peers, and what is wanted of them.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::args::{Format, Queue, QueueCommand, WatchArg};
use super::client::{Client, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::wait;
use crate::clock;

pub(super) fn run(args: &Queue, client: &Client, output: Output) -> Outcome {
    let (path, document) = match &args.command {
        None => return list(args.watch, client, output),
        Some(QueueCommand::List(inner)) => {
            return list(
                WatchArg {
                    watch: inner.watch.watch.or(args.watch.watch),
                },
                client,
                output,
            );
        }
        Some(QueueCommand::Add(peer)) => (
            "/api/v1/queue/add",
            json!({"address": peer.address.to_string()}),
        ),
        Some(QueueCommand::Drop(peer)) => (
            "/api/v1/queue/drop",
            json!({"address": peer.address.to_string()}),
        ),
        Some(QueueCommand::Retry(retry)) => match &retry.address {
            Some(address) => (
                "/api/v1/queue/retry",
                json!({"address": address.to_string()}),
            ),
            None => ("/api/v1/queue/retry", json!({"all": true})),
        },
        Some(QueueCommand::Pause) => ("/api/v1/queue/pause", json!({})),
        Some(QueueCommand::Resume) => ("/api/v1/queue/resume", json!({})),
    };
    let told = client.ask(path, &document)?.granted()?;
    show(&told, &sentence(&told), output)?;
    Ok(Exit::Yes)
}

/// What came of a wish: a sentence for people, the whole for programs.
pub(super) fn show(told: &Value, sentence: &str, output: Output) -> Result<(), Failure> {
    match output.format {
        Format::Json => output.json(told),
        Format::Tsv => output.rows(&["key", "value"], &super::status::flatten(told)),
        Format::Table => output.print(&(output.marked(sentence) + "\n")),
    }
}

fn sentence(told: &Value) -> String {
    let text = |key: &str| told.get(key).and_then(Value::as_str);
    if let Some(address) = text("address") {
        return match next_in(told) {
            Some(next) => format!("{address} is queued, next attempt in {next}"),
            None => format!("{address} is queued: {}", text("state").unwrap_or_default()),
        };
    }
    if let Some(address) = text("dropped") {
        return format!("{address} is not in the queue any more");
    }
    match (
        told.get("retried").and_then(Value::as_u64),
        told.get("paused").and_then(Value::as_bool),
    ) {
        (Some(1), _) => "1 peer is due".to_owned(),
        (Some(retried), _) => format!("{retried} peers are due"),
        (None, Some(true)) => "paused: no attempts begin until `bllvmctl queue resume`".to_owned(),
        (None, _) => "attempts go on".to_owned(),
    }
}

fn list(watch: WatchArg, client: &Client, output: Output) -> Outcome {
    wait::repeat(watch.watch, output, || {
        let answer = client.control(Method::GET, "/api/v1/queue")?;
        if answer.status != StatusCode::OK {
            return Err(unexpected(&answer));
        }
        let queue = answer.json()?;
        let rows = || queue.as_array().into_iter().flatten();
        match output.format {
            Format::Json => output.json(&queue)?,
            Format::Tsv => output.rows(&COLUMNS, &rows().map(raw).collect::<Vec<_>>())?,
            Format::Table if rows().next().is_none() => output.print("the queue is empty\n")?,
            Format::Table => {
                let header = [
                    "ADDRESS",
                    "STATE",
                    "QUALITY",
                    "ATTEMPT",
                    "NEXT IN",
                    "LOST",
                    "LAST ERROR",
                ];
                output.rows(&header, &rows().map(row).collect::<Vec<_>>())?;
            }
        }
        Ok(Exit::Yes)
    })
}

const COLUMNS: [&str; 8] = [
    "address",
    "state",
    "quality",
    "attempts",
    "max_retries",
    "next_attempt_at",
    "last_error",
    "lost_at",
];

fn raw(row: &Value) -> Vec<String> {
    COLUMNS
        .iter()
        .map(|column| plain(row.get(column)))
        .collect()
}

/// A value as it is, nothing for what is not known.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn row(row: &Value) -> Vec<String> {
    let text = |key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .unwrap_or("-")
            .to_owned()
    };
    let number = |key: &str| row.get(key).and_then(Value::as_u64).unwrap_or_default();
    let attempt = match number("max_retries") {
        0 => number("attempts").to_string(),
        max => format!("{}/{max}", number("attempts")),
    };
    vec![
        text("address"),
        text("state"),
        row.get("quality")
            .and_then(Value::as_f64)
            .map_or_else(|| "-".to_owned(), |quality| format!("{quality:.2}")),
        attempt,
        next_in(row).unwrap_or_else(|| "-".to_owned()),
        ago(row).unwrap_or_else(|| "-".to_owned()),
        text("last_error"),
    ]
}

fn moment(row: &Value, key: &str) -> Option<Timestamp> {
    row.get(key)?.as_str()?.parse().ok()
}

/// `00:38`, the time until the next attempt; nothing below nothing.
fn next_in(row: &Value) -> Option<String> {
    let left = clock::now()
        .wall
        .duration_until(moment(row, "next_attempt_at")?);
    Some(countdown(Duration::try_from(left).unwrap_or_default()))
}

fn ago(row: &Value) -> Option<String> {
    let ago = moment(row, "lost_at")?.duration_until(clock::now().wall);
    Some(super::status::age(Duration::try_from(ago).unwrap_or_default().as_secs()) + " ago")
}

/// Minutes and seconds, and hours where there are some; begun seconds count.
fn countdown(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_has_minutes_and_seconds_and_hours_if_need_be() {
        let told = |millis| countdown(Duration::from_millis(millis));
        assert_eq!(
            [told(0), told(37_001), told(61_000), told(3_600_000)],
            ["00:00", "00:38", "01:01", "1:00:00"]
        );
    }
}

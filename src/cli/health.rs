//! `bllvmctl health`: the answer of a health path, with the exit code that says it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::args::{Format, Health};
use super::client::{Answer, Client, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::{nagios, status, wait};
use crate::clock;

pub(super) fn run(args: &Health, client: &Client, output: Output) -> Outcome {
    if args.nagios {
        return Ok(nagios::run(args, client));
    }
    if let Some(longest) = args.wait {
        return wait_for_yes(args, client, output, longest);
    }
    wait::repeat(args.watch.watch, output, || once(args, client, output))
}

fn path(args: &Health) -> &'static str {
    match args {
        Health { live: true, .. } => "/health/live",
        Health { ready: true, .. } => "/health/ready",
        Health { detailed: true, .. } => "/health/detailed",
        _ => "/health",
    }
}

fn once(args: &Health, client: &Client, output: Output) -> Outcome {
    let answer = ask(args, client, output, None)?;
    show(args, client, &answer, output)?;
    exit(&answer)
}

fn ask(
    args: &Health,
    client: &Client,
    output: Output,
    limit: Option<Duration>,
) -> Result<Answer, Failure> {
    let lines = output.format == Format::Table && !args.detailed;
    let path_and_query = if lines {
        format!("{}?verbose", path(args))
    } else {
        path(args).to_owned()
    };
    there(
        client.get(&path_and_query, limit, |body| is_health(path(args), body))?,
        path(args),
    )
}

/// Whether a body has the fields and the words of the answer of `path`, or the lines of its checks.
fn is_health(path: &str, body: &str) -> bool {
    let has_mark = |line: &str| {
        ["[+] ", "[!] ", "[-] "]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    if body.lines().next().is_some_and(has_mark) {
        return body.lines().all(has_mark);
    }
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return false;
    };
    let is_word = |words: [&str; 2]| {
        body.get("status")
            .and_then(Value::as_str)
            .is_some_and(|word| words.contains(&word))
    };
    let has = |field: &str| body.get(field).is_some();
    match path {
        "/health/live" => is_word(["alive", "dead"]),
        "/health/ready" => {
            is_word(["ready", "not_ready"]) && has("chain_initialized") && has("storage_available")
        }
        "/health/detailed" => {
            has("status") && has("chain") && has("storage") && has("network") && has("rpc")
        }
        _ => is_word(["healthy", "unhealthy"]) && has("timestamp"),
    }
}

/// The answer of a health path.
pub(super) fn ask_for(path: &str, client: &Client) -> Result<Answer, Failure> {
    there(client.get(path, None, |body| is_health(path, body))?, path)
}

fn there(answer: Answer, path: &str) -> Result<Answer, Failure> {
    if answer.status == StatusCode::NOT_FOUND {
        let text = format!("the daemon has no {path}");
        return Err(Failure::text(Exit::No, text).hint("rpc.health_checks_enabled may be false"));
    }
    Ok(answer)
}

fn exit(answer: &Answer) -> Outcome {
    match answer.status {
        StatusCode::OK => Ok(Exit::Yes),
        StatusCode::SERVICE_UNAVAILABLE => Ok(Exit::No),
        _ => Err(unexpected(answer)),
    }
}

/// The answer as a document, with the checks that the table shows.
fn document(args: &Health, client: &Client, answer: &Answer) -> Result<Value, Failure> {
    let mut body = answer.json()?;
    if let Some(members) = body
        .as_object_mut()
        .filter(|members| !members.contains_key("checks"))
    {
        let path = path(args);
        let lines = client.get(&format!("{path}?verbose"), None, |body| {
            is_health(path, body)
        })?;
        members.insert(
            "checks".to_owned(),
            lines.body.lines().filter_map(check).collect(),
        );
    }
    Ok(body)
}

/// `[+] name: text`
fn check(line: &str) -> Option<Value> {
    let (mark, rest) = line.split_at_checked(4)?;
    let level = match mark {
        "[+] " => "good",
        "[!] " => "warning",
        "[-] " => "bad",
        _ => return None,
    };
    let (name, text) = rest.split_once(": ")?;
    Some(json!({"name": name, "level": level, "text": text}))
}

fn show(args: &Health, client: &Client, answer: &Answer, output: Output) -> Result<(), Failure> {
    match output.format {
        Format::Json => output.json(&document(args, client, answer)?),
        Format::Tsv => {
            let body = document(args, client, answer)?;
            let rows = status::flatten(&body);
            output.rows(&["key", "value"], &rows)
        }
        Format::Table if args.detailed => status::show(&answer.json()?, output),
        Format::Table => output.print(&marked(&answer.body, output)),
    }
}

/// Lines of checks, marks in colour.
pub(super) fn marked(lines: &str, output: Output) -> String {
    lines
        .lines()
        .map(|line| output.marked(line) + "\n")
        .collect()
}

fn wait_for_yes(args: &Health, client: &Client, output: Output, longest: Duration) -> Outcome {
    const LOOK: Duration = Duration::from_millis(200);
    let started = clock::mono();
    let spinner = if output.is_terminal() && !output.is_dumb() && !output.is_quiet() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        spinner.set_style(style);
    }
    loop {
        // Even the last question gets a moment, so that there is an answer to show.
        let left = longest
            .saturating_sub(clock::mono().since(started))
            .max(LOOK);
        let answer = ask(args, client, output, Some(left));
        let yes = answer
            .as_ref()
            .is_ok_and(|answer| answer.status == StatusCode::OK);
        let wrong = answer
            .as_ref()
            .is_err_and(|failure| failure.exit != Exit::Unreachable);
        if yes || wrong || clock::mono().since(started) >= longest {
            spinner.finish_and_clear();
            let answer = answer?;
            show(args, client, &answer, output)?;
            return exit(&answer);
        }
        spinner.set_message(waiting_for(&answer));
        spinner.tick();
        std::thread::sleep(LOOK.min(longest.saturating_sub(clock::mono().since(started))));
    }
}

/// The first thing that is not as it should be.
fn waiting_for(answer: &Result<Answer, Failure>) -> String {
    match answer {
        Err(_) => "waiting for the daemon".to_owned(),
        Ok(answer) => {
            let bad = answer.body.lines().find(|line| line.starts_with("[-]"));
            let first_reason = || {
                let body: Value = serde_json::from_str(&answer.body).ok()?;
                Some(body.get("reasons")?.get(0)?.as_str()?.to_owned())
            };
            bad.map(str::to_owned)
                .or_else(first_reason)
                .unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_of_a_bllvmctl_is_told_from_what_is() {
        for (path, body) in [
            ("/health", "{\"status\":\"healthy\",\"timestamp\":1}"),
            ("/health", "[+] node: up\n[-] sync: behind\n"),
            ("/health/live", "{\"status\":\"dead\",\"reasons\":[]}"),
            (
                "/health/ready",
                "{\"status\":\"ready\",\"chain_initialized\":true,\"storage_available\":true}",
            ),
        ] {
            assert!(is_health(path, body), "{path} {body}");
        }
        for (path, body) in [
            ("/health", ""),
            ("/health", "OK"),
            ("/health", "{\"status\":\"ok\"}"),
            ("/health/live", "{\"status\":\"UP\"}"),
            ("/health/ready", "{\"status\":\"ready\"}"),
            ("/health/detailed", "{\"status\":\"healthy\"}"),
            ("/health", "Prometheus Server is Healthy.\n"),
        ] {
            assert!(!is_health(path, body), "{path} {body}");
        }
    }
}

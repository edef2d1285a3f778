//! `bllvmctl health`: the answer of a health path, and the exit code for it.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::StatusCode;
use serde_json::Value;

use super::answer::Answer;
use super::args::{Format, WatchArg, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::{health_answer, nagios, render, status, wait};
use crate::api::{CheckLevel, CheckResult, PlainHealth};
use crate::clock;
use crate::config::units;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl health --ready --wait 12h", "Wait until the node is in sync"),
    ("bllvmctl health --nagios", "Print one line for Nagios or Icinga"),
]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct HealthArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    /// Ask whether the node is alive, or should be restarted
    #[arg(long, group = "question")]
    live: bool,
    /// Ask whether the node is ready for traffic
    #[arg(long, group = "question")]
    ready: bool,
    /// Ask whether the node is healthy, and show everything that is known
    #[arg(long, group = "question")]
    detailed: bool,
    /// Wait until the answer is yes, at most this long, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, conflicts_with = "watch")]
    wait: Option<Duration>,
    /// Print one Nagios plugin line and exit with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN
    #[arg(long, conflicts_with = "watch")]
    nagios: bool,
}

pub(super) fn run(args: &HealthArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = &invocation.client()?;
    let output = invocation.output;
    if args.nagios {
        return Ok(nagios::run(args.live, args.wait, client));
    }
    if let Some(timeout) = args.wait {
        return wait_for_yes(args, client, output, timeout);
    }
    wait::repeat("health", args.watch.watch, output, || {
        once(args, client, output)
    })
}

fn path(args: &HealthArgs) -> &'static str {
    match args {
        HealthArgs { live: true, .. } => "/health/live",
        HealthArgs { ready: true, .. } => "/health/ready",
        HealthArgs { detailed: true, .. } => "/health/detailed",
        _ => "/health",
    }
}

fn once(args: &HealthArgs, client: &Client, output: Output) -> CommandResult {
    let answer = ask(args, client, output, None)?;
    show(args, client, &answer, output)?;
    exit(&answer)
}

fn ask(
    args: &HealthArgs,
    client: &Client,
    output: Output,
    limit: Option<Duration>,
) -> Result<Answer, Failure> {
    let lines = output.format == Format::Table && !args.detailed;
    let path = path(args);
    health_answer::ask(path, lines, client, limit)
}

fn exit(answer: &Answer) -> CommandResult {
    match answer.status {
        StatusCode::OK => Ok(Exit::Yes),
        StatusCode::SERVICE_UNAVAILABLE => Ok(Exit::No),
        _ => Err(answer.unexpected()),
    }
}

/// The answer as a document, with the checks of the table.
fn document(args: &HealthArgs, client: &Client, answer: &Answer) -> Result<Value, Failure> {
    let mut document: Value = answer.document::<Value>()?.raw;
    let path = path(args);
    if path == "/health/detailed" {
        return Ok(document);
    }
    let lines = health_answer::ask(path, true, client, None)?;
    let checks: Vec<CheckResult> = lines.body.lines().filter_map(check).collect();
    let checks = serde_json::to_value(checks);
    let checks = checks.map_err(|error| Failure::new(Exit::Internal, error))?;
    if let Some(members) = document.as_object_mut() {
        members.insert("checks".to_owned(), checks);
    }
    Ok(document)
}

/// `[+] name: text`
fn check(line: &str) -> Option<CheckResult> {
    let (mark, rest) = line.split_at_checked(4)?;
    let level = match mark {
        "[+] " => CheckLevel::Good,
        "[!] " => CheckLevel::Warning,
        "[-] " => CheckLevel::Bad,
        _ => return None,
    };
    let (name, text) = rest.split_once(": ")?;
    Some(CheckResult {
        name: name.into(),
        level,
        text: text.to_owned(),
        since: None,
    })
}

fn show(
    args: &HealthArgs,
    client: &Client,
    answer: &Answer,
    output: Output,
) -> Result<(), Failure> {
    match output.format {
        Format::Table if args.detailed => status::show(&answer.document()?, output),
        Format::Table => output.print(&marked(&answer.body, output)),
        Format::Json | Format::Tsv => {
            let document = document(args, client, answer)?;
            render::show(&document, output, String::new)
        }
    }
}

/// Check lines with their marks in colour.
pub(super) fn marked(lines: &str, output: Output) -> String {
    lines
        .lines()
        .map(|line| output.marked(line) + "\n")
        .collect()
}

fn wait_for_yes(
    args: &HealthArgs,
    client: &Client,
    output: Output,
    timeout: Duration,
) -> CommandResult {
    const POLL_INTERVAL: Duration = Duration::from_millis(200);
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
        // The last request gets one interval too, so that there is an answer to show.
        let left = timeout
            .saturating_sub(clock::mono().since(started))
            .max(POLL_INTERVAL);
        let answer = ask(args, client, output, Some(left));
        let yes = answer
            .as_ref()
            .is_ok_and(|answer| answer.status == StatusCode::OK);
        let wrong = answer
            .as_ref()
            .is_err_and(|failure| failure.exit != Exit::Unreachable);
        if yes || wrong || clock::mono().since(started) >= timeout {
            spinner.finish_and_clear();
            let answer = answer?;
            show(args, client, &answer, output)?;
            return exit(&answer);
        }
        spinner.set_message(waiting_for(&answer));
        spinner.tick();
        std::thread::sleep(POLL_INTERVAL.min(timeout.saturating_sub(clock::mono().since(started))));
    }
}

/// The first bad check, or the first reason.
fn waiting_for(answer: &Result<Answer, Failure>) -> String {
    match answer {
        Err(_) => "waiting for the daemon".to_owned(),
        Ok(answer) => {
            let bad = answer.body.lines().find(|line| line.starts_with("[-]"));
            let first_reason = || {
                let plain: PlainHealth = serde_json::from_str(&answer.body).ok()?;
                plain.reasons?.into_iter().next()
            };
            bad.map(str::to_owned)
                .or_else(first_reason)
                .unwrap_or_default()
        }
    }
}

//! `bllvmctl notify`: tests of notifications.

use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::StatusCode;

use super::args::{Format, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::render;
use crate::api::{NotifyTestRequest, NotifyTestResult};

/// An attempt of each entry takes 10 s at most, and commands run one after the other.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl notify test oncall", "See whether a notification arrives"),
]))]
pub(super) struct NotifyArgs {
    #[command(subcommand)]
    command: NotifyCommand,
}

#[derive(Debug, Subcommand)]
enum NotifyCommand {
    /// Send a test to webhooks and commands; exit with 0 if each took it, else with 1
    Test(NotifyTest),
}

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl notify test", "Send a test through each entry of [[notify]]"),
    ("bllvmctl notify test oncall", "Send a test through one of them"),
]))]
struct NotifyTest {
    /// Test only the entry of notify with this name [default: each]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &NotifyArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = invocation.client()?.patient(TEST_TIMEOUT);
    match &args.command {
        NotifyCommand::Test(args) => test(args, &client, invocation.output),
    }
}

const COLUMNS: [&str; 4] = ["name", "sent", "target", "error"];

fn test(args: &NotifyTest, client: &Client, output: Output) -> CommandResult {
    let request = NotifyTestRequest {
        name: args.name.clone(),
    };
    let answer = client.post::<Vec<NotifyTestResult>>("/api/v1/notify/test", &request)?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Err(Failure::text(Exit::No, answer.detail()));
    }
    let tested = answer.granted()?;
    let results = &tested.document;
    match output.format {
        Format::Json => output.json(&tested.raw)?,
        Format::Tsv => output.rows(&COLUMNS, &results.iter().map(row).collect::<Vec<_>>())?,
        Format::Table => {
            for result in results {
                output.print(&(output.marked(&line(result)) + "\n"))?;
            }
        }
    }
    Ok(if results.iter().all(|result| result.sent) {
        Exit::Yes
    } else {
        Exit::No
    })
}

fn row(result: &NotifyTestResult) -> Vec<String> {
    vec![
        result.name.clone(),
        render::cell(&result.sent),
        result.target.clone(),
        result.error.clone().unwrap_or_default(),
    ]
}

fn line(result: &NotifyTestResult) -> String {
    let name = &result.name;
    let target = &result.target;
    match &result.error {
        None => format!("[+] {name}: sent to {target}"),
        Some(error) => format!("[-] {name}: {error}"),
    }
}

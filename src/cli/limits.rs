//! `bllvmctl limits`: the limits of the gateway, and whether they would let a call pass.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};

use super::args::{Format, List, WatchArg, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::{render, wait};
use crate::api::{ExplainQuery, LimitsDocument, LimitsExplained, LimitsStore, LimitsSummary};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[("bllvmctl limits", "Show the limits in force")]))]
pub(super) struct LimitsArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
    #[command(subcommand)]
    command: Option<LimitsCommand>,
}

#[derive(Debug, Subcommand)]
enum LimitsCommand {
    /// Show the limits in force (the default)
    #[command(after_long_help = examples(&[
        ("bllvmctl limits show -o json", "Print the limits as one JSON document"),
    ]))]
    Show(List),
    /// Report whether a call would pass now, and why; exit with 0 or 1
    Explain(LimitsExplain),
}

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl limits explain --user alice --ip 192.0.2.7 --method getblock",
        "Check whether a call of alice would pass now",
    ),
]))]
struct LimitsExplain {
    /// Assume a call of this user of rpc.auth.users
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Assume a client at this address [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// Assume a call of this method
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
}

pub(super) fn run(args: &LimitsArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = &invocation.client()?;
    let output = invocation.output;
    match &args.command {
        None => show(args.watch, client, output),
        Some(LimitsCommand::Show(inner)) => show(inner.watch.or(args.watch), client, output),
        Some(LimitsCommand::Explain(caller)) => explain(caller, client, output),
    }
}

fn show(watch: WatchArg, client: &Client, output: Output) -> CommandResult {
    wait::repeat("limits", watch.watch, output, || {
        let limits = client
            .control::<LimitsDocument>(Method::GET, "/api/v1/limits")?
            .ok()?;
        match output.format {
            Format::Table => table(&limits.document, output)?,
            Format::Json | Format::Tsv => render::show(&limits.raw, output, String::new)?,
        }
        Ok(Exit::Yes)
    })
}

/// A row for each kind of bucket, below the totals.
fn table(limits: &LimitsDocument, output: Output) -> Result<(), Failure> {
    output.print(&head(limits))?;
    output.rows(
        &["LAYER", "OF", "PER SECOND", "BURST", "METHODS"],
        &rows(limits),
    )
}

fn head(limits: &LimitsDocument) -> String {
    let LimitsSummary {
        in_flight,
        max_in_flight,
        long_polls,
        max_long_polls,
        ..
    } = limits.summary;
    let mode = match &limits.summary.mode {
        Some(mode) if limits.summary.enabled => mode.as_str(),
        None if limits.summary.enabled => "",
        _ => "off",
    };
    let store = limits.store.as_ref().map(store).unwrap_or_default();
    format!(
        "limits    {mode}\n{store}in flight {in_flight} of at most {max_in_flight}, long polls \
         {long_polls} of at most {max_long_polls}\n\
         methods   {}\n\n",
        list(&limits.methods)
    )
}

/// The store of limits that several daemons share.
fn store(store: &LimitsStore) -> String {
    let LimitsStore {
        url,
        seconds,
        replicas,
        members,
        ..
    } = store;
    let lasts = render::age(*seconds);
    let how = match store.mode.as_str() {
        "shared" => format!("shared for {lasts}, {members} alive"),
        "open" => format!("away for {lasts}: each daemon enforces the whole limits"),
        "closed" => format!("away for {lasts}: nothing passes"),
        _ => format!("away for {lasts}: this daemon enforces 1/{replicas} of each limit"),
    };
    let reason = store.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!("\n          {reason}"));
    let version = store.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(", {version}"));
    format!(
        "store     {url}{version}, namespace {}\n          {how}{reason}\n\
         held      {} tokens of {} callers\n",
        store.namespace, store.held, store.purses
    )
}

fn rows(limits: &LimitsDocument) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if let (Some(rate), Some(burst)) = (limits.summary.rate, limits.summary.burst) {
        rows.push(row("address", "each", rate, burst, ""));
        rows.push(row("user", "each", rate, burst, ""));
    }
    for user in &limits.users_by_name {
        let methods = list(&user.methods);
        rows.push(row("user", &user.name, user.rate, user.burst, &methods));
    }
    for (method, limit) in &limits.per_method {
        rows.push(row("method", method, limit.rate, limit.burst, ""));
    }
    for network in &limits.exempt {
        let cells = ["address", network, "-", "-", "exempt"];
        rows.push(cells.map(str::to_owned).to_vec());
    }
    rows
}

fn row(layer: &str, of: &str, rate: f64, burst: u32, methods: &str) -> Vec<String> {
    vec![
        layer.to_owned(),
        of.to_owned(),
        format_rate(rate),
        burst.to_string(),
        methods.to_owned(),
    ]
}

/// A rate without superfluous digits: 100, not 100.0.
fn format_rate(rate: f64) -> String {
    format!("{}", (rate * 1000.0).round() / 1000.0)
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        "*".to_owned()
    } else {
        items.join(" ")
    }
}

/// Prints whether a call would pass now, and why; the exit code says the same.
fn explain(caller: &LimitsExplain, client: &Client, output: Output) -> CommandResult {
    let query = ExplainQuery {
        user: caller.user.clone(),
        address: caller.ip,
        method: caller.method.clone(),
    };
    let path = format!("/api/v1/limits/explain?{}", query.to_query());
    let answer = client.control::<LimitsExplained>(Method::GET, &path)?;
    if answer.status() == StatusCode::NOT_FOUND {
        let detail = Some(answer.detail()).filter(|detail| !detail.is_empty());
        let detail = detail.unwrap_or_else(|| "not found".to_owned());
        return Err(Failure::text(Exit::No, detail));
    }
    let explained = answer.ok()?;
    match output.format {
        Format::Table => explanation(&explained.document, output)?,
        Format::Json | Format::Tsv => render::show(&explained.raw, output, String::new)?,
    }
    Ok(if explained.document.passes {
        Exit::Yes
    } else {
        Exit::No
    })
}

fn explanation(explained: &LimitsExplained, output: Output) -> Result<(), Failure> {
    let (mark, verdict) = if explained.passes {
        ("[+]", "would pass")
    } else {
        ("[-]", "would be refused")
    };
    let line = format!("{mark} {verdict}: {}", explained.reason);
    output.print(&(output.marked(&line) + "\n"))?;
    let steps = explained.layers.iter();
    let rows: Vec<_> = steps
        .map(|step| {
            vec![
                step.layer.to_string(),
                step.key.clone(),
                match step.held {
                    Some(held) if held > 0 => {
                        format!("{} of {}, {held} held here", step.tokens, step.burst)
                    }
                    _ => format!("{} of {}", step.tokens, step.burst),
                },
                format_rate(step.rate),
            ]
        })
        .collect();
    if rows.is_empty() {
        Ok(())
    } else {
        output.rows(&["LAYER", "OF", "TOKENS", "PER SECOND"], &rows)
    }
}

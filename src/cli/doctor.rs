//! `bllvmctl doctor`: whether all fits together, what does not, and what to do.
//!
//! Asks the daemon, and looks at the configuration and at the node itself: where one of them is
//! away, the others still say something.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use reqwest::StatusCode;
use serde_json::json;

use super::answer::named;
use super::args::{Format, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::not_asked::not_asked;
use super::output::Output;
use super::{daemon_access, doctor_active, doctor_bundle, status};
use crate::api::{CheckLevel, LeaseDocument, PlainHealth, QueuedPeer};
use crate::clock;
use crate::config::{Loaded, Problem};
use crate::daemon;
use crate::doctor::{
    DaemonReadings, Finding, configuration_findings, daemon_findings, is_clock_synchronised,
    node_findings, synchronisation_finding,
};

/// The health paths that balancers and orchestrators ask.
const PROBES: [&str; 3] = ["/health/live", "/health/ready", "/health"];

/// An attempt takes 10 s at most, and commands run one after the other.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl doctor", "Show each finding, with what to do about it"),
    (
        "bllvmctl doctor --bundle report.tar",
        "Write an archive for whoever helps, without secrets and addresses",
    ),
]))]
pub(super) struct DoctorArgs {
    /// Also take and release a lease, try the limits on a caller that does not exist, and send a
    /// test through each notification
    #[arg(long)]
    active: bool,
    /// Write a support archive (tar) to this file, which must not exist yet, without secrets,
    /// addresses and names of users
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Leave addresses and names in the archive
    #[arg(long, requires = "bundle")]
    with_addresses: bool,
}

pub(super) fn run(args: &DoctorArgs, invocation: &Invocation<'_>) -> CommandResult {
    let Invocation {
        common,
        env,
        output,
    } = *invocation;
    // Before the work: nothing may be there already.
    if let Some(file) = args.bundle.as_deref() {
        doctor_bundle::ensure_new(file)?;
    }
    let loaded = daemon_access::load(common, env);
    let client = invocation.client();
    // A daemon elsewhere has a configuration elsewhere.
    let is_here =
        loaded.file.is_some() || (common.url.is_empty() && env.get("BLLVMCTL_URL").is_none());
    let problems = is_here.then(|| problems_of(&loaded)).transpose()?;
    let mut findings = match &problems {
        Some(problems) => configuration_findings(problems, loaded.file.as_deref()),
        None => Vec::new(),
    };
    match of_daemon(client.as_ref()) {
        Ok(found) => findings.extend(found),
        Err(failure) => {
            // The node is asked by the daemon otherwise.
            if let (Some(problems), Some(config)) = (&problems, &loaded.config) {
                findings.extend(node_findings(config, problems));
            }
            findings.push(failure);
        }
    }
    if is_here {
        findings.extend(is_clock_synchronised().map(synchronisation_finding));
    }
    if let (Ok(client), true) = (&client, args.active) {
        findings.extend(doctor_active::try_all(client));
        let patient = invocation.client()?.patient(NOTIFY_TIMEOUT);
        findings.extend(doctor_active::try_notifications(&patient));
    }
    if let Some(file) = args.bundle.as_deref() {
        let client = client.as_ref().ok();
        doctor_bundle::write(file, args.with_addresses, &findings, &loaded, client, env)?;
    }
    print(&findings, args.bundle.as_deref(), output)?;
    Ok(if findings.iter().any(Finding::is_bad) {
        Exit::No
    } else {
        Exit::Yes
    })
}

/// The problems of the configuration, and of what it refers to: the node, directories, listeners.
fn problems_of(loaded: &Loaded) -> Result<Vec<Problem>, Failure> {
    let mut problems = loaded.problems.clone();
    if let Some(config) = &loaded.config {
        let found = daemon::inspect(config, &loaded.entries);
        let found = found.map_err(|error| Failure::new(Exit::Internal, error))?;
        problems.extend(found.problems);
    }
    Ok(problems)
}

/// What the daemon says; the error is the finding that it does not answer.
fn of_daemon(client: Result<&Client, &Failure>) -> Result<Vec<Finding>, Finding> {
    let client = client.map_err(|failure| not_asked("daemon", failure))?;
    let readings = readings(client).map_err(|failure| not_asked("daemon", &failure))?;
    Ok(daemon_findings(&readings, env!("CARGO_PKG_VERSION")))
}

fn readings(client: &Client) -> Result<DaemonReadings, Failure> {
    let status = status::fetch(client)?.document;
    let asked_at = Some(clock::now().wall);
    let mut probes = Vec::new();
    for path in PROBES {
        let answer = client.get(path, None, |_| true)?;
        let document = answer.document::<PlainHealth>().ok();
        let document = document.map(|received| received.document);
        probes.push((path, answer.status.as_u16(), document));
    }
    let page = client.get("/metrics", None, |body| body.contains("bllvm_build_info"))?;
    let metrics = (page.status == StatusCode::OK).then_some(page.body);
    let leases = match client.read::<Vec<LeaseDocument>>("leases") {
        Ok(leases) => named(leases)
            .map(|(node, leases)| (node, Ok(leases)))
            .collect(),
        // The command has said that it may not ask: the public part of the status is what there is.
        Err(failure) if failure.exit == Exit::NotAuthorised => Vec::new(),
        Err(failure) => vec![(None, Err(format!("{:#}", failure.error)))],
    };
    let queues = client.read::<Vec<QueuedPeer>>("queue");
    Ok(DaemonReadings {
        status,
        probes,
        metrics,
        leases,
        queues: queues
            .map(|queues| named(queues).collect())
            .unwrap_or_default(),
        asked_at,
    })
}

fn print(findings: &[Finding], bundle: Option<&Path>, output: Output) -> Result<(), Failure> {
    let count = |level: CheckLevel| {
        findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let bad = count(CheckLevel::Bad);
    let warnings = count(CheckLevel::Warning);
    match output.format {
        Format::Json => output.json(&json!({
            "healthy": bad == 0,
            "bad": bad,
            "warnings": warnings,
            "findings": findings,
            "bundle": bundle.map(|file| file.display().to_string()),
        })),
        Format::Tsv => {
            let row = |finding: &Finding| {
                vec![
                    finding.check.clone(),
                    finding.node.clone().unwrap_or_default(),
                    finding.level.as_str().to_owned(),
                    finding.text.clone(),
                    finding.cure.clone().unwrap_or_default(),
                ]
            };
            let rows: Vec<_> = findings.iter().map(row).collect();
            output.rows(&["check", "node", "level", "text", "cure"], &rows)
        }
        Format::Table => {
            let mut text: String = findings
                .iter()
                .map(|finding| lines(finding, output))
                .collect();
            let looked_at = findings.len();
            let summary = format!(
                "{looked_at} things were looked at: {bad} bad, {warnings} to be looked at\n"
            );
            text.push_str(&summary);
            if let Some(file) = bundle {
                let written = format!("wrote {}\n", file.display());
                text.push_str(&written);
            }
            output.print(&text)
        }
    }
}

/// A line with the mark of its level, and one with the cure.
fn lines(finding: &Finding, output: Output) -> String {
    let mark = match finding.level {
        CheckLevel::Good => "[+]",
        CheckLevel::Bad => "[-]",
        _ => "[!]",
    };
    let node = finding
        .node
        .as_ref()
        .map_or_else(String::new, |node| format!(" of {node}"));
    let line = format!("{mark} {}{node}: {}", finding.check, finding.text);
    let cure = finding.cure.as_ref();
    let cure = cure.map_or_else(String::new, |cure| {
        format!("    cure: {}\n", cure.replace('\n', "\n          "))
    });
    output.marked(&line) + "\n" + &cure
}

//! `bllvmctl status`: the state of a node and of the daemon on one screen.

use clap::Args;
use reqwest::Method;

use super::answer::Received;
use super::args::{WatchArg, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::status_lines::StatusLines;
use super::{health_answer, render, wait};
use crate::api::{
    CheckId, CheckLevel, CheckResult, DetailedHealth, NodeHealth, StatusDocument, TaskPhase,
    TaskStatus,
};

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl status", "Show state, chain, storage, peers, queue and pruning"),
    ("bllvmctl status -o json", "Print the same as one JSON document"),
    ("bllvmctl status --node b", "Show one of several nodes"),
]))]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

pub(super) fn run(args: &StatusArgs, invocation: &Invocation<'_>) -> CommandResult {
    let client = invocation.client()?;
    let output = invocation.output;
    wait::repeat("status", args.watch.watch, output, || {
        show(&fetch(&client)?, output)?;
        Ok(Exit::Yes)
    })
}

/// The status, or, without access to the control API, the public part of it.
pub(super) fn fetch(client: &Client) -> Result<Received<StatusDocument>, Failure> {
    let refusal = match fetch_control(client) {
        // A token that was named explicitly and refused is an error.
        Err(failure) if failure.exit == Exit::NotAuthorised && !client.has_explicit_token() => {
            failure
        }
        answer => return answer,
    };
    match health_answer::ask("/health/detailed", false, client, None) {
        Ok(answer) => answer.document(),
        Err(_) => Err(refusal),
    }
}

/// The status by the control API.
pub(super) fn fetch_control(client: &Client) -> Result<Received<StatusDocument>, Failure> {
    client
        .control::<StatusDocument>(Method::GET, &client.status_path())?
        .ok()
}

/// Prints the document in the format of `--output`.
pub(super) fn show(status: &Received<StatusDocument>, output: Output) -> Result<(), Failure> {
    render::show(&status.raw, output, || text(&status.document, output))
}

/// The document as text.
fn text(status: &StatusDocument, output: Output) -> String {
    let detailed = &status.detailed;
    let mut lines = vec![verdict(detailed)];
    match &detailed.nodes {
        None => {
            lines.extend(named(&StatusLines(detailed).all()));
            lines.extend(detailed.checks.iter().map(check_line));
        }
        Some(nodes) => lines.extend(several(detailed, nodes)),
    }
    let tasks = status
        .tasks
        .iter()
        .filter(|task| task.state != TaskPhase::Running);
    lines.extend(tasks.map(task_line));
    if reload_failed(detailed) {
        let line = "[!] configuration: the last reload was invalid; the previous configuration is \
                    in force";
        lines.push(line.to_owned());
    }
    let lines = lines.iter();
    lines.map(|line| output.marked(line) + "\n").collect()
}

fn named(lines: &[(&'static str, String)]) -> Vec<String> {
    let lines = lines.iter();
    lines
        .map(|(name, value)| format!("{name:<9} {value}"))
        .collect()
}

fn check_line(check: &CheckResult) -> String {
    let mark = match check.level {
        CheckLevel::Good => "[+]",
        CheckLevel::Bad => "[-]",
        CheckLevel::Unknown | CheckLevel::Warning | CheckLevel::Other(_) => "[!]",
    };
    format!("{mark} {}: {}", check.name, check.text)
}

fn task_line(task: &TaskStatus) -> String {
    let error = task.last_error.as_deref().unwrap_or_default();
    let of = task.node.as_ref().map(|node| format!(" of node {node}"));
    format!(
        "[!] task {}{} is {}: {error}",
        task.name,
        of.unwrap_or_default(),
        task.state
    )
}

/// What is of several nodes together, and each of them under its name.
fn several(detailed: &DetailedHealth, nodes: &[NodeHealth]) -> Vec<String> {
    let mut lines = named(&[StatusLines(detailed).of_daemon()]);
    // The other checks are those of the node that reads go to.
    let is_common = |check: &&CheckResult| {
        matches!(
            check.name,
            CheckId::Daemon | CheckId::Node | CheckId::Redundancy
        )
    };
    lines.extend(detailed.checks.iter().filter(is_common).map(check_line));
    for node in nodes {
        lines.push(String::new());
        lines.push(rotation_line(node));
        let of_node = detailed_of(node);
        lines.extend(named(&StatusLines(&of_node).of_node()));
        let checks = node.checks.iter();
        let own = checks.filter(|check| check.name != CheckId::Daemon);
        lines.extend(own.map(check_line));
    }
    lines
}

fn rotation_line(node: &NodeHealth) -> String {
    let reads = if node.reads { ", reads go to it" } else { "" };
    let reason = node.reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "node {}: rotation {}{reads}{}",
        node.name,
        node.rotation,
        reason.unwrap_or_default()
    )
}

/// What of one of several nodes has the lines of an only one.
fn detailed_of(node: &NodeHealth) -> DetailedHealth {
    DetailedHealth {
        state: node.state.clone(),
        chain: node.chain.clone(),
        storage: node.storage.clone(),
        network: node.network.clone(),
        pruning: node.pruning.clone(),
        reconnection: node.reconnection.clone(),
        node: node.node.clone(),
        thresholds: node.thresholds,
        collectors: node.collectors.clone(),
        ..DetailedHealth::default()
    }
}

/// The first line, such as `healthy, 1 warning`.
fn verdict(detailed: &DetailedHealth) -> String {
    let count = |level: CheckLevel| {
        let checks = detailed.checks.iter();
        checks.filter(|check| check.level == level).count()
    };
    let warnings = count(CheckLevel::Warning) + usize::from(reload_failed(detailed));
    let counted = |number: usize, noun: &str, nouns: &str| match number {
        0 => String::new(),
        1 => format!(", 1 {noun}"),
        more => format!(", {more} {nouns}"),
    };
    let bad = counted(count(CheckLevel::Bad), "check is bad", "checks are bad");
    format!(
        "{}{bad}{}",
        detailed.status,
        counted(warnings, "warning", "warnings")
    )
}

/// Whether the configuration in force is older than the file.
fn reload_failed(detailed: &DetailedHealth) -> bool {
    detailed.config_reload_valid == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::HealthWord;

    fn detailed(status: HealthWord, levels: &[CheckLevel]) -> DetailedHealth {
        let checks = levels.iter().map(|level| CheckResult {
            level: level.clone(),
            ..CheckResult::default()
        });
        DetailedHealth {
            status,
            checks: checks.collect(),
            ..DetailedHealth::default()
        }
    }

    #[test]
    fn the_verdict_counts_what_is_not_good() {
        use CheckLevel::{Bad, Good, Warning};
        use HealthWord::{Healthy, Unhealthy};
        let text = |status, levels: &[CheckLevel]| verdict(&detailed(status, levels));
        assert_eq!(text(Healthy, &[Good]), "healthy");
        assert_eq!(text(Healthy, &[Good, Warning]), "healthy, 1 warning");
        assert_eq!(
            text(Unhealthy, &[Bad, Bad, Warning, Warning]),
            "unhealthy, 2 checks are bad, 2 warnings"
        );
        let after_a_failed_reload = DetailedHealth {
            config_reload_valid: Some(false),
            ..detailed(Healthy, &[])
        };
        assert_eq!(verdict(&after_a_failed_reload), "healthy, 1 warning");
    }
}

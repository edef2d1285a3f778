//! `bllvmctl config check`: every problem of a configuration and of what it refers to.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::args::{Common, Format, examples};
use crate::cli::daemon_access::load;
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::invocation::Invocation;
use crate::cli::output::print_error;
use crate::cli::problems::{line, severity};
use crate::clock;
use crate::config::{Problem, Severity};
use crate::daemon::{self, CountedUsage, MemberUsage};
use crate::values::Size;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl config check /etc/bllvmctl/config.toml",
        "Check a file, the node, directories and listeners",
    ),
    ("bllvmctl config check --offline bllvmctl.toml", "Check the file alone"),
]))]
pub(super) struct ConfigCheck {
    /// Check this file instead of the one that --config selects
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Check the file alone: test no node, directory or listener
    #[arg(long)]
    offline: bool,
}

impl ConfigCheck {
    /// The check of `file`, and of what it refers to.
    pub(super) fn of_file(file: &Path) -> Self {
        Self {
            file: Some(file.to_path_buf()),
            offline: false,
        }
    }
}

pub(super) fn run(args: &ConfigCheck, invocation: &Invocation<'_>) -> CommandResult {
    let Invocation {
        common,
        env,
        output,
    } = *invocation;
    let common = Common {
        config: args.file.clone().or_else(|| common.config.clone()),
        ..common.clone()
    };
    let loaded = load(&common, env);
    let mut problems = loaded.problems.clone();
    if let Some(config) = &loaded.config {
        problems.extend(daemon::certificates(config, &loaded.entries, clock::wall()));
    }
    let mut counted = None;
    let mut nodes = Vec::new();
    if let Some(config) = loaded.config.as_ref().filter(|_| !args.offline) {
        let found = daemon::preflight(config, &loaded.entries);
        let found = found.map_err(|error| Failure::new(Exit::Internal, error))?;
        problems.extend(found.problems);
        counted = found.counted;
        nodes = found.nodes;
    }
    let file = loaded
        .file
        .as_deref()
        .map(|file| file.display().to_string());
    match output.format {
        Format::Json => output.json(&json!({
            "file": file,
            "valid": is_valid(&problems),
            "offline": args.offline,
            "problems": problems,
            "counted": counted,
            "nodes": nodes,
        }))?,
        Format::Tsv => output.rows(&COLUMNS, &problems.iter().map(row).collect::<Vec<_>>())?,
        Format::Table => {
            let usages = usages(counted.as_ref(), &nodes);
            let is_skipped = loaded.config.is_none() && !args.offline;
            let report = check_report(&problems, &usages, file, is_skipped);
            // Errors are printed despite --quiet, to stderr.
            if !is_valid(&problems) && output.is_quiet() {
                print_error(&report);
            } else {
                output.print(&report)?;
            }
        }
    }
    Ok(if is_valid(&problems) {
        Exit::Yes
    } else {
        Exit::Configuration
    })
}

fn is_valid(problems: &[Problem]) -> bool {
    count_of(problems, Severity::Error) == 0
}

/// What counts as usage of the only node, and of each of several.
fn usages(counted: Option<&CountedUsage>, nodes: &[MemberUsage]) -> String {
    let mut usages = counted.map_or_else(String::new, |counted| usage("usage", counted));
    for node in nodes {
        usages += &usage(&format!("usage of {}", node.name), &node.counted);
    }
    usages
}

fn count_of(problems: &[Problem], severity: Severity) -> usize {
    problems
        .iter()
        .filter(|problem| problem.severity == severity)
        .count()
}

/// A line for each problem, what is `counted`, and the verdict.
fn check_report(
    problems: &[Problem],
    counted: &str,
    file: Option<String>,
    is_skipped: bool,
) -> String {
    let lines: String = problems.iter().map(line).collect();
    let errors = count_of(problems, Severity::Error);
    let verdict = if errors == 0 { "valid" } else { "not valid" };
    let file = file.unwrap_or_else(|| "no file, only defaults and environment".to_owned());
    let skipped = if is_skipped {
        "; node, directories and listeners were not checked"
    } else {
        ""
    };
    format!(
        "{lines}{counted}{file}: {verdict}, {}, {}{skipped}\n",
        plural(errors, "error"),
        plural(count_of(problems, Severity::Warning), "warning")
    )
}

/// The usage that the pruning threshold is compared with.
fn usage(what: &str, counted: &CountedUsage) -> String {
    let directories: Vec<String> = counted
        .directories
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!(
        "{what}: {} in {}\n",
        Size::from_bytes(counted.usage_bytes),
        directories.join(" and ")
    )
}

fn plural(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

const COLUMNS: [&str; 8] = [
    "severity",
    "file",
    "line",
    "column",
    "key",
    "value",
    "message",
    "suggestion",
];

fn row(problem: &Problem) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number =
        |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
    vec![
        severity(problem).to_owned(),
        problem.file.as_ref().map_or_else(
            || text(&problem.given_by),
            |file| file.display().to_string(),
        ),
        number(problem.line),
        number(problem.column),
        text(&problem.key),
        text(&problem.value),
        problem.message.clone(),
        text(&problem.suggestion),
    ]
}

//! `bllvmctl config`: check, show, init, reload.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::args::{
    Common, ConfigCheck, ConfigCommand, ConfigExplain, ConfigInit, ConfigShow, Format,
};
use super::client::{self, Client};
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use crate::api::{ConfigProblem, ProblemSeverity, ReloadOutcome, ReloadProblem};
use crate::config::{self, Problem, Severity};
use crate::daemon;
use crate::env::Env;
use crate::values::Size;

pub(super) fn run(
    command: &ConfigCommand,
    common: &Common,
    env: &Env,
    output: Output,
) -> CommandResult {
    match command {
        ConfigCommand::Check(args) => check(args, common, env, output),
        ConfigCommand::Show(args) => show(args, common, env, output),
        ConfigCommand::Explain(args) => explain(args, common, env, output),
        ConfigCommand::Init(args) => init(args, output),
        ConfigCommand::Reload => reload(&Client::new(common, env)?, output),
    }
}

fn check(args: &ConfigCheck, common: &Common, env: &Env, output: Output) -> CommandResult {
    let common = Common {
        config: args.file.clone().or_else(|| common.config.clone()),
        ..common.clone()
    };
    let loaded = client::load(&common, env);
    let mut problems = loaded.problems.clone();
    let mut counted = None;
    let mut nodes = Vec::new();
    if let Some(config) = loaded.config.as_ref().filter(|_| !args.offline) {
        let found = daemon::preflight(config, &loaded.entries);
        let found = found.map_err(|error| Failure::new(Exit::Internal, error))?;
        problems.extend(found.problems);
        counted = found.counted;
        nodes = found.nodes;
    }
    let errors = count_of(&problems, Severity::Error);
    let file = loaded
        .file
        .as_deref()
        .map(|file| file.display().to_string());
    match output.format {
        Format::Json => {
            let report = json!({"file": file, "valid": errors == 0, "offline": args.offline, "problems": problems,
                "counted": counted, "nodes": nodes});
            output.json(&report)?;
        }
        Format::Tsv => output.rows(&COLUMNS, &problems.iter().map(row).collect::<Vec<_>>())?,
        Format::Table => {
            let mut usages = counted.map_or_else(String::new, |counted| usage("usage", &counted));
            for node in &nodes {
                usages += &usage(&format!("usage of {}", node.name), &node.counted);
            }
            let is_skipped = loaded.config.is_none() && !args.offline;
            let report = check_report(&problems, &usages, file, is_skipped);
            // Errors are printed despite --quiet, to stderr.
            if errors > 0 && output.is_quiet() {
                super::print_error(&report);
            } else {
                output.print(&report)?;
            }
        }
    }
    Ok(if errors == 0 {
        Exit::Yes
    } else {
        Exit::Configuration
    })
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
fn usage(what: &str, counted: &daemon::CountedUsage) -> String {
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

fn severity(problem: &Problem) -> &'static str {
    match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn line(problem: &Problem) -> String {
    format!("{}: {problem}\n", severity(problem))
}

/// The failure for an invalid configuration, with every problem.
pub(super) fn not_valid(problems: &[Problem]) -> Failure {
    let lines: String = problems.iter().map(line).collect();
    Failure::text(
        Exit::Configuration,
        format!("the configuration is not valid\n{}", lines.trim_end()),
    )
    .hint(
        "`bllvmctl config check` reports every problem; `bllvmctl config init` writes a file to start from",
    )
}

fn show(args: &ConfigShow, common: &Common, env: &Env, output: Output) -> CommandResult {
    let loaded = client::load(common, env);
    if loaded.config.is_none() {
        return Err(not_valid(&loaded.problems));
    }
    match output.format {
        Format::Json if args.origin => output.json(&loaded.entries)?,
        Format::Json => {
            let entries = loaded
                .entries
                .iter()
                .filter(|entry| !entry.is_within_another())
                .map(|entry| (entry.key.clone(), entry.value.clone()));
            output.json(&Value::Object(entries.collect()))?;
        }
        Format::Tsv => {
            let row = |entry: &config::Entry| {
                vec![
                    entry.key.clone(),
                    entry.value.to_string(),
                    entry.origin.to_string(),
                ]
            };
            output.rows(
                &["key", "value", "origin"],
                &loaded.entries.iter().map(row).collect::<Vec<_>>(),
            )?;
        }
        Format::Table => output.print(&config::to_toml(&loaded.entries, args.origin))?,
    }
    Ok(Exit::Yes)
}

fn explain(args: &ConfigExplain, common: &Common, env: &Env, output: Output) -> CommandResult {
    let loaded = client::load(common, env);
    let explained = config::explain(&args.key, &loaded.entries).map_err(|near| {
        let failure = Failure::text(Exit::No, format!("there is no key {}", args.key));
        failure.hint(near.unwrap_or_else(|| "`bllvmctl config show` lists every key".to_owned()))
    })?;
    let needs_restart = daemon::needs_restart(&explained.key);
    match output.format {
        Format::Json => {
            let document = json!({"key": explained.key, "meaning": explained.meaning,
                "values": explained.values, "default": explained.default,
                "inherits": explained.inherits, "variable": explained.variable,
                "needs_restart": needs_restart});
            output.json(&document)?;
        }
        Format::Tsv => {
            let row = |value: &config::ExplainedValue| {
                let entry = value.entry.clone().unwrap_or_default();
                vec![entry, value.value.to_string(), value.origin.to_string()]
            };
            let rows: Vec<_> = explained.values.iter().map(row).collect();
            output.rows(&["entry", "value", "origin"], &rows)?;
        }
        Format::Table => output.print(&explanation(&explained, needs_restart))?,
    }
    Ok(Exit::Yes)
}

fn explanation(explained: &config::Explanation, needs_restart: bool) -> String {
    let mut text = format!("{}\n{}\n\n", explained.key, explained.meaning);
    for value in &explained.values {
        let entry = value.entry.as_ref();
        let entry = entry.map_or_else(String::new, |entry| format!(" of {entry}"));
        let shown = match &value.value {
            Value::Null => "not set".to_owned(),
            value => value.to_string(),
        };
        let line = format!("value{entry}: {shown}, from {}\n", value.origin);
        text.push_str(&line);
    }
    let default = match (&explained.inherits, &explained.default) {
        (Some(key), _) => format!("that of {key}"),
        (None, Some(default)) => default.clone(),
        (None, None) => "none".to_owned(),
    };
    let reload = if needs_restart {
        "needs a restart"
    } else {
        "is applied by a reload"
    };
    text + &format!(
        "default: {default}\nenvironment: {}\na change {reload}\n",
        explained.variable
    )
}

fn init(args: &ConfigInit, output: Output) -> CommandResult {
    let Some(path) = &args.file else {
        match output.format {
            Format::Json => output.json(&json!({"file": null, "text": config::template()}))?,
            Format::Table | Format::Tsv => Output::print_always(config::template())?,
        }
        return Ok(Exit::Yes);
    };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| {
        file.write_all(config::template().as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let exists = error.kind() == ErrorKind::AlreadyExists;
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        let hint =
            "an existing file is never overwritten; name another file, or none to print the text";
        if exists {
            Failure::new(Exit::No, error).hint(hint)
        } else {
            Failure::new(Exit::Internal, error)
        }
    })?;
    match output.format {
        Format::Json => output.json(&json!({"file": path.display().to_string()}))?,
        Format::Table | Format::Tsv => output.print(&format!("wrote {}\n", path.display()))?,
    }
    Ok(Exit::Yes)
}

fn reload(client: &Client, output: Output) -> CommandResult {
    let answer = client.control::<ReloadOutcome>(Method::POST, "/api/v1/config/reload")?;
    match answer.status() {
        StatusCode::OK => {
            let reloaded = answer.document()?;
            if output.format == Format::Json {
                output.json(&reloaded.raw)?;
            } else {
                print_reloaded(&reloaded.document, output)?;
            }
            Ok(Exit::Yes)
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            let problem = answer.problem()?;
            if output.format == Format::Json {
                output.json(&problem.raw)?;
            }
            let problems = problem.document.problems.unwrap_or_default();
            let text: String = problems.iter().map(sentence).collect();
            Err(Failure::text(
                Exit::Configuration,
                format!("{}\n{}", problem.document.detail, text.trim_end()),
            ))
        }
        _ => {
            if output.format == Format::Json {
                output.json(&answer.problem()?.raw)?;
            }
            Err(answer.unexpected())
        }
    }
}

fn print_reloaded(reloaded: &ReloadOutcome, output: Output) -> Result<(), Failure> {
    let problems: String = reloaded.problems.iter().map(sentence).collect();
    output.print(&format!(
        "{problems}the configuration was reloaded and is in force\n"
    ))?;
    for key in &reloaded.needs_restart {
        let line = output.marked(&format!("[!] {key} has changed, and needs a restart"));
        output.print(&(line + "\n"))?;
    }
    Ok(())
}

/// A problem that the daemon reported.
fn sentence(problem: &ReloadProblem) -> String {
    match problem {
        ReloadProblem::Config(problem) => line(&of_config(problem)),
        ReloadProblem::Sentence(sentence) => format!("error: {sentence}\n"),
    }
}

fn of_config(problem: &ConfigProblem) -> Problem {
    let problem = problem.clone();
    Problem {
        severity: match problem.severity {
            ProblemSeverity::Warning => Severity::Warning,
            ProblemSeverity::Error | ProblemSeverity::Other(_) => Severity::Error,
        },
        file: problem.file,
        line: problem.line,
        column: problem.column,
        given_by: problem.given_by,
        key: problem.key,
        value: problem.value,
        message: problem.message,
        suggestion: problem.suggestion,
    }
}

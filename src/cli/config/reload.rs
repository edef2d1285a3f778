//! `bllvmctl config reload`: has the running daemon read its configuration again.

use reqwest::{Method, StatusCode};

use crate::api::{ConfigProblem, ProblemSeverity, ReloadOutcome, ReloadProblem};
use crate::cli::args::Format;
use crate::cli::client::Client;
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::output::Output;
use crate::cli::problems::line;
use crate::config::{Problem, Severity};

pub(super) fn run(client: &Client, output: Output) -> CommandResult {
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

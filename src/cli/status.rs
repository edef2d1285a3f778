//! `bllvmctl status`: everything on one screen.

use reqwest::{Method, StatusCode};

use super::answer::Received;
use super::args::Status;
use super::client::Client;
use super::exit::{Exit, Failure, Outcome};
use super::output::Output;
use super::status_lines::Lines;
use super::{health, render, wait};
use crate::api::{CheckLevel, DetailedHealth, StatusDocument, TaskPhase};

pub(super) fn run(args: &Status, client: &Client, output: Output) -> Outcome {
    wait::repeat(args.watch.watch, output, || {
        show(&ask(client)?, output)?;
        Ok(Exit::Yes)
    })
}

/// The status; for who may not use the control API, what everybody may know of it.
fn ask(client: &Client) -> Result<Received<StatusDocument>, Failure> {
    let refusal = match client.control(Method::GET, &client.status_path()) {
        Ok(answer) if answer.status() == StatusCode::OK => return answer.document(),
        Ok(answer) => return Err(answer.unexpected()),
        // Who names a token is to know that it is of no use.
        Err(failure) if failure.exit == Exit::NotAuthorised && !client.names_token() => failure,
        Err(failure) => return Err(failure),
    };
    match health::ask_for("/health/detailed", client) {
        Ok(answer) => answer.document(),
        Err(_) => Err(refusal),
    }
}

/// The document in the form that is asked for.
pub(super) fn show(status: &Received<StatusDocument>, output: Output) -> Result<(), Failure> {
    render::show(&status.raw, output, || text(&status.document, output))
}

/// The document as people read it.
fn text(status: &StatusDocument, output: Output) -> String {
    let detailed = &status.detailed;
    let lines = Lines(detailed).all();
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<9} {value}"));
    let checks = detailed.checks.iter().map(|check| {
        let mark = match check.level {
            CheckLevel::Good => "[+]",
            CheckLevel::Bad => "[-]",
            CheckLevel::Unknown | CheckLevel::Warning | CheckLevel::Other(_) => "[!]",
        };
        format!("{mark} {}: {}", check.name, check.text)
    });
    let tasks = status
        .tasks
        .iter()
        .filter(|task| task.state != TaskPhase::Running)
        .map(|task| {
            let error = task.last_error.as_deref().unwrap_or_default();
            format!("[!] task {} is {}: {error}", task.name, task.state)
        });
    let reload = reload_failed(detailed).then(|| {
        "[!] configuration: the last reload found it not valid; the one in force stays".to_owned()
    });
    let verdict = std::iter::once(verdict(detailed));
    let lines = verdict
        .chain(lines)
        .chain(checks)
        .chain(tasks)
        .chain(reload);
    lines.map(|line| output.marked(&line) + "\n").collect()
}

/// `healthy, 1 warning`: the answer to the question why somebody looks.
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

/// The configuration in force is not what the file says.
fn reload_failed(detailed: &DetailedHealth) -> bool {
    detailed.config_reload_valid == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CheckResult, HealthWord};

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
        let told = |status, levels: &[CheckLevel]| verdict(&detailed(status, levels));
        assert_eq!(told(Healthy, &[Good]), "healthy");
        assert_eq!(told(Healthy, &[Good, Warning]), "healthy, 1 warning");
        assert_eq!(
            told(Unhealthy, &[Bad, Bad, Warning, Warning]),
            "unhealthy, 2 checks are bad, 2 warnings"
        );
        let after_a_failed_reload = DetailedHealth {
            config_reload_valid: Some(false),
            ..detailed(Healthy, &[])
        };
        assert_eq!(verdict(&after_a_failed_reload), "healthy, 1 warning");
    }
}

//! The answers of the health paths, recognised also where a proxy has removed the headers.

use std::time::Duration;

use reqwest::StatusCode;

use super::answer::Answer;
use super::client::Client;
use super::exit::{Exit, Failure};
use super::node_names::unknown_node;
use crate::api::{DetailedHealth, HealthWord, PlainHealth};

/// Whether a body has the fields and words of an answer of `path`, or consists of check lines.
fn is_health(path: &str, body: &str) -> bool {
    let has_mark = |line: &str| {
        ["[+] ", "[!] ", "[-] "]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    if body.lines().next().is_some_and(has_mark) {
        return body.lines().all(has_mark);
    }
    if path == "/health/detailed" {
        return serde_json::from_str(body).is_ok_and(|detailed: DetailedHealth| {
            matches!(detailed.status, HealthWord::Healthy | HealthWord::Unhealthy)
        });
    }
    serde_json::from_str(body).is_ok_and(|plain: PlainHealth| is_answer_of(path, &plain))
}

fn is_answer_of(path: &str, plain: &PlainHealth) -> bool {
    match (path, &plain.status) {
        ("/health/live", HealthWord::Alive | HealthWord::Dead) => true,
        ("/health/ready", HealthWord::Ready | HealthWord::NotReady) => {
            plain.chain_initialized.is_some() && plain.storage_available.is_some()
        }
        ("/health", HealthWord::Healthy | HealthWord::Unhealthy) => plain.timestamp.is_some(),
        _ => false,
    }
}

/// The answer of a health path, with a line for each check if it is `verbose`, waiting at most
/// `limit`.
pub(super) fn ask(
    path: &str,
    verbose: bool,
    client: &Client,
    limit: Option<Duration>,
) -> Result<Answer, Failure> {
    let target = client.health_path(path, verbose);
    let answer = client.get(&target, limit, |body| is_health(path, body))?;
    reject_not_found(answer, path, client)
}

fn reject_not_found(answer: Answer, path: &str, client: &Client) -> Result<Answer, Failure> {
    if answer.status == StatusCode::NOT_FOUND {
        let detail = client.node().and_then(|_| answer.problem_detail());
        if let Some(detail) = detail {
            return Err(unknown_node(detail));
        }
        let text = format!("the daemon has no {path}");
        return Err(Failure::text(Exit::No, text).hint("rpc.health_checks_enabled may be false"));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_other_servers_are_recognised() {
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

//! `doctor --bundle`: the archive that is sent to whoever helps.

use std::io::ErrorKind;
use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::answer::named;
use super::client::Client;
use super::exit::{Exit, Failure};
use crate::api::RecentLog;
use crate::clock;
use crate::config::{self, Loaded, Problem};
use crate::daemon::control_cookie;
use crate::doctor::{Bundle, Finding, Redaction, redaction};
use crate::env::Env;

/// The document that has the last events too.
const STATUS: &str = "status.json";
/// Documents of the daemon as a whole, and the paths that have them.
const DOCUMENTS: [(&str, &str); 3] = [
    (STATUS, "/api/v1/status"),
    ("nodes.json", "/api/v1/nodes"),
    ("limits.json", "/api/v1/limits"),
];
/// Documents of each node.
const OF_NODES: [&str; 4] = ["queue", "peers", "leases", "prune"];

/// A support archive is never written over another file.
pub(super) fn ensure_new(file: &Path) -> Result<(), Failure> {
    match file.symlink_metadata() {
        Ok(_) => Err(not_written(file, ErrorKind::AlreadyExists.into())),
        Err(_) => Ok(()),
    }
}

/// Writes the archive: what was found, the configuration, and what the daemon gives.
pub(super) fn write(
    file: &Path,
    with_addresses: bool,
    findings: &[Finding],
    loaded: &Loaded,
    client: Option<&Client>,
    env: &Env,
) -> Result<(), Failure> {
    let mut texts = vec![
        ("findings.json".to_owned(), pretty(&findings)),
        ("configuration.toml".to_owned(), configuration(loaded)),
        ("versions.txt".to_owned(), versions()),
    ];
    let mut documents = Vec::new();
    if let Some(client) = client {
        documents = of_daemon(client);
        texts.extend(
            documents
                .iter()
                .map(|(name, value)| (name.clone(), pretty(value))),
        );
        let status = documents.iter().find(|(name, _)| name == STATUS);
        let events = status.and_then(|(_, status)| status.pointer("/history/events"));
        let events = events.map(pretty);
        texts.extend(events.map(|events| ("events.json".to_owned(), events)));
        texts.extend(pages(client));
    }
    let cookie = control_cookie(loaded);
    let mut redaction = redaction(
        loaded.config.as_ref(),
        cookie.as_deref(),
        env,
        with_addresses,
    );
    for (_, document) in &documents {
        hide_names_in(&mut redaction, document);
    }
    let written = Bundle::create(file, clock::now().wall).and_then(|mut bundle| {
        for (name, text) in &texts {
            bundle.add(name, &redaction.apply(text))?;
        }
        bundle.finish()
    });
    written.map_err(|error| not_written(file, error))
}

/// The documents that the daemon gives; one that it does not give is left out.
fn of_daemon(client: &Client) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for (name, path) in DOCUMENTS {
        let answer = client.control::<Value>(Method::GET, path);
        let answer = answer.and_then(|answer| answer.ok());
        documents.extend(answer.ok().map(|answer| (name.to_owned(), answer.raw)));
    }
    for resource in OF_NODES {
        let Ok(answers) = client.read::<Value>(resource) else {
            continue;
        };
        documents.extend(named(answers).map(|(node, document)| {
            let of_node = node.map_or_else(String::new, |node| format!("-{}", file_name(&node)));
            (format!("{resource}{of_node}.json"), document)
        }));
    }
    documents
}

/// What of a node's name may be in the name of a file.
fn file_name(node: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    node.chars().map(allowed).collect()
}

/// What is no document: the metrics and the log.
fn pages(client: &Client) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let metrics = client.get("/metrics", None, |_| true);
    pages.extend(
        metrics
            .ok()
            .map(|page| ("metrics.txt".to_owned(), page.body)),
    );
    let log = client.control::<RecentLog>(Method::GET, "/api/v1/log");
    let log = log.and_then(|answer| answer.ok());
    pages.extend(log.ok().map(|log| {
        let lines = log.document.lines.join("\n");
        ("log.txt".to_owned(), lines + "\n")
    }));
    let detailed = client.get("/health/detailed", None, |_| true);
    pages.extend(
        detailed
            .ok()
            .map(|page| ("health.json".to_owned(), page.body)),
    );
    pages
}

/// The configuration with the origin of each value; secrets are redacted there already. One that is
/// not valid with what is wrong.
fn configuration(loaded: &Loaded) -> String {
    let comment =
        |problem: &Problem| "# ".to_owned() + &problem.to_string().replace('\n', "\n# ") + "\n";
    let problems: String = loaded.problems.iter().map(comment).collect();
    let mut entries = loaded.entries.clone();
    for entry in &mut entries {
        if entry.key.ends_with(".command") {
            hide_arguments(&mut entry.value);
        }
        let of_section = entry.value.as_array_mut().into_iter().flatten();
        of_section
            .filter_map(|table| table.get_mut("command"))
            .for_each(hide_arguments);
    }
    problems + &config::to_toml(&entries, true)
}

/// The arguments of a command are its operator's, and one of them may be a token.
fn hide_arguments(command: &mut Value) {
    let arguments = command.as_array_mut().into_iter().flatten().skip(1);
    arguments.for_each(|argument| *argument = "[redacted]".into());
}

fn versions() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "bllvmctl {}\n{} {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        kernel.trim()
    )
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Hosts and users that only the daemon knows: of its nodes, of its peers, of its limits.
fn hide_names_in(redaction: &mut Redaction, document: &Value) {
    match document {
        Value::Array(items) => items.iter().for_each(|item| hide_names_in(redaction, item)),
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("address", Value::String(address)) => hide_host(redaction, address),
                    ("url", Value::String(url)) => {
                        let url = Url::parse(url).ok();
                        let host = url.as_ref().and_then(Url::host_str);
                        redaction.hide("host", host.unwrap_or_default());
                    }
                    ("users_by_name", Value::Array(users)) => {
                        let names = users.iter().filter_map(|user| user["name"].as_str());
                        names.for_each(|name| redaction.hide("user", name));
                    }
                    (_, value) => hide_names_in(redaction, value),
                }
            }
        }
        _ => {}
    }
}

/// Names of hosts; what is an address is found anyway.
fn hide_host(redaction: &mut Redaction, address: &str) {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    if host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') {
        redaction.hide("host", host);
    }
}

fn not_written(file: &Path, error: std::io::Error) -> Failure {
    let exists = error.kind() == ErrorKind::AlreadyExists;
    let error = anyhow::Error::new(error).context(format!("cannot write {}", file.display()));
    if exists {
        Failure::new(Exit::No, error).hint("name a file that is not there yet")
    } else {
        Failure::new(Exit::Internal, error)
    }
}

//! `doctor --active`: what changes something for a moment, on names and a caller of its own.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::answer::named;
use super::client::Client;
use super::exit::Failure;
use crate::api::{
    LeaseDocument, LeaseGranted, LeaseReleased, LeaseRequest, LimitsTried, NotifyTestRequest,
    NotifyTestResult, path_of_node,
};
use crate::doctor::{Finding, limits_findings};

/// A lease that could not be released ends by itself.
const LEASE_TTL: Duration = Duration::from_secs(60);

/// Tries a lease of each node, and the limits.
pub(super) fn try_all(client: &Client) -> Vec<Finding> {
    let mut findings = try_leases(client);
    let limits = try_limits(client);
    findings.extend(limits.unwrap_or_else(|failure| vec![failed("limits", &failure)]));
    findings
}

/// The finding that something was tried in vain.
fn failed(check: &str, failure: &Failure) -> Finding {
    let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
    let cure = failure.hint.clone();
    let cure = cure.unwrap_or_else(|| "the log of the daemon says more".to_owned());
    Finding::bad(check, causes.join(": "), cure)
}

/// Sends a test through each entry of `[[notify]]`; `client` waits for the attempts.
pub(super) fn try_notifications(client: &Client) -> Vec<Finding> {
    const CHECK: &str = "notify";
    let request = NotifyTestRequest { name: None };
    let answer = client.post::<Vec<NotifyTestResult>>("/api/v1/notify/test", &request);
    let tested = answer.and_then(|answer| match answer.status() {
        StatusCode::NOT_FOUND => Ok(None),
        _ => answer.granted().map(Some),
    });
    let results = match tested {
        Ok(Some(tested)) => tested.document,
        Ok(None) => return vec![Finding::good(CHECK, "no notification is configured")],
        Err(failure) => return vec![failed(CHECK, &failure)],
    };
    let finding = |result: NotifyTestResult| match result.error {
        None => Finding::good(CHECK, format!("{}: sent to {}", result.name, result.target)),
        Some(error) => Finding::bad(
            CHECK,
            format!("{}: {error}", result.name),
            "look at its url, header_file or command; `bllvmctl notify test` tries again",
        ),
    };
    results.into_iter().map(finding).collect()
}

/// Tries a lease of the node of `--node`, or of each.
fn try_leases(client: &Client) -> Vec<Finding> {
    const CHECK: &str = "lease";
    let nodes: Vec<Option<String>> = match client.read::<Vec<LeaseDocument>>("leases") {
        Ok(leases) => named(leases).map(|(node, _)| node).collect(),
        Err(failure) => return vec![failed(CHECK, &failure)],
    };
    let tried = nodes.iter().map(|node| {
        let node = node.as_deref();
        let finding = match try_lease(client, node.or(client.node())) {
            Ok(()) => Finding::good(CHECK, "one was granted, written and released"),
            Err(failure) => failed(CHECK, &failure),
        };
        finding.of(node)
    });
    tried.collect()
}

/// Takes a lease on nothing that is not kept anyway, and releases it.
fn try_lease(client: &Client, node: Option<&str>) -> Result<(), Failure> {
    let name = format!("doctor-{}", std::process::id());
    let request = LeaseRequest {
        name: name.clone(),
        from_height: None,
        last: Some(1),
        ttl_secs: Some(LEASE_TTL.as_secs()),
    };
    let path = path_of_node(node, "leases");
    let answer = client.post::<LeaseGranted>(&path, &request)?;
    if !answer.status().is_success() {
        return Err(answer.unexpected());
    }
    let path = path_of_node(node, &format!("leases/{name}"));
    client
        .control::<LeaseReleased>(Method::DELETE, &path)?
        .granted()?;
    Ok(())
}

/// Has the daemon charge calls of callers that nobody else is until one is refused.
fn try_limits(client: &Client) -> Result<Vec<Finding>, Failure> {
    let tried = client.control::<LimitsTried>(Method::POST, "/api/v1/limits/try")?;
    Ok(limits_findings(&tried.granted()?.document))
}

//! `doctor --active`: what changes something for a moment, on names and a caller of its own.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::client::Client;
use super::exit::Failure;
use super::not_asked::not_asked;
use crate::api::{
    ExplainQuery, LeaseGranted, LeaseReleased, LeaseRequest, LimitsDocument, LimitsExplained,
    LimitsMode, NotifyTestRequest, NotifyTestResult,
};
use crate::doctor::Finding;

/// An address that is nobody's (RFC 5737): its buckets are nobody else's.
const OWN_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));
/// A lease that could not be released ends by itself.
const LEASE_TTL: Duration = Duration::from_secs(60);

/// Tries a lease and the limits.
pub(super) fn try_all(client: &Client) -> Vec<Finding> {
    let finding = |check: &'static str, tried: Result<Finding, Failure>| {
        tried.unwrap_or_else(|failure| not_asked(check, &failure))
    };
    vec![
        finding("lease", try_lease(client)),
        finding("limits", try_limits(client)),
    ]
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
        Err(failure) => return vec![not_asked(CHECK, &failure)],
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

/// Takes a lease on nothing that is not kept anyway, and releases it.
fn try_lease(client: &Client) -> Result<Finding, Failure> {
    let name = format!("doctor-{}", std::process::id());
    let request = LeaseRequest {
        name: name.clone(),
        from_height: None,
        last: Some(1),
        ttl_secs: Some(LEASE_TTL.as_secs()),
    };
    let path = client.path_of("leases");
    let answer = client.post::<LeaseGranted>(&path, &request)?;
    if !answer.status().is_success() {
        return Err(answer.unexpected());
    }
    let path = client.path_of(&format!("leases/{name}"));
    client
        .control::<LeaseReleased>(Method::DELETE, &path)?
        .granted()?;
    Ok(Finding::good(
        "lease",
        "one was granted, written and released",
    ))
}

/// Asks what would become of a call of a caller that does not exist.
fn try_limits(client: &Client) -> Result<Finding, Failure> {
    let limits = client.control::<LimitsDocument>(Method::GET, "/api/v1/limits")?;
    let limits = limits.granted()?.document;
    let query = ExplainQuery {
        address: Some(OWN_ADDRESS),
        method: Some("getblockcount".to_owned()),
        user: None,
    };
    let path = format!("/api/v1/limits/explain?{}", query.to_query());
    let explained = client.control::<LimitsExplained>(Method::GET, &path)?;
    let explained = explained.granted()?.document;
    let check = "limits";
    if !limits.summary.enabled || limits.summary.mode == Some(LimitsMode::Observe) {
        return Ok(Finding::warning(
            check,
            "nothing is refused: the limits are off, or only observe",
            "write rpc.auth.rate_limit_enabled = true and rate_limit_mode = \"enforce\"",
        ));
    }
    let buckets: Vec<String> = explained
        .layers
        .iter()
        .map(|step| {
            let layer = step.layer.as_str();
            format!("{layer} {} of {}", step.tokens, step.burst)
        })
        .collect();
    if explained.layers.is_empty() {
        return Ok(Finding::warning(
            check,
            format!("a new caller is in no bucket: {}", explained.reason),
            "look at rpc.auth.rate_limit_exempt: it may be too wide",
        ));
    }
    Ok(Finding::good(
        check,
        format!("a new caller has its own buckets: {}", buckets.join(", ")),
    ))
}

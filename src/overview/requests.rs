//! The gateway in words.

use super::facts::Overview;
use super::text::{UNKNOWN, counted, grouped};
use crate::api::LimitsMode;

/// Whether the gateway is on, and whether limits are enforced.
pub(crate) fn gateway_state(overview: &Overview) -> String {
    let document = &overview.status.detailed;
    if !document.rpc.enabled {
        return "the gateway is off (rpc.enabled)".to_owned();
    }
    let limits = match (document.limits.enabled, &document.limits.mode) {
        (false, _) => "no limits",
        (true, Some(LimitsMode::Observe)) => "limits are observed only",
        (true, _) => "limits are enforced",
    };
    format!("the gateway is on, {limits}")
}

/// What is known of the gateway, each with its name.
pub(crate) fn gateway_facts(overview: &Overview) -> Vec<(&'static str, String)> {
    let document = &overview.status.detailed;
    let limits = &document.limits;
    let limit = match (limits.rate, limits.burst) {
        (Some(rate), Some(burst)) => format!("{rate}/s, burst {}", grouped(burst)),
        _ => UNKNOWN.to_owned(),
    };
    let callers = &limits.callers;
    vec![
        (
            "At the nodes",
            format!("{} of {}", limits.in_flight, limits.max_in_flight),
        ),
        (
            "Long polls",
            format!("{} of {}", limits.long_polls, limits.max_long_polls),
        ),
        ("Limit", limit),
        ("Users", grouped(limits.users)),
        (
            "Callers known",
            format!(
                "{} by address, {} by user",
                grouped(callers.address),
                grouped(callers.user)
            ),
        ),
        (
            "Since the start",
            counted(
                usize::try_from(document.rpc.requests_processed).unwrap_or(usize::MAX),
                "call",
            ),
        ),
    ]
}

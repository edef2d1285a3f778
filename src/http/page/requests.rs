//! Calls through the gateway: rates, latencies, refusals by layer. Pure.

use super::chart::{Scale, Series, chart};
use super::facts::PageFacts;
use super::text::{UNKNOWN, grouped, latency, rate};
use super::view::{FactView, RequestsView};
use crate::api::LimitsMode;

pub(super) fn requests(facts: &PageFacts) -> RequestsView {
    let document = &facts.status.detailed;
    let (limits, hour) = (&document.limits, &facts.history.gateway);
    let interval = facts.interval_secs();
    let limited = &hour.limited_per_sec;
    let charts = vec![
        chart(
            "calls".to_owned(),
            "Calls",
            &[
                Series::new("answered", &hour.answered_per_sec),
                Series::new("failed", &hour.failed_per_sec),
                Series::new("rejected", &hour.rejected_per_sec),
            ],
            (Scale::Zero(1), interval),
            rate,
        ),
        chart(
            "latency".to_owned(),
            "Latency",
            &[
                Series::new("half within", &hour.p50_secs),
                Series::new("99 % within", &hour.p99_secs),
            ],
            (Scale::Zero(0), interval),
            latency,
        ),
        chart(
            "limited".to_owned(),
            "Over a limit, by layer",
            &[
                Series::new("address", &limited.address),
                Series::new("user", &limited.user),
                Series::new("method", &limited.method),
                Series::new("login", &limited.login),
            ],
            (Scale::Zero(1), interval),
            rate,
        ),
    ];
    let limit = match (limits.rate, limits.burst) {
        (Some(rate), Some(burst)) => format!("{rate}/s, burst {}", grouped(burst)),
        _ => UNKNOWN.to_owned(),
    };
    let callers = &limits.callers;
    RequestsView {
        state: state(facts),
        charts,
        facts: vec![
            FactView::new(
                "At the nodes",
                format!("{} of {}", limits.in_flight, limits.max_in_flight),
            ),
            FactView::new(
                "Long polls",
                format!("{} of {}", limits.long_polls, limits.max_long_polls),
            ),
            FactView::new("Limit", limit),
            FactView::new("Users", grouped(limits.users)),
            FactView::new(
                "Callers known",
                format!(
                    "{} by address, {} by user",
                    grouped(callers.address),
                    grouped(callers.user)
                ),
            ),
            FactView::new(
                "Since the start",
                format!("{} calls", grouped(document.rpc.requests_processed)),
            ),
        ],
    }
}

fn state(facts: &PageFacts) -> String {
    let document = &facts.status.detailed;
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

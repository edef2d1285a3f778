//! Calls through the gateway: rates, latencies, refusals by layer. Pure.

use super::chart::{ChartSeries, Scale, chart};
use super::facts::PageFacts;
use super::text::{UNKNOWN, grouped, latency, rate};
use super::view::{ChartView, FactView, RequestsView};
use crate::api::LimitsMode;

pub(super) fn requests(facts: &PageFacts) -> RequestsView {
    RequestsView {
        state: state(facts),
        charts: charts(facts).into(),
        facts: numbers(facts).into(),
    }
}

fn charts(facts: &PageFacts) -> [ChartView; 3] {
    let hour = &facts.history.gateway;
    let interval = facts.interval_secs();
    let limited = &hour.limited_per_sec;
    [
        chart(
            "calls".to_owned(),
            "Calls",
            &[
                ChartSeries::new("answered", &hour.answered_per_sec),
                ChartSeries::new("failed", &hour.failed_per_sec),
                ChartSeries::new("rejected", &hour.rejected_per_sec),
            ],
            (Scale::Zero(1), interval),
            rate,
        ),
        chart(
            "latency".to_owned(),
            "Latency",
            &[
                ChartSeries::new("half within", &hour.p50_secs),
                ChartSeries::new("99 % within", &hour.p99_secs),
            ],
            (Scale::Zero(0), interval),
            latency,
        ),
        chart(
            "limited".to_owned(),
            "Over a limit, by layer",
            &[
                ChartSeries::new("address", &limited.address),
                ChartSeries::new("user", &limited.user),
                ChartSeries::new("method", &limited.method),
                ChartSeries::new("login", &limited.login),
            ],
            (Scale::Zero(1), interval),
            rate,
        ),
    ]
}

fn numbers(facts: &PageFacts) -> [FactView; 6] {
    let document = &facts.status.detailed;
    let limits = &document.limits;
    let callers = &limits.callers;
    let at_nodes = format!("{} of {}", limits.in_flight, limits.max_in_flight);
    let long_polls = format!("{} of {}", limits.long_polls, limits.max_long_polls);
    let limit = match (limits.rate, limits.burst) {
        (Some(rate), Some(burst)) => format!("{rate}/s, burst {}", grouped(burst)),
        _ => UNKNOWN.to_owned(),
    };
    let known = format!(
        "{} by address, {} by user",
        grouped(callers.address),
        grouped(callers.user)
    );
    let calls = format!("{} calls", grouped(document.rpc.requests_processed));
    [
        FactView::new("At the nodes", at_nodes),
        FactView::new("Long polls", long_polls),
        FactView::new("Limit", limit),
        FactView::new("Users", grouped(limits.users)),
        FactView::new("Callers known", known),
        FactView::new("Since the start", calls),
    ]
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

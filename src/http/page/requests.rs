//! Calls through the gateway: rates, latencies, refusals by layer. Pure.

use super::chart::{ChartSeries, Scale, chart};
use super::view::{RequestsView, facts_of};
use crate::overview::text::{latency, rate};
use crate::overview::{Overview, gateway_facts, gateway_state};

pub(super) fn requests(overview: &Overview) -> RequestsView {
    let hour = &overview.history.gateway;
    let interval = overview.interval_secs();
    let limited = &hour.limited_per_sec;
    let charts = vec![
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
    ];
    RequestsView {
        state: gateway_state(overview),
        charts,
        facts: facts_of(gateway_facts(overview)),
    }
}

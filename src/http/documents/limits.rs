//! The limits of the gateway.

use crate::api::{
    CallersByLayer, LimitRate, LimitStep, LimitTried, LimitedUser, LimitsDocument, LimitsExplained,
    LimitsMode, LimitsStore, LimitsSummary,
};
use crate::gateway::{
    Explanation, LayerLevel, RateLimitOverview, RateLimitReport, RatePart, TriedLimit, UserPart,
};
use crate::limit::shared::StoreReport;
use crate::values::Mono;

impl From<RateLimitOverview> for LimitsSummary {
    fn from(summary: RateLimitOverview) -> Self {
        let callers = |layer: &str| summary.callers.get(layer).copied().unwrap_or_default();
        Self {
            enabled: summary.enabled,
            mode: summary.mode.map(LimitsMode::from),
            rate: summary.rate,
            burst: summary.burst,
            limited_methods: summary.limited_methods,
            users: summary.users,
            in_flight: summary.in_flight,
            max_in_flight: summary.max_in_flight,
            long_polls: summary.long_polls,
            max_long_polls: summary.max_long_polls,
            callers: CallersByLayer {
                address: callers("address"),
                method: callers("method"),
                user: callers("user"),
            },
        }
    }
}

impl From<RatePart> for LimitRate {
    fn from(RatePart { rate, burst }: RatePart) -> Self {
        Self { rate, burst }
    }
}

impl From<UserPart> for LimitedUser {
    fn from(user: UserPart) -> Self {
        Self {
            name: user.name,
            rate: user.rate.rate,
            burst: user.rate.burst,
            methods: user.methods,
        }
    }
}

impl From<RateLimitReport> for LimitsDocument {
    fn from(report: RateLimitReport) -> Self {
        let per_method = report.per_method.into_iter();
        Self {
            summary: report.summary.into(),
            methods: report.methods,
            per_method: per_method
                .map(|(method, rate)| (method, rate.into()))
                .collect(),
            users_by_name: report.users_by_name.into_iter().map(Into::into).collect(),
            exempt: report.exempt,
            trusted_proxies: report.trusted_proxies,
            store: None,
        }
    }
}

impl LimitsStore {
    /// What `store` is at `now`.
    pub(crate) fn of(store: StoreReport, now: Mono) -> Self {
        Self {
            url: store.address,
            up: store.is_up,
            mode: store.mode.into(),
            seconds: now.since(store.since).as_secs(),
            reason: store.reason,
            version: store.version,
            namespace: store.namespace,
            replicas: store.replicas,
            members: store.members,
            purses: store.purses,
            held: store.tokens,
        }
    }
}

impl From<LayerLevel> for LimitStep {
    fn from(step: LayerLevel) -> Self {
        Self {
            layer: step.layer.into(),
            key: step.key,
            rate: step.rate.rate,
            burst: step.rate.burst,
            tokens: step.tokens,
            held: step.held,
        }
    }
}

impl From<TriedLimit> for LimitTried {
    fn from(tried: TriedLimit) -> Self {
        let refusal = tried.refusal;
        let wait = refusal.and_then(|refusal| refusal.wait);
        // Whoever waits for so many whole milliseconds has waited long enough.
        let wait_ms = wait.map(|wait| wait.as_micros().div_ceil(1_000));
        Self {
            layer: tried.layer.into(),
            name: tried.name,
            rate: tried.rate.rate,
            burst: tried.rate.burst,
            expected: tried.expected,
            passed: tried.passed,
            took_secs: tried.took.as_secs_f64(),
            refused_by: refusal.map(|refusal| refusal.layer.into()),
            retry_after_ms: wait_ms.and_then(|wait| u64::try_from(wait).ok()),
            passes_then: refusal.is_some_and(|refusal| refusal.passes_then),
            others_pass: tried.others_pass,
            undecided: tried.undecided.map(str::to_owned),
        }
    }
}

impl From<Explanation> for LimitsExplained {
    fn from(explanation: Explanation) -> Self {
        Self {
            user: explanation.user,
            address: Some(explanation.address),
            method: explanation.method,
            passes: explanation.passes,
            reason: explanation.reason,
            layers: explanation.layers.into_iter().map(Into::into).collect(),
        }
    }
}

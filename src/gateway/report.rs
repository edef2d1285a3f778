//! Reports of the limits: a summary for all who may read health, and in full for operators.

use std::collections::BTreeMap;

use super::access::Account;
use super::policy::Rules;
use super::rate_limits::RateLimits;
use super::upstream_set::UpstreamSet;
use crate::limit::{Layer, Rate};

/// The limits in short. Contains no names.
#[derive(Clone, Debug)]
pub struct RateLimitOverview {
    /// There are limits.
    pub enabled: bool,
    /// `enforce` or `observe`.
    pub mode: Option<&'static str>,
    /// Of each address, and of each user without a rate of its own.
    pub rate: Option<f64>,
    /// Of the same.
    pub burst: Option<u32>,
    /// Methods with a limit of their own.
    pub limited_methods: usize,
    /// All users.
    pub users: usize,
    /// Calls at the node.
    pub in_flight: usize,
    /// At most so many.
    pub max_in_flight: usize,
    /// Of those in flight, the ones that wait for a block.
    pub long_polls: usize,
    /// At most so many.
    pub max_long_polls: usize,
    /// Callers that are remembered, by layer.
    pub callers: BTreeMap<&'static str, usize>,
}

/// Tokens a second, and tokens in a full bucket.
#[derive(Clone, Copy, Debug)]
pub struct RatePart {
    /// Tokens a second.
    pub rate: f64,
    /// Tokens in a full bucket.
    pub burst: u32,
}

impl From<Rate> for RatePart {
    fn from(rate: Rate) -> Self {
        Self {
            rate: rate.per_second(),
            burst: rate.burst().get(),
        }
    }
}

/// A user and its limits.
#[derive(Clone, Debug)]
pub struct UserPart {
    /// Its name.
    pub name: String,
    /// Its rate.
    pub rate: RatePart,
    /// What it may call.
    pub methods: Vec<String>,
}

/// The limits in full.
#[derive(Clone, Debug)]
pub struct RateLimitReport {
    /// The limits in short.
    pub summary: RateLimitOverview,
    /// What may be called.
    pub methods: Vec<String>,
    /// Methods with a limit of their own.
    pub per_method: BTreeMap<String, RatePart>,
    /// The users.
    pub users_by_name: Vec<UserPart>,
    /// Networks without limits.
    pub exempt: Vec<String>,
    /// Networks of proxies that are believed whom they ask for.
    pub trusted_proxies: Vec<String>,
}

/// What the limits are reported from.
pub(super) struct RateLimitReporter<'a> {
    pub(super) rules: &'a Rules,
    pub(super) rate_limits: &'a RateLimits,
    pub(super) upstreams: &'a UpstreamSet,
}

impl RateLimitReporter<'_> {
    /// The limits in short.
    pub(super) fn summary(&self) -> RateLimitOverview {
        let rules = self.rules;
        let limits = rules.policy.limits.as_ref();
        let default = limits.map(|limits| RatePart::from(limits.default));
        let limiter = self.rate_limits.limiter();
        let mut in_flight = 0;
        let mut max_in_flight = 0;
        let mut long_polls = 0;
        let mut max_long_polls = 0;
        for upstream in self.upstreams.upstreams() {
            let concurrency = upstream.concurrency();
            let (calls, slots) = concurrency.in_flight();
            in_flight += calls;
            max_in_flight += slots;
            let (polls, slots) = concurrency.long_polls();
            long_polls += polls;
            max_long_polls += slots;
        }
        RateLimitOverview {
            enabled: limits.is_some(),
            mode: limits.map(|limits| if limits.enforce { "enforce" } else { "observe" }),
            rate: default.map(|default| default.rate),
            burst: default.map(|default| default.burst),
            limited_methods: limits.map_or(0, |limits| limits.methods.len()),
            users: rules.users.all().len(),
            in_flight,
            max_in_flight,
            long_polls,
            max_long_polls,
            callers: Layer::ALL
                .map(|layer| (layer.as_str(), limiter.remembered(layer)))
                .into(),
        }
    }

    /// The limits in full.
    pub(super) fn report(&self) -> RateLimitReport {
        let summary = self.summary();
        let rules = self.rules;
        let policy = &rules.policy;
        let limits = policy.limits.as_ref();
        let user = |user: &Account| UserPart {
            name: user.name.to_string(),
            rate: user.rate.into(),
            methods: user.methods.globs().to_vec(),
        };
        let per_method = limits.iter().flat_map(|limits| &limits.methods);
        RateLimitReport {
            summary,
            methods: policy.methods.globs().to_vec(),
            per_method: per_method
                .map(|(name, rate)| (name.clone(), (*rate).into()))
                .collect(),
            users_by_name: rules.users.all().iter().map(user).collect(),
            exempt: limits
                .iter()
                .flat_map(|limits| &limits.exempt)
                .map(ToString::to_string)
                .collect(),
            trusted_proxies: policy.rpc.trusted_proxies.names(),
        }
    }
}

//! A trial of the limits in force: calls of callers whom nobody else is are charged one by one until
//! one is refused.
//!
//! The buckets, the rates and the store are those that calls meet. Refuses to know nodes: nothing is
//! forwarded. Invariant: no bucket of a caller that exists is charged, and what was charged is given
//! back.

use std::time::Duration;

use smallvec::SmallVec;
use tokio::time::timeout;

use super::Gateway;
use super::policy::{RateLimitPolicy, Rules};
use super::report::RatePart;
use crate::clock;
use crate::limit::shared::{Demands, SharedLimits, SharedVerdict};
use crate::limit::{Charge, Layer, Limiter, MethodCharge, Rate, Shortage};
use crate::metrics::Method;
use crate::values::Mono;

/// More calls are not tried one by one: the first of them come as one request.
const MAX_CALLS: u32 = 1_000;
/// More limits are not tried.
const MAX_LIMITS: usize = 32;
/// A store that answers slowly keeps nobody waiting for longer.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// What came of the trial of one limit.
#[derive(Clone, Debug)]
pub struct TriedLimit {
    /// Whose limit it is.
    pub layer: &'static str,
    /// The user or the method; `None`: that of each address.
    pub name: Option<String>,
    /// The limit.
    pub rate: RatePart,
    /// So many calls should pass at once: less than the burst, where another limit is lower.
    pub expected: u32,
    /// So many passed.
    pub passed: u32,
    /// How long they took.
    pub took: Duration,
    /// What refused the next call; `None`: nothing did.
    pub refusal: Option<TrialRefusal>,
    /// Another caller that nobody else is would have passed then.
    pub others_pass: bool,
    /// Why the trial came to no end.
    pub undecided: Option<&'static str>,
}

/// The end of a trial.
#[derive(Clone, Copy, Debug)]
pub struct TrialRefusal {
    /// The layer whose limit it was over.
    pub layer: &'static str,
    /// How long the caller has to wait; `None`: no call would ever pass.
    pub wait: Option<Duration>,
    /// Whether a call passes after that.
    pub passes_then: bool,
}

/// A limit that is to be tried.
struct TrialCase {
    layer: Layer,
    name: Option<String>,
    rate: Rate,
    /// One call of a caller that nobody else is.
    charge: Charge,
}

impl Gateway {
    /// Tries the limits in force: that of addresses, of each user, of each method. The second number is
    /// how many were left out, since there are too many.
    pub async fn try_limits(&self) -> (Vec<TriedLimit>, usize) {
        let rules = self.rules.load_full();
        let Some(limits) = &rules.policy.limits else {
            return (Vec::new(), 0);
        };
        let mut cases = cases(&rules, limits, &self.rate_limits.limiter());
        let left_out = cases.len().saturating_sub(MAX_LIMITS);
        cases.truncate(MAX_LIMITS);
        let mut tried = Vec::new();
        for case in cases {
            tried.push(match &rules.shared {
                None => self.try_own(&case),
                Some(shared) => self.try_shared(&case, shared).await,
            });
        }
        (tried, left_out)
    }

    /// Tries limits that are this daemon's own, as if all calls came at one moment.
    fn try_own(&self, case: &TrialCase) -> TriedLimit {
        let now = clock::mono();
        let mut limiter = self.rate_limits.limiter();
        let mut tried = TriedLimit::begun(case);
        let mut charge = case.first_request();
        let refused = loop {
            if let Err(refused) = limiter.check(&charge, now) {
                break Some(refused);
            }
            limiter.spend(&charge, now);
            tried.passed += charge.calls;
            if tried.passed > case.expected() {
                break None;
            }
            charge = case.charge.clone();
        };
        let passes = |at: Mono| limiter.check(&case.charge, at).is_ok();
        tried.refusal = refused.map(|refused| {
            TrialRefusal::of(refused.layer, refused.shortage, |wait| {
                passes(now.after(wait))
            })
        });
        tried.others_pass = limiter.check(&case.of_another(&limiter), now).is_ok();
        limiter.refund(&case.requests(tried.passed), now);
        tried
    }

    /// Tries limits that several daemons share, with the calls one after the other.
    async fn try_shared(&self, case: &TrialCase, shared: &SharedLimits) -> TriedLimit {
        let began = clock::mono();
        let mut tried = TriedLimit::begun(case);
        let trial = self.spend_shared(case, shared, &mut tried);
        if timeout(STORE_TIMEOUT, trial).await.is_err() {
            tried.undecided = Some("the store of the limits is slow");
        }
        let now = clock::mono();
        tried.took = now.since(began);
        let spent = self.demands(&case.requests(tried.passed));
        shared.give_back(&spent, now);
        tried
    }

    async fn spend_shared(&self, case: &TrialCase, shared: &SharedLimits, tried: &mut TriedLimit) {
        let began = clock::mono();
        let mut charge = case.first_request();
        loop {
            let now = clock::mono();
            match shared.take(&self.demands(&charge), now).await {
                SharedVerdict::Paid => tried.passed += charge.calls,
                SharedVerdict::Refused(refused) => {
                    // Whether it passes then, only waiting would show.
                    let refusal = TrialRefusal::of(refused.layer, refused.shortage, |_| true);
                    tried.refusal = Some(refusal);
                    break;
                }
                SharedVerdict::Away => {
                    tried.undecided = Some("the store of the limits does not answer");
                    return;
                }
            }
            tried.took = clock::mono().since(began);
            if tried.passed > tried.most() {
                break;
            }
            charge = case.charge.clone();
        }
        let other = case.of_another(&self.rate_limits.limiter());
        let demands = self.demands(&other);
        let verdict = shared.take(&demands, clock::mono()).await;
        tried.others_pass = verdict == SharedVerdict::Paid;
        if tried.others_pass {
            shared.give_back(&demands, clock::mono());
        }
    }

    fn demands(&self, charge: &Charge) -> Demands {
        self.rate_limits.limiter().demands(charge)
    }
}

impl TriedLimit {
    fn begun(case: &TrialCase) -> Self {
        Self {
            layer: case.layer.as_str(),
            name: case.name.clone(),
            rate: case.rate.into(),
            expected: case.expected(),
            passed: 0,
            took: Duration::ZERO,
            refusal: None,
            others_pass: false,
            undecided: None,
        }
    }

    /// So many calls may have passed by now, since tokens come back.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float out of range becomes the nearest integer"
    )]
    fn most(&self) -> u32 {
        let refilled = self.rate.rate * self.took.as_secs_f64();
        self.expected.saturating_add(refilled.ceil() as u32)
    }
}

impl TrialRefusal {
    fn of(layer: Layer, shortage: Shortage, passes: impl FnOnce(Duration) -> bool) -> Self {
        let wait = match shortage {
            Shortage::Wait(wait) => Some(wait),
            Shortage::Never => None,
        };
        Self {
            layer: layer.as_str(),
            wait,
            passes_then: wait.is_some_and(passes),
        }
    }
}

impl TrialCase {
    /// So many calls pass at once: the lowest burst of all limits that apply.
    fn expected(&self) -> u32 {
        let user = self.charge.user.map(|(_, rate)| rate);
        let methods = self.charge.methods.iter().map(|method| method.rate);
        let bursts = user
            .into_iter()
            .chain(methods)
            .map(|rate| rate.burst().get());
        bursts.fold(self.charge.address.1.burst().get(), u32::min)
    }

    /// A request of so many calls.
    fn requests(&self, calls: u32) -> Charge {
        let mut charge = self.charge.clone();
        charge.calls = calls;
        for method in &mut charge.methods {
            method.calls = calls;
        }
        charge
    }

    /// The first request: what is more than is tried one by one.
    fn first_request(&self) -> Charge {
        self.requests(self.expected().saturating_sub(MAX_CALLS).max(1))
    }

    /// A call of yet another caller.
    fn of_another(&self, limiter: &Limiter) -> Charge {
        let mut charge = self.charge.clone();
        charge.address.0 = limiter.stranger();
        if let Some(user) = &mut charge.user {
            user.0 = limiter.stranger();
        }
        charge
    }
}

/// The limits that there are, the most general first.
fn cases(rules: &Rules, limits: &RateLimitPolicy, limiter: &Limiter) -> Vec<TrialCase> {
    let charge = || Charge {
        address: (limiter.stranger(), limits.default),
        user: None,
        calls: 1,
        methods: SmallVec::new(),
    };
    let mut cases = vec![TrialCase {
        layer: Layer::Address,
        name: None,
        rate: limits.default,
        charge: charge(),
    }];
    cases.extend(rules.users.all().iter().map(|user| TrialCase {
        layer: Layer::User,
        name: Some(user.name.to_string()),
        rate: user.rate,
        charge: Charge {
            user: Some((limiter.stranger(), user.rate)),
            ..charge()
        },
    }));
    let of_method = |(name, _): &(String, Rate)| {
        let (method, rate) = rules.method(Method::of(name), name)?;
        let of_call = MethodCharge {
            method,
            rate,
            calls: 1,
        };
        Some(TrialCase {
            layer: Layer::Method,
            name: Some(name.clone()),
            rate,
            charge: Charge {
                methods: std::iter::once(of_call).collect(),
                ..charge()
            },
        })
    };
    cases.extend(limits.methods.iter().filter_map(of_method));
    cases
}

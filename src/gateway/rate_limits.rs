//! The rate limits: what a request costs, and whether its buckets have that.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::access::Account;
use super::parse::RpcCalls;
use super::policy::{RateLimitPolicy, Rules};
use super::refusal::{CallRefusal, NODE_USER_LABEL, network_text};
use crate::clock;
use crate::limit::shared::{Demands, SharedLimits};
use crate::limit::{self, BucketKey, Charge, Layer, Limiter, MethodCharge, Rate, Shortage};
use crate::metrics::GatewayMetrics;
use crate::values::Mono;

/// The buckets of all callers.
pub(super) struct RateLimits {
    limiter: Mutex<Limiter>,
    metrics: Arc<GatewayMetrics>,
}

impl RateLimits {
    pub(super) fn new(limiter: Limiter, metrics: Arc<GatewayMetrics>) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            metrics,
        }
    }

    pub(super) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what a request has paid that has been refused after all.
    pub(super) fn refund(&self, paid: Option<&PaidCall>) {
        let Some(PaidCall { charge, shared }) = paid else {
            return;
        };
        let now = clock::mono();
        match shared {
            None => self.limiter().refund(charge, now),
            Some(shared) => {
                self.limiter().refund_part(charge, shared.parts, now);
                shared.limits.give_back(&shared.demands, now);
            }
        }
    }

    /// Brings the gauges up to date, for a scrape.
    pub(super) fn measure(&self) {
        let limiter = self.limiter();
        for layer in Layer::ALL {
            self.metrics.keys(layer.as_str(), limiter.remembered(layer));
        }
    }
}

/// What a request has paid.
pub(super) struct PaidCall {
    pub(super) charge: Charge,
    /// Where limits are shared.
    pub(super) shared: Option<Box<SharedPayment>>,
}

/// What was paid of limits that several daemons share.
pub(super) struct SharedPayment {
    pub(super) limits: Arc<SharedLimits>,
    pub(super) demands: Demands,
    /// Of how many parts of each limit one was charged here as well.
    pub(super) parts: u32,
}

/// The charge for `calls` of the `user`, else of the credentials in `credentials`, from `address`.
pub(super) fn charge(
    rules: &Rules,
    limits: &RateLimitPolicy,
    address: BucketKey,
    credentials: Option<BucketKey>,
    calls: &RpcCalls<'_>,
    user: Option<&Account>,
) -> Charge {
    let mut methods = SmallVec::<[MethodCharge; 1]>::new();
    for call in calls.as_slice() {
        let limit = call
            .method
            .as_deref()
            .and_then(|method| rules.method(call.known, method));
        let Some((method, rate)) = limit else {
            continue;
        };
        match methods.iter_mut().find(|charge| charge.method == method) {
            Some(charge) => charge.calls += 1,
            None => methods.push(MethodCharge {
                method,
                rate,
                calls: 1,
            }),
        }
    }
    let user = user
        .map(|user| (user.key, user.rate))
        .or_else(|| credentials.map(|credentials| (credentials, limits.default)));
    Charge {
        address: (address, limits.default),
        user,
        calls: calls.cost(),
        methods,
    }
}

/// A request that asks the buckets.
pub(super) struct LimitCheck<'a> {
    pub(super) buckets: &'a RateLimits,
    pub(super) rules: &'a Rules,
    pub(super) user: Option<&'a Account>,
    pub(super) client: IpAddr,
    /// The layer whose limit it was over, if only observed too.
    pub(super) limited: &'a mut Option<&'static str>,
}

impl LimitCheck<'_> {
    /// Whether it would pass now.
    pub(super) fn check(
        &mut self,
        limits: &RateLimitPolicy,
        charge: &Charge,
        now: Mono,
    ) -> Result<(), CallRefusal> {
        match self.buckets.limiter().check(charge, now) {
            Err(refusal) if limits.enforce => Err(self.refused(charge, &refusal)),
            _ => Ok(()),
        }
    }

    /// Charges the call if all layers have enough tokens; whether they had.
    pub(super) fn take(
        &mut self,
        limits: &RateLimitPolicy,
        charge: &Charge,
        now: Mono,
    ) -> Result<bool, CallRefusal> {
        let mut limiter = self.buckets.limiter();
        match limiter.check(charge, now) {
            Ok(()) => {
                limiter.spend(charge, now);
                Ok(true)
            }
            Err(refusal) => {
                drop(limiter);
                self.over(limits, charge, &refusal).map(|()| false)
            }
        }
    }

    /// Counts a call over a limit, and refuses it unless limits are only observed.
    pub(super) fn over(
        &mut self,
        limits: &RateLimitPolicy,
        charge: &Charge,
        refusal: &limit::LimitRefusal,
    ) -> Result<(), CallRefusal> {
        let refusal = self.refused(charge, refusal);
        if limits.enforce { Err(refusal) } else { Ok(()) }
    }

    /// Counts a call over a limit, and makes the refusal of it.
    #[cold]
    fn refused(&mut self, charge: &Charge, refusal: &limit::LimitRefusal) -> CallRefusal {
        let layer = refusal.layer.as_str();
        *self.limited = Some(layer);
        self.buckets.metrics.limited(layer);
        let method = refusal
            .method
            .and_then(|method| charge.methods.iter().find(|charge| charge.method == method));
        match refusal.shortage {
            Shortage::Wait(wait) => CallRefusal::Limited {
                layer,
                key: self.key(refusal),
                wait,
            },
            Shortage::Never => {
                let user = charge.user.map_or(charge.address.1, |(_, rate)| rate);
                let (rate, cost): (Rate, u32) = match (refusal.layer, method) {
                    (Layer::Method, Some(method)) => (method.rate, method.calls),
                    (Layer::User, _) => (user, charge.calls),
                    _ => (charge.address.1, charge.calls),
                };
                CallRefusal::AboveBurst {
                    layer,
                    key: self.key(refusal),
                    cost,
                    burst: rate.burst().get(),
                }
            }
        }
    }

    /// Whose bucket it was: nothing that its owner does not know.
    fn key(&self, refusal: &limit::LimitRefusal) -> String {
        match refusal.layer {
            Layer::Address => network_text(self.client),
            Layer::User => self
                .user
                .map_or_else(|| NODE_USER_LABEL.to_owned(), |user| user.name.to_string()),
            Layer::Method => refusal
                .method
                .and_then(|method| self.rules.method_called(method))
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

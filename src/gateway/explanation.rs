//! What would become of one call now: its buckets, and why it would pass or not.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::access::{Account, MethodList};
use super::policy::{RateLimitPolicy, Rules};
use super::refusal::network_text;
use super::report::{RateLimitReporter, RatePart};
use crate::clock;
use crate::limit::shared::{Demand, Demands, SharedLimits};
use crate::limit::{Charge, Layer, MethodCharge, Rate};
use crate::metrics::Method;
use crate::values::Mono;

/// Whom to explain the limits for.
#[derive(Clone, Debug, Default)]
pub struct CallerQuery {
    /// The user's name.
    pub user: Option<String>,
    /// The client's address; loopback if unknown.
    pub address: Option<IpAddr>,
    /// The method it calls.
    pub method: Option<String>,
}

/// One layer's say about one caller.
#[derive(Clone, Debug)]
pub struct LayerLevel {
    /// The layer.
    pub layer: &'static str,
    /// Whose bucket.
    pub key: String,
    /// Its rate.
    pub rate: RatePart,
    /// Whole tokens that are there now.
    pub tokens: u32,
    /// Of those, what is held here ahead of the store; unknown where limits are not shared.
    pub held: Option<u32>,
}

/// Tokens of a bucket in the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedLevel {
    /// Those in the store, and those that are held here.
    tokens: u32,
    held: u32,
}

/// The levels of the buckets of `demands`; none if the store does not say them.
pub(super) async fn levels_in_store(shared: &SharedLimits, demands: &Demands) -> Vec<SharedLevel> {
    let Some(missing) = shared.look(demands).await else {
        return Vec::new();
    };
    let now = clock::mono();
    let level = |(demand, missing): (&Demand, Duration)| {
        let held = shared.held(demand.key, now);
        SharedLevel {
            tokens: demand.rate.level(missing).saturating_add(held),
            held,
        }
    };
    demands.iter().zip(missing).map(level).collect()
}

/// What would become of one call now.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The user's name.
    pub user: Option<String>,
    /// The client's address.
    pub address: IpAddr,
    /// The method it calls.
    pub method: Option<String>,
    /// It would go to the node.
    pub passes: bool,
    /// Why, or why not, in a sentence.
    pub reason: String,
    /// The buckets it would be charged to.
    pub layers: Vec<LayerLevel>,
    /// The method may not be called, and why.
    pub forbidden: Option<String>,
    /// Whose call it is, as a number: by it callers are spread over nodes.
    pub caller: u64,
}

impl Explanation {
    /// The same where there is no gateway.
    #[must_use]
    pub fn without_gateway(self) -> Self {
        Self {
            passes: false,
            reason: "rpc.enabled is false: there is no gateway".to_owned(),
            ..self
        }
    }
}

/// The name is not one of `rpc.auth.users`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no user {name}; {}", known(.users))]
pub struct NoSuchUser {
    name: String,
    users: Vec<String>,
}

fn known(users: &[String]) -> String {
    if users.is_empty() {
        "there are none, the node authenticates".to_owned()
    } else {
        format!("known: {}", users.join(", "))
    }
}

impl RateLimitReporter<'_> {
    /// What would become of one call of `caller` at `now`. Charges nothing.
    pub(super) fn explain(
        &self,
        caller: &CallerQuery,
        shared: &[SharedLevel],
        now: Mono,
    ) -> Result<Explanation, NoSuchUser> {
        let rules = self.rules;
        let users = rules.users.all();
        let (user, address) = self.named(caller)?;
        let method = caller.method.as_deref();
        let limits = rules.policy.limits.as_ref();
        let layers = limits.map_or_else(Vec::new, |limits| {
            let steps = self.steps(rules, limits, user, address, method, now);
            self.with_store(steps, shared)
        });
        let forbidden = method.and_then(|method| forbidden(rules, user, method));
        let exempt = limits.is_none_or(|limits| limits.exempts(address));
        let is_forbidden = forbidden.is_some();
        let by_address = self.rate_limits.limiter().address(address);
        let (mut passes, mut reason) = match forbidden.clone() {
            Some(reason) => (false, reason),
            None => within_limits(limits, address, &layers),
        };
        if user.is_none() && !users.is_empty() {
            passes = false;
            reason = format!("without the credentials of a user it is 401; but for that, {reason}");
        }
        if users.is_empty() && !exempt && !is_forbidden {
            // Credentials are known only when a call has them, and passwords belong in no command.
            reason.push_str(
                "; a caller with credentials has buckets of its own beside that, which are not \
                 looked at",
            );
        }
        Ok(Explanation {
            user: caller.user.clone(),
            address,
            method: caller.method.clone(),
            passes,
            reason,
            layers,
            forbidden,
            caller: user.map_or(by_address, |user| user.key).hash(),
        })
    }

    fn named(&self, caller: &CallerQuery) -> Result<(Option<&Account>, IpAddr), NoSuchUser> {
        let users = self.rules.users.all();
        let user = match &caller.user {
            None => None,
            Some(name) => Some(find_user(users, name)?),
        };
        let address = caller.address.unwrap_or(Ipv4Addr::LOCALHOST.into());
        Ok((user, address.to_canonical()))
    }

    /// What one call of `caller` would cost the buckets in the store.
    pub(super) fn demands(&self, caller: &CallerQuery) -> Result<Demands, NoSuchUser> {
        let rules = self.rules;
        let (user, address) = self.named(caller)?;
        let Some(limits) = &rules.policy.limits else {
            return Ok(Demands::new());
        };
        let method = caller.method.as_deref();
        let limited = method.and_then(|name| rules.method(Method::of(name), name));
        let buckets = self.rate_limits.limiter();
        let charge = Charge {
            address: (buckets.address(address), limits.default),
            user: user.map(|user| (user.key, user.rate)),
            calls: 1,
            methods: limited
                .map(|(method, rate)| MethodCharge {
                    method,
                    rate,
                    calls: 1,
                })
                .into_iter()
                .collect(),
        };
        Ok(buckets.demands(&charge))
    }

    /// The levels in the store in place of those here, where the store said them.
    fn with_store(&self, mut steps: Vec<LayerLevel>, shared: &[SharedLevel]) -> Vec<LayerLevel> {
        if self.rules.shared.is_some() {
            for (step, level) in steps.iter_mut().zip(shared) {
                step.tokens = level.tokens;
                step.held = Some(level.held);
            }
        }
        steps
    }

    fn steps(
        &self,
        rules: &Rules,
        limits: &RateLimitPolicy,
        user: Option<&Account>,
        address: IpAddr,
        method: Option<&str>,
        now: Mono,
    ) -> Vec<LayerLevel> {
        let parts = rules.shared.as_ref();
        let parts = parts.map_or(1, |shared| shared.parts_when_away());
        let limiter = self.rate_limits.limiter();
        let by_address = limiter.address(address);
        let step = |layer: Layer, caller, method, key, rate: Rate| LayerLevel {
            layer: layer.as_str(),
            key,
            rate: rate.into(),
            tokens: limiter.level(layer, caller, method, rate.part(parts), now),
            held: None,
        };
        let mut steps = vec![step(
            Layer::Address,
            by_address,
            None,
            network_text(address),
            limits.default,
        )];
        if let Some(user) = user {
            steps.push(step(
                Layer::User,
                user.key,
                None,
                user.name.to_string(),
                user.rate,
            ));
        }
        if let Some((name, (tag, rate))) =
            method.and_then(|name| Some((name, rules.method(Method::of(name), name)?)))
        {
            let caller = user.map_or(by_address, |user| user.key);
            steps.push(step(
                Layer::Method,
                caller,
                Some(tag),
                name.to_owned(),
                rate,
            ));
        }
        steps
    }
}

fn find_user<'a>(users: &'a [Account], name: &str) -> Result<&'a Account, NoSuchUser> {
    users
        .iter()
        .find(|user| *user.name == *name)
        .ok_or_else(|| NoSuchUser {
            name: name.to_owned(),
            users: users.iter().map(|user| user.name.to_string()).collect(),
        })
}

/// Whether a call from `address` would pass the limits, and why.
fn within_limits(
    limits: Option<&RateLimitPolicy>,
    address: IpAddr,
    layers: &[LayerLevel],
) -> (bool, String) {
    let Some(limits) = limits else {
        let reason = "rpc.auth.rate_limit_enabled is false: nothing is limited";
        return (true, reason.to_owned());
    };
    if limits.exempts(address) {
        return (true, format!("{address} is in rpc.auth.rate_limit_exempt"));
    }
    let Some(LayerLevel { layer, .. }) = layers.iter().find(|level| level.tokens == 0) else {
        return (true, "every bucket has a token".to_owned());
    };
    let reason = format!("the bucket of its {layer} is empty");
    if limits.enforce {
        (false, reason)
    } else {
        (true, reason + ", but limits are only observed")
    }
}

/// Why `method` may not be called.
fn forbidden(rules: &Rules, user: Option<&Account>, method: &str) -> Option<String> {
    let allows = |list: &MethodList| list.allows(Method::of(method), method);
    if !allows(&rules.policy.methods) {
        return Some(format!("rpc.methods does not allow {method}"));
    }
    let user = user.filter(|user| !allows(&user.methods))?;
    Some(format!(
        "the methods of user {} do not allow {method}",
        user.name
    ))
}

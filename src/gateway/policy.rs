//! What the gateway allows. Replaced as a whole by a reload.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use ipnet::IpNet;

use super::access::{GatewayUser, MethodList, NodeList, Users};
use crate::config::schema::{Auth, RateLimit, RateLimitMode, Rpc};
use crate::limit::shared::SharedLimits;
use crate::limit::{Limiter, MethodTag, Rate};
use crate::metrics::Method;
use crate::route::METHODS;
use crate::values::Mono;

/// What the gateway allows.
#[derive(Clone, Debug)]
pub struct GatewayPolicy {
    /// The methods that all callers may call, before a user's own list.
    pub methods: MethodList,
    /// The users; if there are none, the node authenticates.
    pub users: Vec<GatewayUser>,
    /// The rate limits, if there are any.
    pub limits: Option<RateLimitPolicy>,
    /// `[rpc]`, of which these are made.
    pub rpc: Rpc,
}

/// How often callers may call.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimitPolicy {
    /// Refuse calls over a limit, instead of only counting them.
    pub enforce: bool,
    /// Each address, and each user without a rate of its own.
    pub default: Rate,
    /// Each caller, for one method.
    pub methods: Vec<(String, Rate)>,
    /// Addresses without limits.
    pub exempt: Vec<IpNet>,
}

impl GatewayPolicy {
    /// The policy that `rpc` writes. One of its globs that is none is an error, though the
    /// configuration has checked them.
    pub fn new(rpc: Rpc) -> Result<Self, globset::Error> {
        let users = rpc.auth.users.iter().map(|user| {
            Ok(GatewayUser {
                name: user.name.as_str().into(),
                rpcauth: user.rpcauth.clone(),
                methods: MethodList::new(&user.methods)?,
                nodes: NodeList::new(&user.nodes)?,
                rate: rate(user.rate_limit),
            })
        });
        Ok(Self {
            methods: MethodList::new(&rpc.methods)?,
            users: users.collect::<Result<_, _>>()?,
            limits: RateLimitPolicy::new(&rpc.auth),
            rpc,
        })
    }

    /// Most calls in one batch.
    pub(super) fn max_batch(&self) -> usize {
        number(self.rpc.max_batch)
    }

    /// The slots that are configured for the node, if any are.
    pub(super) fn max_in_flight(&self) -> Option<usize> {
        self.rpc.max_in_flight.fixed().map(number)
    }

    /// How many of `slots` at the node long polls may take: never the last one, since others would
    /// wait for a block.
    pub(super) fn long_polls(&self, slots: usize) -> usize {
        let most = self.rpc.max_long_polls.fixed().map(number);
        most.unwrap_or(slots.div_ceil(2))
            .min(slots.saturating_sub(1))
    }
}

fn number(count: NonZeroU32) -> usize {
    usize::try_from(count.get()).unwrap_or(usize::MAX)
}

fn rate(limit: RateLimit) -> Rate {
    Rate::new(limit.rate, limit.burst)
}

impl RateLimitPolicy {
    /// The limits that `auth` writes, if it has any.
    fn new(auth: &Auth) -> Option<Self> {
        if !auth.rate_limit_enabled {
            return None;
        }
        let methods = auth.per_method_limits.iter();
        Some(Self {
            enforce: auth.rate_limit_mode == RateLimitMode::Enforce,
            default: rate(auth.rate_limit),
            methods: methods
                .map(|(name, limit)| (name.clone(), rate(*limit)))
                .collect(),
            exempt: auth.rate_limit_exempt.clone(),
        })
    }

    /// Whether nothing limits `address`.
    pub(super) fn exempts(&self, address: IpAddr) -> bool {
        self.exempt.iter().any(|network| network.contains(&address))
    }
}

/// A policy in force, with the limiter's numbers for its names.
pub(super) struct Rules {
    /// But for its users, which are beside it.
    pub(super) policy: GatewayPolicy,
    pub(super) users: Users,
    /// Limits that several daemons share.
    pub(super) shared: Option<Arc<SharedLimits>>,
    /// Counts the changes of what callers are hashed with.
    pub(super) key_generation: u64,
    limited: HashMap<String, (MethodTag, Rate)>,
    /// The same for each known method, by its number; empty if nothing is limited.
    known: Vec<Option<(MethodTag, Rate)>>,
}

impl Rules {
    pub(super) fn new(
        mut policy: GatewayPolicy,
        shared: Option<Arc<SharedLimits>>,
        limiter: &mut Limiter,
    ) -> Self {
        let users = Users::new(std::mem::take(&mut policy.users), limiter);
        let named = policy.limits.iter().flat_map(|limits| &limits.methods);
        let tagged = named.map(|(name, rate)| (name.clone(), (limiter.tag(name), *rate)));
        let mut rules = Self {
            limited: tagged.collect(),
            known: Vec::new(),
            shared,
            key_generation: 0,
            users,
            policy,
        };
        if !rules.limited.is_empty() {
            rules.known = METHODS
                .iter()
                .map(|method| rules.limited.get(method.name).copied())
                .collect();
        }
        rules
    }

    /// The same rules with limits that are `shared` so, and callers that are hashed as `limiter`
    /// does now.
    pub(super) fn shared(&self, shared: Option<Arc<SharedLimits>>, limiter: &mut Limiter) -> Self {
        let users = self.users.all().iter().map(|account| (**account).clone());
        let policy = GatewayPolicy {
            users: users.collect(),
            ..self.policy.clone()
        };
        let mut rules = Self::new(policy, shared, limiter);
        rules.key_generation = self.key_generation + 1;
        rules
    }

    /// The limit of `method`, called `name`, for each caller.
    pub(super) fn method(&self, method: Method, name: &str) -> Option<(MethodTag, Rate)> {
        if self.limited.is_empty() {
            return None;
        }
        let known = self.known.get(method.index()).copied();
        known.unwrap_or_else(|| self.limited.get(name).copied())
    }

    /// The name of a limited method.
    pub(super) fn method_called(&self, tag: MethodTag) -> Option<&str> {
        self.limited
            .iter()
            .find(|(_, (known, _))| *known == tag)
            .map(|(name, _)| name.as_str())
    }

    /// Converts the levels in `limiter` from the rates of `old` to these: buckets keep their
    /// tokens.
    pub(super) fn take_over(&self, old: &Self, limiter: &mut Limiter, now: Mono) {
        let (Some(before), Some(after)) = (&old.policy.limits, &self.policy.limits) else {
            return;
        };
        limiter.re_rate_addresses(before.default, after.default, now);
        let users = |rules: &Self| -> HashMap<_, _> {
            rules
                .users
                .all()
                .iter()
                .map(|account| (account.key, account.rate))
                .collect()
        };
        let users_before = users(old);
        let users_after = users(self);
        limiter.re_rate_users(
            |key| {
                let rate =
                    |users: &HashMap<_, Rate>, default| users.get(&key).copied().unwrap_or(default);
                (
                    rate(&users_before, before.default),
                    rate(&users_after, after.default),
                )
            },
            now,
        );
        let rates = |tag| {
            let rate = |rules: &Self| {
                rules
                    .limited
                    .values()
                    .find(|(known, _)| *known == tag)
                    .map(|(_, rate)| *rate)
            };
            Some((rate(old)?, rate(self)?))
        };
        limiter.re_rate_methods(rates, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::default_rpc;
    use crate::config::schema::MaxInFlight;

    #[test]
    fn long_polls_may_have_half_of_the_slots_and_never_the_last_one() {
        let policy = |most: Option<u32>| {
            let most = most.and_then(NonZeroU32::new);
            GatewayPolicy::new(Rpc {
                max_long_polls: most.map_or(MaxInFlight::Auto, MaxInFlight::Fixed),
                ..default_rpc()
            })
            .unwrap()
        };
        let of = |most| [1, 2, 3, 4, 8, 9].map(|slots| policy(most).long_polls(slots));
        assert_eq!(of(None), [0, 1, 2, 2, 4, 5]);
        assert_eq!(of(Some(1)), [0, 1, 1, 1, 1, 1]);
        assert_eq!(of(Some(100)), [0, 1, 2, 3, 7, 8]);
    }
}

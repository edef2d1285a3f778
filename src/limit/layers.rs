//! Three layers of buckets: address, user, and method per caller. All are asked before any is charged.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::bucket::{Bucket, Rate, Shortage};
use super::table::Table;
use crate::values::Mono;

/// Whose buckets they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The client's address; of IPv6 its /64.
    Address,
    /// The user, be it by name or by the credentials it shows.
    User,
    /// One method of one caller: its user, else its address.
    Method,
}

impl Layer {
    /// Every layer, outermost first.
    pub const ALL: [Self; 3] = [Self::Address, Self::User, Self::Method];

    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
            Self::Method => "method",
        }
    }
}

/// A caller in a table: a hash with a secret of this run, so that nobody can aim at another's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

/// A limited method, by a number that stays its own across reloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodTag(u16);

/// What a request would cost one method's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodCharge {
    /// The method.
    pub method: MethodTag,
    /// Its rate.
    pub rate: Rate,
    /// How often it is called.
    pub calls: u32,
}

/// What a request would cost.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The client's address.
    pub address: (Key, Rate),
    /// The user, if there is one.
    pub user: Option<(Key, Rate)>,
    /// Calls in the request.
    pub calls: u32,
    /// The limited methods among them, each once.
    pub methods: Vec<MethodCharge>,
}

impl Charge {
    fn caller(&self) -> Key {
        self.user.map_or(self.address.0, |(key, _)| key)
    }
}

/// Why a request does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The layer that lets it wait longest.
    pub layer: Layer,
    /// The method, if that layer is the methods'.
    pub method: Option<MethodTag>,
    /// For how long.
    pub shortage: Shortage,
}

/// The buckets of all layers.
pub struct Limiter {
    secret: RandomState,
    addresses: Table,
    users: Table,
    methods: Table,
    /// The names behind the tags, in the order of their first use.
    tags: Vec<String>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            secret: RandomState::new(),
            addresses: Table::new(Self::ADDRESSES),
            users: Table::new(Self::USERS),
            methods: Table::new(Self::METHODS),
            tags: Vec::new(),
        }
    }
}

impl Limiter {
    /// Bounds of the tables: in all 42 MiB, and 58 for a moment while one grows.
    const ADDRESSES: usize = 1 << 21;
    const USERS: usize = 1 << 17;
    const METHODS: usize = 1 << 19;

    /// The bits of a key in the methods' table that hold the tag; no table is so large that they choose a set.
    const TAG_SHIFT: u32 = 49;

    /// The caller at `address`.
    #[must_use]
    pub fn address(&self, address: IpAddr) -> Key {
        Key(self.secret.hash_one(network_of(address)))
    }

    /// The caller who shows `credentials`, or is called so.
    #[must_use]
    pub fn user(&self, credentials: &[u8]) -> Key {
        Key(self.secret.hash_one(credentials))
    }

    /// The number of the limited method `name`, the same each time.
    pub fn tag(&mut self, name: &str) -> MethodTag {
        const MOST: usize = 1 << 15;
        let index = self.tags.iter().position(|known| known == name).unwrap_or_else(|| {
            self.tags.push(name.to_owned());
            self.tags.len() - 1
        });
        // More names than any configuration has share their buckets.
        MethodTag(u16::try_from(index % MOST).unwrap_or_default())
    }

    /// Whether all layers let it pass now.
    pub fn check(&self, charge: &Charge, now: Mono) -> Result<(), Refusal> {
        let mut longest: Option<Refusal> = None;
        let mut ask = |layer, method, bucket: Bucket, rate, cost| {
            let Err(shortage) = bucket.check(rate, cost, now) else { return };
            if longest.is_none_or(|longest| longest.shortage < shortage) {
                longest = Some(Refusal { layer, method, shortage });
            }
        };
        let (key, rate) = charge.address;
        ask(Layer::Address, None, self.addresses.get(key.0), rate, charge.calls);
        if let Some((key, rate)) = charge.user {
            ask(Layer::User, None, self.users.get(key.0), rate, charge.calls);
        }
        for method in &charge.methods {
            let key = self.method_key(charge.caller(), method.method);
            ask(Layer::Method, Some(method.method), self.methods.get(key), method.rate, method.calls);
        }
        longest.map_or(Ok(()), Err)
    }

    /// Takes from all layers. For what was checked at the same moment.
    pub fn spend(&mut self, charge: &Charge, now: Mono) {
        let (key, rate) = charge.address;
        take(&mut self.addresses, key.0, rate, charge.calls, now);
        if let Some((key, rate)) = charge.user {
            take(&mut self.users, key.0, rate, charge.calls, now);
        }
        for method in &charge.methods {
            let key = self.method_key(charge.caller(), method.method);
            take(&mut self.methods, key, method.rate, method.calls, now);
        }
    }

    /// Gives back what was taken for a request that was refused after all.
    pub fn refund(&mut self, charge: &Charge, now: Mono) {
        let (key, rate) = charge.address;
        give(&mut self.addresses, key.0, rate, charge.calls, now);
        if let Some((key, rate)) = charge.user {
            give(&mut self.users, key.0, rate, charge.calls, now);
        }
        for method in &charge.methods {
            let key = self.method_key(charge.caller(), method.method);
            give(&mut self.methods, key, method.rate, method.calls, now);
        }
    }

    /// Tokens that the bucket of `layer` holds for `key` now; of the methods' layer, for `method` of the caller `key`.
    #[must_use]
    pub fn level(&self, layer: Layer, key: Key, method: Option<MethodTag>, rate: Rate, now: Mono) -> u32 {
        let bucket = match (layer, method) {
            (Layer::Address, _) => self.addresses.get(key.0),
            (Layer::User, _) => self.users.get(key.0),
            (Layer::Method, Some(method)) => self.methods.get(self.method_key(key, method)),
            (Layer::Method, None) => Bucket::FULL,
        };
        bucket.level(rate, now)
    }

    /// Callers that are remembered in `layer`.
    #[must_use]
    pub fn remembered(&self, layer: Layer) -> usize {
        match layer {
            Layer::Address => self.addresses.remembered(),
            Layer::User => self.users.remembered(),
            Layer::Method => self.methods.remembered(),
        }
    }

    /// Bytes that all buckets take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.addresses.bytes() + self.users.bytes() + self.methods.bytes()
    }

    /// Forgets some of those whose buckets are full again. To be called about once a second.
    pub fn sweep(&mut self, now: Mono) {
        for table in [&mut self.addresses, &mut self.users, &mut self.methods] {
            table.sweep(now);
        }
    }

    /// Every address has another rate from now on. What is in the buckets stays.
    pub fn re_rate_addresses(&mut self, old: Rate, new: Rate, now: Mono) {
        self.addresses.re_rate(|_| Some((old, new)), now);
    }

    /// Users have other rates from now on; `rates` knows the old and the new one.
    pub fn re_rate_users(&mut self, rates: impl Fn(Key) -> (Rate, Rate), now: Mono) {
        self.users.re_rate(|key| Some(rates(Key(key))), now);
    }

    /// Methods have other rates from now on; `rates` knows the old and the new one of those that go on being limited.
    pub fn re_rate_methods(&mut self, rates: impl Fn(MethodTag) -> Option<(Rate, Rate)>, now: Mono) {
        let tag = |key: u64| MethodTag(u16::try_from(key >> Self::TAG_SHIFT).unwrap_or_default());
        self.methods.re_rate(|key| rates(tag(key)), now);
    }

    fn method_key(&self, caller: Key, method: MethodTag) -> u64 {
        let hash = self.secret.hash_one((caller.0, method.0));
        (hash & ((1 << Self::TAG_SHIFT) - 1)) | (u64::from(method.0) << Self::TAG_SHIFT)
    }
}

fn take(table: &mut Table, key: u64, rate: Rate, cost: u32, now: Mono) {
    let bucket = table.get(key).spend(rate, cost, now);
    table.put(key, bucket, now);
}

fn give(table: &mut Table, key: u64, rate: Rate, cost: u32, now: Mono) {
    let bucket = table.get(key).refund(rate, cost);
    table.put(key, bucket, now);
}

/// The address as one number: whole for IPv4, also where IPv6 maps it; for IPv6 the /64, which is what one subscriber
/// has. No host sends from the multicast
/// range, where IPv4 is put.
pub(super) fn network_of(address: IpAddr) -> u64 {
    const IPV4: u64 = 0xffff_ffff_0000_0000;
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(u32::from(address)),
        IpAddr::V6(address) => u64::try_from(u128::from(address) >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::num::NonZeroU32;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn rate(per_second: f64, burst: u32) -> Rate {
        Rate::new(per_second, NonZeroU32::new(burst).unwrap())
    }

    fn at(milliseconds: u64) -> Mono {
        Mono::from_start(Duration::from_millis(milliseconds))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admit(limiter: &mut Limiter, charge: &Charge, now: Mono) -> Result<(), Refusal> {
        limiter.check(charge, now)?;
        limiter.spend(charge, now);
        Ok(())
    }

    #[test]
    fn an_ipv6_caller_is_its_network_and_a_mapped_ipv4_address_is_itself() {
        let limiter = Limiter::default();
        let key = |text| limiter.address(address(text));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("::1"), key("0.0.0.0"));
    }

    #[test]
    fn a_call_that_one_layer_refuses_costs_the_others_nothing() {
        let mut limiter = Limiter::default();
        let stop = limiter.tag("stop");
        let methods = [MethodCharge { method: stop, rate: rate(0.001, 1), calls: 1 }];
        let charge = Charge {
            address: (limiter.address(address("192.0.2.1")), rate(1.0, 5)),
            user: Some((limiter.user(b"alice"), rate(1.0, 5))),
            calls: 1,
            methods: methods.to_vec(),
        };
        assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
        for _ in 0..100 {
            let refusal = admit(&mut limiter, &charge, at(0)).unwrap_err();
            assert_eq!((refusal.layer, refusal.method), (Layer::Method, Some(stop)));
        }
        let free = Charge { methods: Vec::new(), ..charge.clone() };
        for _ in 0..4 {
            assert_eq!(admit(&mut limiter, &free, at(0)), Ok(()));
        }
        assert!(admit(&mut limiter, &free, at(0)).is_err());
    }

    #[test]
    fn what_is_given_back_is_there_again_in_every_layer() {
        let mut limiter = Limiter::default();
        let methods = vec![MethodCharge { method: limiter.tag("stop"), rate: rate(0.001, 3), calls: 3 }];
        let address = (limiter.address(address("192.0.2.1")), rate(0.001, 3));
        let charge = Charge { address, user: Some((limiter.user(b"alice"), rate(0.001, 3))), calls: 3, methods };
        for _ in 0..5 {
            assert_eq!(admit(&mut limiter, &charge, at(1)), Ok(()));
            assert!(limiter.check(&charge, at(1)).is_err());
            limiter.refund(&charge, at(1));
        }
    }

    #[test]
    fn a_refusal_names_the_longest_wait_so_that_one_is_enough() {
        let mut limiter = Limiter::default();
        let charge = Charge {
            address: (limiter.address(address("192.0.2.1")), rate(1.0, 1)),
            user: Some((limiter.user(b"alice"), rate(0.1, 1))),
            calls: 1,
            methods: Vec::new(),
        };
        assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
        let refusal = limiter.check(&charge, at(0)).unwrap_err();
        assert_eq!((refusal.layer, refusal.shortage), (Layer::User, Shortage::Wait(Duration::from_secs(10))));
        assert_eq!(limiter.check(&charge, at(10_000)), Ok(()));
    }

    #[test]
    fn one_caller_cannot_use_up_a_method_for_another() {
        let mut limiter = Limiter::default();
        let methods = [MethodCharge { method: limiter.tag("getblocktemplate"), rate: rate(0.001, 1), calls: 1 }];
        let from = |limiter: &Limiter, name: &str| Charge {
            address: (limiter.address(address("192.0.2.1")), rate(1000.0, 1000)),
            user: Some((limiter.user(name.as_bytes()), rate(1000.0, 1000))),
            calls: 1,
            methods: methods.to_vec(),
        };
        let (alice, bob) = (from(&limiter, "alice"), from(&limiter, "bob"));
        assert_eq!(admit(&mut limiter, &alice, at(0)), Ok(()));
        assert!(admit(&mut limiter, &alice, at(0)).is_err());
        assert_eq!(admit(&mut limiter, &bob, at(0)), Ok(()));
    }

    #[test]
    fn a_reload_keeps_what_each_layer_has_spent() {
        let mut limiter = Limiter::default();
        let (old, new) = (rate(0.001, 2), rate(0.002, 4));
        let (stop, help) = (limiter.tag("stop"), limiter.tag("help"));
        assert_eq!(limiter.tag("stop"), stop);
        let methods = [stop, help].map(|method| MethodCharge { method, rate: old, calls: 2 });
        let (key, user) = (limiter.address(address("192.0.2.1")), limiter.user(b"alice"));
        let charge = Charge { address: (key, old), user: Some((user, old)), calls: 2, methods: methods.to_vec() };
        assert_eq!(admit(&mut limiter, &charge, at(0)), Ok(()));
        limiter.re_rate_addresses(old, new, at(0));
        limiter.re_rate_users(|_| (old, new), at(0));
        limiter.re_rate_methods(|tag| (tag == stop).then_some((old, new)), at(0));
        assert_eq!(limiter.level(Layer::Address, key, None, new, at(0)), 0);
        assert_eq!(limiter.level(Layer::User, user, None, new, at(0)), 0);
        assert_eq!(limiter.level(Layer::Method, user, Some(stop), new, at(0)), 0);
        assert_eq!(limiter.level(Layer::Method, user, Some(help), old, at(0)), 0);
        assert_eq!(limiter.level(Layer::Method, user, Some(stop), new, at(500_000)), 1);
    }

    #[test]
    fn a_million_addresses_stay_within_the_bound_and_one_more_is_still_served() {
        let mut limiter = Limiter::default();
        let stop = limiter.tag("stop");
        let methods = [MethodCharge { method: stop, rate: rate(1.0, 2), calls: 1 }];
        for n in 0..1_000_000_u32 {
            let address = (limiter.address(IpAddr::V4(n.into())), rate(100.0, 200));
            let charge = Charge { address, user: None, calls: 1, methods: methods.to_vec() };
            let _ = admit(&mut limiter, &charge, at(1));
        }
        assert!(limiter.bytes() <= 64 << 20, "{}", limiter.bytes());
        let address = (limiter.address(address("2001:db8::1")), rate(100.0, 200));
        let charge = Charge { address, user: None, calls: 1, methods: methods.to_vec() };
        assert_eq!(admit(&mut limiter, &charge, at(1)), Ok(()));
    }

    proptest! {
        /// Against naive counters: one of thousandths of a token for each bucket, asked one by one, charged one by one.
        #[test]
        fn all_layers_agree_with_naive_counters(
            steps in prop::collection::vec((0_u64..300, 0_u8..3, 0_u8..4, 0_u8..3, 1_u32..4), 1..200),
        ) {
            const BURSTS: [u64; 3] = [6, 5, 3];
            let mut limiter = Limiter::default();
            let tags = ["a", "b"].map(|name| limiter.tag(name));
            let rates = BURSTS.map(|burst| rate(10.0, u32::try_from(burst).unwrap()));
            let mut spent: HashMap<(usize, u8, u8), (u64, u64)> = HashMap::new();
            let mut now = 0;
            for (pause, host, user, method, calls) in steps {
                now += pause;
                // User 3 is nobody, method 2 is not limited.
                let user = (user < 3).then_some(user);
                let methods: Vec<_> = tags
                    .get(usize::from(method))
                    .map(|tag| MethodCharge { method: *tag, rate: rates[2], calls })
                    .into_iter()
                    .collect();
                let charge = Charge {
                    address: (limiter.address(IpAddr::V4(u32::from(host).into())), rates[0]),
                    user: user.map(|user| (limiter.user(&[user]), rates[1])),
                    calls,
                    methods,
                };
                let mut buckets = vec![(0, host, 0)];
                buckets.extend(user.map(|user| (1, user, 0)));
                // A caller by address is another than any by name.
                buckets.extend((method < 2).then(|| (2, user.map_or(100 + host, |user| user), method)));
                let cost = u64::from(calls) * 100;
                let mut waits = Vec::new();
                for bucket in &buckets {
                    let (missing, since) = spent.entry(*bucket).or_insert((0, now));
                    *missing = missing.saturating_sub(now - *since);
                    *since = now;
                    let depth = BURSTS[bucket.0] * 100;
                    if *missing + cost > depth {
                        let never = cost > depth;
                        waits.push(if never { Shortage::Never } else {
                            Shortage::Wait(Duration::from_millis(*missing + cost - depth))
                        });
                    }
                }
                let answer = admit(&mut limiter, &charge, at(now));
                prop_assert_eq!(answer.err().map(|refusal| refusal.shortage), waits.iter().max().copied());
                if waits.is_empty() {
                    for bucket in buckets {
                        spent.get_mut(&bucket).unwrap().0 += cost;
                    }
                }
            }
        }
    }
}

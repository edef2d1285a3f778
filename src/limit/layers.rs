//! Three layers of buckets: address, user, and method per caller. All are asked before any is
//! charged.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use smallvec::SmallVec;

use super::bucket::{Bucket, Rate, Shortage};
use super::charge::{BucketKey, Charge, Layer, LimitRefusal, MethodTag};
use super::shared::secret::HashDomain;
use super::shared::{BucketSecret, Demand, Demands, StoreKey};
use super::table::BucketTable;
use crate::values::Mono;

/// The buckets of all layers.
pub struct Limiter {
    /// For what no other daemon knows.
    secret: RandomState,
    /// For callers: daemons that share limits have the same one.
    callers: BucketSecret,
    addresses: BucketTable,
    users: BucketTable,
    methods: BucketTable,
    /// The names behind the tags, in the order of their first use.
    tags: Vec<String>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            secret: RandomState::new(),
            callers: BucketSecret::random(),
            addresses: BucketTable::new(Self::ADDRESSES),
            users: BucketTable::new(Self::USERS),
            methods: BucketTable::new(Self::METHODS),
            tags: Vec::new(),
        }
    }
}

impl Limiter {
    /// Bounds of the tables: in all 42 MiB, and 58 for a moment while one grows.
    const ADDRESSES: usize = 1 << 21;
    const USERS: usize = 1 << 17;
    const METHODS: usize = 1 << 19;

    /// The bits of a key in the methods' table that hold the tag; no table is so large that they
    /// choose a set.
    const TAG_SHIFT: u32 = 49;

    /// The caller at `address`.
    #[must_use]
    pub fn address(&self, address: IpAddr) -> BucketKey {
        let network = network_of(address).to_le_bytes();
        BucketKey(self.callers.hash(HashDomain::Address, &network))
    }

    /// The caller who shows `credentials`, or is called so.
    #[must_use]
    pub fn user(&self, credentials: &[u8]) -> BucketKey {
        BucketKey(self.callers.hash(HashDomain::User, credentials))
    }

    /// Whoever sends exactly this `Authorization` header, or none.
    #[must_use]
    pub fn as_sent(&self, header: Option<&[u8]>) -> BucketKey {
        BucketKey(self.secret.hash_one(header))
    }

    /// A caller that nobody else is, and a new one each time: random, as good as a hash.
    #[must_use]
    pub fn stranger(&self) -> BucketKey {
        BucketKey(RandomState::new().hash_one(self.remembered(Layer::Address)))
    }

    /// The number of the limited method `name`, the same each time.
    pub fn tag(&mut self, name: &str) -> MethodTag {
        const MAX_TAGS: usize = 1 << 15;
        let index = self
            .tags
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                self.tags.push(name.to_owned());
                self.tags.len() - 1
            });
        // More names than any configuration has share their buckets.
        MethodTag(u16::try_from(index % MAX_TAGS).unwrap_or_default())
    }

    /// Whether all layers let it pass now.
    pub fn check(&self, charge: &Charge, now: Mono) -> Result<(), LimitRefusal> {
        self.ask(charge, |bucket, rate, cost| bucket.check(rate, cost, now))
    }

    /// The same, of one part of `parts` of each limit. What costs more than a part holds needs all
    /// of it.
    pub fn check_part(&self, charge: &Charge, parts: u32, now: Mono) -> Result<(), LimitRefusal> {
        self.ask(charge, |bucket, rate, cost| {
            let part = rate.part(parts);
            bucket.check(part, cost.min(part.burst().get()), now)
        })
    }

    fn ask(
        &self,
        charge: &Charge,
        check: impl Fn(Bucket, Rate, u32) -> Result<(), Shortage>,
    ) -> Result<(), LimitRefusal> {
        let mut longest: Option<LimitRefusal> = None;
        let mut ask = |layer, method, bucket: Bucket, rate, cost| {
            let Err(shortage) = check(bucket, rate, cost) else {
                return;
            };
            if longest.is_none_or(|longest| longest.shortage < shortage) {
                longest = Some(LimitRefusal {
                    layer,
                    method,
                    shortage,
                });
            }
        };
        let (key, rate) = charge.address;
        ask(
            Layer::Address,
            None,
            self.addresses.get(key.0),
            rate,
            charge.calls,
        );
        if let Some((key, rate)) = charge.user {
            ask(Layer::User, None, self.users.get(key.0), rate, charge.calls);
        }
        for method in &charge.methods {
            let key = method_key(charge.caller(), method.method);
            ask(
                Layer::Method,
                Some(method.method),
                self.methods.get(key),
                method.rate,
                method.calls,
            );
        }
        longest.map_or(Ok(()), Err)
    }

    /// Takes from all layers. For what was checked at the same moment.
    pub fn spend(&mut self, charge: &Charge, now: Mono) {
        self.change(charge, now, |bucket, rate, cost| {
            bucket.spend(rate, cost, now)
        });
    }

    /// Takes from one part of `parts` of each limit. For what was checked at the same moment.
    pub fn spend_part(&mut self, charge: &Charge, parts: u32, now: Mono) {
        self.change(charge, now, |bucket, rate, cost| {
            bucket.spend(rate.part(parts), cost, now)
        });
    }

    /// Takes from one part of `parts` of each limit what is there. For what others have decided.
    pub fn drain_part(&mut self, charge: &Charge, parts: u32, now: Mono) {
        self.change(charge, now, |bucket, rate, cost| {
            bucket.drain(rate.part(parts), cost, now)
        });
    }

    /// Gives back what was taken for a request that was refused after all.
    pub fn refund(&mut self, charge: &Charge, now: Mono) {
        self.change(charge, now, Bucket::refund);
    }

    /// Gives back what was taken from one part of `parts` of each limit.
    pub fn refund_part(&mut self, charge: &Charge, parts: u32, now: Mono) {
        self.change(charge, now, |bucket, rate, cost| {
            bucket.refund(rate.part(parts), cost)
        });
    }

    fn change(&mut self, charge: &Charge, now: Mono, after: impl Fn(Bucket, Rate, u32) -> Bucket) {
        let put = |table: &mut BucketTable, key: u64, rate, cost| {
            let bucket = after(table.get(key), rate, cost);
            table.put(key, bucket, now);
        };
        let (key, rate) = charge.address;
        put(&mut self.addresses, key.0, rate, charge.calls);
        if let Some((key, rate)) = charge.user {
            put(&mut self.users, key.0, rate, charge.calls);
        }
        for method in &charge.methods {
            let key = method_key(charge.caller(), method.method);
            put(&mut self.methods, key, method.rate, method.calls);
        }
    }

    /// What a request costs the buckets in the store of shared limits.
    #[must_use]
    pub fn demands(&self, charge: &Charge) -> Demands {
        let mut demands = Demands::new();
        let mut push = |key, method, rate, cost| {
            demands.push(Demand {
                key,
                method,
                rate,
                cost,
            });
        };
        let (key, rate) = charge.address;
        let address = StoreKey::new(Layer::Address, key.0);
        push(address, None, rate, charge.calls);
        if let Some((key, rate)) = charge.user {
            push(StoreKey::new(Layer::User, key.0), None, rate, charge.calls);
        }
        for method in &charge.methods {
            let key = self.method_in_store(charge.caller(), method.method);
            push(key, Some(method.method), method.rate, method.calls);
        }
        demands
    }

    /// The bucket of `caller` for a method. Tags are numbers of this run: the name is hashed.
    fn method_in_store(&self, caller: BucketKey, method: MethodTag) -> StoreKey {
        let mut hashed = SmallVec::<[u8; 64]>::from_slice(&caller.0.to_le_bytes());
        let name = self.tags.get(usize::from(method.0));
        hashed.extend_from_slice(name.map_or(&[], |name| name.as_bytes()));
        let hash = self.callers.hash(HashDomain::Method, &hashed);
        StoreKey::new(Layer::Method, hash)
    }

    /// What callers are hashed with.
    #[must_use]
    pub fn secret(&self) -> BucketSecret {
        self.callers
    }

    /// Callers are hashed with `secret` from now on. Whether it is another one: then keys that were
    /// made before are nobody's.
    pub fn change_secret(&mut self, secret: BucketSecret) -> bool {
        std::mem::replace(&mut self.callers, secret) != secret
    }

    /// Tokens that the bucket of `layer` holds for `key` now; of the methods' layer, for `method`
    /// of the caller `key`.
    #[must_use]
    pub fn level(
        &self,
        layer: Layer,
        key: BucketKey,
        method: Option<MethodTag>,
        rate: Rate,
        now: Mono,
    ) -> u32 {
        let bucket = match (layer, method) {
            (Layer::Address, _) => self.addresses.get(key.0),
            (Layer::User, _) => self.users.get(key.0),
            (Layer::Method, Some(method)) => self.methods.get(method_key(key, method)),
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
    pub fn re_rate_users(&mut self, rates: impl Fn(BucketKey) -> (Rate, Rate), now: Mono) {
        self.users.re_rate(|key| Some(rates(BucketKey(key))), now);
    }

    /// Methods have other rates from now on; `rates` knows the old and the new one of those that go
    /// on being limited.
    pub fn re_rate_methods(
        &mut self,
        rates: impl Fn(MethodTag) -> Option<(Rate, Rate)>,
        now: Mono,
    ) {
        let tag = |key: u64| MethodTag(u16::try_from(key >> Self::TAG_SHIFT).unwrap_or_default());
        self.methods.re_rate(|key| rates(tag(key)), now);
    }
}

/// The key of a caller's bucket for `method`. The caller's own is a secret hash already: the method
/// only has to lead it to other sets, which the golden ratio does evenly ("Fibonacci hashing",
/// Knuth 1973).
fn method_key(caller: BucketKey, method: MethodTag) -> u64 {
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    let tag = u64::from(method.0);
    let hash = caller.0 ^ tag.wrapping_mul(GOLDEN_RATIO);
    (hash & ((1 << Limiter::TAG_SHIFT) - 1)) | (tag << Limiter::TAG_SHIFT)
}

/// The address as one number: whole for IPv4, also where IPv6 maps it; for IPv6 the /64, which is
/// what one subscriber has. No host sends from the multicast range, where IPv4 is put.
#[must_use]
pub fn network_of(address: IpAddr) -> u64 {
    const IPV4: u64 = 0xffff_ffff_0000_0000;
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(u32::from(address)),
        IpAddr::V6(address) => u64::try_from(u128::from(address) >> 64).unwrap_or_default(),
    }
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;

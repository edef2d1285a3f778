//! What the script in the store does, in plain Rust: the model that purses are tried against, and
//! that the script is.

use std::collections::HashMap;
use std::time::Duration;

use super::purses::{StoreAnswer, StoreKey, StoreQuestion};
use crate::limit::bucket::{Rate, nanoseconds};
use crate::values::Mono;

#[derive(Clone, Default)]
struct ModelBucket {
    full_at_ns: u64,
    /// What each daemon holds, in the order in which that ends.
    holds: Vec<Hold>,
}

#[derive(Clone, Copy)]
struct Hold {
    daemon: u8,
    tokens: u32,
    ends_ns: u64,
}

/// A store of buckets in memory.
#[derive(Default)]
pub(super) struct ModelStore(HashMap<StoreKey, ModelBucket>);

impl ModelStore {
    const LEASE_NS: u64 = 1_000_000_000;

    /// Answers the `question` of `daemon` at `now`.
    pub(super) fn answer(
        &mut self,
        daemon: u8,
        question: &StoreQuestion,
        now: Mono,
    ) -> StoreAnswer {
        let now_ns = nanoseconds(now);
        let mut waits = Vec::new();
        for part in &question.parts {
            let rate = part.demand.rate;
            let asked = part.question;
            let bucket = self.0.entry(part.demand.key).or_default();
            bucket.post(rate, asked.carry, now_ns);
            bucket.full_at_ns = bucket.full_at_ns.max(bucket.floor(rate, now_ns));
            let wanted = bucket.full_at_ns + cost(rate, asked.need);
            let wait = wanted.saturating_sub(now_ns + cost(rate, rate.burst().get()));
            waits.push(Duration::from_nanos(wait));
        }
        if waits.iter().any(|wait| !wait.is_zero()) {
            return StoreAnswer::Refused(waits.into());
        }
        let ahead = question.parts.iter().map(|part| {
            let rate = part.demand.rate;
            let asked = part.question;
            let bucket = self.0.entry(part.demand.key).or_default();
            let full = now_ns + cost(rate, rate.burst().get());
            let rest = full - bucket.full_at_ns - cost(rate, asked.need);
            let ahead = asked
                .ahead
                .min(u32::try_from(rest / rate.token_ns()).unwrap());
            bucket.full_at_ns += cost(rate, asked.need + ahead);
            bucket
                .holds
                .retain(|hold| hold.daemon != daemon && hold.ends_ns > now_ns);
            bucket.holds.push(Hold {
                daemon,
                tokens: ahead,
                ends_ns: now_ns + Self::LEASE_NS,
            });
            ahead
        });
        StoreAnswer::Granted(ahead.collect())
    }

    /// Posts tokens that were spent elsewhere.
    pub(super) fn post(&mut self, posted: &[(StoreKey, Rate, i64)], now: Mono) {
        for (key, rate, carry) in posted {
            let bucket = self.0.entry(*key).or_default();
            bucket.post(*rate, *carry, nanoseconds(now));
        }
    }
}

impl ModelBucket {
    /// As long as tokens are held, the bucket is not fuller than its burst less those.
    fn floor(&self, rate: Rate, now_ns: u64) -> u64 {
        let mut floor = now_ns;
        let mut held = 0;
        for hold in self.holds.iter().rev() {
            held += hold.tokens;
            floor = floor.max(hold.ends_ns.min(now_ns) + cost(rate, held));
        }
        floor
    }

    fn post(&mut self, rate: Rate, carry: i64, now_ns: u64) {
        let tokens = u32::try_from(carry.unsigned_abs()).unwrap();
        if carry > 0 {
            let deepest = now_ns + 2 * cost(rate, rate.burst().get());
            self.full_at_ns = (self.full_at_ns.max(now_ns) + cost(rate, tokens))
                .min(deepest.max(self.full_at_ns));
        } else {
            self.full_at_ns = self.full_at_ns.saturating_sub(cost(rate, tokens));
        }
    }
}

fn cost(rate: Rate, tokens: u32) -> u64 {
    rate.token_ns() * u64::from(tokens)
}

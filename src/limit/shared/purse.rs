//! What a daemon holds ahead of one bucket in the store.
//!
//! Tokens in a purse were taken from the bucket, and the store counts the daemon's `hold` on them
//! until the lease ends: until then the bucket fills only up to its burst less what all daemons
//! hold. So bucket and purses never have more than the burst together, and what is admitted over
//! any time is at most burst + rate x time. What is left when the lease ends is lost.

use std::time::Duration;

use super::super::bucket::{Rate, nanoseconds};
use super::meter::SpendMeter;
use crate::values::Mono;

/// A refusal of the store, for calls of that cost or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RememberedRefusal {
    tokens: u32,
    /// When it may be asked again, in nanoseconds since the start of the process.
    until_ns: u64,
}

/// What is known here of one bucket in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Purse {
    rate: Rate,
    held: u32,
    /// How many the store counts as held; `held` never exceeds it.
    hold: u32,
    lease_ends_ns: u64,
    /// Tokens that are still to be posted: those spent while the store was away, less those given
    /// back that no hold covers.
    carry: i64,
    refusal: RememberedRefusal,
    meter: SpendMeter,
    last_used_ns: u64,
    is_asked: bool,
}

/// What a purse wants of its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurseQuestion {
    /// What is missing for the call.
    pub need: u32,
    /// What is wanted beyond that.
    pub ahead: u32,
    /// What is held now; a call that is granted uses it up.
    pub held: u32,
    /// Tokens to post first: spent elsewhere, or less than zero if given back.
    pub carry: i64,
}

/// What the daemons of a namespace may hold ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurseTerms {
    /// How many daemons share.
    pub replicas: u32,
}

impl PurseTerms {
    /// All daemons together hold at most one part in so many of a burst.
    const HELD_PART: u32 = 4;

    fn most_held(self, rate: Rate) -> u32 {
        rate.burst().get() / Self::HELD_PART / self.replicas.max(1)
    }
}

impl Purse {
    /// How long the store counts a hold.
    pub(super) const LEASE: Duration = Duration::from_secs(1);
    /// A refusal is remembered at least so long: one key has at most fifty vain questions a second.
    const SHORTEST_PAUSE_NS: u64 = 20_000_000;
    /// No pause for the sake of fewer questions is longer.
    const LONGEST_PAUSE_NS: u64 = 150_000_000;
    /// So long after its last use an empty purse is forgotten.
    const IDLE_NS: u64 = 200_000_000;

    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            held: 0,
            hold: 0,
            lease_ends_ns: 0,
            carry: 0,
            refusal: RememberedRefusal {
                tokens: 0,
                until_ns: 0,
            },
            meter: SpendMeter::default(),
            last_used_ns: 0,
            is_asked: false,
        }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Whether a question about it is on its way.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked
    }

    pub(super) fn carry(&self) -> i64 {
        self.carry
    }

    /// Tokens to be spent here without asking.
    pub(super) fn held(&self, now: Mono) -> u32 {
        if nanoseconds(now) < self.lease_ends_ns {
            self.held
        } else {
            0
        }
    }

    /// It is used, under this rate from now on.
    pub(super) fn touch(&mut self, rate: Rate, now: Mono) {
        self.rate = rate;
        self.last_used_ns = nanoseconds(now);
        if self.held > 0 && self.held(now) == 0 {
            self.held = 0;
        }
    }

    /// For how long a call that lacks `need` tokens is refused without asking: one that lacks more
    /// than the refused one has to wait longer.
    pub(super) fn refused(&self, need: u32, now: Mono) -> Option<Duration> {
        let left_ns = self.refusal.until_ns.checked_sub(nanoseconds(now))?;
        let more = need.checked_sub(self.refusal.tokens)?;
        let more_ns = self.rate.token_ns().saturating_mul(u64::from(more));
        (left_ns > 0).then(|| Duration::from_nanos(left_ns.saturating_add(more_ns)))
    }

    /// Takes `cost` of what is held. Only what is there is taken.
    pub(super) fn take(&mut self, cost: u32) {
        self.held = self.held.saturating_sub(cost);
    }

    /// A call of `cost` has passed.
    pub(super) fn record(&mut self, cost: u32, now: Mono) {
        self.meter.record(cost, now);
    }

    /// Puts back tokens that were taken for a call that was not made: into the purse as far as the
    /// store counts them as held, else they are posted with the next question.
    pub(super) fn give_back(&mut self, tokens: u32, now: Mono) {
        let room = if nanoseconds(now) < self.lease_ends_ns {
            self.hold.saturating_sub(self.held)
        } else {
            0
        };
        let kept = tokens.min(room);
        self.held += kept;
        self.carry = self.carry.saturating_sub(i64::from(tokens - kept));
    }

    /// `cost` tokens were spent without the store.
    pub(super) fn owe(&mut self, cost: u32) {
        self.carry = self.carry.saturating_add(i64::from(cost));
    }

    /// The question for a call of `cost`, which takes all that is held.
    pub(super) fn ask(&mut self, cost: u32, terms: PurseTerms, now: Mono) -> PurseQuestion {
        let held = self.held(now).min(cost);
        let wanted = match self.meter.spent(now) {
            0 => 0,
            spent => spent.saturating_add(cost),
        };
        let question = PurseQuestion {
            need: cost - held,
            ahead: wanted.min(terms.most_held(self.rate)),
            held,
            carry: self.carry,
        };
        self.held = 0;
        self.is_asked = true;
        question
    }

    /// No question is on its way any longer; `held` tokens were not used by it.
    pub(super) fn unasked(&mut self, held: u32, now: Mono) {
        self.is_asked = false;
        self.give_back(held, now);
    }

    /// There was no answer to this question. What it would have used up is lost, and so is what it
    /// gave back; what was spent is posted again.
    pub(super) fn unanswered(&mut self, question: PurseQuestion) {
        self.is_asked = false;
        self.carry = self.carry.saturating_sub(question.carry.min(0));
    }

    /// The store granted what was needed, and `ahead` tokens beyond; it was asked at `asked_at`.
    pub(super) fn granted(
        &mut self,
        question: PurseQuestion,
        ahead: u32,
        terms: PurseTerms,
        (asked_at, now): (Mono, Mono),
    ) {
        self.is_asked = false;
        self.carry = self.carry.saturating_sub(question.carry);
        // What was given back meanwhile is covered by no hold any more.
        let given_back = std::mem::replace(&mut self.held, ahead);
        self.carry = self.carry.saturating_sub(i64::from(given_back));
        self.hold = ahead;
        self.lease_ends_ns = nanoseconds(asked_at.after(Self::LEASE));
        if self.refusal.until_ns > nanoseconds(now) {
            // A smaller call has taken of what the refused one waits for.
            let taken = u64::from(question.need.saturating_add(ahead));
            let taken_ns = self.rate.token_ns().saturating_mul(taken);
            self.refusal.until_ns = self.refusal.until_ns.saturating_add(taken_ns);
        }
        if ahead < question.ahead {
            // The bucket has nothing left.
            self.remember_refusal(1, Duration::ZERO, terms, now);
        }
    }

    /// The store refused `need` tokens for `wait`. For how long nobody asks again.
    pub(super) fn remember_refusal(
        &mut self,
        need: u32,
        wait: Duration,
        terms: PurseTerms,
        now: Mono,
    ) -> Duration {
        let token_ns = self.rate.token_ns();
        // When the bucket will have this daemon's part of what it spends: to ask earlier is mostly
        // in vain.
        let part_ns = token_ns
            .saturating_mul(u64::from(self.meter.spent(now)) + 1)
            .saturating_mul(u64::from(terms.replicas.max(1)));
        let small_ns = token_ns.saturating_mul(u64::from(self.rate.burst().get())) / 4;
        let pause_ns = part_ns
            .min(small_ns)
            .clamp(Self::SHORTEST_PAUSE_NS, Self::LONGEST_PAUSE_NS);
        let pause = wait.max(Duration::from_nanos(pause_ns));
        self.refusal = RememberedRefusal {
            tokens: need,
            until_ns: nanoseconds(now.after(pause)),
        };
        pause
    }

    /// `posted` of the carry is in the store.
    pub(super) fn posted(&mut self, posted: i64) {
        self.carry = self.carry.saturating_sub(posted);
    }

    /// Whether nothing is lost if it is forgotten.
    pub(super) fn is_idle(&self, now: Mono) -> bool {
        let idle_since = nanoseconds(now).saturating_sub(self.last_used_ns);
        !self.is_asked
            && self.carry == 0
            && self.held(now) == 0
            && idle_since >= Self::IDLE_NS
            && self.refusal.until_ns <= nanoseconds(now)
    }
}

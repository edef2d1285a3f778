//! The purses of all callers, asked together: what a call costs is paid by all of its purses, or by
//! none.

use std::collections::HashMap;
use std::time::Duration;

use smallvec::SmallVec;

use super::super::bucket::{Rate, Shortage};
use super::super::charge::{Layer, LimitRefusal, MethodTag};
use super::purse::{Purse, PurseQuestion, PurseTerms};
use crate::values::Mono;

/// A bucket in the store: its layer, and a hash with the secret of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey(u64);

impl StoreKey {
    /// The upper bits that hold the layer.
    const LAYER_SHIFT: u32 = 62;

    pub(in crate::limit) fn new(layer: Layer, hash: u64) -> Self {
        let number: u64 = match layer {
            Layer::Address => 0,
            Layer::User => 1,
            Layer::Method => 2,
        };
        let mask = (1 << Self::LAYER_SHIFT) - 1;
        Self((hash & mask) | (number << Self::LAYER_SHIFT))
    }

    /// Whose buckets it is one of.
    #[must_use]
    pub fn layer(self) -> Layer {
        match self.0 >> Self::LAYER_SHIFT {
            0 => Layer::Address,
            1 => Layer::User,
            _ => Layer::Method,
        }
    }

    /// Its name in `namespace` of the store.
    #[must_use]
    pub fn name(self, namespace: &str) -> String {
        let layer = match self.layer() {
            Layer::Address => 'a',
            Layer::User => 'u',
            Layer::Method => 'm',
        };
        format!("{{bllvm:{namespace}}}:{layer}:{:016x}", self.0)
    }
}

/// What a call costs one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The bucket.
    pub key: StoreKey,
    /// The method, if the bucket is one of a method.
    pub method: Option<MethodTag>,
    /// Its rate.
    pub rate: Rate,
    /// The tokens.
    pub cost: u32,
}

/// What a call costs in all layers.
pub type Demands = SmallVec<[Demand; 3]>;

/// What a question asks of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionPart {
    /// What the call costs.
    pub demand: Demand,
    /// What is asked for.
    pub question: PurseQuestion,
}

/// What the store is asked for the sake of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreQuestion {
    /// When.
    pub at: Mono,
    /// The buckets of which too little is held here.
    pub parts: SmallVec<[QuestionPart; 3]>,
    /// Where enough was held: it is taken already.
    taken: SmallVec<[(StoreKey, u32); 2]>,
}

/// What the store says to a question; a value for each part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAnswer {
    /// What was needed is granted, and so many tokens ahead.
    Granted(SmallVec<[u32; 3]>),
    /// For so long what was needed will not be there; zero where it is.
    Refused(SmallVec<[Duration; 3]>),
}

/// What the purses say to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurseAnswer {
    /// It is paid.
    Paid,
    /// The store has refused the like lately.
    Refused(LimitRefusal),
    /// A question about this bucket is on its way: its answer may pay for this call too.
    Asked(StoreKey),
    /// The store has to be asked.
    Ask(Box<StoreQuestion>),
    /// As many questions as may be are on their way, or as many callers are known.
    Full,
}

/// What became of the call that a question was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallSettlement {
    /// It is paid.
    Paid,
    /// It is over a limit.
    Refused(LimitRefusal),
    /// It is unknown: there was no answer.
    Unanswered,
}

/// What is held of all buckets.
#[derive(Default)]
pub struct Purses {
    purses: HashMap<StoreKey, Purse, foldhash::fast::RandomState>,
    questions: usize,
}

impl Purses {
    /// Questions on their way at once.
    const MOST_QUESTIONS: usize = 256;
    /// Callers that are known at once. With more, new ones are treated as if the store were away.
    const MOST_PURSES: usize = 1 << 16;

    /// Pays for a call, or says what is to be done about it.
    pub fn take(&mut self, demands: &[Demand], terms: PurseTerms, now: Mono) -> PurseAnswer {
        let mut longest: Option<LimitRefusal> = None;
        let mut asked = None;
        let mut lacks = false;
        for demand in demands {
            let Some(purse) = self.entry(demand) else {
                return PurseAnswer::Full;
            };
            purse.touch(demand.rate, now);
            let held = purse.held(now);
            if held >= demand.cost && !purse.is_asked() {
                continue;
            }
            lacks = true;
            if purse.is_asked() {
                asked = asked.or(Some(demand.key));
            } else if let Some(wait) = purse.refused(demand.cost - held, now) {
                longer(&mut longest, demand, wait);
            }
        }
        if let Some(refusal) = longest {
            return PurseAnswer::Refused(refusal);
        }
        if !lacks {
            for demand in demands {
                if let Some(purse) = self.purses.get_mut(&demand.key) {
                    purse.take(demand.cost);
                    purse.record(demand.cost, now);
                }
            }
            return PurseAnswer::Paid;
        }
        if let Some(key) = asked {
            return PurseAnswer::Asked(key);
        }
        if self.questions >= Self::MOST_QUESTIONS {
            return PurseAnswer::Full;
        }
        PurseAnswer::Ask(Box::new(self.ask(demands, terms, now)))
    }

    fn ask(&mut self, demands: &[Demand], terms: PurseTerms, now: Mono) -> StoreQuestion {
        self.questions += 1;
        let mut question = StoreQuestion {
            at: now,
            parts: SmallVec::new(),
            taken: SmallVec::new(),
        };
        for demand in demands {
            let Some(purse) = self.purses.get_mut(&demand.key) else {
                continue;
            };
            if purse.held(now) >= demand.cost {
                purse.take(demand.cost);
                question.taken.push((demand.key, demand.cost));
            } else {
                question.parts.push(QuestionPart {
                    demand: *demand,
                    question: purse.ask(demand.cost, terms, now),
                });
            }
        }
        question
    }

    /// Ends a question with its answer, if there was one in time.
    pub fn settle(
        &mut self,
        question: &StoreQuestion,
        answer: Option<&StoreAnswer>,
        terms: PurseTerms,
        now: Mono,
    ) -> CallSettlement {
        self.questions = self.questions.saturating_sub(1);
        let settled = match answer {
            Some(StoreAnswer::Granted(ahead)) => self.granted(question, ahead, terms, now),
            Some(StoreAnswer::Refused(waits)) => self.refused(question, waits, terms, now),
            None => self.unanswered(question),
        };
        for (key, cost) in &question.taken {
            if let Some(purse) = self.purses.get_mut(key) {
                if settled == CallSettlement::Paid {
                    purse.record(*cost, now);
                } else {
                    purse.give_back(*cost, now);
                }
            }
        }
        settled
    }

    fn granted(
        &mut self,
        question: &StoreQuestion,
        ahead: &[u32],
        terms: PurseTerms,
        now: Mono,
    ) -> CallSettlement {
        for (index, part) in question.parts.iter().enumerate() {
            if let Some(purse) = self.purses.get_mut(&part.demand.key) {
                let ahead = ahead.get(index).copied().unwrap_or_default();
                purse.granted(part.question, ahead, terms, (question.at, now));
                purse.record(part.demand.cost, now);
            }
        }
        CallSettlement::Paid
    }

    fn refused(
        &mut self,
        question: &StoreQuestion,
        waits: &[Duration],
        terms: PurseTerms,
        now: Mono,
    ) -> CallSettlement {
        let mut longest = None;
        for (index, part) in question.parts.iter().enumerate() {
            let Some(purse) = self.purses.get_mut(&part.demand.key) else {
                continue;
            };
            purse.unasked(part.question.held, now);
            purse.posted(part.question.carry);
            let wait = waits.get(index).copied().unwrap_or_default();
            if !wait.is_zero() {
                let need = part.question.need;
                let wait = purse.remember_refusal(need, wait, terms, now);
                longer(&mut longest, &part.demand, wait);
            }
        }
        longest.map_or(CallSettlement::Unanswered, CallSettlement::Refused)
    }

    /// What the store has made of the question is unknown: it is taken to have charged what it was
    /// asked for.
    fn unanswered(&mut self, question: &StoreQuestion) -> CallSettlement {
        for part in &question.parts {
            if let Some(purse) = self.purses.get_mut(&part.demand.key) {
                purse.unanswered(part.question);
            }
        }
        CallSettlement::Unanswered
    }

    /// Puts back what was taken for a call that was not made.
    pub fn give_back(&mut self, demands: &[Demand], now: Mono) {
        for demand in demands {
            if let Some(purse) = self.entry(demand) {
                purse.give_back(demand.cost, now);
            }
        }
    }

    /// A call was made without the store: its tokens are posted later.
    pub fn owe(&mut self, demands: &[Demand], now: Mono) {
        for demand in demands {
            if let Some(purse) = self.entry(demand) {
                purse.touch(demand.rate, now);
                purse.owe(demand.cost);
            }
        }
    }

    /// At most `most` buckets with tokens that are still to be posted, and how many.
    #[must_use]
    pub fn carries(&self, most: usize) -> Vec<(StoreKey, Rate, i64)> {
        self.purses
            .iter()
            .filter(|(_, purse)| purse.carry() != 0 && !purse.is_asked())
            .take(most)
            .map(|(key, purse)| (*key, purse.rate(), purse.carry()))
            .collect()
    }

    /// These tokens are posted.
    pub fn posted(&mut self, posted: &[(StoreKey, Rate, i64)]) {
        for (key, _, carry) in posted {
            if let Some(purse) = self.purses.get_mut(key) {
                purse.posted(*carry);
            }
        }
    }

    /// Forgets those of callers that have not called lately. To be called about once a second.
    pub fn sweep(&mut self, now: Mono) {
        self.purses.retain(|_, purse| !purse.is_idle(now));
        if self.purses.len() * 4 < self.purses.capacity() {
            self.purses.shrink_to(self.purses.len() * 2);
        }
    }

    /// Forgets all that is held and owed: the keys are others from now on.
    pub fn clear(&mut self) {
        self.purses.retain(|_, purse| purse.is_asked());
    }

    /// Tokens that are held of `key`.
    #[must_use]
    pub fn held(&self, key: StoreKey, now: Mono) -> u32 {
        self.purses.get(&key).map_or(0, |purse| purse.held(now))
    }

    /// How many purses there are, and how many tokens are in them.
    #[must_use]
    pub fn total(&self, now: Mono) -> (usize, u64) {
        let tokens = self.purses.values().map(|purse| u64::from(purse.held(now)));
        (self.purses.len(), tokens.sum())
    }

    fn entry(&mut self, demand: &Demand) -> Option<&mut Purse> {
        let is_full = self.purses.len() >= Self::MOST_PURSES;
        if is_full && !self.purses.contains_key(&demand.key) {
            return None;
        }
        let purse = self.purses.entry(demand.key);
        Some(purse.or_insert_with(|| Purse::new(demand.rate)))
    }
}

/// Keeps the refusal that lets a call wait longest.
fn longer(longest: &mut Option<LimitRefusal>, demand: &Demand, wait: Duration) {
    let shortage = Shortage::Wait(wait);
    if longest.is_none_or(|longest| longest.shortage < shortage) {
        *longest = Some(LimitRefusal {
            layer: demand.key.layer(),
            method: demand.method,
            shortage,
        });
    }
}

#[cfg(test)]
#[path = "purses_tests.rs"]
mod tests;

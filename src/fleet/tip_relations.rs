//! Which of the nodes' tips are on one chain, and what is to be asked to find that out. Pure.
//!
//! Of two tips the node with the higher one is asked for the hash at the height of the lower one.
//! Two that are equally high differ without a question. Only of two that differ it is asked where
//! they parted. Invariant: a node is asked one question at a time.

use std::sync::Arc;
use std::time::Duration;

use super::fork_view::ForkView;
use crate::route::PublishedTip;
use crate::values::Mono;

/// Two tips, the lower one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TipPair {
    pub(super) lower: PublishedTip,
    pub(super) upper: PublishedTip,
}

impl TipPair {
    fn of(one: &PublishedTip, other: &PublishedTip) -> Self {
        let (lower, upper) = if (one.height, &one.hash) <= (other.height, &other.hash) {
            (one, other)
        } else {
            (other, one)
        };
        Self {
            lower: lower.clone(),
            upper: upper.clone(),
        }
    }

    fn is_of(&self, one: &PublishedTip, other: &PublishedTip) -> bool {
        let is = |lower: &PublishedTip, upper: &PublishedTip| {
            self.lower.hash == lower.hash && self.upper.hash == upper.hash
        };
        is(one, other) || is(other, one)
    }
}

/// How two tips stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// One is in the chain of the other.
    OneChain,
    /// They are on two chains.
    Forked,
    /// It is not known, or not known for sure.
    Unknown,
}

/// How far two tips are from the last block that they have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ForkExtent {
    /// From the higher one; at least so many while it is not known.
    pub(super) depth: u64,
    /// The height of the common block, once it is known.
    pub(super) common_height: Option<u64>,
}

/// What is known of one pair.
#[derive(Clone, Debug)]
struct PairRecord {
    pair: TipPair,
    answer: Option<PairAnswer>,
    /// Both nodes have said their tips again since it was found that they differ.
    is_confirmed: bool,
    common_height: Option<u64>,
    /// Not asked again before then.
    retry_at: Option<Mono>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PairAnswer {
    OneChain,
    /// Found then.
    Forked(Mono),
}

/// A question about two tips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TipQuestion {
    pub(super) pair: TipPair,
    /// The nodes that have the lower and the upper tip, as far as they answer.
    pub(super) at_lower: Option<Arc<str>>,
    pub(super) at_upper: Option<Arc<str>>,
    pub(super) asks: TipQuestionKind,
}

/// What is asked about two tips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TipQuestionKind {
    /// Whether the lower one is in the chain of the upper one.
    IsOneChain,
    /// Which block they have last in common.
    CommonHeight,
}

/// What came of a question about two tips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TipAnswer {
    /// The lower one is in the chain of the upper one, or not.
    IsOneChain(bool),
    /// They have the block at this height last in common.
    CommonHeight(u64),
    /// The node did not say.
    Failed,
}

/// What is known of the tips that the nodes have now.
#[derive(Clone, Debug, Default)]
pub(super) struct TipRelations {
    records: Vec<PairRecord>,
    tips: Vec<(Arc<str>, PublishedTip)>,
    /// The nodes that are asked now.
    asked: Vec<Arc<str>>,
}

impl TipRelations {
    /// A node that did not say is asked again after this.
    const RETRY_DELAY: Duration = Duration::from_secs(2);

    /// How the two tips stand to each other.
    pub(super) fn of(&self, one: &PublishedTip, other: &PublishedTip) -> Relation {
        if one.hash == other.hash {
            return Relation::OneChain;
        }
        let record = self.record(one, other);
        match record.and_then(|record| Some((record.answer?, record.is_confirmed))) {
            Some((PairAnswer::OneChain, _)) => Relation::OneChain,
            Some((PairAnswer::Forked(_), true)) => Relation::Forked,
            Some((PairAnswer::Forked(_), false)) | None => Relation::Unknown,
        }
    }

    /// How far two tips on two chains are from the last block that they have in common.
    pub(super) fn extent(&self, one: &PublishedTip, other: &PublishedTip) -> Option<ForkExtent> {
        let record = self.record(one, other)?;
        if self.of(one, other) != Relation::Forked {
            return None;
        }
        let TipPair { lower, upper } = &record.pair;
        // They differ at the height of the lower one already.
        let common = record
            .common_height
            .unwrap_or(lower.height.saturating_sub(1));
        Some(ForkExtent {
            depth: upper.height.saturating_sub(common).max(1),
            common_height: record.common_height,
        })
    }

    /// Whether `tip` is on another chain than any of `others`.
    pub(super) fn is_forked(&self, tip: &PublishedTip, others: &[PublishedTip]) -> bool {
        others
            .iter()
            .any(|other| self.of(tip, other) == Relation::Forked)
    }

    fn record(&self, one: &PublishedTip, other: &PublishedTip) -> Option<&PairRecord> {
        self.records
            .iter()
            .find(|record| record.pair.is_of(one, other))
    }

    /// Takes in the tips that `nodes` have now, and that of a `lost` primary. Returns the nodes
    /// that are to say their tips again.
    pub(super) fn observe(
        &mut self,
        nodes: &[ForkView],
        lost: Option<&PublishedTip>,
        now: Mono,
    ) -> Vec<Arc<str>> {
        self.tips.clear();
        for node in nodes {
            if let Some(tip) = &node.tip {
                self.tips.push((Arc::clone(&node.name), tip.clone()));
            }
        }
        let mut tips: Vec<PublishedTip> = lost.cloned().into_iter().collect();
        for (_, tip) in &self.tips {
            if tips.iter().all(|known| known.hash != tip.hash) {
                tips.push(tip.clone());
            }
        }
        let is_there = |tip: &PublishedTip| tips.iter().any(|known| known.hash == tip.hash);
        self.records
            .retain(|record| is_there(&record.pair.lower) && is_there(&record.pair.upper));
        let mut to_confirm = Vec::new();
        for (index, one) in tips.iter().enumerate() {
            for other in tips.iter().skip(index + 1) {
                if self.record(one, other).is_none() {
                    self.begin(TipPair::of(one, other), now, &mut to_confirm);
                }
            }
        }
        for record in &mut self.records {
            record.confirm(nodes);
        }
        to_confirm
    }

    fn begin(&mut self, pair: TipPair, now: Mono, to_confirm: &mut Vec<Arc<str>>) {
        let is_equally_high = pair.lower.height == pair.upper.height;
        if is_equally_high {
            to_confirm.extend(self.nodes_at(&pair.lower).cloned());
            to_confirm.extend(self.nodes_at(&pair.upper).cloned());
        }
        self.records.push(PairRecord {
            pair,
            answer: is_equally_high.then_some(PairAnswer::Forked(now)),
            is_confirmed: false,
            common_height: None,
            retry_at: None,
        });
    }

    fn nodes_at(&self, tip: &PublishedTip) -> impl Iterator<Item = &Arc<str>> {
        let at_tip = self.tips.iter().filter(|(_, own)| own.hash == tip.hash);
        at_tip.map(|(name, _)| name)
    }

    /// The questions to ask now. Each is to be answered, however that ends.
    pub(super) fn take_questions(&mut self, now: Mono) -> Vec<TipQuestion> {
        let mut questions = Vec::new();
        for record in &self.records {
            let Some(asks) = record.asks(now) else {
                continue;
            };
            let free = |tip: &PublishedTip| {
                let name = self.nodes_at(tip).find(|name| !self.asked.contains(name));
                name.cloned()
            };
            let at_upper = free(&record.pair.upper);
            let at_lower = match asks {
                TipQuestionKind::IsOneChain => None,
                TipQuestionKind::CommonHeight => free(&record.pair.lower),
            };
            let is_possible = match asks {
                TipQuestionKind::IsOneChain => at_upper.is_some(),
                TipQuestionKind::CommonHeight => at_upper.is_some() || at_lower.is_some(),
            };
            if is_possible {
                self.asked.extend(at_upper.iter().chain(&at_lower).cloned());
                questions.push(TipQuestion {
                    pair: record.pair.clone(),
                    at_lower,
                    at_upper,
                    asks,
                });
            }
        }
        questions
    }

    /// Nobody is asked any more.
    pub(super) fn forget_questions(&mut self) {
        self.asked.clear();
    }

    /// What came of `question`. Returns the nodes that are to say their tips again.
    pub(super) fn answered(
        &mut self,
        question: &TipQuestion,
        answer: TipAnswer,
        now: Mono,
    ) -> Vec<Arc<str>> {
        let was_asked = |name: &Arc<str>| {
            question.at_lower.as_ref() == Some(name) || question.at_upper.as_ref() == Some(name)
        };
        self.asked.retain(|name| !was_asked(name));
        let TipPair { lower, upper } = &question.pair;
        let mut records = self.records.iter_mut();
        let Some(record) = records.find(|record| record.pair.is_of(lower, upper)) else {
            return Vec::new();
        };
        record.retry_at = None;
        match answer {
            TipAnswer::IsOneChain(true) => record.answer = Some(PairAnswer::OneChain),
            TipAnswer::IsOneChain(false) => {
                record.answer = Some(PairAnswer::Forked(now));
                let nodes = self.nodes_at(lower).chain(self.nodes_at(upper));
                return nodes.cloned().collect();
            }
            TipAnswer::CommonHeight(height) => record.common_height = Some(height),
            TipAnswer::Failed => record.retry_at = Some(now.after(Self::RETRY_DELAY)),
        }
        Vec::new()
    }
}

impl PairRecord {
    /// What is not known yet and may be asked.
    fn asks(&self, now: Mono) -> Option<TipQuestionKind> {
        if self.retry_at.is_some_and(|retry_at| now < retry_at) {
            return None;
        }
        match self.answer {
            None => Some(TipQuestionKind::IsOneChain),
            Some(PairAnswer::Forked(_)) if self.is_confirmed && self.common_height.is_none() => {
                Some(TipQuestionKind::CommonHeight)
            }
            Some(_) => None,
        }
    }

    /// Both nodes have said their tips again since. A tip that no node has any more is that of a
    /// lost primary, and does not change.
    fn confirm(&mut self, nodes: &[ForkView]) {
        let Some(PairAnswer::Forked(found)) = self.answer else {
            return;
        };
        let said_again = |tip: &PublishedTip| {
            let mut has_it = false;
            for node in nodes {
                if node.tip.as_ref().is_some_and(|own| own.hash == tip.hash) {
                    if node.tip_asked >= found {
                        return true;
                    }
                    has_it = true;
                }
            }
            !has_it
        };
        self.is_confirmed |= said_again(&self.pair.lower) && said_again(&self.pair.upper);
    }
}

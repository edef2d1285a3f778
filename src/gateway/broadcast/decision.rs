//! Which answer the client gets to what is handed to the network, and when. Pure.
//!
//! | what is known | what the client gets |
//! |---|---|
//! | the caller's node has taken it | its answer, at once |
//! | another one has, and the caller's has not, or has had its time | the other one's |
//! | a transaction is in the chain, or a block there already, and an answer was lost | a success |
//! | all have answered, and none has taken it | of a block the best of `duplicate`, `inconclusive` and the answer of the caller's node; else that one |

use super::answer::{BroadcastAnswer, BroadcastMethod};

/// What the client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Settled {
    /// The answer of the node at this place.
    Answer(usize),
    /// A success for what is known already, by the answer of the node at this place: an answer that
    /// was lost was one.
    Known(usize),
    /// No node has answered.
    NoAnswer,
}

/// What has come of the nodes so far. The caller's is the first.
#[derive(Debug)]
pub(in crate::gateway) struct Decision {
    method: BroadcastMethod,
    nodes: Vec<Option<BroadcastAnswer>>,
    /// The first that took it.
    first_success: Option<usize>,
    /// The caller's node has had its time to be the first.
    is_head_start_over: bool,
    /// Nodes that have not answered by now are not waited for.
    is_time_over: bool,
}

impl Decision {
    /// Nothing is known of so many nodes.
    pub(in crate::gateway) fn new(method: BroadcastMethod, nodes: usize) -> Self {
        Self {
            method,
            nodes: vec![None; nodes],
            first_success: None,
            is_head_start_over: false,
            is_time_over: false,
        }
    }

    /// Records the answer of the node at `place`.
    pub(in crate::gateway) fn record(&mut self, place: usize, answer: BroadcastAnswer) {
        if answer == BroadcastAnswer::Success {
            self.first_success.get_or_insert(place);
        }
        if let Some(node) = self.nodes.get_mut(place) {
            *node = Some(answer);
        }
    }

    /// The caller's node has had its time to be the first.
    pub(in crate::gateway) fn end_head_start(&mut self) {
        self.is_head_start_over = true;
    }

    /// Nodes that have not answered are let go, once one has.
    pub(in crate::gateway) fn end_time(&mut self) {
        self.is_time_over = true;
    }

    /// What the client gets, if that is settled.
    pub(in crate::gateway) fn settled(&self) -> Option<Settled> {
        let own = self.nodes.first().and_then(Option::as_ref);
        if own == Some(&BroadcastAnswer::Success) {
            return Some(Settled::Answer(0));
        }
        let is_over = self.is_over();
        if own.is_none() && !self.is_head_start_over && !is_over {
            return None;
        }
        if let Some(first) = self.first_success {
            return Some(Settled::Answer(first));
        }
        if self.has_lost(is_over)
            && let Some(known) = self.place_of(is_known)
        {
            return Some(Settled::Known(known));
        }
        is_over.then(|| self.without_success())
    }

    /// Whether nobody is waited for any longer.
    fn is_over(&self) -> bool {
        self.nodes.iter().all(Option::is_some)
            || self.is_time_over && self.place_of(BroadcastAnswer::is_answer).is_some()
    }

    /// Whether a node may have taken it without being heard: one that is let go may have, too.
    fn has_lost(&self, is_over: bool) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|node| {
            node.as_ref()
                .map_or(is_over, |node| *node == BroadcastAnswer::Lost)
        })
    }

    fn place_of(&self, is: fn(&BroadcastAnswer) -> bool) -> Option<usize> {
        self.nodes
            .iter()
            .position(|node| node.as_ref().is_some_and(is))
    }

    /// All have answered, and none has taken it.
    fn without_success(&self) -> Settled {
        let best = if self.method == BroadcastMethod::Block {
            let duplicate = self.place_of(|answer| *answer == BroadcastAnswer::Duplicate);
            duplicate.or_else(|| self.place_of(|answer| *answer == BroadcastAnswer::Inconclusive))
        } else {
            None
        };
        // The caller's node is the first.
        let first = best.or_else(|| self.place_of(BroadcastAnswer::is_answer));
        first.map_or(Settled::NoAnswer, Settled::Answer)
    }

    /// Whether the client's answer is another one than that of its own node, which has refused or
    /// not answered.
    pub(in crate::gateway) fn is_overruled(&self, settled: Settled) -> bool {
        let own = self.nodes.first().and_then(Option::as_ref);
        match settled {
            Settled::Answer(place) => place != 0 && own.is_some(),
            Settled::Known(_) => true,
            Settled::NoAnswer => false,
        }
    }

    /// What has come, as the header says it: `a=-26 b=ok`. The names are those of the nodes.
    pub(in crate::gateway) fn describe<'a>(&self, names: impl Iterator<Item = &'a str>) -> String {
        let came = names.zip(&self.nodes).filter_map(|(name, answer)| {
            let answer = answer.as_ref()?;
            Some(format!("{name}={answer}"))
        });
        came.collect::<Vec<_>>().join(" ")
    }
}

/// Whether the answer says that it is there already.
fn is_known(answer: &BroadcastAnswer) -> bool {
    matches!(
        answer,
        BroadcastAnswer::InChain | BroadcastAnswer::Duplicate
    )
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::answer::AnswerLabel;
    use super::*;

    fn refused(code: i64) -> BroadcastAnswer {
        BroadcastAnswer::Refused(AnswerLabel::Code(code))
    }

    fn transaction(answers: &[(usize, BroadcastAnswer)]) -> Decision {
        let mut decision = Decision::new(BroadcastMethod::Transaction, 2);
        for (place, answer) in answers {
            decision.record(*place, answer.clone());
        }
        decision
    }

    #[test]
    fn the_callers_node_has_its_time_to_be_the_first() {
        let mut decision = transaction(&[(1, BroadcastAnswer::Success)]);
        assert_eq!(decision.settled(), None);
        decision.end_head_start();
        assert_eq!(decision.settled(), Some(Settled::Answer(1)));
        let decision = transaction(&[(1, BroadcastAnswer::Success), (0, BroadcastAnswer::Success)]);
        assert_eq!(decision.settled(), Some(Settled::Answer(0)));
    }

    #[test]
    fn a_transaction_that_another_node_took_is_a_success_that_says_who_refused() {
        let decision = transaction(&[(0, refused(-26)), (1, BroadcastAnswer::Success)]);
        let settled = decision.settled().unwrap();
        assert_eq!(settled, Settled::Answer(1));
        assert!(decision.is_overruled(settled));
        assert_eq!(decision.describe(["a", "b"].into_iter()), "a=-26 b=ok");
        let refused = transaction(&[(1, refused(-25)), (0, refused(-26))]);
        assert_eq!(refused.settled(), Some(Settled::Answer(0)));
        assert!(!refused.is_overruled(Settled::Answer(0)));
    }

    #[test]
    fn what_is_known_is_a_success_only_if_an_answer_was_lost() {
        let decision = transaction(&[(0, refused(-26)), (1, BroadcastAnswer::InChain)]);
        assert_eq!(decision.settled(), Some(Settled::Answer(0)));
        let decision = transaction(&[(0, BroadcastAnswer::Lost), (1, BroadcastAnswer::InChain)]);
        assert_eq!(decision.settled(), Some(Settled::Known(1)));
        let decision = transaction(&[(0, BroadcastAnswer::NotRun), (1, BroadcastAnswer::InChain)]);
        assert_eq!(decision.settled(), Some(Settled::Answer(1)));
        let mut block = Decision::new(BroadcastMethod::Block, 3);
        block.record(0, BroadcastAnswer::Lost);
        block.record(2, BroadcastAnswer::Duplicate);
        assert_eq!(block.settled(), Some(Settled::Known(2)));
    }

    #[test]
    fn of_a_block_that_nobody_took_the_best_is_answered() {
        let best = |answers: [BroadcastAnswer; 3]| {
            let mut decision = Decision::new(BroadcastMethod::Block, 3);
            for (place, answer) in answers.into_iter().enumerate() {
                decision.record(place, answer);
            }
            decision.settled().unwrap()
        };
        let lacking = refused(-22);
        let inconclusive = BroadcastAnswer::Inconclusive;
        assert_eq!(
            best([
                lacking.clone(),
                inconclusive.clone(),
                BroadcastAnswer::Duplicate
            ]),
            Settled::Answer(2)
        );
        assert_eq!(
            best([lacking.clone(), lacking.clone(), inconclusive]),
            Settled::Answer(2)
        );
        assert_eq!(
            best([lacking.clone(), lacking.clone(), lacking]),
            Settled::Answer(0)
        );
    }

    #[test]
    fn a_node_that_hangs_is_let_go_once_another_has_answered() {
        let mut decision = transaction(&[]);
        decision.end_head_start();
        decision.end_time();
        assert_eq!(decision.settled(), None);
        decision.record(1, refused(-26));
        assert_eq!(decision.settled(), Some(Settled::Answer(1)));
        let mut decision = transaction(&[(1, BroadcastAnswer::InChain)]);
        decision.end_time();
        assert_eq!(decision.settled(), Some(Settled::Known(1)));
    }

    #[test]
    fn without_any_answer_there_is_none() {
        let decision = transaction(&[(0, BroadcastAnswer::Lost), (1, BroadcastAnswer::NotRun)]);
        assert_eq!(decision.settled(), Some(Settled::NoAnswer));
    }

    fn any_answer() -> impl Strategy<Value = BroadcastAnswer> {
        prop_oneof![
            Just(BroadcastAnswer::Success),
            Just(BroadcastAnswer::InChain),
            Just(BroadcastAnswer::Duplicate),
            Just(BroadcastAnswer::Inconclusive),
            Just(refused(-26)),
            Just(BroadcastAnswer::Lost),
            Just(BroadcastAnswer::NotRun),
        ]
    }

    proptest! {
        /// In whatever order answers and times come: what one node has taken is never answered as
        /// an error, an error is answered only if nobody can take it any more, and a settled answer
        /// does not become an error by what comes later.
        #[test]
        fn a_success_of_any_node_is_never_answered_as_an_error(
            answers in vec(any_answer(), 1..5),
            order in any::<prop::sample::Index>(),
            times in (0..6_usize, 0..6_usize),
            is_block in any::<bool>(),
        ) {
            let method = if is_block { BroadcastMethod::Block } else { BroadcastMethod::Transaction };
            let mut decision = Decision::new(method, answers.len());
            let first = order.index(answers.len());
            let is_success = |settled: Settled| match settled {
                Settled::Answer(place) => answers[place] == BroadcastAnswer::Success,
                Settled::Known(_) => true,
                Settled::NoAnswer => false,
            };
            for step in 0..=answers.len() {
                if step == times.0 {
                    decision.end_head_start();
                }
                if step == times.1 {
                    decision.end_time();
                }
                if step < answers.len() {
                    let place = (first + step) % answers.len();
                    decision.record(place, answers[place].clone());
                }
                if let Some(settled) = decision.settled() {
                    let came = (0..=step.min(answers.len() - 1)).map(|s| (first + s) % answers.len());
                    let has_success = came.clone().any(|place| answers[place] == BroadcastAnswer::Success);
                    prop_assert!(!has_success || is_success(settled));
                    if !is_success(settled) {
                        let all_came = step + 1 >= answers.len();
                        prop_assert!(all_came || step >= times.1);
                    }
                    if let Settled::Answer(place) = settled {
                        prop_assert!(came.clone().any(|came| came == place));
                        prop_assert!(answers[place].is_answer());
                    }
                    return Ok(());
                }
            }
            prop_assert!(false, "all have answered, and nothing is settled");
        }
    }
}

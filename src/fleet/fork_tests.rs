//! Examples and properties of forks. A chain is written as a word: each letter is a block, and a
//! block's hash is the word up to it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::fleet::tip_relations::{TipAnswer, TipQuestion, TipQuestionKind};

/// A node that answers truthfully, unless it is away.
struct WordNode {
    name: &'static str,
    chain: Option<String>,
    serves: bool,
}

/// Nodes by priority, and what is remembered of them.
struct WordNodes {
    by_priority: Vec<WordNode>,
    history: ForkHistory,
    follows_most_work: bool,
    now: Mono,
    /// The questions that were answered.
    questions: Vec<TipQuestion>,
}

fn tip(chain: &str) -> PublishedTip {
    let height = u64::try_from(chain.len()).unwrap();
    // An `x` is worth ten other blocks.
    let work = height + 9 * u64::try_from(chain.matches('x').count()).unwrap();
    PublishedTip {
        height,
        hash: chain.into(),
        chainwork: Some(format!("{work:064x}").into()),
    }
}

fn common_length(one: &str, other: &str) -> u64 {
    let pairs = one.bytes().zip(other.bytes());
    u64::try_from(pairs.take_while(|(one, other)| one == other).count()).unwrap()
}

impl WordNodes {
    fn of(chains: &[(&'static str, &str)]) -> Self {
        let node = |(name, chain): &(&'static str, &str)| WordNode {
            name,
            chain: Some((*chain).to_owned()),
            serves: true,
        };
        Self {
            by_priority: chains.iter().map(node).collect(),
            history: ForkHistory::default(),
            follows_most_work: false,
            now: Mono::START,
            questions: Vec::new(),
        }
    }

    fn set(&mut self, name: &str, chain: &str) {
        let node = self
            .by_priority
            .iter_mut()
            .find(|node| node.name == name)
            .unwrap();
        node.chain = Some(chain.to_owned());
        node.serves = true;
    }

    fn lose(&mut self, name: &str) {
        let node = self
            .by_priority
            .iter_mut()
            .find(|node| node.name == name)
            .unwrap();
        node.chain = None;
        node.serves = false;
    }

    /// One look, without an answer to any question.
    fn glance(&mut self) -> ForkFindings {
        let tip_asked = self.now;
        self.now = self.now.after(Duration::from_millis(10));
        let mut views = Vec::new();
        for (priority, node) in (0..).zip(&self.by_priority) {
            views.push(ForkView {
                name: node.name.into(),
                priority,
                tip: node.chain.as_deref().map(tip),
                tip_asked,
                serves: node.serves,
            });
        }
        let findings = self
            .history
            .observe(&views, self.follows_most_work, self.now);
        let on_side = self.by_priority.iter().zip(&findings.off);
        let mut serving = on_side.filter(|(node, off)| node.serves && off.is_none());
        if let Some((primary, _)) = serving.next() {
            self.history.set_primary(&primary.name.into());
        }
        findings
    }

    /// Looks and answers until nothing is asked any more. The names of those that are off.
    fn settle(&mut self) -> Vec<&'static str> {
        for _ in 0..20 {
            self.glance();
            let questions = self.history.relations.take_questions(self.now);
            for question in &questions {
                let answer = self.answer(question);
                self.history.relations.answered(question, answer, self.now);
            }
            self.questions.extend(questions);
        }
        self.off()
    }

    fn off(&self) -> Vec<&'static str> {
        let names = self.by_priority.iter().map(|node| node.name);
        names.filter(|name| self.history.is_off(name)).collect()
    }

    fn answer(&self, question: &TipQuestion) -> TipAnswer {
        let lower = &question.pair.lower.hash;
        let upper = &question.pair.upper.hash;
        match question.asks {
            TipQuestionKind::IsOneChain => {
                let name = question.at_upper.as_deref().unwrap();
                let asked = self
                    .by_priority
                    .iter()
                    .find(|node| node.name == name)
                    .unwrap();
                assert_eq!(asked.chain.as_deref(), Some(&**upper), "its own tip");
                TipAnswer::IsOneChain(upper.starts_with(&**lower))
            }
            TipQuestionKind::CommonHeight => TipAnswer::CommonHeight(common_length(lower, upper)),
        }
    }

    fn depth(&self) -> Option<u64> {
        self.history.fork().map(|fork| fork.depth)
    }
}

const NOBODY: [&str; 0] = [];

#[test]
fn a_node_that_merely_lags_is_no_fork() {
    let mut nodes = WordNodes::of(&[("a", "1234"), ("b", "12"), ("c", "12345")]);
    assert_eq!(nodes.settle(), NOBODY);
    assert_eq!(nodes.history.fork(), None);
    let mut asked: Vec<(&str, &str)> = Vec::new();
    for question in &nodes.questions {
        asked.push((
            question.at_upper.as_deref().unwrap(),
            &question.pair.lower.hash,
        ));
    }
    asked.sort_unstable();
    let expected = [("a", "12"), ("c", "12"), ("c", "1234")];
    assert_eq!(asked, expected, "each pair once, at the higher node");
}

fn names(names: Vec<&str>) -> Vec<Arc<str>> {
    names.into_iter().map(Into::into).collect()
}

#[test]
fn nodes_on_another_chain_than_the_primary_are_off_and_the_depth_is_known() {
    let mut nodes = WordNodes::of(&[("a", "12ab"), ("b", "12c"), ("c", "12")]);
    assert_eq!(nodes.settle(), ["b"], "the lagging one is on both");
    let fork = nodes.history.fork().unwrap();
    assert_eq!((fork.depth, fork.common_height), (2, Some(2)));
    let sides = [vec!["a", "c"], vec!["b"]];
    assert_eq!(fork.sides, sides.map(names));
    assert_eq!(
        fork.sentence(fork.since.after(Duration::from_secs(720))),
        "2 blocks deep since height 2, for 12 min: a, c | b"
    );
    let reason = nodes.glance().off[1].clone().unwrap();
    assert_eq!(
        reason,
        "chain: on another side of a fork than a: 2 blocks deep since height 2"
    );
}

#[test]
fn two_tips_of_one_height_differ_without_a_question() {
    let mut nodes = WordNodes::of(&[("a", "1a"), ("b", "1b")]);
    let findings = nodes.glance();
    assert_eq!(findings.to_confirm, names(vec!["a", "b"]));
    assert_eq!(findings.off, [None, None], "one may have changed its chain");
    assert!(nodes.glance().off[1].is_some());
    assert_eq!(nodes.depth(), Some(1));
}

#[test]
fn a_fork_that_heals_leaves_everything_as_it_was_before() {
    let mut nodes = WordNodes::of(&[("a", "1ab"), ("b", "1b")]);
    assert_eq!(nodes.settle(), ["b"]);
    nodes.set("b", "1abc");
    assert!(nodes.glance().off[1].is_some(), "until it is known");
    assert_eq!(nodes.settle(), NOBODY);
    assert_eq!(nodes.history.fork(), None);
}

#[test]
fn the_primary_may_change_its_own_chain() {
    let mut nodes = WordNodes::of(&[("a", "1a"), ("b", "1a"), ("c", "1bc")]);
    assert_eq!(nodes.settle(), ["c"]);
    nodes.set("a", "1bc");
    assert_eq!(nodes.settle(), ["b"]);
}

#[test]
fn a_reorganisation_to_less_height_and_more_work_leaves_nobody_out() {
    let mut nodes = WordNodes::of(&[("a", "123456"), ("b", "123456")]);
    assert_eq!(nodes.settle(), NOBODY);
    nodes.set("a", "123x");
    nodes.set("b", "123x");
    assert_eq!(nodes.settle(), NOBODY);
    assert_eq!(nodes.history.fork(), None);
}

#[test]
fn a_difference_counts_once_both_nodes_have_said_their_tips_again() {
    let mut nodes = WordNodes::of(&[("a", "123456"), ("b", "123456")]);
    nodes.settle();
    // The answer of b about the new tip of a comes before b itself has changed its chain.
    nodes.set("a", "123x");
    nodes.glance();
    let questions = nodes.history.relations.take_questions(nodes.now);
    let [question] = &questions[..] else {
        panic!("{questions:?}")
    };
    let answer = TipAnswer::IsOneChain(false);
    let later = nodes.now.after(Duration::from_millis(1));
    let to_confirm = nodes.history.relations.answered(question, answer, later);
    assert_eq!(to_confirm, names(vec!["a", "b"]));
    nodes.set("b", "123x");
    assert_eq!(nodes.glance().off, [None, None]);
    assert_eq!(nodes.history.fork(), None);
}

#[test]
fn with_hold_the_others_stay_out_even_if_the_primary_dies() {
    let mut nodes = WordNodes::of(&[("a", "12ab"), ("b", "12c"), ("c", "12")]);
    assert_eq!(nodes.settle(), ["b"]);
    nodes.lose("a");
    assert_eq!(nodes.settle(), ["b"], "c serves, and its side is that of a");
    nodes.set("b", "12cd");
    assert_eq!(nodes.settle(), ["b"]);
    nodes.lose("c");
    assert_eq!(nodes.settle(), ["b"]);
    nodes.set("b", "12cdefg");
    assert_eq!(nodes.settle(), ["b"]);
    assert_eq!(nodes.depth(), Some(5));
    nodes.set("b", "12abcde");
    assert_eq!(nodes.settle(), NOBODY, "it has come to the chain of a");
}

#[test]
fn with_most_work_the_other_side_is_used_once_nobody_of_the_primary_s_side_is_left() {
    let mut nodes = WordNodes::of(&[("a", "12ab"), ("b", "12c"), ("c", "12d"), ("d", "12a")]);
    nodes.follows_most_work = true;
    assert_eq!(nodes.settle(), ["b", "c"]);
    nodes.set("c", "12dx");
    nodes.lose("a");
    assert_eq!(nodes.settle(), ["b", "c"]);
    nodes.lose("d");
    assert_eq!(nodes.settle(), ["a", "b", "d"], "c serves");
    nodes.set("a", "12ab");
    assert_eq!(nodes.settle(), ["a", "b", "d"], "nobody is moved back");
    for name in ["a", "b", "d"] {
        nodes.set(name, "12dx");
    }
    assert_eq!(nodes.settle(), NOBODY);
}

#[test]
fn a_node_that_was_off_and_comes_back_stays_off_until_it_is_compared() {
    let mut nodes = WordNodes::of(&[("a", "12ab"), ("b", "12c")]);
    assert_eq!(nodes.settle(), ["b"]);
    let since = nodes.history.fork().unwrap().since;
    nodes.lose("b");
    nodes.settle();
    assert!(nodes.history.fork().is_some_and(|fork| fork.since == since));
    nodes.set("b", "12ce");
    assert!(nodes.glance().off[1].is_some());
    nodes.set("b", "12ab");
    assert_eq!(nodes.settle(), NOBODY);
}

#[test]
fn a_node_that_leaves_the_configuration_is_held_no_longer() {
    let mut nodes = WordNodes::of(&[("a", "12ab"), ("b", "12c")]);
    nodes.settle();
    nodes.lose("a");
    assert_eq!(nodes.settle(), ["b"]);
    nodes.by_priority.remove(0);
    assert_eq!(nodes.settle(), NOBODY);
    assert_eq!(nodes.history.fork(), None);
}

#[test]
fn a_node_that_does_not_say_is_asked_again_later_and_one_question_at_a_time() {
    let mut nodes = WordNodes::of(&[("a", "1234"), ("b", "12"), ("c", "123")]);
    nodes.glance();
    let questions = nodes.history.relations.take_questions(nodes.now);
    let at = |name: &'static str| {
        let asked = |question: &&TipQuestion| question.at_upper.as_deref() == Some(name);
        questions.iter().filter(asked).count()
    };
    assert_eq!((at("a"), at("c")), (1, 1));
    let failed = |nodes: &mut WordNodes, question: &TipQuestion| {
        let relations = &mut nodes.history.relations;
        relations.answered(question, TipAnswer::Failed, nodes.now)
    };
    let first = questions
        .iter()
        .find(|question| question.at_upper.as_deref() == Some("a"));
    failed(&mut nodes, first.unwrap());
    let next = nodes.history.relations.take_questions(nodes.now);
    assert_eq!(next.len(), 1, "the other one about a");
    assert_ne!(&next[0], first.unwrap());
    failed(&mut nodes, &next[0]);
    assert_eq!(nodes.history.relations.take_questions(nodes.now), []);
    let later = nodes.now.after(Duration::from_secs(2));
    assert_eq!(nodes.history.relations.take_questions(later).len(), 1);
}

#[derive(Clone, Debug)]
enum ForkEvent {
    Set(usize, String),
    Lose(usize),
    Glance,
}

fn event() -> impl Strategy<Value = ForkEvent> {
    let set = (0..4_usize, "[ab]{0,5}").prop_map(|(node, chain)| ForkEvent::Set(node, chain));
    let lose = (0..4_usize).prop_map(ForkEvent::Lose);
    prop_oneof![6 => set, 1 => lose, 2 => Just(ForkEvent::Glance)]
}

proptest! {
    #[test]
    fn who_is_not_off_is_on_one_chain_and_without_a_fork_nobody_is_off(
        events in proptest::collection::vec(event(), 1..30),
        follows_most_work: bool,
    ) {
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let mut nodes = WordNodes::of(&NAMES.map(|name| (name, "")));
        nodes.follows_most_work = follows_most_work;
        for event in events {
            match event {
                ForkEvent::Set(node, chain) => nodes.set(NAMES[node], &chain),
                ForkEvent::Lose(node) => nodes.lose(NAMES[node]),
                ForkEvent::Glance => {
                    nodes.glance();
                    continue;
                }
            }
            let off = nodes.settle();
            let there = || nodes.by_priority.iter().filter(|node| node.chain.is_some());
            let on_side = || there().filter(|node| !off.contains(&node.name));
            for one in on_side() {
                for other in on_side() {
                    let one = one.chain.as_ref().unwrap();
                    let other = other.chain.as_ref().unwrap();
                    prop_assert!(one.starts_with(other.as_str()) || other.starts_with(one.as_str()));
                }
            }
            let primary = nodes.history.primary.clone();
            if let Some(primary) = primary.filter(|name| there().any(|node| node.name == &**name)) {
                prop_assert!(!off.contains(&&*primary), "{off:?}");
            }
            if follows_most_work && there().count() > 0 {
                prop_assert!(on_side().count() > 0);
            }
            prop_assert_eq!(nodes.history.fork().is_some(), !off.is_empty());
            prop_assert!(nodes.depth() != Some(0));
        }
        // All come to the chain with the most work, wherever they were.
        for name in NAMES {
            nodes.set(name, "zzzzzzz");
        }
        prop_assert_eq!(nodes.settle(), Vec::<&str>::new());
        prop_assert_eq!(nodes.history.fork(), None);
    }
}

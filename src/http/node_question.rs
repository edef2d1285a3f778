//! The question about one node, as balancers ask it: its own health, whether it is in rotation, and
//! what they want of it beside that. Pure.
//!
//! | key | asks |
//! |---|---|
//! | `max_lag=2` | it is at most so many blocks behind; takes the place of `fleet.max_lag_blocks` |
//! | `have=txindex` | it has these optional indexes, complete; a list with commas |
//! | `keeps_from=0` | it has the block at this height, and all above |
//!
//! They decide whether the node is ready and healthy, never whether it lives: a restart cures none
//! of them.

use std::sync::Arc;

use crate::health::{Behind, Check, CheckName, Level, Verdict};
use crate::route::{NodeFacts, Rotation};

/// The optional indexes: as `have` and the node's options call them, and as `getindexinfo` does.
const INDEXES: [(&str, &str); 4] = [
    ("txindex", "txindex"),
    ("blockfilterindex", "basic block filter index"),
    ("coinstatsindex", "coinstatsindex"),
    ("txospenderindex", "txospenderindex"),
];

/// The optional indexes, as `have` calls them.
pub(super) fn index_options() -> [&'static str; 4] {
    INDEXES.map(|(option, _)| option)
}

/// What the node's option for the index that `getindexinfo` calls `reported` is called.
pub(super) fn index_option(reported: &str) -> &str {
    let mut known = INDEXES.iter();
    known
        .find(|(_, name)| *name == reported)
        .map_or(reported, |(option, _)| option)
}

/// What is asked of a node beside its health.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NodeConditions {
    max_lag: Option<u64>,
    have: Vec<&'static str>,
    keeps_from: Option<u32>,
}

/// What a node has, as far as conditions ask for it; `None`: unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeAbilities {
    /// How many blocks it is behind.
    pub(super) lag_blocks: Option<u64>,
    /// Its indexes that are complete, by the names of their options.
    pub(super) indexes: Option<Vec<String>>,
    /// The first block that it has.
    pub(super) first_kept: Option<u32>,
}

/// How one of several nodes is in the rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RotationStanding {
    is_in: bool,
    /// It is out for its lag and for nothing else.
    is_out_by_lag: bool,
    is_drained: bool,
    reason: Option<Arc<str>>,
}

impl RotationStanding {
    pub(super) fn of(node: &NodeFacts) -> Self {
        let is_in = node.is_in_rotation();
        Self {
            is_in,
            is_out_by_lag: !is_in
                && node.rotation == Rotation::Ready
                && !node.drained
                && !node.off_fork,
            is_drained: node.drained,
            reason: node.reason.clone(),
        }
    }

    /// The check that is bad since the node is out of rotation, and why.
    fn bad_check(&self) -> (CheckName, &str) {
        let Some(reason) = self.reason.as_deref() else {
            return (CheckName::Node, "out of rotation");
        };
        if self.is_drained {
            return (CheckName::Node, reason);
        }
        let named = reason
            .split_once(": ")
            .and_then(|(name, text)| Some((name.parse().ok()?, text)));
        named.unwrap_or((CheckName::Node, reason))
    }
}

/// The verdict on one of several nodes: it is not ready while it is out of rotation.
pub(super) fn verdict_in_rotation(verdict: &Verdict, standing: &RotationStanding) -> Verdict {
    let mut verdict = verdict.clone();
    if !standing.is_in {
        let (check, text) = standing.bad_check();
        if !is_bad(&verdict, check) {
            set_bad(&mut verdict, check, text);
        }
    }
    verdict
}

impl NodeConditions {
    /// Whether nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads one key of a query; `Ok(false)`: it is none of these. What is wrong is a sentence.
    pub(super) fn read(&mut self, key: &str, value: &str) -> Result<bool, String> {
        let wrong = |example| format!("{key}={value} is no number; write {key}={example}");
        match key {
            "max_lag" => self.max_lag = Some(value.parse().map_err(|_| wrong(2))?),
            "keeps_from" => self.keeps_from = Some(value.parse().map_err(|_| wrong(0))?),
            "have" => {
                // An empty name is none either: who asks for nothing has made a mistake.
                for name in value.split(',').map(str::trim) {
                    self.have.push(option_of(name)?);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The verdict on a node that has these `abilities`; `standing`: how it is in the rotation, if
    /// it is one of several.
    pub(super) fn verdict(
        &self,
        verdict: &Verdict,
        standing: Option<&RotationStanding>,
        abilities: &NodeAbilities,
    ) -> Verdict {
        let ignores_lag = self.max_lag.is_some();
        let decides = |standing: &&RotationStanding| !(standing.is_out_by_lag && ignores_lag);
        let mut verdict = match standing.filter(decides) {
            Some(standing) => verdict_in_rotation(verdict, standing),
            None => verdict.clone(),
        };
        if let Some(max) = self.max_lag {
            ask_lag(&mut verdict, max, abilities.lag_blocks);
        }
        for name in &self.have {
            let has = |indexes: &Vec<String>| indexes.iter().any(|index| index == name);
            match &abilities.indexes {
                None => set_bad(
                    &mut verdict,
                    CheckName::Chain,
                    &format!("its indexes are unknown, have={name} is asked"),
                ),
                Some(indexes) if has(indexes) => {}
                Some(_) => set_bad(
                    &mut verdict,
                    CheckName::Chain,
                    &format!("{name} is missing or not complete, have={name} is asked"),
                ),
            }
        }
        if let Some(from) = self.keeps_from {
            let asked = format!("keeps_from={from} is asked");
            match abilities.first_kept {
                None => {
                    let text = format!("the first block that it has is unknown, {asked}");
                    set_bad(&mut verdict, CheckName::Chain, &text);
                }
                Some(first) if first > from => {
                    let text = format!("the first block that it has is {first}, {asked}");
                    set_bad(&mut verdict, CheckName::Chain, &text);
                }
                Some(_) => {}
            }
        }
        verdict
    }
}

fn ask_lag(verdict: &mut Verdict, max: u64, of_others: Option<u64>) {
    let of_chain = match verdict.behind {
        Some(Behind::Blocks(blocks)) => Some(u64::from(blocks)),
        Some(Behind::NoHeaders) | None => None,
    };
    let asked = format!("max_lag={max} is asked");
    match of_others.max(of_chain) {
        Some(lag) if lag <= max => {}
        Some(lag) => set_bad(
            verdict,
            CheckName::Sync,
            &format!("{lag} blocks behind, {asked}"),
        ),
        None => set_bad(
            verdict,
            CheckName::Sync,
            &format!("how far it is behind is unknown, {asked}"),
        ),
    }
}

fn option_of(name: &str) -> Result<&'static str, String> {
    let mut known = INDEXES.iter();
    let known = known.find(|(option, reported)| *option == name || *reported == name);
    known.map(|(option, _)| *option).ok_or_else(|| {
        let options = index_options().join(", ");
        format!("have={name} is not known; there are {options}")
    })
}

fn is_bad(verdict: &Verdict, name: CheckName) -> bool {
    let check = verdict.check(name);
    check.is_some_and(|check| check.level == Level::Bad)
}

/// Makes the check `name` bad for `text`, beside what is bad about it already.
fn set_bad(verdict: &mut Verdict, name: CheckName, text: &str) {
    let mut checks = verdict.checks.iter_mut();
    let Some(check) = checks.find(|check| check.name == name) else {
        verdict.checks.push(Check::new(name, Level::Bad, text));
        return;
    };
    let text = if check.level == Level::Bad {
        format!("{}; {text}", check.text)
    } else {
        text.to_owned()
    };
    *check = Check::new(name, Level::Bad, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Question, State};
    use crate::route::WalletClaims;

    fn verdict() -> Verdict {
        let check = |name| Check::new(name, Level::Good, "as it should be");
        Verdict {
            state: State::Ready,
            chain_initialized: true,
            storage_available: true,
            behind: Some(Behind::Blocks(1)),
            eta: None,
            checks: [CheckName::Node, CheckName::Chain, CheckName::Sync]
                .map(check)
                .to_vec(),
            life: vec![check(CheckName::Node)],
        }
    }

    fn facts() -> NodeFacts {
        NodeFacts {
            rotation: Rotation::Ready,
            ..NodeFacts::unknown("a".into(), 1, WalletClaims::Any)
        }
    }

    fn conditions(query: &[(&str, &str)]) -> NodeConditions {
        let mut conditions = NodeConditions::default();
        for (key, value) in query {
            assert_eq!(conditions.read(key, value), Ok(true), "{key}={value}");
        }
        conditions
    }

    fn reasons(verdict: &Verdict) -> Vec<String> {
        assert!(verdict.answer(Question::Live, &[]).ok);
        verdict.answer(Question::Ready, &[]).reasons
    }

    #[test]
    fn a_node_that_is_out_of_rotation_is_not_ready_and_says_why() {
        let drained = NodeFacts {
            drained: true,
            reason: Some("drained: disk".into()),
            ..facts()
        };
        let lagging = NodeFacts {
            lagging: true,
            reason: Some("sync: 5 blocks behind the others".into()),
            ..facts()
        };
        let starting = NodeFacts {
            rotation: Rotation::Starting,
            ..facts()
        };
        for (facts, expected) in [
            (facts(), vec![]),
            (drained, vec!["node: drained: disk"]),
            (lagging, vec!["sync: 5 blocks behind the others"]),
            (starting, vec!["node: out of rotation"]),
        ] {
            let judged = verdict_in_rotation(&verdict(), &RotationStanding::of(&facts));
            assert_eq!(reasons(&judged), expected);
        }
    }

    #[test]
    fn what_a_balancer_allows_takes_the_place_of_the_lag_of_the_configuration() {
        let lagging = RotationStanding::of(&NodeFacts {
            lagging: true,
            reason: Some("sync: 5 blocks behind the others".into()),
            ..facts()
        });
        let abilities = NodeAbilities {
            lag_blocks: Some(5),
            ..NodeAbilities::default()
        };
        let asked = |max| {
            let conditions = conditions(&[("max_lag", max)]);
            reasons(&conditions.verdict(&verdict(), Some(&lagging), &abilities))
        };
        assert_eq!(asked("5"), Vec::<String>::new());
        assert_eq!(asked("4"), ["sync: 5 blocks behind, max_lag=4 is asked"]);
    }

    #[test]
    fn what_is_asked_for_and_not_there_or_unknown_is_a_reason() {
        let all = conditions(&[
            ("max_lag", "1"),
            ("have", "txindex,blockfilterindex"),
            ("keeps_from", "100"),
        ]);
        let has = NodeAbilities {
            lag_blocks: Some(0),
            indexes: Some(vec!["txindex".to_owned(), "blockfilterindex".to_owned()]),
            first_kept: Some(100),
        };
        let empty: [String; 0] = [];
        assert_eq!(reasons(&all.verdict(&verdict(), None, &has)), empty);
        let lacks = NodeAbilities {
            lag_blocks: Some(2),
            indexes: Some(vec!["txindex".to_owned()]),
            first_kept: Some(101),
        };
        assert_eq!(
            reasons(&all.verdict(&verdict(), None, &lacks)),
            [
                "chain: blockfilterindex is missing or not complete, have=blockfilterindex is \
                 asked; the first block that it has is 101, keeps_from=100 is asked",
                "sync: 2 blocks behind, max_lag=1 is asked",
            ]
        );
        let unknown = all.verdict(&verdict(), None, &NodeAbilities::default());
        assert_eq!(reasons(&unknown).len(), 1, "{unknown:?}");
        let far = Verdict {
            behind: None,
            ..verdict()
        };
        let unknown = all.verdict(&far, None, &NodeAbilities::default());
        assert_eq!(reasons(&unknown).len(), 2, "{unknown:?}");
    }

    #[test]
    fn a_condition_that_is_not_understood_is_an_error_and_another_key_is_none() {
        let mut conditions = NodeConditions::default();
        for (key, value, part) in [
            ("max_lag", "x", "max_lag=2"),
            ("keeps_from", "-1", "keeps_from=0"),
            ("have", "addrindex", "txindex, blockfilterindex"),
            ("have", "", "txindex, blockfilterindex"),
        ] {
            let error = conditions.read(key, value).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(conditions.read("_", "1"), Ok(false));
        assert!(conditions.is_empty());
    }
}

//! Each node of the configuration: asked at the same time, and reported with its name.

use tokio::task::JoinSet;

use super::node::{self, Checked};
use super::problem::error;
use crate::config::schema::NodeKind;
use crate::config::{Config, Entry, Origin, Problem};
use crate::node::rpc::ChainIdentity;

/// Asks every attached node, all at once: some may be away.
pub(super) async fn ask(config: &Config) -> Vec<Checked> {
    let mut asked = JoinSet::new();
    for (index, member) in config.members().enumerate() {
        if member.node.kind == NodeKind::Attached {
            let member = member.clone();
            asked.spawn(async move { (index, node::check(&member).await) });
        }
    }
    let mut checked: Vec<Checked> = config.members().map(|_| Checked::default()).collect();
    while let Some(answer) = asked.join_next().await {
        if let Ok((index, found)) = answer
            && let Some(place) = checked.get_mut(index)
        {
            *place = found;
        }
    }
    checked
}

/// The nodes that are on another chain than the first that answered, by their number.
pub(super) fn on_other_chains(config: &Config, checked: &[Checked]) -> Vec<(usize, Problem)> {
    let answered = || {
        let nodes = config.members().zip(checked).enumerate();
        nodes.filter_map(|(index, (member, node))| {
            let identity = node.identity.as_ref()?;
            Some((index, member, identity))
        })
    };
    let Some((_, first, of_first)) = answered().next() else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (index, member, identity) in answered() {
        let Some(difference) = difference(identity, of_first) else {
            continue;
        };
        let message = format!(
            "the node is on another chain than node {}: {difference}",
            first.node.name
        );
        let suggestion =
            "write the rpc_url of a node on the same chain, or give this one to another daemon";
        let problem = Problem {
            suggestion: Some(suggestion.to_owned()),
            ..error("node.rpc_url", &member.node.rpc_url, message)
        };
        problems.push((index, problem));
    }
    problems
}

/// What of two chains is not the same.
fn difference(one: &ChainIdentity, other: &ChainIdentity) -> Option<String> {
    if one.genesis != other.genesis {
        return Some(format!(
            "its genesis block is {}, not {}",
            one.genesis, other.genesis
        ));
    }
    let challenge = |of: &ChainIdentity| of.signet_challenge.clone().unwrap_or_default();
    let is_another_signet = one.signet_challenge != other.signet_challenge;
    is_another_signet.then(|| {
        format!(
            "its signet_challenge is \"{}\", not \"{}\"",
            challenge(one),
            challenge(other)
        )
    })
}

/// A problem of the node with this number, where the value was written: in its entry, in the
/// section for all, or nowhere; then it is at the entry's name.
pub(super) fn located(
    problem: Problem,
    config: &Config,
    index: usize,
    entries: &[Entry],
) -> Problem {
    let Some(key) = problem.key.clone().filter(|_| config.has_node_list()) else {
        return problem.located(entries);
    };
    let name = key.strip_prefix("node.").unwrap_or(&key).to_owned();
    let own = format!("nodes[{index}].{name}");
    let is_own = entries.iter().any(|entry| entry.key == own);
    let is_for_all = entries
        .iter()
        .any(|entry| entry.key == key && entry.origin != Origin::Default);
    let in_list = format!("nodes.{name}");
    let (at, shown) = match (is_own, is_for_all) {
        (true, _) => (own, in_list),
        (false, true) => (key.clone(), key),
        (false, false) => (format!("nodes[{index}].name"), in_list),
    };
    let node = config.members().nth(index);
    let node = node.map_or("", |member| member.node.name.as_str());
    let message = format!("node {node}: {}", problem.message);
    let problem = Problem {
        key: Some(at),
        message,
        ..problem
    };
    Problem {
        key: Some(shown),
        ..problem.located(entries)
    }
}

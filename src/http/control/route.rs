//! `GET /api/v1/route?method=&wallet=&user=`: which node would get a call now, and why the others
//! would not.

use hyper::StatusCode;
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::ControlApi;
use crate::api::{RouteCandidate, RouteExplainQuery, RouteExplained};
use crate::clock;
use crate::gateway::{CallerQuery, withheld};
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};
use crate::route::{
    Class, Classification, Exclusion, METHODS, Needs, NoNode, NodeFacts, NodeSet, RouteQuery,
    RouteTable, choose, classify, explain, method_index,
};
use crate::values::Mono;

pub(super) fn answer(api: &ControlApi, query: &str) -> Reply {
    let query = match RouteExplainQuery::parse(query) {
        Ok(query) => query,
        Err(problem) => return reply::problem(StatusCode::BAD_REQUEST, &problem),
    };
    let now = clock::mono();
    let caller = CallerQuery {
        user: query.user.clone(),
        method: Some(query.method.clone()),
        address: None,
    };
    let caller = match api.gateway.explain(&caller, now) {
        Ok(caller) => caller,
        Err(error) => return reply::problem(StatusCode::NOT_FOUND, &error.to_string()),
    };
    if !api.cache.settings().rpc.enabled {
        let detail = "rpc.enabled is false: there is no gateway";
        return reply::problem(StatusCode::CONFLICT, detail);
    }
    let members = api.roster().all();
    let mut explained = if let Some(only) = members.only() {
        of_only_node(query, only.settings().name.clone())
    } else {
        let fleet = api.cache.router().read(now);
        let in_flight = |name: &str| api.gateway.overview(name).in_flight;
        let below = |class| {
            let names = api.gateway.below_floor(caller.caller, class);
            let mut below = NodeSet::default();
            for (index, node) in fleet.table.nodes.iter().enumerate() {
                if names.contains(&node.name) {
                    below.insert(index);
                }
            }
            below
        };
        of_table(query, &fleet.table, (caller.caller, below), in_flight, now)
    };
    if let Some(forbidden) = caller.forbidden {
        explained.node = None;
        explained.reason = Some(forbidden);
    }
    reply::value(StatusCode::OK, &explained)
}

fn classification(query: &RouteExplainQuery) -> Classification {
    let known = method_index(&query.method).and_then(|index| METHODS.get(usize::from(index)));
    let classification = classify(known, None);
    match query.wallet {
        Some(_) => classification.at_wallet_path(),
        None => classification,
    }
}

/// The only node gets every call, and no class is looked at.
fn of_only_node(query: RouteExplainQuery, name: String) -> RouteExplained {
    RouteExplained {
        class: classification(&query).class.label().to_owned(),
        method: query.method,
        wallet: query.wallet,
        user: query.user,
        node: Some(name.clone()),
        reason: None,
        nodes: vec![RouteCandidate {
            name,
            candidate: true,
            reason: None,
        }],
    }
}

/// As the gateway chooses: `caller` is whose call it is, `below_floor` which nodes would show it
/// less than before, `in_flight` how many are at a node.
fn of_table(
    query: RouteExplainQuery,
    table: &RouteTable,
    (caller, below_floor): (u64, impl Fn(Class) -> NodeSet),
    in_flight: impl Fn(&str) -> usize,
    now: Mono,
) -> RouteExplained {
    let classification = classification(&query);
    let needs = classification.needs;
    let withheld = withheld(&query.method, &table.nodes);
    let route = RouteQuery {
        class: classification.class,
        // Nearly all blocks are asked for while they are new.
        needs: match classification.class {
            Class::Heavy => needs,
            _ => needs.missing_from(Needs::BLOCKS),
        },
        named: None,
        wallet: query.wallet.as_deref(),
        caller,
        tried: withheld.map_or_else(NodeSet::default, |(nodes, _)| nodes),
        below_floor: below_floor(classification.class),
        now,
    };
    let in_flight = |index: usize| {
        let node = table.nodes.get(index);
        node.map_or(0, |node| in_flight(&node.name))
    };
    let chosen = choose(table, &route, in_flight);
    let name = |index: usize| table.nodes.get(index).map(|node| node.name.to_string());
    let first = chosen.ok();
    let mut nodes = candidates(table, &route, first, in_flight);
    let (withheld_from, why) = withheld.unwrap_or_default();
    nodes.extend(excluded_for(table, withheld_from, why));
    RouteExplained {
        method: query.method,
        wallet: query.wallet.clone(),
        user: query.user,
        class: classification.class.label().to_owned(),
        node: first.and_then(name),
        reason: chosen.err().map(|none| why_nobody(none, name)),
        nodes,
    }
}

/// The `nodes` that get no call, all for the same reason.
fn excluded_for(table: &RouteTable, nodes: NodeSet, why: &str) -> Vec<RouteCandidate> {
    let mut excluded = Vec::new();
    for (index, node) in table.nodes.iter().enumerate() {
        if nodes.contains(index) {
            excluded.push(RouteCandidate {
                name: node.name.to_string(),
                candidate: false,
                reason: Some(why.to_owned()),
            });
        }
    }
    excluded
}

/// Every node that `route` looks at, in the order in which it would get the call; `first` is the
/// one that gets it.
fn candidates(
    table: &RouteTable,
    route: &RouteQuery<'_>,
    first: Option<usize>,
    in_flight: impl Fn(usize) -> usize,
) -> Vec<RouteCandidate> {
    let mut nodes = Vec::new();
    for (index, exclusion) in explain(table, route, in_flight) {
        let Some(node) = table.nodes.get(index) else {
            continue;
        };
        nodes.push(RouteCandidate {
            name: node.name.to_string(),
            candidate: exclusion.is_none(),
            reason: match exclusion {
                Some(exclusion) => Some(why_excluded(node, exclusion)),
                None if first == Some(index) => None,
                None => Some(why_not_first(node, table, first, route)),
            },
        });
    }
    nodes
}

/// The node's own reason where it has one that fits.
fn why_excluded(node: &NodeFacts, exclusion: Exclusion) -> String {
    let own = match exclusion {
        Exclusion::Drained | Exclusion::NotReady(_) | Exclusion::OffFork | Exclusion::Lagging => {
            node.reason.as_deref()
        }
        Exclusion::NotNamed
        | Exclusion::BelowFloor
        | Exclusion::Unnamed
        | Exclusion::WalletElsewhere
        | Exclusion::Tried => None,
    };
    own.unwrap_or_else(|| exclusion.text()).to_owned()
}

/// Why `node`, which may get the call, does not get it before the one that does.
fn why_not_first(
    node: &NodeFacts,
    table: &RouteTable,
    first: Option<usize>,
    query: &RouteQuery<'_>,
) -> String {
    if let Some(reason) = &node.reason {
        return reason.to_string();
    }
    let lacks = query.needs.missing_from(node.has);
    if !lacks.is_empty() {
        let lacks: Vec<_> = lacks.labels().collect();
        return format!("lacks {}", lacks.join(", "));
    }
    if node.standby_until.is_some_and(|until| query.now < until) {
        return "ready again, not preferred yet (fleet.failback_secs)".to_owned();
    }
    let first = first.and_then(|first| table.nodes.get(first));
    match first {
        Some(first) if first.priority == node.priority => {
            format!("of the same priority as {}", first.name)
        }
        Some(first) => format!(
            "its priority is {}, that of {} is {}",
            node.priority, first.name, first.priority
        ),
        None => "not the first".to_owned(),
    }
}

fn why_nobody(none: NoNode, name: impl Fn(usize) -> Option<String>) -> String {
    match none {
        NoNode::Unnamed => "only a named node gets it: POST /node/NAME".to_owned(),
        NoNode::UnknownWallet => "no node has the wallet: nodes.wallets".to_owned(),
        NoNode::WalletNodeOut(index) => format!(
            "the node {} has the wallet, and is out of rotation",
            name(index).unwrap_or_default()
        ),
        NoNode::BelowFloor => "no node has as much of the chain as was shown already".to_owned(),
        NoNode::Exhausted | NoNode::NoneReady => "no node is ready for such a call".to_owned(),
        NoNode::NoneAnswers => "no node answers".to_owned(),
    }
}

pub(super) fn describe() -> OperationDraft {
    let query = RouteExplainQuery::into_params(|| Some(ParameterIn::Query));
    OperationDraft::new(
        "nodes",
        "explainRoute",
        "Which node would get a call now, and why the others would not",
    )
    .parameters(query)
    .gives::<RouteExplained>(
        200,
        "The nodes in the order in which they would get it",
        golden!("route_explained"),
    )
    .refuses(404, "There is no such user")
    .refuses(409, "There is no gateway: rpc.enabled is false")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::route::{Rotation, WalletClaims};

    fn node(name: &str, priority: u32) -> NodeFacts {
        let wallets = WalletClaims::Named([Box::from(name)].into());
        NodeFacts {
            rotation: Rotation::Ready,
            has: Needs::BLOCKS,
            ..NodeFacts::unknown(name.into(), priority, wallets)
        }
    }

    fn explained(nodes: Vec<NodeFacts>, method: &str, wallet: Option<&str>) -> RouteExplained {
        let table = RouteTable {
            nodes,
            ..RouteTable::default()
        };
        let query = RouteExplainQuery {
            method: method.to_owned(),
            wallet: wallet.map(str::to_owned),
            user: None,
        };
        let now = Mono::from_start(Duration::from_secs(9));
        of_table(query, &table, (0, |_| NodeSet::default()), |_| 0, now)
    }

    fn reasons(explained: &RouteExplained) -> Vec<(&str, &str)> {
        let nodes = explained.nodes.iter();
        nodes
            .map(|node| (&*node.name, node.reason.as_deref().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn the_first_gets_it_and_each_other_one_says_why_not() {
        let drained = NodeFacts {
            drained: true,
            reason: Some("drained: disk".into()),
            ..node("c", 5)
        };
        let explained = explained(
            vec![node("b", 20), node("a", 10), drained],
            "getblockcount",
            None,
        );
        assert_eq!(explained.node.as_deref(), Some("a"));
        assert_eq!(explained.class, "view");
        let expected = [
            ("a", ""),
            ("b", "its priority is 20, that of a is 10"),
            ("c", "drained: disk"),
        ];
        assert_eq!(reasons(&explained), expected);
    }

    #[test]
    fn a_node_without_private_broadcast_says_that_another_has_it() {
        let hiding = |rotation| NodeFacts {
            is_private_broadcast: true,
            rotation,
            reason: (rotation != Rotation::Ready).then(|| "node: away".into()),
            ..node("b", 20)
        };
        let while_hiding_is = |rotation| {
            explained(
                vec![node("a", 10), hiding(rotation)],
                "sendrawtransaction",
                None,
            )
        };
        let here = while_hiding_is(Rotation::Ready);
        assert_eq!(here.node.as_deref(), Some("b"));
        let without = "without private broadcast, which another node has (nodes.private_broadcast)";
        assert_eq!(reasons(&here), [("b", ""), ("a", without)]);
        let away = while_hiding_is(Rotation::Unreachable);
        assert_eq!(away.node, None);
        assert_eq!(reasons(&away), [("b", "node: away"), ("a", without)]);
        let package = explained(
            vec![node("a", 10), hiding(Rotation::Ready)],
            "submitpackage",
            None,
        );
        assert_eq!(package.node, None);
        assert!(
            reasons(&package)
                .iter()
                .all(|(_, why)| why.contains("POST /node/NAME"))
        );
    }

    #[test]
    fn a_wallet_decides_and_a_change_goes_to_nobody_that_is_not_named() {
        let nodes = || vec![node("a", 10), node("b", 20)];
        let of_wallet = explained(nodes(), "getbalance", Some("b"));
        assert_eq!(of_wallet.node.as_deref(), Some("b"));
        assert_eq!(of_wallet.class, "wallet");
        let stop = explained(nodes(), "stop", None);
        assert_eq!((stop.node, &*stop.class), (None, "node_change"));
        assert!(stop.reason.unwrap().contains("POST /node/NAME"));
        let unknown = explained(nodes(), "getbalance", Some("x"));
        assert!(unknown.reason.unwrap().contains("nodes.wallets"));
    }
}

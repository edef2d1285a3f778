//! Who would get a call, and why the other nodes would not: for operators.

use std::sync::Arc;

use super::Gateway;
use super::report::{NoSuchUser, find_user};
use crate::metrics::Method;
use crate::route::{Class, Exclusion, FloorCaller, Needs, NodeSet, RouteQuery, classify, explain};
use crate::values::Mono;

/// What to explain the way of.
#[derive(Clone, Copy, Debug, Default)]
pub struct RouteInquiry<'a> {
    /// The method, called without parameters.
    pub method: &'a str,
    /// The wallet that the path names.
    pub wallet: Option<&'a str>,
    /// The user who calls.
    pub user: Option<&'a str>,
}

/// Who would get a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteExplanation {
    /// The class of the call.
    pub class: Class,
    /// All nodes: those that would get it, in the order in which they are asked, and then the
    /// others.
    pub nodes: Vec<RouteCandidate>,
}

/// A node that would get a call, or would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteCandidate {
    /// Its name.
    pub name: Arc<str>,
    /// Why it would not get the call; `None`: it would.
    pub reason: Option<String>,
}

impl Gateway {
    /// Who would get a call `now`.
    pub fn explain_route(
        &self,
        inquiry: RouteInquiry<'_>,
        now: Mono,
    ) -> Result<RouteExplanation, NoSuchUser> {
        let rules = self.rules.load();
        let user = inquiry
            .user
            .map(|name| find_user(rules.users.all(), name))
            .transpose()?;
        let mut classification = classify(Method::of(inquiry.method).known(), None);
        if inquiry.wallet.is_some() {
            classification = classification.at_wallet_path();
        }
        let class = classification.class;
        let set = self.upstreams.load();
        if let Some(only) = set.only() {
            let (name, reason) = (Arc::clone(only.name()), None);
            let nodes = vec![RouteCandidate { name, reason }];
            return Ok(RouteExplanation { class, nodes });
        }
        let caller = user.map_or(0, |user| user.key.hash());
        let (floor, table) = set.floor();
        let query = RouteQuery {
            class,
            needs: classification.needs.missing_from(Needs::BLOCKS),
            named: None,
            wallet: inquiry.wallet,
            caller,
            tried: NodeSet::default(),
            below_floor: floor.below(table, FloorCaller { caller, class }),
            now,
        };
        let order = explain(table, &query, |index| set.in_flight(index));
        let candidate = |(index, exclusion): (usize, Option<Exclusion>)| {
            let facts = set.facts(index)?;
            let reason = exclusion.map(|exclusion| reason(exclusion, facts.reason.as_deref()));
            let name = Arc::clone(&facts.name);
            Some(RouteCandidate { name, reason })
        };
        let nodes = order.into_iter().filter_map(candidate).collect();
        Ok(RouteExplanation { class, nodes })
    }
}

/// Why a node is no candidate: in its `own` words, where it is its state that matters.
fn reason(exclusion: Exclusion, own: Option<&str>) -> String {
    match (exclusion, own) {
        (
            Exclusion::NotNamed
            | Exclusion::Unnamed
            | Exclusion::WalletElsewhere
            | Exclusion::BelowFloor,
            _,
        )
        | (_, None) => exclusion.text().to_owned(),
        (_, Some(own)) => own.to_owned(),
    }
}

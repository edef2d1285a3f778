//! The nodes of a daemon: how each is used, drains, and which node would get a call.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use super::health::NodeState;
use super::whole_number::whole_number;
use super::words::words;

words! {
    /// How a node is in the rotation.
    RotationState {
        /// It gets calls.
        In = "in",
        /// It gets calls, but another node is preferred until it has been ready for long enough.
        Standby = "standby",
        /// It gets calls, but its chain is locked: those that read the chain go elsewhere.
        Busy = "busy",
        /// It gets no reads of the tip.
        Out = "out",
    }
}

/// A node in short; a row of `GET /api/v1/nodes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeSummary {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: NodeState,
    /// How it is in the rotation.
    #[serde(default)]
    pub rotation: RotationState,
    /// Reads of the chain go to it now.
    #[serde(default)]
    pub reads: bool,
    /// Why it is not used as the configuration prefers, a sentence; `null`: it is.
    pub reason: Option<String>,
    /// The lower, the sooner it is used. Of one of several.
    pub priority: Option<u32>,
    /// The height of its tip.
    pub height: Option<u32>,
    /// How many blocks it is behind the best of its headers and peers.
    pub blocks_behind: Option<u32>,
    /// How many blocks it is behind the other nodes. Of one of several.
    pub lag_blocks: Option<u64>,
    /// The lowest height whose block it still has whole.
    pub first_kept_height: Option<u32>,
    /// Its optional indexes that are complete, as its options call them; `null`: unknown.
    pub indexes: Option<Vec<String>>,
    /// Calls of clients that are at it.
    pub in_flight: Option<usize>,
    /// Half of its answers to clients begin within this time, seconds. Of one of several.
    pub p50_secs: Option<f64>,
    /// The kind of program: `core`, `knots`, `embedded`, …
    pub flavour: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// When it last reported its chain.
    pub chain_answered_at: Option<Timestamp>,
    /// But for a drain it would be in rotation.
    #[serde(default)]
    pub ready: bool,
    /// The drain by an operator; `null`: it is not drained.
    pub drained: Option<DrainDocument>,
}

/// The drain of a node by an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrainDocument {
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself; `null`: never.
    pub until: Option<Timestamp>,
}

/// `POST /api/v1/nodes/NAME/drain`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DrainRequest {
    /// Why, in the operator's words: one line.
    #[schema(
        max_length = 200,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$",
        example = "new disk"
    )]
    pub reason: Option<String>,
    /// It ends by itself after so many seconds; `null`: never.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 3600)]
    #[serde(deserialize_with = "whole_number")]
    pub for_secs: Option<u64>,
    /// Drain it even if fewer nodes than `fleet.min_ready` are left.
    pub force: bool,
}

/// `GET` and `POST /api/v1/nodes/NAME/drain`: how the node is drained now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeDrained {
    /// The node.
    pub node: String,
    /// Its drain; `null`: it is not drained.
    pub drained: Option<DrainDocument>,
}

/// `DELETE /api/v1/nodes/NAME/drain`: the drain is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeUndrained {
    /// The node.
    pub undrained: String,
    /// It was drained before.
    pub was_drained: bool,
}

/// The query of `GET /api/v1/route`: the call to explain.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RouteExplainQuery {
    /// The method that is called.
    #[param(min_length = 1, example = "getblockcount")]
    pub method: String,
    /// The wallet of its path.
    pub wallet: Option<String>,
    /// The user that calls.
    pub user: Option<String>,
}

impl RouteExplainQuery {
    /// The query, encoded.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("method", &self.method);
        for (key, value) in [("wallet", &self.wallet), ("user", &self.user)] {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        query.finish()
    }

    /// Reads a query; what is wrong with it is a sentence.
    pub fn parse(query: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            match key.as_str() {
                "method" => parsed.method = value,
                "wallet" => parsed.wallet = Some(value),
                "user" => parsed.user = Some(value),
                _ => {
                    return Err(format!(
                        "there is no key {key}; there are method, wallet and user"
                    ));
                }
            }
        }
        if parsed.method.is_empty() {
            return Err("name a method: method=getblockcount".to_owned());
        }
        Ok(parsed)
    }
}

/// `GET /api/v1/route`: which node would get one call now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteExplained {
    /// The method that was asked for.
    pub method: String,
    /// The wallet that was asked for.
    pub wallet: Option<String>,
    /// The user that was asked for.
    pub user: Option<String>,
    /// The class of the method: `view`, `by_hash`, …
    pub class: String,
    /// The node that would get the call; `null`: none.
    pub node: Option<String>,
    /// Why no node would get it, a sentence; `null`: one would.
    pub reason: Option<String>,
    /// The nodes, those that may get the call first, in the order in which they would.
    pub nodes: Vec<RouteCandidate>,
}

/// What one node is to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteCandidate {
    /// The node.
    pub name: String,
    /// It may get the call.
    pub candidate: bool,
    /// Why it does not get the call, or not first; `null`: it gets it.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let query = RouteExplainQuery {
            method: "getblock".to_owned(),
            wallet: Some("a b&c=d".to_owned()),
            user: None,
        };
        assert_eq!(RouteExplainQuery::parse(&query.to_query()), Ok(query));
        let wrong = [
            ("", "name a method"),
            ("method=", "name a method"),
            ("method=x&ip=1", "no key ip"),
        ];
        for (query, part) in wrong {
            let error = RouteExplainQuery::parse(query).unwrap_err();
            assert!(error.contains(part), "{query}: {error}");
        }
    }

    #[test]
    fn a_drain_without_a_document_is_for_ever_and_not_forced() {
        let request: DrainRequest = serde_json::from_str("{}").unwrap();
        assert_eq!(request, DrainRequest::default());
        assert!(serde_json::from_str::<DrainRequest>(r#"{"for":1}"#).is_err());
    }
}

//! The limits of the JSON-RPC gateway.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, ToSchema};

use super::words::words;

words! {
    /// `rpc.auth.rate_limit_mode`
    LimitsMode {
        /// Calls above a limit are refused.
        Enforce = "enforce",
        /// They are only counted.
        Observe = "observe",
    }
}

words! {
    /// What a bucket is of.
    LimitLayer {
        /// A client's address.
        Address = "address",
        /// A user.
        User = "user",
        /// A method, of one user or address.
        Method = "method",
    }
}

/// The limits in short. Names nobody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LimitsSummary {
    /// There are limits.
    pub enabled: bool,
    /// What happens above a limit.
    pub mode: Option<LimitsMode>,
    /// Of each address, and of each user without a rate of its own, calls a second.
    pub rate: Option<f64>,
    /// Calls at once, of the same.
    pub burst: Option<u32>,
    /// How many methods have a limit of their own.
    pub limited_methods: usize,
    /// How many users there are.
    pub users: usize,
    /// Calls at the node.
    pub in_flight: usize,
    /// At most so many.
    pub max_in_flight: usize,
    /// Of the calls at the node, those that wait for a block.
    pub long_polls: usize,
    /// At most so many.
    pub max_long_polls: usize,
    /// Callers that are remembered, by layer.
    pub callers: CallersByLayer,
}

/// Callers that are remembered, by layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CallersByLayer {
    /// Addresses.
    pub address: usize,
    /// Pairs of a method and a user or an address.
    pub method: usize,
    /// Users.
    pub user: usize,
}

/// The rate of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitRate {
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: u32,
}

/// A user and its limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitedUser {
    /// Its name.
    pub name: String,
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: u32,
    /// What it may call: names with `*`.
    #[serde(default)]
    pub methods: Vec<String>,
}

words! {
    /// Who decides about limits that several daemons share.
    SharingMode {
        /// All of them together, in the store.
        Shared = "shared",
        /// The store is away: each daemon enforces its part.
        Share = "share",
        /// The store is away: each daemon enforces the whole limits.
        Open = "open",
        /// The store is away: nothing passes.
        Closed = "closed",
    }
}

/// The store of limits that several daemons share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitsStore {
    /// Where it is.
    pub url: String,
    /// It is used.
    pub up: bool,
    /// Who decides.
    pub mode: SharingMode,
    /// For how long that has been so.
    pub seconds: u64,
    /// Why it is away, or what is wrong with it.
    pub reason: Option<String>,
    /// The product and its version.
    pub version: Option<String>,
    /// Daemons with the same one share.
    pub namespace: String,
    /// What a limit is divided by while the store is away.
    pub replicas: u32,
    /// Daemons that are alive, as far as is known.
    pub members: u32,
    /// Callers of whom something is known here.
    pub purses: usize,
    /// Tokens that this daemon holds ahead.
    pub held: u64,
}

/// `GET /api/v1/limits`: the limits in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitsDocument {
    /// The limits in short.
    #[serde(flatten)]
    pub summary: LimitsSummary,
    /// What may be called: names with `*`.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Methods with a limit of their own.
    #[serde(default)]
    pub per_method: BTreeMap<String, LimitRate>,
    /// The users.
    #[serde(default)]
    pub users_by_name: Vec<LimitedUser>,
    /// Networks without limits.
    #[serde(default)]
    pub exempt: Vec<String>,
    /// Networks of proxies that are believed whom they ask for.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// The store of limits that several daemons share, if they are.
    #[serde(default)]
    pub store: Option<LimitsStore>,
}

/// The query of `GET /api/v1/limits/explain`: whom to explain the limits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// The user's name.
    pub user: Option<String>,
    /// The client's address; loopback if not given.
    #[param(schema_with = ip_address, example = "192.0.2.7")]
    pub address: Option<IpAddr>,
    /// The method it calls.
    #[param(example = "getblock")]
    pub method: Option<String>,
}

/// An address of either kind.
fn ip_address() -> impl Into<RefOr<Schema>> {
    let of_format = |format| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(format)))
    };
    AnyOfBuilder::new()
        .item(of_format(KnownFormat::Ipv4))
        .item(of_format(KnownFormat::Ipv6))
}

impl ExplainQuery {
    /// As it is written behind the path, without the question mark.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let address = self.address.map(|address| address.to_string());
        let pairs = [
            ("user", &self.user),
            ("address", &address),
            ("method", &self.method),
        ];
        for (key, value) in pairs {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        query.finish()
    }

    /// Reads the query. What is wrong with it is a sentence.
    pub fn parse(query: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            match key.as_str() {
                "user" => parsed.user = Some(value),
                "method" => parsed.method = Some(value),
                "address" => {
                    let address = value
                        .parse()
                        .map_err(|_| format!("address={value} is no IP address"))?;
                    parsed.address = Some(address);
                }
                _ => {
                    return Err(format!(
                        "there is no key {key}; there are user, address and method"
                    ));
                }
            }
        }
        Ok(parsed)
    }
}

/// `GET /api/v1/limits/explain`: what would become of one call now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitsExplained {
    /// The user that was asked for.
    pub user: Option<String>,
    /// The client's address.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// The method that was asked for.
    pub method: Option<String>,
    /// The call would go to the node.
    pub passes: bool,
    /// Why, or why not, a sentence.
    #[serde(default)]
    pub reason: String,
    /// The buckets it would be charged to.
    #[serde(default)]
    pub layers: Vec<LimitStep>,
}

/// One bucket that a call would be charged to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitStep {
    /// What the bucket is of.
    pub layer: LimitLayer,
    /// Whose it is.
    pub key: String,
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: u32,
    /// Whole tokens that are there now.
    pub tokens: u32,
    /// Of those, what this daemon holds ahead; unknown where limits are not shared.
    #[serde(default)]
    pub held: Option<u32>,
}

/// `POST /api/v1/limits/try`: what came of calls of callers that nobody else is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LimitsTried {
    /// What happens above a limit; `null`: nothing is limited.
    pub mode: Option<LimitsMode>,
    /// Each limit that was tried.
    pub limits: Vec<LimitTried>,
    /// So many were not tried: there are too many.
    pub left_out: usize,
}

/// The trial of one limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitTried {
    /// What has the limit.
    pub layer: LimitLayer,
    /// The user or the method; `null`: each address.
    pub name: Option<String>,
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: u32,
    /// So many calls should pass at once: less than the burst, where another limit is lower.
    pub expected: u32,
    /// So many passed.
    pub passed: u32,
    /// How long they took, seconds; meanwhile more may pass.
    pub took_secs: f64,
    /// What refused the next call, or would have; `null`: nothing did.
    pub refused_by: Option<LimitLayer>,
    /// How long the caller would have to wait.
    pub retry_after_ms: Option<u64>,
    /// A call passes after that.
    pub passes_then: bool,
    /// Another caller would have passed at that moment.
    pub others_pass: bool,
    /// Why the trial came to no end.
    pub undecided: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let query = ExplainQuery {
            user: Some("a b&c=d".to_owned()),
            address: Some("2001:db8::1".parse().unwrap()),
            method: None,
        };
        assert_eq!(ExplainQuery::parse(&query.to_query()), Ok(query));
        assert_eq!(ExplainQuery::parse(""), Ok(ExplainQuery::default()));
        let wrong = [
            ("address=x", "address=x is no IP address"),
            ("ip=::1", "there is no key ip"),
        ];
        for (query, part) in wrong {
            let error = ExplainQuery::parse(query).unwrap_err();
            assert!(error.contains(part), "{query}: {error}");
        }
    }
}

//! The gateway's own answers: a status, a JSON-RPC error with the caller's id, and when to retry.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::parse::{ParsedCall, RpcCalls, RpcVersion};
use super::route_refusal::RouteRefusal;
use crate::metrics::CallOutcome;
use crate::values::ConnectionOrigin;

/// The listener's reason to refuse a request, found before the gateway reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// A browser sent it for a page of another origin.
    ForeignOrigin,
    /// A browser sent it to a host name that is not one of this server's.
    ForeignHost,
    /// Where its body ends, or where it goes, is ambiguous; and why.
    Unclear(&'static str),
}

/// Why a request is not answered by the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallRefusal {
    NotJson(String),
    NotACall(String),
    /// No or wrong credentials.
    Unauthorized,
    Forbidden {
        method: String,
        /// The list that does not have it.
        by: String,
    },
    /// A browser sent it for a page of another origin.
    ForeignOrigin,
    /// A browser sent it to a host name that is not one of this server's.
    ForeignHost,
    BodyTooLarge {
        most: u64,
    },
    BatchTooLarge {
        most: usize,
    },
    /// It would never pass: it costs more than a full bucket holds.
    AboveBurst {
        layer: &'static str,
        /// Whose bucket it is.
        key: String,
        cost: u32,
        burst: u32,
    },
    /// Over a limit. `layer` is `login` for too many failed logins.
    Limited {
        layer: &'static str,
        key: String,
        wait: Duration,
    },
    /// The node cannot be reached, or does not let bllvmctl in: the call has not run.
    NodeDown(String),
    /// The connection to the node broke during the call, which may have run.
    NoAnswer(String),
    /// The node has not answered in time: the call may still run.
    NodeTimedOut,
    /// No slot became free in time.
    Busy(String),
    /// It goes to no node.
    Route(RouteRefusal),
    /// The client was too slow.
    TimedOut(String),
}

impl From<RouteRefusal> for CallRefusal {
    fn from(refusal: RouteRefusal) -> Self {
        Self::Route(refusal)
    }
}

impl CallRefusal {
    /// A node that was chosen is configured no longer.
    pub(super) fn node_is_gone() -> Self {
        Self::NodeDown("the node is not configured any longer".to_owned())
    }

    /// Whether a node is waited for that has what the caller has seen.
    pub(super) fn is_below_floor(&self) -> bool {
        matches!(self, Self::Route(RouteRefusal::BelowFloor))
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::NotJson(_) => 500,
            Self::NotACall(_) => 400,
            Self::Unauthorized => 401,
            Self::Forbidden { .. } | Self::ForeignOrigin | Self::ForeignHost => 403,
            Self::TimedOut(_) => 408,
            Self::BodyTooLarge { .. } | Self::BatchTooLarge { .. } | Self::AboveBurst { .. } => 413,
            Self::Limited { .. } => 429,
            Self::NodeDown(_) | Self::NoAnswer(_) => 502,
            Self::Busy(_) => 503,
            Self::NodeTimedOut => 504,
            Self::Route(refusal) => refusal.status(),
        }
    }

    /// The JSON-RPC code.
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::NotJson(_) => -32700,
            Self::NotACall(_)
            | Self::BodyTooLarge { .. }
            | Self::BatchTooLarge { .. }
            | Self::AboveBurst { .. }
            | Self::TimedOut(_) => -32600,
            Self::Unauthorized => -32001,
            Self::Forbidden { .. } | Self::ForeignOrigin | Self::ForeignHost => -32003,
            Self::Limited { .. } => -32005,
            Self::NodeDown(_) | Self::NoAnswer(_) => -32010,
            Self::Busy(_) => -32011,
            Self::NodeTimedOut => -32012,
            Self::Route(refusal) => refusal.code(),
        }
    }

    /// How the request ends by it.
    pub(super) fn outcome(&self) -> CallOutcome {
        match self {
            Self::NotJson(_) | Self::NotACall(_) => CallOutcome::Invalid,
            Self::Unauthorized => CallOutcome::Unauthorized,
            Self::Forbidden { .. } | Self::ForeignOrigin | Self::ForeignHost => {
                CallOutcome::Forbidden
            }
            Self::BodyTooLarge { .. } | Self::BatchTooLarge { .. } | Self::AboveBurst { .. } => {
                CallOutcome::TooLarge
            }
            Self::Limited { .. } => CallOutcome::Limited,
            Self::NodeDown(_) | Self::NoAnswer(_) => CallOutcome::NodeDown,
            Self::Busy(_) => CallOutcome::Busy,
            Self::TimedOut(_) | Self::NodeTimedOut => CallOutcome::TimedOut,
            Self::Route(refusal) => refusal.outcome(),
        }
    }

    /// The layer that limits, for the log.
    pub(super) fn limited(&self) -> Option<&'static str> {
        match self {
            Self::Limited { layer, .. } | Self::AboveBurst { layer, .. } => Some(layer),
            _ => None,
        }
    }

    /// Whole seconds until it is worth another try, rounded up.
    pub(super) fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::Limited { wait, .. } => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Self::Busy(_) => Some(1),
            Self::Route(refusal) => refusal.is_temporary().then_some(1),
            _ => None,
        }
    }
}

impl std::fmt::Display for CallRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(detail) => write!(f, "Parse error: {detail}"),
            Self::NotACall(detail) => write!(f, "Invalid Request: {detail}"),
            Self::Unauthorized => f.write_str("the credentials are missing or wrong"),
            Self::Forbidden { method, by } => write!(f, "{method} is not allowed here ({by})"),
            Self::ForeignOrigin => f.write_str("requests from a foreign Origin are refused"),
            Self::ForeignHost => {
                f.write_str("the Host is none of this server's names; name it in rpc.allowed_hosts")
            }
            Self::BodyTooLarge { most } => write!(
                f,
                "the body is longer than {most} bytes (rpc.max_body_bytes)"
            ),
            Self::BatchTooLarge { most } => {
                write!(f, "the batch has more than {most} calls (rpc.max_batch)")
            }
            Self::AboveBurst {
                layer,
                key,
                cost,
                burst,
            } => {
                let rule = rule(layer, key, "burst");
                write!(
                    f,
                    "{cost} calls at once are more than the {layer}'s limit ever allows, which is \
                     {burst} ({rule})"
                )
            }
            Self::Limited {
                layer: "login",
                wait,
                ..
            } => {
                write!(
                    f,
                    "too many failed logins from this address; try again in {}",
                    seconds(*wait)
                )
            }
            Self::Limited { layer, key, wait } => {
                let rule = rule(layer, key, "rate");
                write!(
                    f,
                    "over the rate limit of this {layer} ({rule}); try again in {}",
                    seconds(*wait)
                )
            }
            Self::NodeTimedOut => f.write_str(
                "the node has not answered within rpc.request_timeout_secs; the call may still run \
                 there",
            ),
            Self::NodeDown(detail)
            | Self::NoAnswer(detail)
            | Self::Busy(detail)
            | Self::TimedOut(detail) => f.write_str(detail),
            Self::Route(refusal) => refusal.fmt(f),
        }
    }
}

impl CallRefusal {
    /// The message for the client. For invalid JSON it is the node's own, and the log says more.
    fn message(&self) -> String {
        match self {
            Self::NotJson(_) => "Parse error".to_owned(),
            _ => self.to_string(),
        }
    }

    fn error(&self) -> Value {
        let mut error = json!({"code": self.code(), "message": self.message()});
        if let (Self::Limited { layer, key, wait }, Some(error)) = (self, error.as_object_mut()) {
            let wait_ms = wait.as_nanos().div_ceil(1_000_000);
            let wait_ms = u64::try_from(wait_ms).unwrap_or(u64::MAX);
            error.insert(
                "data".to_owned(),
                json!({"layer": layer, "key": key, "retry_after_ms": wait_ms}),
            );
        }
        error
    }

    /// The body for `calls`: for a batch, an array with an error for each call that expects an
    /// answer. It ends with a newline, as all of bitcoind do: some clients read a line.
    pub(super) fn body(&self, calls: Option<&RpcCalls<'_>>) -> String {
        let error = self.error();
        let body = match calls {
            None => object(&error, None, RpcVersion::One),
            Some(RpcCalls::Single(call)) => of_call(&error, call),
            Some(RpcCalls::Batch(calls)) => {
                let wants_answer =
                    |call: &&ParsedCall<'_>| call.version == RpcVersion::One || call.id.is_some();
                let errors: Vec<_> = calls
                    .iter()
                    .filter(wants_answer)
                    .map(|call| of_call(&error, call))
                    .collect();
                if errors.is_empty() {
                    object(&error, None, RpcVersion::Two)
                } else {
                    format!("[{}]", errors.join(","))
                }
            }
        };
        body + "\n"
    }

    /// The body for a call of which only the id could be made out.
    pub(super) fn body_with_id(&self, id: Option<&str>, version: RpcVersion) -> String {
        object(&self.error(), id, version) + "\n"
    }
}

fn of_call(error: &Value, call: &ParsedCall<'_>) -> String {
    object(error, call.id.as_deref(), call.version)
}

/// The answer in the caller's version; the id as it was written.
fn object(error: &Value, id: Option<&str>, version: RpcVersion) -> String {
    let id = id.unwrap_or("null");
    match version {
        RpcVersion::One => format!(r#"{{"result":null,"error":{error},"id":{id}}}"#),
        RpcVersion::Two => format!(r#"{{"jsonrpc":"2.0","error":{error},"id":{id}}}"#),
    }
}

/// The key of the configuration that says the `rate`, or the `burst`, of the bucket `key` of
/// `layer`.
fn rule(layer: &str, key: &str, part: &str) -> String {
    match layer {
        "method" => format!("{part} of {key} in rpc.auth.per_method_limits"),
        "user" if key != NODE_USER_LABEL => {
            format!("{part} of {key} in rpc.auth.users, else rpc.auth.rate_limit_{part}")
        }
        _ => format!("rpc.auth.rate_limit_{part}"),
    }
}

/// Whose bucket it is where the node authenticates: nothing that is not known to everybody.
pub(super) const NODE_USER_LABEL: &str = "these credentials";

/// What an address shares its bucket with.
pub(super) fn network_text(address: IpAddr) -> String {
    const SUBSCRIBER_PREFIX_BITS: u8 = 64;
    match address {
        unix if unix == ConnectionOrigin::UNIX_ADDRESS => ConnectionOrigin::UNIX_NAME.to_owned(),
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(_) => IpNet::new(address, SUBSCRIBER_PREFIX_BITS).map_or_else(
            |_| address.to_string(),
            |network| network.trunc().to_string(),
        ),
    }
}

fn seconds(wait: Duration) -> String {
    let tenths = wait.as_nanos().div_ceil(100_000_000);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;

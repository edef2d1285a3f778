//! One request as it was asked, and the envelope of its answer: JSON-RPC 1.0 or 2.0. Pure.

use serde_json::{Map, Value, json};

use super::Outcome;
use super::error::RpcError;

/// Which JSON-RPC the request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// As bitcoind always has: both `result` and `error`, and statuses that tell.
    One,
    /// `"jsonrpc": "2.0"`: one of the two, and 200.
    Two,
}

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    version: Version,
    /// `None`: there is none, which in 2.0 wants no answer.
    id: Option<Value>,
    params: Value,
}

impl Call {
    /// What is no request has this in its place.
    pub(super) fn unreadable() -> Self {
        Self { version: Version::One, id: Some(Value::Null), params: Value::Null }
    }

    /// The request and its method, or what is wrong with it.
    pub(super) fn read(request: Value) -> (Self, Result<String, RpcError>) {
        let Value::Object(mut request) = request else {
            return (Self::unreadable(), Err(RpcError::invalid_request("Invalid Request object")));
        };
        let id = request.remove("id");
        let (version, version_error) = read_version(&request);
        let method = match request.remove("method") {
            Some(Value::String(method)) => Ok(method),
            Some(_) => Err(RpcError::invalid_request("Method must be a string")),
            None => Err(RpcError::invalid_request("Missing method")),
        };
        let params = request.remove("params").unwrap_or(Value::Null);
        let params_error = match params {
            Value::Null | Value::Array(_) | Value::Object(_) => None,
            _ => Some(RpcError::invalid_request("Params must be an array or object")),
        };
        let error = version_error.or(params_error);
        (Self { version, id, params }, error.map_or(method, Err))
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    pub(super) fn params(&self) -> &Value {
        &self.params
    }

    pub(super) fn is_notification(&self) -> bool {
        self.version == Version::Two && self.id.is_none()
    }

    /// The answer; without an id if the request had none.
    pub(super) fn envelope(&self, outcome: Outcome) -> Value {
        let mut answer = match (self.version, outcome) {
            (Version::One, Ok(result)) => json!({ "result": result, "error": null }),
            (Version::One, Err(error)) => json!({ "result": null, "error": error.to_json() }),
            (Version::Two, Ok(result)) => json!({ "jsonrpc": "2.0", "result": result }),
            (Version::Two, Err(error)) => json!({ "jsonrpc": "2.0", "error": error.to_json() }),
        };
        if let (Some(id), Value::Object(members)) = (&self.id, &mut answer) {
            members.insert("id".to_owned(), id.clone());
        }
        answer
    }
}

fn read_version(request: &Map<String, Value>) -> (Version, Option<RpcError>) {
    let wrong = |message| (Version::One, Some(RpcError::invalid_request(message)));
    match request.get("jsonrpc") {
        None | Some(Value::Null) => (Version::One, None),
        Some(Value::String(version)) => match version.as_str() {
            // 1.1 was never a standard, but is what some clients say.
            "1.0" | "1.1" => (Version::One, None),
            "2.0" => (Version::Two, None),
            _ => wrong("JSON-RPC version not supported"),
        },
        Some(_) => wrong("jsonrpc field must be a string"),
    }
}

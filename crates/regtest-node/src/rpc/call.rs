//! One request as it was asked, and the envelope of its answer: JSON-RPC 1.0 or 2.0. Pure.

use serde_json::value::RawValue;

use super::error::RpcError;
use super::json::{self, Json};

/// Which JSON-RPC the request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonRpcVersion {
    /// As bitcoind always has: both `result` and `error`, and an HTTP status by kind of error.
    One,
    /// `"jsonrpc": "2.0"`: one of the two, and 200.
    Two,
}

/// The parameters as they were given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum RawParams {
    #[default]
    None,
    ByPosition(Vec<Json>),
    ByName(Vec<(String, Json)>),
}

impl RawParams {
    /// The parameters of a request.
    pub(super) fn read(params: Option<&RawValue>) -> Result<Self, RpcError> {
        let unreadable = || RpcError::parse("Parse error");
        let text = params.map_or("null", RawValue::get);
        match text.as_bytes().first() {
            Some(b'n') => Ok(Self::None),
            Some(b'[') => {
                let items = json::items(text).ok_or_else(unreadable)?;
                let items = items.into_iter().map(Json::read).collect::<Option<_>>();
                items.map(Self::ByPosition).ok_or_else(unreadable)
            }
            Some(b'{') => {
                let members = json::members(text).ok_or_else(unreadable)?;
                let members = members
                    .into_iter()
                    .map(|(name, value)| Some((name, Json::read(value)?)));
                members
                    .collect::<Option<_>>()
                    .map(Self::ByName)
                    .ok_or_else(unreadable)
            }
            _ => Err(RpcError::invalid_request(
                "Params must be an array or object",
            )),
        }
    }
}

/// A request.
#[derive(Debug)]
pub(super) struct RpcCall {
    version: JsonRpcVersion,
    /// As it was written. `None`: there is none, which in 2.0 wants no answer.
    id: Option<String>,
    params: RawParams,
}

impl RpcCall {
    /// What is no request has this in its place.
    pub(super) fn unreadable() -> Self {
        Self {
            version: JsonRpcVersion::One,
            id: Some("null".to_owned()),
            params: RawParams::None,
        }
    }

    /// The request and its method, or what is wrong with it.
    pub(super) fn read(request: &RawValue) -> (Self, Result<String, RpcError>) {
        let Some(members) = json::members(request.get()) else {
            return (
                Self::unreadable(),
                Err(RpcError::invalid_request("Invalid Request object")),
            );
        };
        // Of two members with one name bitcoind takes the first.
        let find = |name: &str| {
            members
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| *value)
        };
        let id = find("id").map(|id| json::without_blanks(id.get()));
        let (version, version_error) = read_version(find("jsonrpc"));
        let (params, params_error) = match RawParams::read(find("params")) {
            Ok(params) => (params, None),
            Err(error) => (RawParams::None, Some(error)),
        };
        let method = match (version_error, read_method(find("method")), params_error) {
            (Some(error), _, _) | (None, Err(error), _) | (None, Ok(_), Some(error)) => Err(error),
            (None, Ok(method), None) => Ok(method),
        };
        (
            Self {
                version,
                id,
                params,
            },
            method,
        )
    }

    pub(super) fn version(&self) -> JsonRpcVersion {
        self.version
    }

    /// The parameters, once.
    pub(super) fn take_params(&mut self) -> RawParams {
        std::mem::take(&mut self.params)
    }

    pub(super) fn is_notification(&self) -> bool {
        self.version == JsonRpcVersion::Two && self.id.is_none()
    }

    /// The answer, whose result is JSON; without an id if the request had none.
    pub(super) fn envelope(&self, outcome: Result<String, RpcError>) -> String {
        let answer = match (self.version, outcome.map_err(|error| error.to_json())) {
            (JsonRpcVersion::One, Ok(result)) => format!(r#""result":{result},"error":null"#),
            (JsonRpcVersion::One, Err(error)) => format!(r#""result":null,"error":{error}"#),
            (JsonRpcVersion::Two, Ok(result)) => format!(r#""jsonrpc":"2.0","result":{result}"#),
            (JsonRpcVersion::Two, Err(error)) => format!(r#""jsonrpc":"2.0","error":{error}"#),
        };
        match &self.id {
            Some(id) => format!(r#"{{{answer},"id":{id}}}"#),
            None => format!("{{{answer}}}"),
        }
    }
}

fn read_method(method: Option<&RawValue>) -> Result<String, RpcError> {
    match method.map(Json::read) {
        None | Some(Some(Json::Null)) => Err(RpcError::invalid_request("Missing method")),
        Some(Some(Json::Text(method))) => Ok(method),
        Some(_) => Err(RpcError::invalid_request("Method must be a string")),
    }
}

fn read_version(version: Option<&RawValue>) -> (JsonRpcVersion, Option<RpcError>) {
    let wrong = |message| {
        (
            JsonRpcVersion::One,
            Some(RpcError::invalid_request(message)),
        )
    };
    match version.map(Json::read) {
        None | Some(Some(Json::Null)) => (JsonRpcVersion::One, None),
        Some(Some(Json::Text(version))) => match version.as_str() {
            // 1.1 was never a standard, but is what some clients say.
            "1.0" | "1.1" => (JsonRpcVersion::One, None),
            "2.0" => (JsonRpcVersion::Two, None),
            _ => wrong("JSON-RPC version not supported"),
        },
        Some(_) => wrong("jsonrpc field must be a string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_sent_back_as_it_was_written() {
        for id in [
            "1.50",
            "-0",
            "123456789012345678901234567890",
            r#"[1,"a b"]"#,
            r#"{"a":1e3}"#,
            "null",
        ] {
            let request = format!(r#"{{"id": {id}, "method": "x"}}"#);
            let (call, method) = RpcCall::read(serde_json::from_str(&request).unwrap());
            assert_eq!(method, Ok("x".to_owned()));
            assert_eq!(
                call.envelope(Ok("7".to_owned())),
                format!(r#"{{"result":7,"error":null,"id":{id}}}"#)
            );
        }
    }
}

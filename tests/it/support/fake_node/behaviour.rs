//! What a fake node does about a call, and where that comes from.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fixture::Fixture;

/// What the node does when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Behaviour {
    /// Answers with this result.
    Result(Value),
    /// Answers with a JSON-RPC error.
    Error {
        http_status: u16,
        code: i64,
        message: String,
    },
    /// Answers with this, whatever the call was.
    Status {
        status: u16,
        content_type: String,
        body: String,
    },
    /// Sends bytes that need not be HTTP, and closes.
    Garbage(Vec<u8>),
    /// Sends the head and a part of the body, and closes.
    HalfAnswer,
    /// Sends the head and a part of the body, and nothing more until something else is set.
    HalfAnswerHang,
    /// Sends the head and a part of the body, and the rest once something else is set.
    HalfThenRest,
    /// Answers with a result of this many bytes.
    Huge(usize),
    /// Does not answer until something else is set.
    Hang,
    /// Closes the connection.
    Close,
    /// Does so after a while.
    Late(Duration, Box<Behaviour>),
    /// Does the first thing once, which does not wait, and from then on the second.
    Then(Box<Behaviour>, Box<Behaviour>),
}

impl Behaviour {
    /// What Core answers to a method it does not have.
    pub(crate) fn unknown_method() -> Self {
        Self::Error {
            http_status: 404,
            code: -32601,
            message: "Method not found".to_owned(),
        }
    }

    /// What Core answers while it starts.
    pub(crate) fn warming_up() -> Self {
        Self::Error {
            http_status: 500,
            code: -28,
            message: "Loading block index…".to_owned(),
        }
    }

    /// What Core answers when all its workers are taken.
    pub(crate) fn queue_exceeded() -> Self {
        Self::Status {
            status: 503,
            content_type: String::new(),
            body: "Work queue depth exceeded".to_owned(),
        }
    }
}

/// The answer to a call in the version it was made in, and its status; only a result and an error
/// have one.
pub(super) fn json_rpc(call: &Value, behaviour: &Behaviour) -> Option<(u16, Value)> {
    let (status, result, error) = match behaviour {
        Behaviour::Result(result) => (200, result.clone(), Value::Null),
        Behaviour::Error {
            http_status,
            code,
            message,
        } => (
            *http_status,
            Value::Null,
            json!({"code": code, "message": message}),
        ),
        _ => return None,
    };
    let id = call["id"].clone();
    if call["jsonrpc"] != "2.0" {
        return Some((status, json!({"result": result, "error": error, "id": id})));
    }
    let answer = match error {
        Value::Null => json!({"jsonrpc": "2.0", "result": result, "id": id}),
        error => json!({"jsonrpc": "2.0", "error": error, "id": id}),
    };
    Some((200, answer))
}

/// Under which names of methods a recording is the answer.
pub(super) fn keys_of(fixture: &Fixture) -> Vec<String> {
    match fixture.call() {
        _ if fixture.http_method != "POST" => {
            vec![format!("{} {}", fixture.http_method, fixture.path)]
        }
        Some((method, params)) if fixture.name == method => {
            vec![format!("{method} {params}"), method]
        }
        Some((method, params)) => vec![format!("{method} {params}")],
        None => Vec::new(),
    }
}

/// Results and errors are answered anew, with the caller's id; all else as it was recorded.
pub(super) fn behaviour_of(fixture: &Fixture) -> Behaviour {
    let body: Value = serde_json::from_str(&fixture.body).unwrap_or_default();
    match (
        body.get("result"),
        body.get("error").filter(|error| !error.is_null()),
    ) {
        (_, Some(error)) => Behaviour::Error {
            http_status: fixture.status,
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        },
        (Some(result), None) => Behaviour::Result(result.clone()),
        (None, None) => Behaviour::Status {
            status: fixture.status,
            content_type: fixture.content_type.clone(),
            body: fixture.body.clone(),
        },
    }
}

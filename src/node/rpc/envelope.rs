//! The envelope of a JSON-RPC answer, 1.0 or 2.0, with whatever HTTP status it came.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::node::{ErrorMeaning, NodeError};

/// Why there is no result.
#[derive(Debug, PartialEq)]
pub(super) enum EnvelopeError {
    /// Neither a result nor an error: whoever sent this is no node.
    NotJsonRpc,
    /// The node's error, or a result of another shape than the method has.
    Error(NodeError),
}

#[derive(Deserialize)]
struct ErrorObject {
    code: i64,
    #[serde(default)]
    message: String,
}

/// The result in `body`, which answers a call of `method`.
pub(super) fn result<T: DeserializeOwned>(
    method: &'static str,
    body: &[u8],
) -> Result<T, EnvelopeError> {
    let fields: HashMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(body).map_err(|_| EnvelopeError::NotJsonRpc)?;
    if let Some(error) = fields.get("error").filter(|error| error.get() != "null") {
        let error: ErrorObject =
            serde_json::from_str(error.get()).map_err(|_| EnvelopeError::NotJsonRpc)?;
        return Err(EnvelopeError::Error(meaning(method, &error)));
    }
    let result = fields.get("result").ok_or(EnvelopeError::NotJsonRpc)?;
    serde_json::from_str(result.get()).map_err(|error| {
        EnvelopeError::Error(NodeError::Unexpected {
            method,
            detail: printable(&error.to_string()),
        })
    })
}

/// bitcoind's codes: `RPC_IN_WARMUP`, and JSON-RPC's own `RPC_METHOD_NOT_FOUND`.
const IN_WARMUP: i64 = -28;
const METHOD_NOT_FOUND: i64 = -32601;

fn meaning(method: &'static str, error: &ErrorObject) -> NodeError {
    let message = printable(&error.message);
    match error.code {
        IN_WARMUP => NodeError::Starting { message },
        METHOD_NOT_FOUND => NodeError::Unsupported { what: method },
        code => match ErrorMeaning::of(&message) {
            Some(ErrorMeaning::ChainNotInitialized) => NodeError::NotInitialized { code, message },
            Some(ErrorMeaning::DialledLately) => NodeError::DialledLately { code, message },
            _ => NodeError::Rpc {
                method,
                code,
                message,
            },
        },
    }
}

/// `text` as one line of at most 200 characters, so that what a stranger says cannot flood or forge
/// a log.
pub(super) fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut line: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> EnvelopeError {
        result::<u64>("uptime", body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_result_is_found_in_both_versions() {
        assert_eq!(
            result("uptime", br#"{"result":79,"error":null,"id":"x"}"#),
            Ok(79_u64)
        );
        assert_eq!(
            result("uptime", br#"{"jsonrpc":"2.0","result":1,"id":"x"}"#),
            Ok(1_u64)
        );
    }

    #[test]
    fn warm_up_is_distinguished_from_other_errors() {
        let body = r#"{"result":null,"error":{"code":-28,"message":"Loading"},"id":1}"#;
        assert_eq!(
            refusal(body),
            EnvelopeError::Error(NodeError::Starting {
                message: "Loading".into()
            })
        );
        let body = r#"{"error":{"code":-32603,"message":"chain is not initialized"},"id":1,"jsonrpc":"2.0"}"#;
        let EnvelopeError::Error(error) = refusal(body) else {
            panic!("not an error")
        };
        assert_eq!(
            (error.is_starting(), &*error.code()),
            (true, "-32603"),
            "the code is the node's own"
        );
    }

    #[test]
    fn what_is_no_answer_is_no_node() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            "42",
            r#"{"error":"Not found."}"#,
            "{\"result\":",
        ] {
            assert_eq!(refusal(body), EnvelopeError::NotJsonRpc, "{body}");
        }
    }

    #[test]
    fn a_result_of_another_shape_is_the_nodes_but_not_understood() {
        let body = r#"{"result":"soon","error":null}"#;
        assert!(matches!(
            refusal(body),
            EnvelopeError::Error(NodeError::Unexpected {
                method: "uptime",
                ..
            })
        ));
    }

    #[test]
    fn a_message_cannot_forge_a_line() {
        assert_eq!(printable("a\nb\u{1b}[31m"), "a b [31m");
        assert_eq!(printable(&"x".repeat(1000)).chars().count(), 201);
    }
}

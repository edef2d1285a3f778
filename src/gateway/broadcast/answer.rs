//! Whether a node's answer to what is handed to the network is a success. Pure.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// What is handed to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum BroadcastMethod {
    /// `sendrawtransaction`.
    Transaction,
    /// `submitpackage`.
    Package,
    /// `submitblock`.
    Block,
    /// `submitheader`.
    Header,
}

impl BroadcastMethod {
    /// That of the method called `name`.
    pub(in crate::gateway) fn of(name: &str) -> Option<Self> {
        match name {
            "sendrawtransaction" => Some(Self::Transaction),
            "submitpackage" => Some(Self::Package),
            "submitblock" => Some(Self::Block),
            "submitheader" => Some(Self::Header),
            _ => None,
        }
    }
}

/// What came of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum BroadcastAnswer {
    /// It has taken it.
    Success,
    /// The transaction is in a block already (-27).
    InChain,
    /// It has the block already.
    Duplicate,
    /// It has stored the block, which is not on its best chain.
    Inconclusive,
    /// It has not taken it, and says why: a code, or a word.
    Refused(AnswerLabel),
    /// The call may have run, and there is no answer.
    Lost,
    /// The call has not run: the node is away, or full, or starts.
    NotRun,
}

/// A short name for a refusal: the code of a JSON-RPC error, or what `submitblock` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum AnswerLabel {
    /// The code of an error.
    Code(i64),
    /// What the result says, as far as it may stand in a header.
    Word(Box<str>),
}

/// Code of an error for a transaction that is in the chain (`RPC_VERIFY_ALREADY_IN_CHAIN`).
const ALREADY_IN_CHAIN: i64 = -27;
/// The node is starting, and runs nothing (`RPC_IN_WARMUP`).
const WARMUP: i64 = -28;

#[derive(Deserialize)]
struct ParsedAnswer {
    #[serde(default)]
    result: Value,
    error: Option<AnswerError>,
}

#[derive(Deserialize)]
struct AnswerError {
    code: i64,
}

impl BroadcastAnswer {
    /// What `body` says, which came with this HTTP status.
    pub(in crate::gateway) fn of(method: BroadcastMethod, status: u16, body: &[u8]) -> Self {
        let http = || Self::Refused(AnswerLabel::Word(format!("http-{status}").into()));
        let Ok(answer) = serde_json::from_slice::<ParsedAnswer>(body) else {
            return http();
        };
        if let Some(error) = answer.error {
            return match error.code {
                ALREADY_IN_CHAIN if method == BroadcastMethod::Transaction => Self::InChain,
                WARMUP => Self::NotRun,
                code => Self::Refused(AnswerLabel::Code(code)),
            };
        }
        if status != 200 {
            return http();
        }
        match (method, answer.result) {
            (BroadcastMethod::Transaction, Value::String(_))
            | (BroadcastMethod::Block | BroadcastMethod::Header, Value::Null) => Self::Success,
            (BroadcastMethod::Package, Value::Object(result)) => {
                match result.get("package_msg").and_then(Value::as_str) {
                    Some("success") => Self::Success,
                    word => Self::Refused(AnswerLabel::word(word.unwrap_or_default())),
                }
            }
            (BroadcastMethod::Block, Value::String(word)) => match word.as_str() {
                "duplicate" => Self::Duplicate,
                "inconclusive" => Self::Inconclusive,
                word => Self::Refused(AnswerLabel::word(word)),
            },
            _ => Self::Refused(AnswerLabel::word("unknown")),
        }
    }

    /// Whether the node has answered.
    pub(super) fn is_answer(&self) -> bool {
        !matches!(self, Self::Lost | Self::NotRun)
    }

    /// How it is counted.
    pub(in crate::gateway) fn outcome(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::InChain => "in_chain",
            Self::Duplicate => "duplicate",
            Self::Inconclusive => "inconclusive",
            Self::Refused(_) => "refused",
            Self::Lost => "no_answer",
            Self::NotRun => "unreachable",
        }
    }
}

/// As it is written in the header.
impl fmt::Display for BroadcastAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("ok"),
            Self::InChain => write!(f, "{ALREADY_IN_CHAIN}"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Inconclusive => f.write_str("inconclusive"),
            Self::Refused(AnswerLabel::Code(code)) => write!(f, "{code}"),
            Self::Refused(AnswerLabel::Word(word)) => f.write_str(word),
            Self::Lost => f.write_str("no-answer"),
            Self::NotRun => f.write_str("unreachable"),
        }
    }
}

impl AnswerLabel {
    /// `word` as far as it may stand in a header: letters, digits and hyphens.
    fn word(word: &str) -> Self {
        const MAX_WORD_BYTES: usize = 40;
        let plain = word.bytes().take(MAX_WORD_BYTES).map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte),
            _ => '-',
        });
        let plain: String = plain.collect();
        Self::Word(if plain.is_empty() { "unknown" } else { &plain }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "values are written where they are needed"
    )]
    fn of(method: &str, result: Value, error: Value) -> String {
        let method = BroadcastMethod::of(method).unwrap();
        let status = if error.is_null() { 200 } else { 500 };
        let body = json!({"result": result, "error": error, "id": 1}).to_string();
        BroadcastAnswer::of(method, status, body.as_bytes()).to_string()
    }

    #[test]
    fn each_method_has_its_own_success() {
        assert_eq!(of("sendrawtransaction", json!("ab"), Value::Null), "ok");
        assert_eq!(
            of("sendrawtransaction", Value::Null, Value::Null),
            "unknown"
        );
        assert_eq!(of("submitblock", Value::Null, Value::Null), "ok");
        assert_eq!(of("submitheader", Value::Null, Value::Null), "ok");
        let package = |message: &str| json!({"package_msg": message, "tx-results": {}});
        assert_eq!(of("submitpackage", package("success"), Value::Null), "ok");
        let refused = package("transaction failed");
        assert_eq!(
            of("submitpackage", refused, Value::Null),
            "transaction-failed"
        );
    }

    #[test]
    fn a_block_that_is_there_already_is_no_refusal() {
        for word in ["duplicate", "inconclusive", "bad-txnmrklroot"] {
            assert_eq!(of("submitblock", json!(word), Value::Null), word);
        }
        let answer = |word: &str| {
            let body = json!({"jsonrpc": "2.0", "result": word, "id": 1}).to_string();
            BroadcastAnswer::of(BroadcastMethod::Block, 200, body.as_bytes())
        };
        assert_eq!(answer("duplicate"), BroadcastAnswer::Duplicate);
        assert_eq!(answer("inconclusive"), BroadcastAnswer::Inconclusive);
        assert!(matches!(
            answer("duplicate-invalid"),
            BroadcastAnswer::Refused(_)
        ));
    }

    #[test]
    fn an_error_is_named_by_its_code_in_both_versions() {
        let error = json!({"code": -26, "message": "min relay fee not met"});
        assert_eq!(of("sendrawtransaction", Value::Null, error), "-26");
        let body = br#"{"jsonrpc":"2.0","error":{"code":-25,"message":"x"},"id":1}"#;
        let answer = BroadcastAnswer::of(BroadcastMethod::Header, 200, body);
        assert_eq!(answer, BroadcastAnswer::Refused(AnswerLabel::Code(-25)));
        let in_chain = br#"{"result":null,"error":{"code":-27,"message":"x"},"id":1}"#;
        let answer = BroadcastAnswer::of(BroadcastMethod::Transaction, 500, in_chain);
        assert_eq!(answer, BroadcastAnswer::InChain);
        let starting = br#"{"result":null,"error":{"code":-28,"message":"x"},"id":1}"#;
        let answer = BroadcastAnswer::of(BroadcastMethod::Block, 500, starting);
        assert_eq!(answer, BroadcastAnswer::NotRun);
    }

    #[test]
    fn what_is_no_answer_is_no_success_and_breaks_no_header() {
        for (status, body) in [
            (200, &b"<html>"[..]),
            (401, br#"{"result":"ab","error":null}"#),
            (200, br#"{"result":"a\r\nSet-Cookie: x","error":null}"#),
        ] {
            let answer = BroadcastAnswer::of(BroadcastMethod::Block, status, body);
            assert!(matches!(answer, BroadcastAnswer::Refused(_)));
            let word = answer.to_string();
            assert!(word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        }
    }
}

//! Answers that another node may not give: which errors say that a node lacks what was asked for.
//! Pure.
//!
//! Refuses to know nodes but by their facts. Invariant: only an error counts, so a call whose
//! answer is one of these has changed nothing.

use std::borrow::Cow;

use serde::Deserialize;

use crate::route::{Needs, NodeFacts};

/// Longer answers are not looked at.
pub(super) const MAX_INSPECTED_BYTES: u64 = 1024;

/// What a node lacks, as its own error says. Another node may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LackingAnswer(Lack);

/// What a node lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// It is starting (-28): it runs no call.
    Started,
    /// Blocks that it has pruned (-1).
    Blocks,
    /// An index.
    Index(Needs),
    /// It does not have that block, or its chain is not that long yet (-1, -5, -8).
    Work,
}

impl LackingAnswer {
    /// What the node lacks that answered `body`, with this HTTP status being a success or not;
    /// `None` for any other answer.
    pub(super) fn of(is_success: bool, body: &[u8]) -> Option<Self> {
        // Most answers are results. Within an HTTP success only version 2 has errors, and they come
        // first in it.
        if is_success && !body.starts_with(br#"{"jsonrpc":"2.0","error":{"#) {
            return None;
        }
        let answer: InspectedAnswer<'_> = serde_json::from_slice(body).ok()?;
        let error = answer.error?;
        lack(error.code, &error.message).map(Self)
    }

    /// Whether the node of which `other` is known may have what that of `asked` lacks.
    pub(super) fn may_be_had_at(self, asked: &NodeFacts, other: &NodeFacts) -> bool {
        let has = |needs: Needs| needs.missing_from(other.has).is_empty();
        match self.0 {
            Lack::Started => true,
            Lack::Blocks => has(Needs::BLOCKS) || keeps_more_than(other, asked),
            Lack::Index(index) => has(index),
            Lack::Work => has_more_work_than(other, asked),
        }
    }

    /// What the node lacks.
    pub(super) fn lack(self) -> Lack {
        self.0
    }
}

/// Whether the first block of `other` is known to be an earlier one than that of `asked`.
fn keeps_more_than(other: &NodeFacts, asked: &NodeFacts) -> bool {
    match (other.kept_from, asked.kept_from) {
        (Some(other), Some(asked)) => other < asked,
        (Some(_), None) | (None, _) => false,
    }
}

/// Whether the chain of `other` has more work, as far as that is published; else whether it is
/// longer.
fn has_more_work_than(other: &NodeFacts, asked: &NodeFacts) -> bool {
    let (Some(other), Some(asked)) = (&other.tip, &asked.tip) else {
        return other.tip.is_some();
    };
    match (&other.chainwork, &asked.chainwork) {
        (Some(other), Some(asked)) => other > asked,
        _ => other.height > asked.height,
    }
}

#[derive(Deserialize)]
struct InspectedAnswer<'a> {
    #[serde(borrow)]
    error: Option<InspectedError<'a>>,
}

#[derive(Deserialize)]
struct InspectedError<'a> {
    code: i64,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
}

/// What a node says that does not have a block yet, also blvm-node and bcoin.
const WORK_MESSAGES: [&str; 6] = [
    "block not found",
    "block hash not found",
    "block height out of range",
    "target block height",
    "tip block not found",
    // Its header is there, and the block is on its way.
    "not fully downloaded",
];

/// What a node lacks that answers this error. Core has no codes of their own for most of it, so its
/// words are read (`rpc/blockchain.cpp`, `rpc/rawtransaction.cpp`, `rpc/txoutproof.cpp`).
fn lack(code: i64, message: &str) -> Option<Lack> {
    const WARMUP: i64 = -28;
    const MISC: i64 = -1;
    const INVALID_ADDRESS_OR_KEY: i64 = -5;
    const INVALID_PARAMETER: i64 = -8;
    let says = |words: &str| {
        let message = message.as_bytes();
        let words = words.as_bytes();
        message
            .windows(words.len())
            .any(|window| window.eq_ignore_ascii_case(words))
    };
    let indexes = [
        ("txindex", Needs::TX_INDEX),
        ("blockchain transactions are still", Needs::TX_INDEX),
        ("coinstatsindex", Needs::COIN_STATS_INDEX),
        ("not enabled for filtertype", Needs::FILTER_INDEX),
        ("block filters are still", Needs::FILTER_INDEX),
    ];
    let index = || indexes.into_iter().find(|(words, _)| says(words));
    match code {
        WARMUP => Some(Lack::Started),
        MISC | INVALID_ADDRESS_OR_KEY | INVALID_PARAMETER => match index() {
            Some((_, index)) => Some(Lack::Index(index)),
            None if code == MISC && says("pruned") => Some(Lack::Blocks),
            None if WORK_MESSAGES.into_iter().any(says) => Some(Lack::Work),
            None => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i64, message: &str) -> Option<Lack> {
        let error = format!(r#"{{"code":{code},"message":"{message}"}}"#);
        let one = format!(r#"{{"result":null,"error":{error},"id":1}}"#);
        let two = format!(r#"{{"jsonrpc":"2.0","error":{error},"id":1}}"#);
        let lacks = [
            LackingAnswer::of(false, one.as_bytes()),
            LackingAnswer::of(false, two.as_bytes()),
            LackingAnswer::of(true, two.as_bytes()),
        ];
        assert!(lacks.iter().all(|lack| *lack == lacks[0]), "{one}");
        lacks[0].map(LackingAnswer::lack)
    }

    #[test]
    fn a_node_says_in_its_own_words_what_it_lacks() {
        for (code, message, wanted) in [
            (-28, "Loading block index…", Lack::Started),
            (-1, "Block not available (pruned data)", Lack::Blocks),
            (
                -1,
                "Block not available (not fully pruned data)",
                Lack::Blocks,
            ),
            (
                -5,
                "No such mempool transaction. Use -txindex or provide a block hash to enable \
                 blockchain transaction queries. Use gettransaction for wallet transactions.",
                Lack::Index(Needs::TX_INDEX),
            ),
            (
                -8,
                "Querying specific block heights requires coinstatsindex",
                Lack::Index(Needs::COIN_STATS_INDEX),
            ),
            (
                -1,
                "Index is not enabled for filtertype basic",
                Lack::Index(Needs::FILTER_INDEX),
            ),
            (
                -5,
                "No such mempool transaction. Blockchain transactions are still in the process of \
                 being indexed. Use gettransaction for wallet transactions.",
                Lack::Index(Needs::TX_INDEX),
            ),
            (
                -1,
                "Filter not found. Block filters are still in the process of being indexed.",
                Lack::Index(Needs::FILTER_INDEX),
            ),
            (-5, "Block not found", Lack::Work),
            (-1, "Block not found on disk", Lack::Work),
            (-1, "Block not available (not fully downloaded)", Lack::Work),
            (-8, "Block not found: at height 99999999", Lack::Work),
            (-8, "Block height out of range", Lack::Work),
            (
                -8,
                "Target block height 900 after current tip 800",
                Lack::Work,
            ),
        ] {
            assert_eq!(of(code, message), Some(wanted), "{message}");
        }
    }

    #[test]
    fn any_other_answer_is_the_clients() {
        for (code, message) in [
            (-1, "getblock \\\"blockhash\\\" ( verbosity )"),
            (-5, "Invalid or non-wallet transaction id"),
            (-8, "blockhash must be of length 64 (not 3, for 'abc')"),
            (-8, "Negative block height"),
            (-25, "Block not found"),
            (-32601, "Method not found"),
        ] {
            assert_eq!(of(code, message), None, "{message}");
        }
        for body in [
            r#"{"result":{"error":{"code":-28}},"error":null,"id":1}"#,
            r#"{"jsonrpc":"2.0","result":{"error":{"code":-28}},"id":1}"#,
            "",
            "Work queue depth exceeded",
            r#"{"result":null,"error":{"code":-28"#,
        ] {
            for is_success in [true, false] {
                assert_eq!(
                    LackingAnswer::of(is_success, body.as_bytes()),
                    None,
                    "{body}"
                );
            }
        }
    }
}

//! A call that waits for a block, sent to another node after its first one was lost: what is left
//! of its time, and what tells the new node which blocks are news to the caller. Pure.
//!
//! Invariant: the caller misses no block that came while its call was between two nodes.

use std::time::Duration;

use serde_json::json;

use super::parse::{ParsedCall, RpcVersion};
use crate::route::{ChainPosition, NodeFacts, Parameter, PublishedTip, written_argument};
use crate::values::Mono;

/// What is remembered of a long poll when it is sent first.
#[derive(Clone, Debug)]
pub(super) struct LongPollStart {
    /// When that was.
    pub(super) at: Mono,
    /// The tip of the node that it was sent to: the caller may have seen it.
    pub(super) tip: Option<PublishedTip>,
}

/// A call for a block at a height, or for any new one.
const BY_HEIGHT: &str = "waitforblockheight";
/// Of no block is known that it has come: at this height there is one.
const GENESIS_HEIGHT: u64 = 0;

impl LongPollStart {
    /// The body of `call`, which came as `body`, for the node `at` `now`; `None`: as it came.
    pub(super) fn repeated(
        &self,
        call: &ParsedCall<'_>,
        body: &str,
        at: &NodeFacts,
        now: Mono,
    ) -> Option<String> {
        let method = call.method.as_deref()?;
        let left = |index| {
            let timeout = Parameter {
                index,
                name: "timeout",
            };
            remaining(written_argument(body, timeout), now.since(self.at))
        };
        let (method, parameters) = match method {
            "waitfornewblock" => self.for_new_block(body, at, left(0)?)?,
            // The block may have come and have others above it: the caller has to look.
            "waitforblock" if self.has_news(at) => wait_for_height(GENESIS_HEIGHT, left(1)?),
            "waitforblock" => (method, with_time_left(body, "blockhash", left(1)?)?),
            BY_HEIGHT => (method, with_time_left(body, "height", left(1)?)?),
            _ => return None,
        };
        let (version, id) = match (call.version, &call.id) {
            (RpcVersion::One, id) => ("", id.as_deref().unwrap_or("null")),
            (RpcVersion::Two, Some(id)) => ("\"jsonrpc\":\"2.0\",", &**id),
            // To a notification there is no answer.
            (RpcVersion::Two, None) => return None,
        };
        Some(format!(
            "{{{version}\"id\":{id},\"method\":\"{method}\",\"params\":[{parameters}]}}"
        ))
    }

    /// A node that takes the tip which the caller had answers at once if it has another one. Any
    /// other is asked for the next height, or for what it has if that is news.
    fn for_new_block(
        &self,
        body: &str,
        at: &NodeFacts,
        left: u64,
    ) -> Option<(&'static str, String)> {
        const CURRENT_TIP: Parameter = Parameter {
            index: 1,
            name: "current_tip",
        };
        let own = written_argument(body, CURRENT_TIP);
        if at.takes_current_tip {
            let known = || Some(json!(&*self.tip.as_ref()?.hash).to_string());
            let tip = own.map(str::to_owned).or_else(known)?;
            return Some(("waitfornewblock", format!("{left},{tip}")));
        }
        if self.has_news(at) {
            return Some(wait_for_height(GENESIS_HEIGHT, left));
        }
        Some(wait_for_height(self.tip.as_ref()?.height + 1, left))
    }

    /// Whether the node `at` has another tip than the caller had, and no less of the chain.
    fn has_news(&self, at: &NodeFacts) -> bool {
        let (Some(had), Some(tip)) = (&self.tip, &at.tip) else {
            return false;
        };
        tip.hash != had.hash && ChainPosition::from(tip).reaches(ChainPosition::from(had))
    }
}

fn wait_for_height(height: u64, left: u64) -> (&'static str, String) {
    (BY_HEIGHT, format!("{height},{left}"))
}

/// The first parameter, called `name`, and the time that is left.
fn with_time_left(body: &str, name: &'static str, left: u64) -> Option<String> {
    let first = written_argument(body, Parameter { index: 0, name })?;
    Some(format!("{first},{left}"))
}

/// The milliseconds that are left of `timeout`, as it is written, after `elapsed`; 0: for ever.
/// `None` where it is no number.
fn remaining(timeout: Option<&str>, elapsed: Duration) -> Option<u64> {
    let timeout: u64 = timeout.map_or(Ok(0), str::parse).ok()?;
    if timeout == 0 {
        return Some(0);
    }
    let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    Some(timeout.saturating_sub(elapsed).max(1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gateway::parse::RpcCalls;
    use crate::route::WalletClaims;

    fn tip(block: u64) -> PublishedTip {
        PublishedTip {
            height: block,
            hash: format!("{block:064x}").into(),
            chainwork: None,
        }
    }

    fn node(block: u64, takes_current_tip: bool) -> NodeFacts {
        NodeFacts {
            tip: Some(tip(block)),
            takes_current_tip,
            ..NodeFacts::unknown("b".into(), 1, WalletClaims::Named(Arc::new([])))
        }
    }

    /// The call in `body`, sent first at block 100, and again after two seconds.
    fn again(body: &str, at: &NodeFacts) -> Option<String> {
        let calls = crate::gateway::parse::parse(body.as_bytes(), 10).unwrap();
        let RpcCalls::Single(call) = &calls else {
            panic!("one call")
        };
        let start = LongPollStart {
            at: Mono::START,
            tip: Some(tip(100)),
        };
        let now = Mono::START.after(Duration::from_secs(2));
        start.repeated(call, body, at, now)
    }

    fn body(method: &str, params: &str) -> String {
        format!("{{\"method\":\"{method}\",\"params\":{params},\"id\":\"x\"}}")
    }

    /// The method and the parameters of the call that is sent again.
    fn sent(method: &str, params: &str, at: &NodeFacts) -> (String, String) {
        let again = again(&body(method, params), at).unwrap();
        let again: serde_json::Value = serde_json::from_str(&again).unwrap();
        assert_eq!(again["id"], "x");
        let method = again["method"].as_str().unwrap().to_owned();
        (method, again["params"].to_string())
    }

    #[test]
    fn a_node_that_takes_the_callers_tip_is_told_it_and_the_time_that_is_left() {
        let at = node(103, true);
        let had = format!("\"{:064x}\"", 100);
        for (params, left) in [("[]", 0), ("[0]", 0), ("[5000]", 3000), ("[1500]", 1)] {
            let expected = ("waitfornewblock".to_owned(), format!("[{left},{had}]"));
            assert_eq!(sent("waitfornewblock", params, &at), expected, "{params}");
        }
        let named = sent("waitfornewblock", "{\"timeout\": 2001}", &at);
        assert_eq!(named.1, format!("[1,{had}]"));
        let own = sent("waitfornewblock", "[5000, \"aa\"]", &at);
        assert_eq!(own.1, "[3000,\"aa\"]", "the caller knows better");
    }

    #[test]
    fn any_other_node_answers_at_once_if_its_tip_is_news_and_else_waits_for_the_next_height() {
        let expected = |params: &str| ("waitforblockheight".to_owned(), params.to_owned());
        let of = |block| sent("waitfornewblock", "[5000]", &node(block, false));
        assert_eq!(of(102), expected("[0,3000]"));
        assert_eq!(of(100), expected("[101,3000]"));
        assert_eq!(
            of(99),
            expected("[101,3000]"),
            "it has less than the caller had"
        );
    }

    #[test]
    fn a_call_for_one_block_or_a_height_is_sent_with_the_time_that_is_left() {
        let at = node(102, false);
        let height = sent("waitforblockheight", "[120, 5000]", &at);
        assert_eq!(
            height,
            ("waitforblockheight".to_owned(), "[120,3000]".to_owned())
        );
        let hash = format!("\"{:064x}\"", 120);
        let params = format!("[{hash},5000]");
        let same = sent("waitforblock", &params, &node(100, true));
        assert_eq!(same, ("waitforblock".to_owned(), format!("[{hash},3000]")));
        // It may have come and gone.
        let news = sent("waitforblock", &params, &at);
        assert_eq!(
            news,
            ("waitforblockheight".to_owned(), "[0,3000]".to_owned())
        );
    }

    #[test]
    fn what_is_not_understood_is_sent_as_it_came() {
        let at = node(102, true);
        for (method, params) in [
            ("waitfornewblock", "[\"soon\"]"),
            ("waitfornewblock", "[-1]"),
            ("waitforblockheight", "[]"),
            ("getblocktemplate", "[{\"longpollid\":\"x\"}]"),
        ] {
            assert_eq!(again(&body(method, params), &at), None, "{method} {params}");
        }
        let notification = "{\"jsonrpc\":\"2.0\",\"method\":\"waitfornewblock\"}";
        assert_eq!(again(notification, &at), None);
        let second = "{\"jsonrpc\":\"2.0\",\"method\":\"waitfornewblock\",\"id\":[1]}";
        let sent = again(second, &at).unwrap();
        assert!(
            sent.starts_with("{\"jsonrpc\":\"2.0\",\"id\":[1],"),
            "{sent}"
        );
    }
}

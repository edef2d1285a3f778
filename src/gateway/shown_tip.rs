//! What an answer shows of the tip of the node that gave it. Pure.
//!
//! Refuses to know nodes. Invariant: an answer that cannot be read shows nothing of its own.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::route::{BlockTag, ChainPosition, ShownTip, first_argument};

/// The members of the results that say it.
#[derive(Default, Deserialize)]
struct TipMembers {
    /// Of `getblockchaininfo`.
    blocks: Option<u64>,
    bestblockhash: Option<String>,
    chainwork: Option<String>,
    /// Of the long polls.
    height: Option<u64>,
    hash: Option<String>,
}

#[derive(Deserialize)]
struct TipResponse<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// What `answer`, all of it, shows that a node gave to a single call of `method` in `request`.
pub(super) fn shown_tip(method: &str, request: &[u8], answer: &[u8]) -> ShownTip {
    shown(method, request, answer).unwrap_or(ShownTip::Known)
}

fn shown(method: &str, request: &[u8], answer: &[u8]) -> Option<ShownTip> {
    let is_one = matches!(
        method,
        "getblockcount"
            | "getbestblockhash"
            | "getblockhash"
            | "getblockchaininfo"
            | "waitfornewblock"
            | "waitforblock"
            | "waitforblockheight"
    );
    if !is_one {
        return None;
    }
    if let Some(height) = bare_height(answer).filter(|_| method == "getblockcount") {
        return Some(ShownTip::Height(height));
    }
    let answer: TipResponse<'_> = serde_json::from_slice(answer).ok()?;
    let text = answer.result?.get();
    match method {
        "getblockcount" => Some(ShownTip::Height(text.parse().ok()?)),
        "getbestblockhash" => Some(ShownTip::Hash(tag(text)?)),
        "getblockhash" => {
            let height = first_argument(std::str::from_utf8(request).ok()?, "height")?;
            Some(ShownTip::Ancestor(tag(text)?, height.parse().ok()?))
        }
        _ => {
            let result: TipMembers = serde_json::from_str(text).ok()?;
            let height = result.blocks.or(result.height)?;
            let hash = result.bestblockhash.or(result.hash)?;
            let position = ChainPosition::new(height, result.chainwork.as_deref());
            Some(ShownTip::Block(BlockTag::of(&hash)?, position))
        }
    }
}

/// The number in the answer to the most frequent call, as Bitcoin Core writes it. `None` where it is
/// written in any other way.
fn bare_height(answer: &[u8]) -> Option<u64> {
    let result = answer
        .strip_prefix(b"{\"result\":")
        .or_else(|| answer.strip_prefix(b"{\"jsonrpc\":\"2.0\",\"result\":"))?;
    let end = memchr::memchr(b',', result)?;
    let (number, rest) = result.split_at_checked(end)?;
    let is_whole = rest.starts_with(b",\"error\":null,\"id\":") || rest.starts_with(b",\"id\":");
    let number = is_whole.then(|| std::str::from_utf8(number).ok())??;
    // No sign, and no zero in front: what is no JSON is not read here.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_plain)?;
    (number == 0 || !result.starts_with(b"0")).then_some(number)
}

/// The block whose hash is written so, in quotes.
fn tag(text: &str) -> Option<BlockTag> {
    BlockTag::of(text.strip_prefix('"')?.strip_suffix('"')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "000000000000000000000000000000000000000000000000000000000000beef";

    fn of(method: &str, params: &str, result: &str) -> ShownTip {
        let request = format!("{{\"method\":\"{method}\",\"params\":{params},\"id\":1}}");
        let one = format!("{{\"result\":{result},\"error\":null,\"id\":1}}\n");
        let two = format!("{{\"jsonrpc\":\"2.0\",\"result\":{result},\"id\":1}}\n");
        let shown = shown_tip(method, request.as_bytes(), one.as_bytes());
        assert_eq!(shown, shown_tip(method, request.as_bytes(), two.as_bytes()));
        shown
    }

    #[test]
    fn each_method_that_tells_the_tip_is_read() {
        let tag = BlockTag::of(HASH).unwrap();
        let quoted = format!("\"{HASH}\"");
        let at = |height| ShownTip::Block(tag, ChainPosition::of_height(height));
        for (result, height) in [("812", 812), ("0", 0), (" 7 ", 7)] {
            let shown = ShownTip::Height(height);
            assert_eq!(of("getblockcount", "[]", result), shown, "{result}");
        }
        assert_eq!(of("getbestblockhash", "[]", &quoted), ShownTip::Hash(tag));
        let ancestor = ShownTip::Ancestor(tag, 700);
        assert_eq!(of("getblockhash", "[700]", &quoted), ancestor);
        assert_eq!(of("getblockhash", "{\"height\": 700}", &quoted), ancestor);
        let polled = format!("{{\"hash\":{quoted},\"height\":9}}");
        for method in ["waitfornewblock", "waitforblock", "waitforblockheight"] {
            assert_eq!(of(method, "[]", &polled), at(9));
        }
        let info = format!(
            "{{\"chain\":\"main\",\"blocks\":9,\"headers\":10,\"bestblockhash\":{quoted},\
             \"chainwork\":\"{:0>64}\"}}",
            "2a"
        );
        let work = Some(42);
        let position = ChainPosition { height: 9, work };
        assert_eq!(
            of("getblockchaininfo", "[]", &info),
            ShownTip::Block(tag, position)
        );
    }

    #[test]
    fn what_tells_no_tip_shows_what_is_known() {
        for (method, params, result) in [
            ("gettxout", "[]", "{\"bestblock\":\"x\"}"),
            ("getblockcount", "[]", "null"),
            ("getblockcount", "[]", "-1"),
            ("getblockcount", "[]", "+1"),
            ("getblockcount", "[]", "012"),
            ("getblockcount", "[]", "99999999999999999999"),
            ("getbestblockhash", "[]", "\"beef\""),
            ("getblockhash", "[\"x\"]", "\"beef\""),
            ("getblockchaininfo", "[]", "[]"),
        ] {
            assert_eq!(of(method, params, result), ShownTip::Known, "{method}");
        }
        assert_eq!(shown_tip("getblockcount", b"{}", b"{"), ShownTip::Known);
    }
}

//! What people write, and what a suggestion offers instead.

use crate::config::{Problem, suggestion};

/// What people write, in a file: right for some keys, and wrong for most.
pub(super) const WRITTEN: [&str; 58] = [
    "true",
    "True",
    "yes",
    "no",
    "\"false\"",
    "5",
    "-5",
    "0",
    "1.5",
    "08",
    ".5",
    "5;",
    "80,5",
    "1,000",
    "10,485,760",
    "99999999999999999999",
    "1e300",
    "nan",
    "1979-05-27",
    "\"\"",
    "''",
    "x",
    "\"x\"",
    "'\"x\"'",
    "\u{201c}regtest\u{201d}",
    "\u{201c}mainnet\u{201d}",
    "\"mainnet\"",
    "\"main\"",
    "'\"main\"'",
    "\"agressive\"",
    "off",
    "\"5\"",
    "\"0\"",
    "\"10s\"",
    "2m",
    "\"500ms\"",
    "\"100GB\"",
    "80gb",
    "1TB",
    "\"-1\"",
    "[]",
    "[1]",
    "[a, b]",
    "{}",
    "a, b",
    "\"a:1,b\"",
    "\"a b,c\"",
    "10.0.0.0/8",
    "localhost:5",
    "18332",
    "\"::1\"",
    "node:8332",
    "\"node:8332/wallet\"",
    "'http://a/wallet/x'",
    "\"C:\\Users\\x\"",
    "\"${HOST}\"",
    "'~you/x'",
    "'salt$hmac'",
];

/// The values of TOML that a suggestion offers, of which each may be taken.
pub(super) fn offered(suggestion: &str) -> Vec<String> {
    let mut offered = Vec::new();
    let mut rest = suggestion.strip_prefix("write ");
    while let Some(text) = rest {
        let Some(value) = suggestion::literal(&format!("write {text}")).map(str::to_owned) else {
            break;
        };
        let left = &text[value.len()..];
        rest = left
            .strip_prefix(", ")
            .or_else(|| left.strip_prefix(" or "));
        offered.push(value);
    }
    offered
}

/// The texts that a suggestion for a variable offers.
pub(super) fn offered_bare(suggestion: &str) -> Vec<String> {
    let Some(rest) = suggestion.strip_prefix("write ") else {
        return Vec::new();
    };
    let rest = rest.split(", or set ").next().unwrap();
    let rest = rest
        .split(", say")
        .next()
        .unwrap()
        .split(", the default")
        .next()
        .unwrap();
    rest.split(" or ")
        .flat_map(|part| part.split(", "))
        .map(str::to_owned)
        .collect()
}

/// What is written next: the offered value, or the list with that in place of the entry that is
/// wrong.
pub(super) fn within(written: &str, problem: &Problem, offered: String) -> String {
    match problem.value.as_deref() {
        Some(entry) if written.starts_with('[') && entry != written && written.contains(entry) => {
            written.replacen(entry, &offered, 1)
        }
        _ => offered,
    }
}

//! The last line of `cargo test`: how many tests were skipped, and why. It is no test itself, but
//! the target of tests that cargo runs last.

use std::collections::BTreeMap;
use std::io::{self, Write};

#[path = "../it/support/skip_record.rs"]
#[allow(dead_code, reason = "others write the record")]
mod skip_record;

fn main() -> io::Result<()> {
    // A runner that asks which tests there are.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    io::stdout().write_all(format!("\n{}\n", summary(&skip_record::take())).as_bytes())
}

fn summary(reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut parts: Vec<_> = counts.into_iter().collect();
    parts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(reason, count)| format!("{count}: {reason}"))
        .collect();
    match reasons.len() {
        0 => "no test was skipped".to_owned(),
        1 => format!("1 test was skipped ({})", parts.join("; ")),
        number => format!("{number} tests were skipped ({})", parts.join("; ")),
    }
}

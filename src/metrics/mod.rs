//! What Prometheus is told. Every family is declared once, in `families`.
//!
//! Decides the shape of a page. Refuses to know how a value was found out. Invariant: what is not known has no
//! series; a zero is always a count of nothing.

mod encode;
mod families;
mod node;
mod page;
mod process;
mod recorder;

pub use encode::Format;
pub use families::{ALL, Family, Kind};
pub use process::ProcessFacts;
pub use recorder::Recorder;

use crate::health::Verdict;
use crate::values::Mono;
use crate::watch::{Plan, Snapshot};

use self::page::Page;

/// What is known at the moment of a scrape.
pub struct Scrape<'a> {
    /// The node.
    pub snapshot: &'a Snapshot,
    /// How it is judged.
    pub verdict: &'a Verdict,
    /// How it is asked, which says when a value is too old.
    pub plan: &'a Plan,
    /// The label `node`.
    pub node: &'a str,
    /// Configured, if written: the largest number of peers.
    pub peers_max: Option<u32>,
    /// Configured: pruning starts above, and stops at; bytes.
    pub prune_bytes: (u64, u64),
    /// The daemon itself.
    pub process: &'a ProcessFacts,
    /// What was counted since the start.
    pub recorder: &'a Recorder,
    /// Now.
    pub now: Mono,
}

/// The page for one scrape.
#[must_use]
pub fn render(scrape: &Scrape<'_>, format: Format) -> String {
    let mut page = Page::default();
    node::node(&mut page, scrape);
    node::collectors(&mut page, scrape);
    node::health(&mut page, scrape);
    node::chain(&mut page, scrape);
    node::network(&mut page, scrape);
    node::storage(&mut page, scrape);
    node::mempool(&mut page, scrape);
    process::daemon(&mut page, scrape.process);
    let mut families = page.into_families();
    families.extend(scrape.recorder.gather());
    encode::encode(&families, format)
}

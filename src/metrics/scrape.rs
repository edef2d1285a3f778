//! What is known of nodes at the moment of a scrape.

use crate::health::{State, Verdict};
use crate::reconnect::Summary;
use crate::route::NodeFacts;
use crate::values::Mono;
use crate::watch::{PollPlan, Snapshot};

/// What is known of several nodes together at the moment of a scrape.
pub struct FleetScrape<'a> {
    /// How they are judged.
    pub verdict: &'a Verdict,
    /// How deep the fork between them is; 0: there is none.
    pub fork_depth: u64,
}

/// What is known of one node at the moment of a scrape.
pub struct NodeScrape<'a> {
    /// The node.
    pub snapshot: &'a Snapshot,
    /// How it is judged.
    pub verdict: &'a Verdict,
    /// How often it has come into each state of `State::ALL`.
    pub state_changes: [u64; State::ALL.len()],
    /// How it is asked, which says when a value is too old.
    pub plan: &'a PollPlan,
    /// The label `node`.
    pub node: &'a str,
    /// Configured, if written: the largest number of peers.
    pub peers_max: Option<u32>,
    /// Configured: pruning starts above, and stops at; bytes.
    pub prune_bytes: (u64, u64),
    /// The peers that were lost, and those that are watched.
    pub lost: &'a Summary,
    /// At most so many peers have a series of their own.
    pub max_peers: usize,
    /// Pruning.
    pub prune: &'a PruneFacts,
    /// How it is in the rotation, if it is one of several.
    pub facts: Option<&'a NodeFacts>,
    /// Now.
    pub now: Mono,
}

/// What is known of pruning at the moment of a scrape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneFacts {
    /// Runs that ended, by trigger and outcome.
    pub runs: Vec<(&'static str, &'static str, u64)>,
    /// Bytes that they freed.
    pub freed_bytes: u64,
    /// When the last one ended, seconds since 1970.
    pub last_run_secs: Option<i64>,
    /// Leases in force.
    pub leases: u64,
    /// Until the volume is full.
    pub full_in_secs: Option<u64>,
}

//! Several real nodes behind one gateway: what clients see while nodes die, freeze, lag, come back,
//! and are taken out.

mod detection;
mod drains;
mod failover;
mod fork;
mod haproxy;
mod membership;
mod old_blocks;
mod outage;
mod wallets;

use std::path::Path;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::fleet::NodeFleet;
use crate::support::surroundings::env;

/// How often a test repeats what it does: few by default, as many as `BLLVMCTL_ROUNDS` says.
fn rounds(few: u32) -> u32 {
    let rounds = env("BLLVMCTL_ROUNDS").and_then(|rounds| rounds.parse().ok());
    rounds.unwrap_or(few)
}

/// Three nodes with a chain of 110 blocks.
fn three_nodes(executable: &Path) -> NodeFleet {
    NodeFleet::start(executable, vec![BitcoindOptions::default(); 3], 110)
}

//! Several real nodes behind one gateway: what clients see while nodes die, freeze, lag, come back,
//! and are taken out.

mod broadcast;
mod detection;
mod drains;
mod electrs;
mod failover;
mod floor;
mod fork;
mod haproxy;
mod latency;
mod libraries;
mod long_polls;
mod membership;
mod old_blocks;
mod once;
mod outage;
mod private_broadcast;
mod reasons;
mod silence;
mod users;
mod wallets;

use std::path::Path;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::config::{Config, DIR, FAKE_COOKIE};
use crate::support::daemon::{Daemon, write_private};
use crate::support::fake_node::FakeNode;
use crate::support::fleet::NodeFleet;
use crate::support::http::basic;
use crate::support::sight::wait_ready;
use crate::support::surroundings::{env, free_port};

/// How often a test repeats what it does: few by default, as many as `BLLVMCTL_ROUNDS` says.
fn rounds(few: u32) -> u32 {
    let rounds = env("BLLVMCTL_ROUNDS").and_then(|rounds| rounds.parse().ok());
    rounds.unwrap_or(few)
}

/// Three nodes with a chain of 110 blocks.
fn three_nodes(executable: &Path) -> NodeFleet {
    NodeFleet::start(executable, vec![BitcoindOptions::default(); 3], 110)
}

/// Two nodes that answer everything, the better one first, and a daemon before them that wants
/// both, with `more` configuration.
pub(crate) fn before_two_fakes(more: &str) -> ([FakeNode; 2], Daemon) {
    let nodes = [(); 2].map(|()| FakeNode::from_fixtures("core-31.99/synced-prunable"));
    let mut text = format!(
        "state_dir = \"{DIR}/state\"\n[node]\npoll_interval_secs = 1\n\
         [rpc]\nlisten = \"127.0.0.1:{}\"\n[fleet]\nmin_ready = 2\npass_through = true\n",
        free_port()
    );
    for (name, node) in ["a", "b"].into_iter().zip(&nodes) {
        node.require(&basic(FAKE_COOKIE));
        let entry = format!(
            "[[nodes]]\nname = \"{name}\"\nrpc_url = \"http://127.0.0.1:{}\"\n\
             rpc_cookie_file = \"{DIR}/{name}.cookie\"\npriority = {}\n",
            node.port(),
            if name == "a" { 10 } else { 20 },
        );
        text.push_str(&entry);
    }
    let mut daemon = Daemon::launch(Config::of(&text).with(more));
    for name in ["a", "b"] {
        let cookie = daemon.directory().join(format!("{name}.cookie"));
        write_private(&cookie, FAKE_COOKIE);
    }
    daemon.wait_listening();
    wait_ready(&daemon);
    (nodes, daemon)
}

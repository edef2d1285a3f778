//! Several real nodes on one chain, and the daemon in front of them.

use serde_json::json;

use super::bitcoind::{Bitcoind, BitcoindOptions};
use super::config::{Config, DIR};
use super::daemon::Daemon;
use super::http::{Request, Response, basic};
use super::surroundings::{eventually, free_port, wait_until};
use std::path::Path;
use std::time::Duration;

/// A user of the gateway: `alice` with the password `secret`, who may name any node.
const USER: &str = r#"
[[rpc.auth.users]]
name = "alice"
rpcauth = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937"
nodes = ["*"]
"#;

/// Longer than any synchronisation of a few hundred blocks on a busy machine.
const SYNC: Duration = Duration::from_mins(1);

/// The header that the user of the gateway sends.
pub(crate) fn alice() -> String {
    basic("alice:secret")
}

/// Nodes `a`, `b`, `c`, … that are connected to one another and have the same chain.
pub(crate) struct NodeFleet {
    pub(crate) nodes: Vec<Bitcoind>,
}

impl NodeFleet {
    /// Starts a node for each of `options`; the first mines `blocks` blocks, which all get.
    #[track_caller]
    pub(crate) fn start(
        executable: &Path,
        options: impl IntoIterator<Item = BitcoindOptions>,
        blocks: u32,
    ) -> Self {
        let mut nodes: Vec<_> = options
            .into_iter()
            .map(|options| Bitcoind::launch(executable.to_owned(), options))
            .collect();
        nodes.iter_mut().for_each(Bitcoind::wait_ready);
        let fleet = Self { nodes };
        fleet.leave_initial_download();
        fleet.connect();
        fleet.mine(0, blocks.saturating_sub(1));
        fleet
    }

    /// Gives all nodes the first block: while a node is in its initial download, it takes no blocks
    /// from a pruned one.
    fn leave_initial_download(&self) {
        let (first, others) = self.nodes.split_first().expect("a node");
        let hash = first.mine(1);
        let block = first.rpc("getblock", json!([hash, 0]));
        for other in others {
            other.rpc("submitblock", json!([block]));
        }
    }

    /// Connects each node to the first one.
    #[track_caller]
    pub(crate) fn connect(&self) {
        let (first, others) = self.nodes.split_first().expect("a node");
        for other in others {
            first.connect_to(other);
        }
    }

    /// Mines `blocks` blocks at the node at `index` and waits until all have them. A node does not
    /// ask a pruned one for more blocks than that promises to have.
    #[track_caller]
    pub(crate) fn mine(&self, index: usize, blocks: u32) {
        const AT_ONCE: u32 = 200;
        let mut left = blocks;
        while left > 0 {
            let tip = self.nodes[index].mine(left.min(AT_ONCE));
            left = left.saturating_sub(AT_ONCE);
            for node in &self.nodes {
                let look = || node.try_rpc("getbestblockhash", json!([])).ok();
                eventually("the same tip", SYNC, look, |hash| {
                    hash.as_ref().is_some_and(|hash| *hash == tip.as_str())
                });
            }
        }
    }

    /// Has all nodes write their chain to the disk: one that is killed after that has it when it is
    /// back.
    pub(crate) fn flush(&self) {
        for node in &self.nodes {
            node.rpc("gettxoutsetinfo", json!([]));
        }
    }

    /// The name of the node at `index` in the configuration.
    pub(crate) fn name(index: usize) -> &'static str {
        ["a", "b", "c", "d"][index]
    }

    /// The configuration of a daemon in front of all: the first node is the primary, the next ones
    /// follow in their order. Nothing is limited.
    pub(crate) fn config(&self) -> String {
        let mut text = format!(
            "state_dir = \"{DIR}/state\"\n[node]\npoll_interval_secs = 1\ntimeout_secs = 2\n\
             [rpc]\nlisten = \"127.0.0.1:{}\"\n[rpc.auth]\nrate_limit_enabled = false\n{USER}",
            free_port()
        );
        for (index, node) in self.nodes.iter().enumerate() {
            let entry = format!(
                "[[nodes]]\nname = \"{}\"\nrpc_url = \"http://127.0.0.1:{}\"\n\
                 rpc_cookie_file = \"{}\"\npriority = {}\n",
                Self::name(index),
                node.rpc_port(),
                node.cookie_file().display(),
                (index + 1) * 10,
            );
            text.push_str(&entry);
        }
        text
    }

    /// A daemon in front of all, with `more` configuration, once every node is in rotation.
    #[track_caller]
    pub(crate) fn serve(&self, more: &str) -> Daemon {
        let daemon = Daemon::start(Config::of(&self.config()).with(more));
        wait_in_rotation(&daemon, self.nodes.len());
        daemon
    }
}

/// Waits until `count` nodes are in rotation.
#[track_caller]
pub(crate) fn wait_in_rotation(daemon: &Daemon, count: usize) {
    wait_until("nodes in rotation", SYNC, || {
        in_rotation(daemon) == Some(count)
    });
}

/// How many nodes are in rotation.
pub(crate) fn in_rotation(daemon: &Daemon) -> Option<usize> {
    let page = daemon.try_get("/metrics").ok()?;
    let lines = page.text().lines();
    let series = lines.filter(|line| line.starts_with("bllvm_node_in_rotation{"));
    Some(series.filter(|line| line.ends_with(" 1")).count())
}

/// The answer to one call of alice at `path`.
#[track_caller]
pub(crate) fn call_at(daemon: &Daemon, path: &str, body: &str) -> Response {
    let authorization = alice();
    let headers = [("Authorization", authorization.as_str())];
    daemon.send(Request::post(path, body.as_bytes()).with(&headers))
}

/// The answer to one call of alice.
#[expect(
    clippy::needless_pass_by_value,
    reason = "as `Bitcoind::rpc`: parameters are written where they are needed"
)]
#[track_caller]
pub(crate) fn call(daemon: &Daemon, method: &str, params: serde_json::Value) -> Response {
    let body = json!({"id": 1, "method": method, "params": params}).to_string();
    call_at(daemon, "/", &body)
}

/// The node that answered.
pub(crate) fn answered_by(response: &Response) -> Option<&str> {
    response.header("x-bllvmctl-node")
}

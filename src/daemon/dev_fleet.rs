//! `serve --dev --nodes N`: a peer that mines, and N nodes with the gateway before them, so that a
//! failover can be watched.
//!
//! Each node is a process of its own, this program with a configuration in its part of the
//! directory: killing it is what a crash of bitcoind is. It is started again after a while, so that
//! the way back is seen too. Invariant: no node outlives this process. Its standard input ends with
//! it, however it ends, and then the node shuts down.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::dev_room::Room;
use super::dev_tour::{self, Tour, USER};
use super::embedded::EmbeddedHandle;
use super::free_address::FreeAddresses;
use super::{Daemon, ServeError, start};
use crate::node::embedded::{self, EmbeddedNode, Options, RpcListener};
use crate::node::{Node, PruneTo};

/// A node that has ended is started again after this long.
const RESTART_AFTER: Duration = Duration::from_secs(20);
const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Where the nodes of `--dev --nodes`, and the peer that mines for them, are found.
#[derive(Clone, Debug)]
pub struct DevFleet {
    miner: SocketAddr,
    nodes: Vec<DevNode>,
}

#[derive(Clone, Debug)]
struct DevNode {
    name: &'static str,
    rpc: SocketAddr,
    p2p: SocketAddr,
}

impl DevFleet {
    /// So many nodes, each at ports that are free now.
    pub(super) fn new(count: u8) -> std::io::Result<Self> {
        let mut free = FreeAddresses::default();
        let mut nodes = Vec::new();
        for name in NAMES.into_iter().take(count.into()) {
            let [rpc, p2p] = [free.next()?, free.next()?];
            nodes.push(DevNode { name, rpc, p2p });
        }
        let miner = free.next()?;
        Ok(Self { miner, nodes })
    }

    /// Writes the configurations of the nodes below `root`, each in a directory of its own.
    pub(super) fn write(&self, root: &Path) -> std::io::Result<()> {
        let mut peers = vec![self.miner];
        for node in &self.nodes {
            let directory = root.join(node.name);
            std::fs::create_dir(&directory)?;
            std::fs::write(
                config_file(&directory),
                node.configuration(&directory, &peers),
            )?;
            peers.push(node.p2p);
        }
        Ok(())
    }

    /// The configuration of the daemon before them.
    pub(super) fn configuration(&self, root: &Path, listen: &str) -> String {
        let place = root.display();
        let mut text = format!(
            "# Made by `bllvmctl serve --dev --nodes`, and gone when that ends.\n\n\
             state_dir = \"{place}/state\"\n\n\
             [node]\nchain = \"regtest\"\npoll_interval_secs = 1\n\n\
             [network]\npeers = [\"{miner}\"]\nreconnect_initial_delay_secs = 10\n\
             reconnect_max_delay_secs = 60\n\n\
             [fleet]\nfailback_secs = 10\n\n\
             [storage]\npruning_mode = \"normal\"\n{room}\
             pruning_check_interval_secs = 5\nmin_free_gb = 0\nstorage_critical_gb = 0\n\n\
             [rpc]\nlisten = \"{listen}\"\n{rpc}{tour}",
            miner = self.miner,
            room = Room::beside(0).lines(),
            rpc = dev_tour::rpc_lines(),
            tour = dev_tour::configuration(&dev_tour::notifications(root)),
        );
        for (node, priority) in self.nodes.iter().zip((10..).step_by(10)) {
            let DevNode { name, rpc, .. } = node;
            let entry = format!(
                "\n[[nodes]]\nname = \"{name}\"\nrpc_url = \"http://{rpc}\"\n\
                 rpc_cookie_file = \"{place}/{name}/node/.cookie\"\ndata_dir = \"{place}/{name}/node\"\n\
                 priority = {priority}\n"
            );
            text.push_str(&entry);
        }
        text
    }

    /// What the page is of, and what is going to happen.
    pub(super) fn about(&self) -> String {
        let names: Vec<_> = self.nodes.iter().map(|node| node.name).collect();
        let names = names.join(", ");
        let (nodes, failover) = match self.nodes.len() {
            1 => (format!("a regtest node ({names})"), ""),
            _ => (
                format!("regtest nodes ({names}), each a process of its own"),
                "\nAfter 40 seconds the first node is killed, and the next serves at once. The first is started \
                 again after {restart}\nseconds, and used again once it has been ready for ten.",
            ),
        };
        let failover = failover.replace("{restart}", &RESTART_AFTER.as_secs().to_string());
        format!(
            "{nodes}, with a peer that mines a block every two seconds, behind one gateway. Within two\n\
             minutes a guest calls too often and is refused, a peer is lost and dialled again ten seconds later, blocks are\n\
             pruned, and each change of a state or a check, and each prune, is a notification.{failover}\n"
        )
    }

    /// What to try next.
    pub(super) fn commands(&self, root: &Path, listen: &str) -> String {
        let place = root.display();
        let last = self.nodes.last().map_or("a", |node| node.name);
        format!(
            "  bllvmctl nodes --watch 1\n  \
             kill -9 \"$(cat {place}/a/pid)\"\n  \
             curl -si -u {USER}:{USER} http://{listen}/ -d '{{\"method\": \"getblockcount\"}}'\n  \
             bllvmctl nodes drain {last} --for 1m --reason upgrade\n  \
             bllvmctl nodes explain getblockcount\n  \
             bllvmctl health\n"
        )
    }
}

impl DevNode {
    fn configuration(&self, directory: &Path, peers: &[SocketAddr]) -> String {
        let place = directory.display();
        let Self { name, rpc, p2p } = self;
        let peers: Vec<String> = peers.iter().map(|peer| format!("\"{peer}\"")).collect();
        format!(
            "state_dir = \"{place}/state\"\n\n\
             [node]\nkind = \"embedded\"\nname = \"{name}\"\ndata_dir = \"{place}/node\"\npoll_interval_secs = 1\n\n\
             [network]\nlisten = \"{p2p}\"\npeers = [{peers}]\nreconnect_initial_delay_secs = 60\n\n\
             [storage]\nmin_free_gb = 0\nstorage_critical_gb = 0\n\n\
             [rpc]\nlisten = \"{rpc}\"\n\n\
             [rpc.auth]\nrate_limit_enabled = false\n",
            peers = peers.join(", "),
        )
    }
}

fn config_file(directory: &Path) -> PathBuf {
    directory.join("node.toml")
}

/// Deletes the blocks of a node of `--dev` that nothing requests, each time after `interval`: they
/// would fill the disk.
pub(super) async fn keep_pruned(node: &EmbeddedNode, interval: Duration) -> Result<(), String> {
    loop {
        sleep(interval).await;
        // At first there are not enough blocks.
        let _ = node.prune(PruneTo::All).await;
    }
}

impl Daemon {
    /// Starts the nodes of `--dev --nodes` and the peer that mines for them, and waits until they
    /// are ready.
    pub(super) async fn start_dev_fleet(
        &self,
        nodes: &mut EmbeddedHandle,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Result<(), ServeError> {
        let root = self.file.as_deref().and_then(Path::parent);
        let (Some(fleet), Some(root)) = (&self.options.dev_fleet, root) else {
            return Ok(());
        };
        self.start_dev_miner(fleet.miner, root, here, stop).await?;
        let members = self.members.roster().all().clone();
        let crash = CancellationToken::new();
        let mut first_crash = (fleet.nodes.len() > 1).then(|| crash.clone());
        for (node, member) in fleet.nodes.iter().zip(members.iter()) {
            let directory = root.join(node.name);
            let child = spawn(&directory).map_err(start("a node of --dev"))?;
            let keep = keep_running(
                child,
                directory,
                node.name,
                first_crash.take(),
                stop.clone(),
            );
            let keep = nodes.dev_nodes().track_future(keep);
            let _ended = self
                .supervisor
                .critical(here, member.task("dev_node"), keep);
        }
        for node in &fleet.nodes {
            wait_ready(node.rpc).await;
        }
        self.follow_room(here, members.first(), stop);
        if let (Some(last), Some(gateway)) = (fleet.nodes.last(), self.config.rpc.listen.tcp()) {
            let tour = Tour {
                gateway,
                // Not the one that is killed.
                path: format!("/node/{}", last.name),
                peer: fleet.miner,
                crash,
            };
            self.begin_tour(here, tour, stop);
        }
        Ok(())
    }

    async fn start_dev_miner(
        &self,
        listen: SocketAddr,
        root: &Path,
        here: &Handle,
        stop: &CancellationToken,
    ) -> Result<(), ServeError> {
        /// Long enough for each node to have downloaded what goes.
        const PRUNE_INTERVAL: Duration = Duration::from_mins(10);
        let options = Options {
            listen: Some(listen),
            ..embedded::options(root.join("miner"))
        };
        let (node, running) = EmbeddedNode::start(options).await?;
        let stop = stop.clone();
        let _ended = self.supervisor.critical(here, "dev_miner", async move {
            tokio::select! {
                ended = running.run(RpcListener::none(), stop) => ended,
                never = keep_pruned(&node, PRUNE_INTERVAL) => never,
                () = node.node().mine_and_pay() => Ok(()),
            }
        });
        Ok(())
    }
}

/// A node that runs, and what ends it when it is closed.
struct RunningNode {
    process: Child,
    stdin: Option<ChildStdin>,
}

/// Starts the node whose configuration is in `directory`. Its log is there too, and its process id
/// for whoever wants to kill it.
fn spawn(directory: &Path) -> std::io::Result<RunningNode> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(directory.join("log"))?;
    let mut process = Command::new(std::env::current_exe()?)
        .args(["serve", "--dev-node", "--config"])
        .arg(config_file(directory))
        // The settings of the environment are those of other daemons.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        // Ctrl-C is for the daemon, which ends its nodes in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let id = process.id().unwrap_or_default();
    std::fs::write(directory.join("pid"), format!("{id}\n"))?;
    // Who waits for a process closes its standard input, unless somebody else has it.
    let stdin = process.stdin.take();
    Ok(RunningNode { process, stdin })
}

/// Starts the node again whenever it has ended, until `stop`; then has it end. It is killed once at
/// `crash`, unless somebody else has done that before.
async fn keep_running(
    first: RunningNode,
    directory: PathBuf,
    name: &'static str,
    mut crash: Option<CancellationToken>,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut node = first;
    loop {
        let crash = crash.take().unwrap_or_default();
        tokio::select! {
            () = crash.cancelled() => {
                let _ = node.process.start_kill();
                continue;
            }
            ended = node.process.wait() => {
                let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                let again_secs = RESTART_AFTER.as_secs();
                warn!(node = name, status, again_secs, "the node has ended and will be started again");
            }
            () = stop.cancelled() => {
                end(node).await;
                return Ok(());
            }
        }
        tokio::select! {
            () = sleep(RESTART_AFTER) => {}
            () = stop.cancelled() => return Ok(()),
        }
        node =
            spawn(&directory).map_err(|error| format!("cannot start the node again: {error}"))?;
        info!(node = name, "the node is started again");
    }
}

/// Ends a node in order, or else at once.
async fn end(node: RunningNode) {
    const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
    let RunningNode { mut process, stdin } = node;
    drop(stdin);
    if timeout(SHUTDOWN_TIMEOUT, process.wait()).await.is_err() {
        let _ = process.kill().await;
    }
}

/// Waits until the node at `address` has the miner's chain, but not for ever: one that does not get
/// it is shown as it is. Attached earlier, the nodes would come into the rotation one by one.
async fn wait_ready(address: SocketAddr) {
    const START_TIMEOUT: Duration = Duration::from_mins(1);
    const RETRY_INTERVAL: Duration = Duration::from_millis(50);
    let ready = async {
        while !is_ready(address).await.unwrap_or(false) {
            sleep(RETRY_INTERVAL).await;
        }
    };
    let _ = timeout(START_TIMEOUT, ready).await;
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    const REQUEST: &[u8] =
        b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const READY: &[u8] = b"HTTP/1.1 200 ";
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(REQUEST).await?;
    let mut head = [0; READY.len()];
    connection.read_exact(&mut head).await?;
    Ok(head == *READY)
}

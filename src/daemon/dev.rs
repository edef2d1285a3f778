//! `serve --dev`: a throw-away directory in which everything moves, so that a newcomer has
//! something to look at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::dev_fleet::{DevFleet, keep_pruned};
use super::dev_room::Room;
use super::dev_tour::{self, Tour, USER};
use super::free_address::FreeAddresses;
use super::{Daemon, ServeError, start};
use crate::env::Env;
use crate::fleet::Member;
use crate::http::Reload;
use crate::node::embedded::{self, EmbeddedNode, Options, RpcListener};
use crate::watch::{Board, Snapshot};

/// Peers beside the node, so that connections can be lost and found again.
const DEV_PEERS: usize = 2;
/// The peers are pruned so often. Nothing requests their old blocks.
const PRUNE_INTERVAL: Duration = Duration::from_mins(1);

const ABOUT_ONE_NODE: &str = "\
a regtest node that mines a block every two seconds, with two peers. Within two minutes a guest calls too often
and is refused, a peer is lost and dialled again ten seconds later, blocks are pruned, and each change of a state or a
check, and each prune, is a notification. `--nodes 3` has a failover too.
";

/// What `serve --dev` makes, and removes at its end.
pub struct Dev {
    directory: TempDir,
    listen: String,
    peers: Vec<SocketAddr>,
    /// With `--nodes`: the nodes that are attached.
    fleet: Option<DevFleet>,
}

/// Has the thresholds of pruning in `file` follow the node's database, until somebody else changes
/// them.
async fn follow(file: PathBuf, board: Arc<Board>, reload: mpsc::Sender<Reload>) {
    let room =
        |snapshot: &Snapshot| Room::beside(snapshot.usage.map_or(0, |usage| usage.database_bytes));
    let mut now = Room::beside(0);
    loop {
        board.wait_until(|snapshot| room(snapshot) > now).await;
        let next = room(&board.read()).max(now);
        let path = file.clone();
        match tokio::task::spawn_blocking(move || replace(&path, now, next)).await {
            Ok(Ok(true)) => {
                let (done, reloaded) = oneshot::channel();
                // The result is in the log.
                let _ = reload.send(done).await;
                let _ = reloaded.await;
            }
            Ok(Ok(false)) | Err(_) => return std::future::pending().await,
            Ok(Err(error)) => warn!(%error, "the thresholds of pruning stay as they are"),
        }
        now = next;
    }
}

/// Replaces one by the other in the file at `path`; whether it was there.
fn replace(path: &Path, old: Room, new: Room) -> std::io::Result<bool> {
    let Some(text) = old.replaced_in(&std::fs::read_to_string(path)?, new) else {
        return Ok(false);
    };
    // Commands read the file at any time: it is whole at any time.
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, path)?;
    Ok(true)
}

/// A part of the directory for each of them.
fn peer_directory(root: &Path, number: usize) -> PathBuf {
    root.join(format!("peer{}", number + 1))
}

/// The line that has a shell find this program by its name, if the PATH does not lead to it.
fn path_line(env: &Env) -> String {
    const NAME: &str = "bllvmctl";
    let real = |path: PathBuf| path.canonicalize().ok();
    let Some(this) = std::env::current_exe().ok().and_then(real) else {
        return String::new();
    };
    let mut folders = std::env::split_paths(env.get("PATH").unwrap_or_default());
    let found = folders.find_map(|folder| real(folder.join(NAME)));
    match this.parent() {
        Some(folder) if found.as_ref() != Some(&this) => {
            format!("  export PATH=\"{}:$PATH\"\n", folder.display())
        }
        _ => String::new(),
    }
}

impl Dev {
    /// Makes the directory and the configuration in it; `listen` stands for `rpc.listen`. With
    /// `nodes` so many nodes are attached, else one is within this process.
    pub fn prepare(listen: Option<&str>, nodes: Option<u8>) -> Result<Self, ServeError> {
        let failed = start::<std::io::Error>("a directory to throw away");
        let directory = tempfile::Builder::new()
            .prefix("bllvmctl-dev-")
            .tempdir()
            .map_err(&failed)?;
        let mut free = FreeAddresses::default();
        let peers = (0..DEV_PEERS)
            .map(|_| free.next())
            .collect::<Result<_, _>>()
            .map_err(&failed)?;
        let dev = Self {
            directory,
            listen: listen.unwrap_or("127.0.0.1:18332").to_owned(),
            peers,
            fleet: nodes.map(DevFleet::new).transpose().map_err(&failed)?,
        };
        let root = dev.directory.path();
        let text = match &dev.fleet {
            Some(fleet) => {
                fleet.write(root).map_err(&failed)?;
                fleet.configuration(root, &dev.listen)
            }
            None => dev.configuration(free.next().map_err(&failed)?),
        };
        std::fs::write(dev.config_file(), text).map_err(&failed)?;
        Ok(dev)
    }

    /// The configuration that was made.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.directory.path().join("dev.toml")
    }

    /// The nodes to attach, if there are any.
    #[must_use]
    pub fn fleet(&self) -> Option<DevFleet> {
        self.fleet.clone()
    }

    fn configuration(&self, peers_listen: SocketAddr) -> String {
        let root = self.directory.path().display();
        let peers: Vec<String> = self
            .peers
            .iter()
            .map(|peer| format!("\"{peer}\""))
            .collect();
        format!(
            "# Made by `bllvmctl serve --dev`, and gone when that ends.\n\n\
             state_dir = \"{root}/state\"\n\n\
             [node]\nkind = \"embedded\"\nname = \"dev\"\ndata_dir = \"{root}/node\"\n\
             poll_interval_secs = 1\n\n\
             [network]\nlisten = \"{peers_listen}\"\npeers = [{peers}]\nreconnect_initial_delay_secs = 10\n\
             reconnect_max_delay_secs = 60\n\n\
             [storage]\npruning_mode = \"normal\"\n{room}\
             pruning_check_interval_secs = 5\nmin_free_gb = 0\nstorage_critical_gb = 0\n\n\
             [rpc]\nlisten = \"{listen}\"\n{rpc}{tour}",
            peers = peers.join(", "),
            room = Room::beside(0).lines(),
            listen = self.listen,
            rpc = dev_tour::rpc_lines(),
            tour = dev_tour::configuration(&dev_tour::notifications(self.directory.path())),
        )
    }

    /// The address of the page, what is going to happen, and what to try next.
    #[must_use]
    pub fn welcome(&self, env: &Env) -> String {
        let root = self.directory.path().display();
        let (about, commands) = match &self.fleet {
            Some(fleet) => (
                fleet.about(),
                fleet.commands(self.directory.path(), &self.listen),
            ),
            None => (ABOUT_ONE_NODE.to_owned(), self.commands()),
        };
        format!(
            "http://{listen}/\n\n\
             The page of {about}\n\
             All is in {root}, which is removed at the end (Ctrl-C). In another terminal:\n\n  \
             export BLLVMCTL_CONFIG={config}\n{path}{commands}  \
             tail -f {notifications}\n\n",
            listen = self.listen,
            config = self.config_file().display(),
            path = path_line(env),
            notifications = dev_tour::notifications(self.directory.path()),
        )
    }

    fn commands(&self) -> String {
        let peer = self.peers.last().map(ToString::to_string);
        format!(
            "  bllvmctl status --watch 2\n  \
             bllvmctl health\n  \
             bllvmctl prune status\n  \
             bllvmctl limits explain --user guest\n  \
             curl -s -u {USER}:{USER} http://{listen}/ -d '{{\"method\": \"disconnectnode\", \
             \"params\": [\"{peer}\"]}}'\n  \
             bllvmctl queue list --watch 1\n",
            listen = self.listen,
            peer = peer.unwrap_or_default(),
        )
    }
}

impl Daemon {
    /// Starts the peers that `--dev` has beside the node.
    pub(super) async fn start_dev_peers(&self, stop: &CancellationToken) -> Result<(), ServeError> {
        let Some(root) = self
            .file
            .as_ref()
            .filter(|_| self.options.dev)
            .and_then(|file| file.parent())
        else {
            return Ok(());
        };
        let names = ["dev_peer_1", "dev_peer_2"];
        for (number, (peer, name)) in self
            .config
            .first_member()
            .network
            .peers
            .iter()
            .zip(names)
            .enumerate()
        {
            let options = Options {
                listen: peer.to_string().parse().ok(),
                max_peers: 8,
                ..embedded::options(peer_directory(root, number))
            };
            let (node, running) = EmbeddedNode::start(options).await?;
            let stop = stop.clone();
            self.supervisor
                .critical(&Handle::current(), name, async move {
                    tokio::select! {
                        ended = running.run(RpcListener::none(), stop) => ended,
                        never = keep_pruned(&node, PRUNE_INTERVAL) => never,
                    }
                });
        }
        Ok(())
    }

    /// Has the node of `--dev` mine and pay, pruning follow, and the tour begin.
    pub(super) fn play(
        &self,
        member: &Arc<Member>,
        node: &Arc<EmbeddedNode>,
        stop: &CancellationToken,
    ) {
        if !self.options.dev {
            return;
        }
        let here = Handle::current();
        self.follow_room(&here, member, stop);
        let node = Arc::clone(node);
        let until = stop.clone();
        self.supervisor.critical(&here, "dev_miner", async move {
            tokio::select! {
                () = node.node().mine_and_pay() => {}
                () = until.cancelled() => {}
            }
            Ok(())
        });
        let peers = &self.config.first_member().network.peers;
        let first = peers.first().and_then(|peer| peer.to_string().parse().ok());
        if let (Some(peer), Some(gateway)) = (first, self.config.rpc.listen.tcp()) {
            let tour = Tour {
                gateway,
                path: "/".to_owned(),
                peer,
                crash: CancellationToken::new(),
            };
            self.begin_tour(&here, tour, stop);
        }
    }

    /// Has the thresholds of pruning follow the database of `member`.
    pub(super) fn follow_room(&self, here: &Handle, member: &Member, stop: &CancellationToken) {
        let Some(file) = self.file.clone() else {
            return;
        };
        let board = Arc::clone(member.board());
        let reload = self.reload.clone();
        self.supervisor
            .restarting(here, "dev_room", stop.clone(), move || {
                follow(file.clone(), Arc::clone(&board), reload.clone())
            });
    }

    pub(super) fn begin_tour(&self, here: &Handle, tour: Tour, stop: &CancellationToken) {
        let stop = stop.clone();
        self.supervisor.critical(here, "dev_tour", async move {
            tokio::select! {
                () = async { tour.run().await; std::future::pending().await } => {}
                () = stop.cancelled() => {}
            }
            Ok(())
        });
    }
}

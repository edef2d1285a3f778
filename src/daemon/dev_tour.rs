//! What happens by itself in the first minute of `serve --dev`, so that there is something to see
//! of all that the daemon does.
//!
//! | after | what happens |
//! |---|---|
//! | 10 s | a guest calls more often than its limit allows, and is refused |
//! | 20 s | a peer is disconnected, and the reconnection queue brings it back |
//! | 40 s | with several nodes the first one is killed (`dev_fleet`), and the next serves |
//!
//! Blocks are pruned when the thresholds (`dev_room`) are reached, and the configuration has a
//! notification. Nothing is made up: these are calls of clients of the gateway.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// The user of whoever tries the commands; its password is its name.
pub(super) const USER: &str = "dev";
/// A user with a small limit; its password is its name.
const GUEST: &str = "guest";
/// The guest may make so many calls at once.
const GUEST_BURST: u32 = 20;
/// So many calls it makes.
const GUEST_CALLS: u32 = 40;
/// The file below `root` that notifications are written to.
pub(super) fn notifications(root: &Path) -> String {
    root.join("notifications.log").display().to_string()
}

/// The users, and the notification, as lines of the configuration; `log` is where notifications go.
pub(super) fn configuration(log: &str) -> String {
    const USER_RPCAUTH: &str = "5f1c3a9b0e7d42688a1f6c2b9d3e4f70$1c58300768e27246f12c7fe402c50f282d24931ebccb548ba07522cc270688df";
    const GUEST_RPCAUTH: &str = "5f1c3a9b0e7d42688a1f6c2b9d3e4f71$9ab7cb76d4e7f48d78a0abb5ca74f01bd5bb38501c16edbf91fdf1c81b46ba16";
    format!(
        "\n[[rpc.auth.users]]\nname = \"{USER}\"\nrpcauth = \"{USER_RPCAUTH}\"\nmethods = [\"*\"]\nnodes = [\"*\"]\n\
         \n[[rpc.auth.users]]\nname = \"{GUEST}\"\nrpcauth = \"{GUEST_RPCAUTH}\"\nrate = 2\nburst = {GUEST_BURST}\n\
         \n[[notify]]\nname = \"log\"\n\
         command = [\"/bin/sh\", \"-c\", 'cat >>\"$0\" && echo >>\"$0\"', \"{log}\"]\n\
         on = [\"state\", \"check\", \"prune\", \"reconnect\"]\nmin_severity = \"info\"\nhold_secs = 5\n"
    )
}

/// The lines of `[rpc]` that the users ask for.
pub(super) fn rpc_lines() -> String {
    // A batch never asks for more than a guest may call at once.
    format!("max_batch = {GUEST_BURST}\n")
}

/// The calls of the tour, as clients of the gateway.
pub(super) struct Tour {
    /// Where the gateway is.
    pub(super) gateway: SocketAddr,
    /// The path of calls to the node that loses a peer.
    pub(super) path: String,
    /// The peer that it loses.
    pub(super) peer: SocketAddr,
    /// Kills the first of several nodes.
    pub(super) crash: CancellationToken,
}

impl Tour {
    /// Goes through it once.
    pub(super) async fn run(self) {
        sleep(Duration::from_secs(10)).await;
        for _ in 0..GUEST_CALLS {
            self.call("/", GUEST, "getblockcount", json!([])).await;
        }
        sleep(Duration::from_secs(10)).await;
        let peer = json!([self.peer.to_string()]);
        self.call(&self.path, USER, "disconnectnode", peer).await;
        sleep(Duration::from_secs(20)).await;
        self.crash.cancel();
    }

    /// Calls, and leaves the answer to who watches.
    async fn call(&self, path: &str, user: &str, method: &str, params: Value) {
        const CALL_TIMEOUT: Duration = Duration::from_secs(5);
        let call = self.send(path, user, method, params);
        match timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(user, method, %error, "a call of --dev failed"),
            Err(_) => warn!(user, method, "a call of --dev was not answered"),
        }
    }

    async fn send(
        &self,
        path: &str,
        user: &str,
        method: &str,
        params: Value,
    ) -> std::io::Result<()> {
        let body = json!({"method": method, "params": params}).to_string();
        let credentials = BASE64_STANDARD.encode(format!("{user}:{user}"));
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection = TcpStream::connect(self.gateway).await?;
        connection.write_all(request.as_bytes()).await?;
        connection.read_to_end(&mut Vec::new()).await.map(drop)
    }
}

//! Bytes to and from peers: the listener, the connections, and the clock's tick.
//!
//! Decides nothing about peers: what they say is handed to the node's thread (`node_thread`), and
//! what that answers is sent. Invariant: one message of a peer at a time, and none while too much
//! waits for it.

mod connection;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::Network as Chain;
use bitcoin::p2p::Magic;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::connection::ConnectionContext;
use crate::node_state::p2p::{ConnectionDirection, DialRequest, default_port};
use crate::node_state::{NodeState, TrafficCounters};
use crate::node_thread::NodeThread;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// After a failed accept, as when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Attempts at once; more wait.
const MAX_DIALS: usize = 8;

/// All that speaks with peers.
pub(crate) struct PeerNetwork {
    shared: ConnectionContext,
    chain: Chain,
    listener: Option<TcpListener>,
    dials: mpsc::UnboundedReceiver<DialRequest>,
}

impl PeerNetwork {
    pub(crate) fn new(
        thread: NodeThread,
        chain: Chain,
        counters: Arc<TrafficCounters>,
        listener: Option<TcpListener>,
        dials: mpsc::UnboundedReceiver<DialRequest>,
    ) -> Self {
        let shared = ConnectionContext {
            thread,
            magic: Magic::from(chain),
            counters,
        };
        Self {
            shared,
            chain,
            listener,
            dials,
        }
    }

    /// Where peers reach us.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.as_ref()?.local_addr().ok()
    }

    /// Accepts, connects and ticks until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        let mut attempts = JoinSet::new();
        let mut tick = interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                accepted = accept(self.listener.as_ref()) => {
                    if let Some((stream, address)) = accepted {
                        let name = address.to_string();
                        let shared = self.shared.clone();
                        let direction = ConnectionDirection::Inbound;
                        connections.spawn(connection::run(stream, name, direction, shared));
                    }
                }
                Some(dial) = self.dials.recv(), if attempts.len() < MAX_DIALS => {
                    attempts.spawn(connect(dial, self.chain));
                }
                Some(attempt) = attempts.join_next() => {
                    if let Ok(Some((stream, name))) = attempt {
                        let shared = self.shared.clone();
                        let direction = ConnectionDirection::Outbound;
                        connections.spawn(connection::run(stream, name, direction, shared));
                    }
                }
                Some(_) = connections.join_next() => {}
                _ = tick.tick() => {
                    // The next tick waits for this one.
                    if self.shared.thread.request(NodeState::tick).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<(TcpStream, SocketAddr)> {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            warn!(%error, "cannot accept a peer");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connect(dial: DialRequest, chain: Chain) -> Option<(TcpStream, String)> {
    let target = with_port(&dial.address, default_port(chain));
    match timeout(CONNECT_TIMEOUT, TcpStream::connect(&target)).await {
        Ok(Ok(stream)) => Some((stream, dial.address)),
        Ok(Err(error)) => {
            debug!(address = target, %error, "cannot connect");
            None
        }
        Err(_) => {
            debug!(address = target, "cannot connect within 5 s");
            None
        }
    }
}

/// `address` with a port: a host, `[v6]` or a bare v6 address has none.
fn with_port(address: &str, port: u16) -> String {
    if address.parse::<SocketAddr>().is_ok() {
        return address.to_owned();
    }
    if let Ok(ip) = address.trim_matches(['[', ']']).parse() {
        return SocketAddr::new(ip, port).to_string();
    }
    if address
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        return address.to_owned();
    }
    format!("{address}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_where_none_is_written() {
        for (address, wanted) in [
            ("10.0.0.1", "10.0.0.1:18444"),
            ("10.0.0.1:5", "10.0.0.1:5"),
            ("::1", "[::1]:18444"),
            ("[::1]", "[::1]:18444"),
            ("[::1]:7", "[::1]:7"),
            ("seed.example.org", "seed.example.org:18444"),
            ("seed.example.org:9", "seed.example.org:9"),
        ] {
            assert_eq!(with_port(address, 18_444), wanted);
        }
    }
}

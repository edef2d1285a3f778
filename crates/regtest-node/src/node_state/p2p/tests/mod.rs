//! Nodes that hand each other their messages, without sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bitcoin::hashes::Hash;
use bitcoin::p2p::ServiceFlags;
use bitcoin::p2p::message::NetworkMessage;
use bitcoin::p2p::message_blockdata::{GetHeadersMessage, Inventory};
use bitcoin::{Block, BlockHash, Transaction};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod between;
mod foreign_headers;
mod manners;

use super::*;
use crate::chainstate::tests::{NOW, blocks, coins_hash, mine_on, open, spend_coinbase};
use crate::node_state::{NodeContext, NodeState, TrafficCounters};
use crate::time::{MonotonicTime, Now};

fn at(seconds: u64) -> Now {
    Now {
        mono: MonotonicTime::from_start(Duration::from_secs(seconds)),
        unix_millis: NOW * 1000,
    }
}

struct TestNode {
    state: NodeState,
    _directory: tempfile::TempDir,
    dials: mpsc::UnboundedReceiver<DialRequest>,
}

fn node(expects_peers: bool) -> TestNode {
    let directory = tempfile::tempdir().unwrap();
    let (sender, dials) = mpsc::unbounded_channel();
    let context = NodeContext {
        observer: Arc::new(|_| {}),
        dials: sender,
        counters: Arc::new(TrafficCounters::default()),
        writes: Arc::default(),
        agent: Arc::default(),
        expects_peers,
        max_peers: 8,
    };
    TestNode {
        state: NodeState::new(open(directory.path()), context, at(0)),
        _directory: directory,
        dials,
    }
}

fn mine(state: &mut NodeState, count: u32, salt: u8) {
    for _ in 0..count {
        let transactions = state
            .validation
            .mempool
            .in_order()
            .iter()
            .map(|entry| entry.tx.as_ref().clone())
            .collect();
        let block = mine_on(
            &state.validation.chain,
            state.validation.chain.tree().tip(),
            transactions,
            salt,
        );
        assert!(state.take_block(block, None).unwrap().is_new);
    }
}

fn tip(state: &NodeState) -> BlockHash {
    state
        .validation
        .chain
        .tree()
        .get(state.validation.chain.tree().tip())
        .hash
}

/// One end of a connection.
struct ConnectionEnd {
    node: usize,
    peer: PeerId,
    outbox: Inbox,
    closed: Option<String>,
}

/// Some nodes and the connections between them.
struct TestNetwork {
    nodes: Vec<TestNode>,
    links: Vec<[ConnectionEnd; 2]>,
    /// Connections so far.
    count: u64,
}

fn attach(node: &mut NodeState, direction: ConnectionDirection, nonce: u64) -> (PeerId, Inbox) {
    let (new, inbox) = newcomer(direction, nonce);
    (node.peer_connected(new).unwrap(), inbox)
}

/// A connection that is just being opened.
fn newcomer(direction: ConnectionDirection, nonce: u64) -> (NewPeer, Inbox) {
    let (outbox, inbox) = outbox();
    let port = u16::try_from(nonce).unwrap();
    let new = NewPeer {
        name: format!("127.0.0.1:{port}"),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        local: None,
        direction,
        outbox,
        counters: Arc::new(TrafficCounters::default()),
        nonce,
        abort: CancellationToken::new(),
    };
    (new, inbox)
}

impl TestNetwork {
    fn new(nodes: Vec<TestNode>) -> Self {
        Self {
            nodes,
            links: Vec::new(),
            count: 0,
        }
    }

    fn state(&mut self, node: usize) -> &mut NodeState {
        &mut self.nodes[node].state
    }

    /// `from` connects to `to`.
    fn connect(&mut self, from: usize, to: usize) {
        self.count += 1;
        let nonce = self.count * 2;
        let ends = [
            (from, ConnectionDirection::Outbound, nonce),
            (to, ConnectionDirection::Inbound, nonce + 1),
        ];
        let ends = ends.map(|(node, direction, nonce)| {
            let (peer, outbox) = attach(self.state(node), direction, nonce);
            ConnectionEnd {
                node,
                peer,
                outbox,
                closed: None,
            }
        });
        self.links.push(ends);
        self.pump();
    }

    /// Carries messages until there are none.
    fn pump(&mut self) {
        while self.pump_once() {}
    }

    fn pump_once(&mut self) -> bool {
        let mut moved = false;
        for link in &mut self.links {
            for (from, to) in [(0, 1), (1, 0)] {
                while let Some(outgoing) = link[from].outbox.try_recv() {
                    moved = true;
                    match outgoing {
                        OutboxItem::Close(reason) => link[from].closed = Some(reason),
                        OutboxItem::Message(message) => {
                            let end = &link[to];
                            let state = &mut self.nodes[end.node].state;
                            if state.peer_message(end.peer, *message) {
                                while let Some(message) = state.serve(end.peer) {
                                    let now = state.now;
                                    state.peers.get_mut(end.peer).unwrap().send(message, now);
                                }
                            }
                        }
                    }
                }
            }
        }
        moved
    }
}
/// A stranger that has shaken hands with `state`.
fn stranger(state: &mut NodeState) -> (PeerId, Inbox) {
    let (peer, mut inbox) = attach(state, ConnectionDirection::Inbound, 99);
    let version = NetworkMessage::Version(bitcoin::p2p::message_network::VersionMessage {
        version: PROTOCOL_VERSION,
        services: ServiceFlags::NETWORK | ServiceFlags::WITNESS,
        timestamp: 0,
        receiver: bitcoin::p2p::Address::new(
            &SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            ServiceFlags::NONE,
        ),
        sender: bitcoin::p2p::Address::new(
            &SocketAddr::from((Ipv4Addr::LOCALHOST, 2)),
            ServiceFlags::NONE,
        ),
        nonce: 5,
        user_agent: "/stranger\n:1/".into(),
        start_height: 0,
        relay: true,
    });
    state.peer_message(peer, version);
    state.peer_message(peer, NetworkMessage::Verack);
    assert!(state.peers.get(peer).unwrap().is_ready);
    while inbox.try_recv().is_some() {}
    (peer, inbox)
}

/// Why the connection was closed, and what was sent before.
fn reaction(inbox: &mut Inbox) -> (Option<String>, Vec<NetworkMessage>) {
    let mut sent = Vec::new();
    while let Some(outgoing) = inbox.try_recv() {
        match outgoing {
            OutboxItem::Close(reason) => return (Some(reason), sent),
            OutboxItem::Message(message) => sent.push(*message),
        }
    }
    (None, sent)
}

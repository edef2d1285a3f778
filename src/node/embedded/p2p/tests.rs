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

use super::*;
use crate::node::embedded::chainstate::tests::{NOW, blocks, coins_hash, mine_on, open, spend_coinbase};
use crate::node::embedded::machine::{Counters, Machine, Wiring};
use crate::values::{Mono, Now};

fn at(seconds: u64) -> Now {
    let wall = jiff::Timestamp::from_second(i64::try_from(NOW).unwrap()).unwrap();
    Now { mono: Mono::from_start(Duration::from_secs(seconds)), wall }
}

struct Node {
    machine: Machine,
    _directory: tempfile::TempDir,
    dials: mpsc::UnboundedReceiver<Dial>,
}

fn node(expects_peers: bool) -> Node {
    let directory = tempfile::tempdir().unwrap();
    let (sender, dials) = mpsc::unbounded_channel();
    let wiring = Wiring {
        observer: Arc::new(|_| {}),
        dials: sender,
        counters: Arc::new(Counters::default()),
        writes: Arc::default(),
        expects_peers,
        max_peers: 8,
    };
    Node { machine: Machine::new(open(directory.path()), wiring, at(0)), _directory: directory, dials }
}

fn mine(machine: &mut Machine, count: u32, salt: u8) {
    for _ in 0..count {
        let transactions = machine.mempool.in_order().iter().map(|entry| entry.tx.as_ref().clone()).collect();
        let block = mine_on(&machine.chain, machine.chain.tree().tip(), transactions, salt);
        assert!(machine.take_block(block, None).unwrap().is_new);
    }
}

fn tip(machine: &Machine) -> BlockHash {
    machine.chain.tree().get(machine.chain.tree().tip()).hash
}

/// One end of a connection.
struct End {
    node: usize,
    peer: PeerId,
    outbox: mpsc::Receiver<Outgoing>,
    closed: Option<String>,
}

/// Some nodes and the connections between them.
struct Net {
    nodes: Vec<Node>,
    links: Vec<[End; 2]>,
    /// Connections so far.
    count: u64,
}

fn attach(node: &mut Machine, direction: Direction, nonce: u64) -> (PeerId, mpsc::Receiver<Outgoing>) {
    let (outbox, inbox) = mpsc::channel(4_000);
    let port = u16::try_from(nonce).unwrap();
    let new = NewPeer {
        name: format!("127.0.0.1:{port}"),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        local: None,
        direction,
        outbox,
        counters: Arc::new(Counters::default()),
        nonce,
        hang_up: CancellationToken::new(),
    };
    (node.peer_connected(new).unwrap(), inbox)
}

impl Net {
    fn new(nodes: Vec<Node>) -> Self {
        Self { nodes, links: Vec::new(), count: 0 }
    }

    fn machine(&mut self, node: usize) -> &mut Machine {
        &mut self.nodes[node].machine
    }

    /// `from` connects to `to`.
    fn connect(&mut self, from: usize, to: usize) {
        self.count += 1;
        let nonce = self.count * 2;
        let ends = [(from, Direction::Outbound, nonce), (to, Direction::Inbound, nonce + 1)];
        let ends = ends.map(|(node, direction, nonce)| {
            let (peer, outbox) = attach(self.machine(node), direction, nonce);
            End { node, peer, outbox, closed: None }
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
                while let Ok(outgoing) = link[from].outbox.try_recv() {
                    moved = true;
                    match outgoing {
                        Outgoing::Close(reason) => link[from].closed = Some(reason),
                        Outgoing::Message(message) => {
                            let end = &link[to];
                            let machine = &mut self.nodes[end.node].machine;
                            if machine.peer_message(end.peer, *message) {
                                while let Some(message) = machine.serve(end.peer) {
                                    let now = machine.now;
                                    machine.peers.get_mut(end.peer).unwrap().send(message, now);
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

#[test]
fn a_new_node_gets_headers_first_then_blocks_from_several_peers_and_follows_their_tip() {
    let mut net = Net::new(vec![node(false), node(false), node(true)]);
    for block in blocks("regtest-wallet-chain.dat") {
        for node in 0..2 {
            net.machine(node).take_block(Arc::clone(&block), None).unwrap();
        }
    }
    assert!(net.machine(2).is_in_initial_download());
    net.connect(2, 0);
    net.connect(2, 1);
    assert_eq!(tip(net.machine(2)), tip(net.machine(0)));
    assert!(!net.machine(2).is_in_initial_download());
    let expected = coins_hash(&mut net.machine(0).chain);
    assert_eq!(coins_hash(&mut net.machine(2).chain), expected);

    mine(net.machine(1), 3, 0);
    net.pump();
    assert_eq!(tip(net.machine(2)), tip(net.machine(1)));
    assert_eq!(tip(net.machine(0)), tip(net.machine(1)), "it goes on through the one in the middle");
    assert!(net.links.iter().flatten().all(|end| end.closed.is_none()));
}

#[test]
fn two_that_mined_apart_agree_on_more_work_and_the_loser_gives_its_transactions_back() {
    let mut net = Net::new(vec![node(false), node(false)]);
    net.connect(0, 1);
    mine(net.machine(0), 105, 0);
    net.pump();
    net.links.clear();
    let payment = Arc::new(payment(net.machine(0)));
    let txid = net.machine(0).take_transaction(&payment).unwrap();
    mine(net.machine(0), 2, 1);
    assert!(net.machine(0).mempool.get(&txid).is_none());
    mine(net.machine(1), 5, 2);
    net.connect(1, 0);
    assert_eq!(tip(net.machine(0)), tip(net.machine(1)));
    assert_eq!(net.machine(0).chain.tree().height(), 110);
    assert!(net.machine(0).mempool.get(&txid).is_some());
    assert!(net.machine(1).mempool.get(&txid).is_none(), "it is told to whoever connects later");
}

/// A payment that may be relayed.
fn payment(machine: &Machine) -> Transaction {
    let mut tx = spend_coinbase(&machine.chain, 1, 5_000_000_000 - 1_000);
    let script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x6a; 20]);
    tx.output.push(bitcoin::TxOut { value: bitcoin::Amount::ZERO, script_pubkey });
    tx
}

#[test]
fn transactions_travel_and_a_child_that_came_first_waits_for_its_parent() {
    let mut net = Net::new(vec![node(false), node(false), node(false)]);
    mine(net.machine(0), 105, 0);
    net.connect(0, 1);
    net.connect(1, 2);
    let parent = payment(net.machine(0));
    let mut child = parent.clone();
    child.input[0].previous_output = bitcoin::OutPoint { txid: parent.compute_txid(), vout: 0 };
    child.output[0].value -= bitcoin::Amount::from_sat(2_000);

    let (early, mut inbox) = stranger(net.machine(2));
    net.machine(2).peer_message(early, NetworkMessage::Tx(child.clone()));
    let wanted = Inventory::WitnessTransaction(parent.compute_txid());
    assert_eq!(reaction(&mut inbox).1, [NetworkMessage::GetData(vec![wanted])]);
    assert_eq!(net.machine(2).mempool.len(), 0);
    let txid = net.machine(0).take_transaction(&Arc::new(parent)).unwrap();
    net.machine(0).announce_transaction(txid);
    net.pump();
    net.machine(2).peer_message(early, NetworkMessage::NotFound(vec![wanted]));
    net.pump();
    for node in 0..3 {
        assert_eq!(net.machine(node).mempool.len(), 2, "node {node}");
    }
    net.connect(0, 2);
    mine(net.machine(0), 1, 0);
    net.pump();
    assert_eq!(net.machine(2).mempool.len(), 0);
}

/// A stranger that has shaken hands with `machine`.
fn stranger(machine: &mut Machine) -> (PeerId, mpsc::Receiver<Outgoing>) {
    let (peer, mut inbox) = attach(machine, Direction::Inbound, 99);
    let version = NetworkMessage::Version(bitcoin::p2p::message_network::VersionMessage {
        version: PROTOCOL_VERSION,
        services: ServiceFlags::NETWORK | ServiceFlags::WITNESS,
        timestamp: 0,
        receiver: bitcoin::p2p::Address::new(&SocketAddr::from((Ipv4Addr::LOCALHOST, 1)), ServiceFlags::NONE),
        sender: bitcoin::p2p::Address::new(&SocketAddr::from((Ipv4Addr::LOCALHOST, 2)), ServiceFlags::NONE),
        nonce: 5,
        user_agent: "/stranger\n:1/".into(),
        start_height: 0,
        relay: true,
    });
    machine.peer_message(peer, version);
    machine.peer_message(peer, NetworkMessage::Verack);
    assert!(machine.peers.get(peer).unwrap().is_ready);
    while inbox.try_recv().is_ok() {}
    (peer, inbox)
}

/// Why the connection was closed, and what was sent before.
fn reaction(inbox: &mut mpsc::Receiver<Outgoing>) -> (Option<String>, Vec<NetworkMessage>) {
    let mut sent = Vec::new();
    while let Ok(outgoing) = inbox.try_recv() {
        match outgoing {
            Outgoing::Close(reason) => return (Some(reason), sent),
            Outgoing::Message(message) => sent.push(*message),
        }
    }
    (None, sent)
}

#[test]
fn whoever_breaks_a_rule_is_disconnected_with_the_reason() {
    let mut node = node(false);
    mine(&mut node.machine, 3, 0);
    let genesis = node.machine.chain.tree().get(node.machine.chain.tree().at_height(0).unwrap()).header;
    let tip_block = node.machine.chain.block(node.machine.chain.tree().tip()).unwrap().unwrap();
    let unmined = bitcoin::block::Header { time: genesis.time + 1, prev_blockhash: genesis.block_hash(), ..genesis };
    let mut unmined = unmined;
    while unmined.target().is_met_by(unmined.block_hash()) {
        unmined.nonce += 1;
    }
    let mut bad_block = mine_on(&node.machine.chain, node.machine.chain.tree().tip(), Vec::new(), 1).as_ref().clone();
    bad_block.txdata.push(tip_block.txdata[0].clone());
    let many = vec![Inventory::Block(BlockHash::all_zeros()); 50_001];
    let locator = GetHeadersMessage::new(vec![BlockHash::all_zeros(); 102], BlockHash::all_zeros());
    let cases: Vec<(NetworkMessage, &str)> = vec![
        (NetworkMessage::Headers(vec![unmined]), "a header: high-hash"),
        (NetworkMessage::Headers(vec![genesis, genesis]), "headers that are no chain"),
        (NetworkMessage::Headers(vec![genesis; 2_001]), "2001 headers at once"),
        (NetworkMessage::Inv(many.clone()), "tells of 50001 things at once"),
        (NetworkMessage::GetData(many), "asks for 50001 things at once"),
        (NetworkMessage::GetHeaders(locator), "a locator of 102 hashes"),
        (NetworkMessage::WtxidRelay, "wtxidrelay after verack"),
        (NetworkMessage::FilterClear, "bloom filters are not served"),
    ];
    for (message, reason) in cases {
        let (peer, mut inbox) = stranger(&mut node.machine);
        node.machine.peer_message(peer, message);
        assert_eq!(reaction(&mut inbox).0.as_deref(), Some(reason));
        node.machine.peer_gone(peer, reason);
    }
    let (peer, mut inbox) = stranger(&mut node.machine);
    assert_eq!(node.machine.peers.get(peer).unwrap().hello.as_ref().unwrap().user_agent, "/stranger:1/");
    node.machine.peer_message(peer, NetworkMessage::Headers(vec![bad_block.header]));
    node.machine.peer_message(peer, NetworkMessage::Block(bad_block));
    let reason = reaction(&mut inbox).0.unwrap();
    assert!(reason.starts_with("block ") && reason.ends_with(": bad-txnmrklroot"), "{reason}");
}

#[test]
fn a_block_with_a_bad_payment_is_laid_to_whoever_sent_it() {
    let mut node = node(false);
    mine(&mut node.machine, 101, 0);
    let bad = spend_coinbase(&node.machine.chain, 1, 5_000_000_001);
    let block: Block = mine_on(&node.machine.chain, node.machine.chain.tree().tip(), vec![bad], 0).as_ref().clone();
    let (peer, mut inbox) = stranger(&mut node.machine);
    node.machine.peer_message(peer, NetworkMessage::Headers(vec![block.header]));
    assert!(matches!(reaction(&mut inbox).1.as_slice(), [NetworkMessage::GetData(_)]));
    node.machine.peer_message(peer, NetworkMessage::Block(block));
    assert!(reaction(&mut inbox).0.unwrap().ends_with("bad-txns-in-belowout"));
    assert_eq!(node.machine.chain.tree().height(), 101);
}

#[test]
fn a_peer_that_never_sends_its_blocks_is_let_go_and_another_is_asked() {
    let mut net = Net::new(vec![node(false), node(true)]);
    for block in blocks("regtest-wallet-chain.dat") {
        net.machine(0).take_block(block, None).unwrap();
    }
    let headers = (1..=236).map(|height| {
        let tree = net.nodes[0].machine.chain.tree();
        tree.get(tree.at_height(height).unwrap()).header
    });
    let headers = headers.collect();
    let (hanging, mut inbox) = stranger(net.machine(1));
    net.machine(1).peer_message(hanging, NetworkMessage::Headers(headers));
    assert!(matches!(reaction(&mut inbox).1.as_slice(), [NetworkMessage::GetData(some)] if some.len() == 16));
    net.connect(1, 0);
    assert_eq!(net.machine(1).chain.tree().height(), 0, "the first sixteen are missing");
    net.machine(1).now = at(5);
    net.machine(1).tick();
    net.machine(1).now = at(10);
    net.machine(1).tick();
    assert_eq!(reaction(&mut inbox).0.as_deref(), Some("holds up the download of blocks"));
    net.machine(1).peer_gone(hanging, "");
    net.pump();
    assert_eq!(net.machine(1).chain.tree().height(), 236);
}

#[test]
fn a_peer_that_says_nothing_is_let_go_and_one_to_be_kept_is_dialled_again() {
    let mut node = node(true);
    let (_, mut silent) = attach(&mut node.machine, Direction::Outbound, 3);
    node.machine.now = at(61);
    node.machine.tick();
    assert_eq!(reaction(&mut silent).0.as_deref(), Some("no handshake within 60 s"));

    let (peer, mut inbox) = stranger(&mut node.machine);
    node.machine.now = at(61 + 20 * 60 + 1);
    node.machine.tick();
    assert_eq!(reaction(&mut inbox).0.as_deref(), Some("no answer to a ping for 20 min"));
    node.machine.peer_gone(peer, "");

    node.machine.peers.added.insert("192.0.2.1".to_owned(), None);
    node.machine.tick();
    node.machine.tick();
    assert_eq!(node.dials.try_recv(), Ok(Dial::new("192.0.2.1")));
    assert!(node.dials.try_recv().is_err(), "not at each tick");
}

#[test]
fn a_chain_from_before_is_enough_once_nobody_came_who_may_know_more() {
    let mut node = node(true);
    node.machine.tick();
    assert!(node.machine.is_in_initial_download());
    node.machine.now = at(3_600);
    node.machine.tick();
    assert!(node.machine.is_in_initial_download(), "there is no chain yet");
    let block = mine_on(&node.machine.chain, node.machine.chain.tree().tip(), Vec::new(), 0);
    node.machine.now = at(30);
    node.machine.take_block(block, None).unwrap();
    assert!(node.machine.is_in_initial_download());
    node.machine.now = at(31);
    node.machine.tick();
    assert!(!node.machine.is_in_initial_download());
}

#[test]
fn old_ways_to_ask_for_blocks_are_answered() {
    let mut node = node(false);
    mine(&mut node.machine, 520, 0);
    let (peer, mut inbox) = stranger(&mut node.machine);
    let genesis = node.machine.chain.tree().get(node.machine.chain.tree().at_height(0).unwrap()).hash;
    let locator = bitcoin::p2p::message_blockdata::GetBlocksMessage::new(vec![genesis], BlockHash::all_zeros());
    node.machine.peer_message(peer, NetworkMessage::GetBlocks(locator));
    let (_, sent) = reaction(&mut inbox);
    let [NetworkMessage::Inv(hashes)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(hashes.len(), 500);
    assert!(node.machine.peer_message(peer, NetworkMessage::GetData(vec![hashes[499]])));
    let Some(NetworkMessage::Block(block)) = node.machine.serve(peer) else { panic!("no block") };
    assert!(block.txdata[0].input[0].witness.is_empty(), "without witness, as it was asked for");
    let (_, sent) = reaction(&mut inbox);
    assert_eq!(sent, [NetworkMessage::Inv(vec![Inventory::Block(tip(&node.machine))])], "there is more");
    let unknown = Inventory::WitnessBlock(BlockHash::all_zeros());
    node.machine.peer_message(peer, NetworkMessage::GetData(vec![unknown]));
    assert_eq!(node.machine.serve(peer), Some(NetworkMessage::NotFound(vec![unknown])));
}

#[test]
fn blocks_that_come_faster_than_they_are_asked_for_are_followed() {
    let mut net = Net::new(vec![node(false), node(false)]);
    mine(net.machine(0), 30, 0);
    mine(net.machine(1), 2, 1);
    net.connect(1, 0);
    for _ in 0..3 {
        // Nobody reads in between.
        mine(net.machine(0), 25, 0);
        net.pump();
        assert_eq!(tip(net.machine(1)), tip(net.machine(0)));
    }
    assert!(net.links.iter().flatten().all(|end| end.closed.is_none()));
}

#[test]
fn the_connection_of_a_peer_that_takes_nothing_is_ended_at_once() {
    let mut node = node(false);
    let (outbox, mut inbox) = mpsc::channel(8);
    let hang_up = CancellationToken::new();
    let new = NewPeer {
        name: "slow".into(),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
        local: None,
        direction: Direction::Outbound,
        outbox,
        counters: Arc::new(Counters::default()),
        nonce: 7,
        hang_up: hang_up.clone(),
    };
    let peer = node.machine.peer_connected(new).unwrap();
    for number in 0..8 {
        assert!(!hang_up.is_cancelled(), "after {number}");
        node.machine.peers.get_mut(peer).unwrap().send(NetworkMessage::Ping(number), at(0));
    }
    assert!(hang_up.is_cancelled());
    assert_eq!(reaction(&mut inbox).0, None);
}

#[test]
fn a_full_node_takes_no_more_inbound_peers() {
    let mut node = node(false);
    let inboxes: Vec<_> = (0..8).map(|nonce| attach(&mut node.machine, Direction::Inbound, nonce)).collect();
    let (outbox, _inbox) = mpsc::channel(1);
    let new = NewPeer {
        name: "late".into(),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
        local: None,
        direction: Direction::Inbound,
        outbox,
        counters: Arc::new(Counters::default()),
        nonce: 7,
        hang_up: CancellationToken::new(),
    };
    assert_eq!(node.machine.peer_connected(new), None);
    drop(inboxes);
}

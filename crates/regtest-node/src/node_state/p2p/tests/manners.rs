//! What is done about strangers: those that break rules, say nothing, or ask for too much.

use super::*;

#[test]
fn whoever_breaks_a_rule_is_disconnected_with_the_reason() {
    let mut node = node(false);
    mine(&mut node.state, 3, 0);
    let genesis = node
        .state
        .validation
        .chain
        .tree()
        .get(node.state.validation.chain.tree().at_height(0).unwrap())
        .header;
    let tip_block = node
        .state
        .validation
        .chain
        .block(node.state.validation.chain.tree().tip())
        .unwrap()
        .unwrap();
    let unmined = bitcoin::block::Header {
        time: genesis.time + 1,
        prev_blockhash: genesis.block_hash(),
        ..genesis
    };
    let mut unmined = unmined;
    while unmined.target().is_met_by(unmined.block_hash()) {
        unmined.nonce += 1;
    }
    let mut bad_block = mine_on(
        &node.state.validation.chain,
        node.state.validation.chain.tree().tip(),
        Vec::new(),
        1,
    )
    .as_ref()
    .clone();
    bad_block.txdata.push(tip_block.txdata[0].clone());
    let many = vec![Inventory::Block(BlockHash::all_zeros()); 50_001];
    let locator = GetHeadersMessage::new(vec![BlockHash::all_zeros(); 102], BlockHash::all_zeros());
    let cases: Vec<(NetworkMessage, &str)> = vec![
        (
            NetworkMessage::Headers(vec![unmined]),
            "a header: high-hash",
        ),
        (
            NetworkMessage::Headers(vec![genesis, genesis]),
            "headers that are no chain",
        ),
        (
            NetworkMessage::Headers(vec![genesis; 2_001]),
            "2001 headers at once",
        ),
        (
            NetworkMessage::Inv(many.clone()),
            "announces 50001 things at once",
        ),
        (
            NetworkMessage::GetData(many),
            "asks for 50001 things at once",
        ),
        (
            NetworkMessage::GetHeaders(locator),
            "a locator of 102 hashes",
        ),
        (NetworkMessage::WtxidRelay, "wtxidrelay after verack"),
        (NetworkMessage::FilterClear, "bloom filters are not served"),
    ];
    for (message, reason) in cases {
        let (peer, mut inbox) = stranger(&mut node.state);
        node.state.peer_message(peer, message);
        assert_eq!(reaction(&mut inbox).0.as_deref(), Some(reason));
        node.state.peer_gone(peer, reason);
    }
    let (peer, mut inbox) = stranger(&mut node.state);
    assert_eq!(
        node.state
            .peers
            .get(peer)
            .unwrap()
            .hello
            .as_ref()
            .unwrap()
            .user_agent,
        "/stranger:1/"
    );
    node.state
        .peer_message(peer, NetworkMessage::Headers(vec![bad_block.header]));
    node.state
        .peer_message(peer, NetworkMessage::Block(bad_block));
    let reason = reaction(&mut inbox).0.unwrap();
    assert!(
        reason.starts_with("block ") && reason.ends_with(": bad-txnmrklroot"),
        "{reason}"
    );
}

#[test]
fn a_block_with_a_bad_payment_is_laid_to_whoever_sent_it() {
    let mut node = node(false);
    mine(&mut node.state, 101, 0);
    let bad = spend_coinbase(&node.state.validation.chain, 1, 5_000_000_001);
    let block: Block = mine_on(
        &node.state.validation.chain,
        node.state.validation.chain.tree().tip(),
        vec![bad],
        0,
    )
    .as_ref()
    .clone();
    let (peer, mut inbox) = stranger(&mut node.state);
    node.state
        .peer_message(peer, NetworkMessage::Headers(vec![block.header]));
    assert!(matches!(
        reaction(&mut inbox).1.as_slice(),
        [NetworkMessage::GetData(_)]
    ));
    node.state.peer_message(peer, NetworkMessage::Block(block));
    assert!(
        reaction(&mut inbox)
            .0
            .unwrap()
            .contains("bad-txns-in-belowout, value in (")
    );
    assert_eq!(node.state.validation.chain.tree().height(), 101);
}

#[test]
fn a_peer_that_says_nothing_is_let_go_and_one_to_be_kept_is_dialled_again() {
    let mut node = node(true);
    let (_, mut silent) = attach(&mut node.state, ConnectionDirection::Outbound, 3);
    node.state.now = at(61);
    node.state.tick();
    assert_eq!(
        reaction(&mut silent).0.as_deref(),
        Some("no handshake within 60 s")
    );

    let (peer, mut inbox) = stranger(&mut node.state);
    node.state.now = at(61 + 20 * 60 + 1);
    node.state.tick();
    assert_eq!(
        reaction(&mut inbox).0.as_deref(),
        Some("no answer to a ping for 20 min")
    );
    node.state.peer_gone(peer, "");

    node.state
        .dialler
        .added
        .insert("192.0.2.1".to_owned(), None);
    node.state.tick();
    node.state.tick();
    assert_eq!(node.dials.try_recv(), Ok(DialRequest::new("192.0.2.1")));
    assert!(node.dials.try_recv().is_err(), "not at each tick");
}

#[test]
fn a_peer_is_connected_to_once_and_again_as_soon_as_the_old_connection_is_ending() {
    let mut node = node(false);
    let mut dial = || {
        node.state
            .peer_connected(newcomer(ConnectionDirection::Outbound, 7).0)
    };
    let first = dial().unwrap();
    assert_eq!(dial(), None);
    node.state.peers.misbehaved(first, "it broke a rule");
    let second = node
        .state
        .peer_connected(newcomer(ConnectionDirection::Outbound, 7).0)
        .unwrap();
    assert_eq!(
        node.state.peers.find("127.0.0.1:7").unwrap().id,
        second,
        "not the one that is ending"
    );
    node.state.peer_gone(first, "");
    assert_eq!(node.state.peers.find("127.0.0.1:7").unwrap().id, second);
    assert_eq!(
        node.state
            .peer_connected(newcomer(ConnectionDirection::Outbound, 7).0),
        None
    );
}

#[test]
fn old_ways_to_ask_for_blocks_are_answered() {
    let mut node = node(false);
    mine(&mut node.state, 520, 0);
    let (peer, mut inbox) = stranger(&mut node.state);
    let genesis = node
        .state
        .validation
        .chain
        .tree()
        .get(node.state.validation.chain.tree().at_height(0).unwrap())
        .hash;
    let locator = bitcoin::p2p::message_blockdata::GetBlocksMessage::new(
        vec![genesis],
        BlockHash::all_zeros(),
    );
    node.state
        .peer_message(peer, NetworkMessage::GetBlocks(locator));
    let (_, sent) = reaction(&mut inbox);
    let [NetworkMessage::Inv(hashes)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(hashes.len(), 500);
    assert!(
        node.state
            .peer_message(peer, NetworkMessage::GetData(vec![hashes[499]]))
    );
    let Some(NetworkMessage::Block(block)) = node.state.serve(peer) else {
        panic!("no block")
    };
    assert!(
        block.txdata[0].input[0].witness.is_empty(),
        "without witness, as it was asked for"
    );
    let (_, sent) = reaction(&mut inbox);
    assert_eq!(
        sent,
        [NetworkMessage::Inv(vec![Inventory::Block(
            tip(&node.state)
        )])],
        "there is more"
    );
    let unknown = Inventory::WitnessBlock(BlockHash::all_zeros());
    node.state
        .peer_message(peer, NetworkMessage::GetData(vec![unknown]));
    assert_eq!(
        node.state.serve(peer),
        Some(NetworkMessage::NotFound(vec![unknown]))
    );
}

#[test]
fn the_connection_of_a_peer_that_takes_nothing_is_ended_at_once() {
    let mut node = node(false);
    let (new, mut inbox) = newcomer(ConnectionDirection::Outbound, 7);
    let abort = new.abort.clone();
    let peer = node.state.peer_connected(new).unwrap();
    let reported = (0..10_000).take_while(|number| {
        node.state
            .peers
            .get_mut(peer)
            .unwrap()
            .send(NetworkMessage::Ping(*number), at(0));
        !abort.is_cancelled()
    });
    assert_eq!(reported.count(), 5_000 - 1, "and the version");
    assert_eq!(reaction(&mut inbox).0, None);
}

#[test]
fn what_waits_for_a_peer_is_bounded_in_bytes_too() {
    let mut node = node(false);
    mine(&mut node.state, 2_000, 0);
    let (peer, _inbox) = stranger(&mut node.state);
    let genesis = node
        .state
        .validation
        .chain
        .tree()
        .get(node.state.validation.chain.tree().at_height(0).unwrap())
        .hash;
    let ask = || {
        NetworkMessage::GetHeaders(GetHeadersMessage::new(
            vec![genesis],
            BlockHash::all_zeros(),
        ))
    };
    let answered = (0..10_000).take_while(|_| {
        node.state.peer_message(peer, ask());
        !node.state.peers.get(peer).unwrap().is_closed
    });
    assert_eq!(answered.count(), 49, "of 162 kB each: 8 MB");
}

fn say_something(node: &mut NodeState, peer: PeerId, seconds: u64) {
    node.now = at(seconds);
    node.peer_message(peer, NetworkMessage::SendHeaders);
}

#[test]
fn in_a_full_node_the_one_that_has_been_silent_the_longest_makes_room() {
    let mut node = node(false);
    mine(&mut node.state, 3, 0);
    let block = mine_on(
        &node.state.validation.chain,
        node.state.validation.chain.tree().tip(),
        Vec::new(),
        0,
    );
    let state = &mut node.state;
    let strangers: Vec<_> = (0..8).map(|_| stranger(state)).collect();
    let peers: Vec<_> = strangers.iter().map(|(peer, _)| *peer).collect();
    assert_eq!(
        state.peer_connected(newcomer(ConnectionDirection::Inbound, 50).0),
        None,
        "nobody has been silent for long"
    );

    state.peer_message(peers[0], NetworkMessage::Headers(vec![block.header]));
    state.peer_message(peers[0], NetworkMessage::Block(block.as_ref().clone()));
    for (seconds, peer) in (10..).zip([1, 3, 4, 5, 6, 7]) {
        say_something(state, peers[peer], seconds);
    }
    state.now = at(40);
    assert!(
        state
            .peer_connected(newcomer(ConnectionDirection::Inbound, 51).0)
            .is_some()
    );
    let gone = |state: &NodeState| -> Vec<usize> {
        let is_closed = |at: &usize| state.peers.get(peers[*at]).unwrap().is_closed;
        (0..8).filter(is_closed).collect()
    };
    assert_eq!(
        gone(state),
        [2],
        "not the first, though it said nothing since: it gave us a block"
    );
    assert_eq!(
        state.peer_connected(newcomer(ConnectionDirection::Inbound, 52).0),
        None,
        "the next was heard 30 s ago"
    );
    state.now = at(41);
    assert!(
        state
            .peer_connected(newcomer(ConnectionDirection::Inbound, 53).0)
            .is_some()
    );
    assert_eq!(gone(state), [1, 2]);
}

//! Whole nodes with each other: sync, reorganisations, transactions.

use super::*;

#[test]
fn a_new_node_gets_headers_first_then_blocks_from_several_peers_and_follows_their_tip() {
    let mut net = TestNetwork::new(vec![node(false), node(false), node(true)]);
    for block in blocks("regtest-wallet-chain.dat") {
        for node in 0..2 {
            net.state(node)
                .take_block(Arc::clone(&block), None)
                .unwrap();
        }
    }
    assert!(net.state(2).is_in_initial_download());
    net.connect(2, 0);
    net.connect(2, 1);
    assert_eq!(tip(net.state(2)), tip(net.state(0)));
    assert!(!net.state(2).is_in_initial_download());
    let expected = coins_hash(&mut net.state(0).validation.chain);
    assert_eq!(coins_hash(&mut net.state(2).validation.chain), expected);

    mine(net.state(1), 3, 0);
    net.pump();
    assert_eq!(tip(net.state(2)), tip(net.state(1)));
    assert_eq!(
        tip(net.state(0)),
        tip(net.state(1)),
        "it goes on through the one in the middle"
    );
    assert!(net.links.iter().flatten().all(|end| end.closed.is_none()));
}

#[test]
fn a_peer_that_has_no_more_ends_the_first_download_without_a_tick() {
    let mut net = TestNetwork::new(vec![node(false), node(true)]);
    assert!(net.state(1).is_in_initial_download());
    net.connect(1, 0);
    assert!(!net.state(1).is_in_initial_download());
}

#[test]
fn two_that_mined_apart_agree_on_more_work_and_the_loser_gives_its_transactions_back() {
    let mut net = TestNetwork::new(vec![node(false), node(false)]);
    net.connect(0, 1);
    mine(net.state(0), 105, 0);
    net.pump();
    net.links.clear();
    let payment = Arc::new(payment(net.state(0)));
    let txid = net.state(0).take_transaction(&payment).unwrap();
    mine(net.state(0), 2, 1);
    assert!(net.state(0).validation.mempool.get(&txid).is_none());
    mine(net.state(1), 5, 2);
    net.connect(1, 0);
    assert_eq!(tip(net.state(0)), tip(net.state(1)));
    assert_eq!(net.state(0).validation.chain.tree().height(), 110);
    assert!(net.state(0).validation.mempool.get(&txid).is_some());
    assert!(
        net.state(1).validation.mempool.get(&txid).is_none(),
        "it is sent to whoever connects later"
    );
}

/// A payment that may be relayed.
fn payment(state: &NodeState) -> Transaction {
    let mut tx = spend_coinbase(&state.validation.chain, 1, 5_000_000_000 - 1_000);
    let script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x6a; 20]);
    tx.output.push(bitcoin::TxOut {
        value: bitcoin::Amount::ZERO,
        script_pubkey,
    });
    tx
}

#[test]
fn transactions_travel_and_a_child_that_came_first_waits_for_its_parent() {
    let mut net = TestNetwork::new(vec![node(false), node(false), node(false)]);
    mine(net.state(0), 105, 0);
    net.connect(0, 1);
    net.connect(1, 2);
    let parent = payment(net.state(0));
    let mut child = parent.clone();
    child.input[0].previous_output = bitcoin::OutPoint {
        txid: parent.compute_txid(),
        vout: 0,
    };
    child.output[0].value -= bitcoin::Amount::from_sat(2_000);

    let (early, mut inbox) = stranger(net.state(2));
    net.state(2)
        .peer_message(early, NetworkMessage::Tx(child.clone()));
    let wanted = Inventory::WitnessTransaction(parent.compute_txid());
    assert_eq!(
        reaction(&mut inbox).1,
        [NetworkMessage::GetData(vec![wanted])]
    );
    assert_eq!(net.state(2).validation.mempool.len(), 0);
    let txid = net.state(0).take_transaction(&Arc::new(parent)).unwrap();
    net.state(0).announce_transaction(txid);
    net.pump();
    net.state(2)
        .peer_message(early, NetworkMessage::NotFound(vec![wanted]));
    net.pump();
    for node in 0..3 {
        assert_eq!(net.state(node).validation.mempool.len(), 2, "node {node}");
    }
    net.connect(0, 2);
    mine(net.state(0), 1, 0);
    net.pump();
    assert_eq!(net.state(2).validation.mempool.len(), 0);
}

#[test]
fn a_peer_that_never_sends_its_blocks_is_let_go_and_another_is_asked() {
    let mut net = TestNetwork::new(vec![node(false), node(true)]);
    for block in blocks("regtest-wallet-chain.dat") {
        net.state(0).take_block(block, None).unwrap();
    }
    let headers = (1..=236).map(|height| {
        let tree = net.nodes[0].state.validation.chain.tree();
        tree.get(tree.at_height(height).unwrap()).header
    });
    let headers = headers.collect();
    let (hanging, mut inbox) = stranger(net.state(1));
    net.state(1)
        .peer_message(hanging, NetworkMessage::Headers(headers));
    assert!(
        matches!(reaction(&mut inbox).1.as_slice(), [NetworkMessage::GetData(some)] if some.len() == 16)
    );
    net.connect(1, 0);
    assert_eq!(
        net.state(1).validation.chain.tree().height(),
        0,
        "the first sixteen are missing"
    );
    net.state(1).now = at(5);
    net.state(1).tick();
    net.state(1).now = at(10);
    net.state(1).tick();
    assert_eq!(
        reaction(&mut inbox).0.as_deref(),
        Some("holds up the download of blocks")
    );
    net.state(1).peer_gone(hanging, "");
    net.pump();
    assert_eq!(net.state(1).validation.chain.tree().height(), 236);
}

#[test]
fn a_chain_from_before_is_enough_once_nobody_came_who_may_know_more() {
    let mut node = node(true);
    node.state.tick();
    assert!(node.state.is_in_initial_download());
    node.state.now = at(3_600);
    node.state.tick();
    assert!(node.state.is_in_initial_download(), "there is no chain yet");
    let block = mine_on(
        &node.state.validation.chain,
        node.state.validation.chain.tree().tip(),
        Vec::new(),
        0,
    );
    node.state.now = at(30);
    node.state.take_block(block, None).unwrap();
    assert!(node.state.is_in_initial_download());
    node.state.now = at(31);
    node.state.tick();
    assert!(!node.state.is_in_initial_download());
}

#[test]
fn blocks_that_come_faster_than_they_are_asked_for_are_followed() {
    let mut net = TestNetwork::new(vec![node(false), node(false)]);
    mine(net.state(0), 30, 0);
    mine(net.state(1), 2, 1);
    net.connect(1, 0);
    for _ in 0..3 {
        // Nobody reads in between.
        mine(net.state(0), 25, 0);
        net.pump();
        assert_eq!(tip(net.state(1)), tip(net.state(0)));
    }
    assert!(net.links.iter().flatten().all(|end| end.closed.is_none()));
}

#[test]
fn of_two_tips_with_the_same_work_either_ends_the_first_download() {
    for salt in 1..=4 {
        let directory = tempfile::tempdir().unwrap();
        let mut chain = open(directory.path());
        for salt in [0, salt] {
            let block = mine_on(&chain, chain.tree().at_height(0).unwrap(), Vec::new(), salt);
            chain.accept_block(block, NOW).unwrap();
            while chain.step(|_| false).unwrap().is_some() {}
        }
        chain.flush().unwrap();
        drop(chain);
        let mut node = node(true);
        node.state.validation.chain = open(directory.path());
        node.state.now = at(31);
        node.state.tick();
        assert!(!node.state.is_in_initial_download());
    }
}

#[test]
fn whoever_connects_to_us_does_not_keep_a_chain_from_before_from_being_enough() {
    let mut node = node(true);
    mine(&mut node.state, 3, 0);
    let (_peer, _inbox) = stranger(&mut node.state);
    node.state.now = at(29);
    node.state.tick();
    assert!(node.state.is_in_initial_download());
    node.state.now = at(31);
    node.state.tick();
    assert!(!node.state.is_in_initial_download());
}

//! Headers of chains that are not the node's.

use super::*;

/// Headers on `parent`, mined, without their blocks.
fn headers_on(
    state: &mut NodeState,
    parent: usize,
    count: usize,
    salt: u8,
) -> Vec<bitcoin::block::Header> {
    let tree = state.validation.chain.tree();
    let mut below = tree
        .get(tree.at_height(u32::try_from(parent).unwrap()).unwrap())
        .header;
    let mut headers = Vec::new();
    for _ in 0..count {
        let mut header = bitcoin::block::Header {
            prev_blockhash: below.block_hash(),
            version: bitcoin::block::Version::from_consensus(0x2000_0000),
            merkle_root: bitcoin::TxMerkleNode::from_byte_array([salt; 32]),
            time: below.time + 1,
            nonce: 0,
            ..below
        };
        while !header.target().is_met_by(header.block_hash()) {
            header.nonce += 1;
        }
        headers.push(header);
        below = header;
    }
    headers
}

#[test]
fn headers_of_a_stranger_do_not_keep_the_blocks_of_others_out() {
    let mut node = node(false);
    let state = &mut node.state;
    mine(state, 300, 0);
    let reasons = (1..=4).map(|salt| {
        let headers = headers_on(state, 0, 2_000, salt);
        let (peer, mut inbox) = stranger(state);
        state.peer_message(peer, NetworkMessage::Headers(headers));
        let reason = reaction(&mut inbox).0;
        state.peer_gone(peer, "");
        reason
    });
    let reasons: Vec<_> = reasons.collect();
    let full = Some("too many headers off the best chain".to_owned());
    assert_eq!(reasons, [None, None, full.clone(), full.clone()]);
    let (honest, mut inbox) = stranger(state);
    for _ in 0..3 {
        let block = mine_on(
            &state.validation.chain,
            state.validation.chain.tree().tip(),
            Vec::new(),
            0,
        );
        state.peer_message(honest, NetworkMessage::Headers(vec![block.header]));
        state.peer_message(honest, NetworkMessage::Block(block.as_ref().clone()));
    }
    assert_eq!(
        (
            reaction(&mut inbox).0,
            state.validation.chain.tree().height()
        ),
        (None, 303)
    );
    let (greedy, mut inbox) = stranger(state);
    for salt in [5, 6] {
        let headers = headers_on(state, 303, 10, salt);
        state.peer_message(greedy, NetworkMessage::Headers(headers));
    }
    assert_eq!(reaction(&mut inbox).0, full);
}

#[test]
fn a_peer_on_a_chain_that_our_operator_refuses_stays_connected() {
    let mut node = node(false);
    let state = &mut node.state;
    mine(state, 5, 0);
    let on_top = mine_on(
        &state.validation.chain,
        state.validation.chain.tree().tip(),
        Vec::new(),
        0,
    );
    state
        .validation
        .chain
        .invalidate(state.validation.chain.tree().tip());
    state.advance();
    let (peer, mut inbox) = stranger(state);
    state.peer_message(peer, NetworkMessage::Headers(vec![on_top.header]));
    assert_eq!(reaction(&mut inbox).0, None);
    assert_eq!(state.validation.chain.tree().height(), 4);
}

//! Transactions that have to do with others: replacement, clusters, version 3.

use super::*;

#[test]
fn a_conflict_wins_only_by_paying_for_what_it_drives_out() {
    let (_directory, chain, mut mempool) = setting();
    let first = spend(&chain, 1, 1_000);
    let onto = child(&first, 2_000);
    accept(&mut mempool, &chain, &first).unwrap();
    accept(&mut mempool, &chain, &onto).unwrap();
    assert_eq!(
        accept(&mut mempool, &chain, &spend(&chain, 1, 1_001)),
        Err("insufficient fee".into())
    );
    let winner = spend(&chain, 1, 4_000);
    assert_eq!(
        accept(&mut mempool, &chain, &winner),
        Ok(winner.compute_txid())
    );
    assert_eq!(mempool.len(), 1);
    assert_eq!(
        accept(&mut mempool, &chain, &onto),
        Err("bad-txns-inputs-missingorspent".into())
    );
}

#[test]
fn a_cluster_weighs_no_more_than_it_may() {
    let (_directory, chain, mut mempool) = setting();
    let padded = |tx: Transaction, bytes: usize| {
        let mut tx = tx;
        tx.output[1].script_pubkey = ScriptBuf::from_bytes(vec![0x6a; bytes]);
        tx
    };
    let parent = padded(spend(&chain, 1, 20_000), 90_000);
    let light = padded(child(&parent, 20_000), 10_700);
    let heavy = padded(child(&parent, 20_000), 10_900);
    accept(&mut mempool, &chain, &parent).unwrap();
    assert_eq!(
        accept(&mut mempool, &chain, &heavy),
        Err("too-large-cluster".into())
    );
    accept(&mut mempool, &chain, &light).unwrap();
}

#[test]
fn a_replacement_says_what_it_lacks() {
    let (_directory, chain, mut mempool) = setting();
    let first = spend(&chain, 1, 1_000);
    accept(&mut mempool, &chain, &first).unwrap();
    let mut refused = |tx: &Transaction| {
        accept_from(&mut mempool, &chain, tx, TransactionOrigin::Relay)
            .unwrap_err()
            .to_string()
    };
    let poor = spend(&chain, 1, 999);
    let wanted = format!(
        "insufficient fee, rejecting replacement {}, less fees than conflicting txs; \
         0.00000999 < 0.00001",
        poor.compute_txid()
    );
    assert_eq!(refused(&poor), wanted);
    let cheap = spend(&chain, 1, 1_008);
    let wanted = format!(
        "insufficient fee, rejecting replacement {}, not enough additional fees to relay; \
         0.00000008 < 0.00000009",
        cheap.compute_txid()
    );
    assert_eq!(refused(&cheap), wanted);
    // It pays more, but for more bytes.
    let mut large = spend(&chain, 1, 2_000);
    large.output[1].script_pubkey = ScriptBuf::from_bytes(vec![0x6a; 1_000]);
    assert_eq!(
        refused(&large),
        "replacement-failed, insufficient feerate: does not improve feerate diagram"
    );
    let dear = spend(&chain, 1, 1_009);
    assert_eq!(accept(&mut mempool, &chain, &dear), Ok(dear.compute_txid()));
    assert_eq!(mempool.len(), 1);
    let mut onto_itself = child(&dear, 5_000);
    onto_itself.input.push(dear.input[0].clone());
    assert_eq!(
        accept(&mut mempool, &chain, &onto_itself),
        Err("bad-txns-spends-conflicting-tx".into())
    );
}

fn truc(mut tx: Transaction) -> Transaction {
    tx.version = bitcoin::transaction::Version(3);
    tx
}

#[test]
fn a_transaction_of_version_3_has_one_small_child_of_its_version() {
    let (_directory, chain, mut mempool) = setting();
    let mut parent = truc(spend(&chain, 1, 1_000));
    let mut second = parent.output[0].clone();
    parent.output[0].value -= Amount::ONE_BTC;
    second.value = Amount::ONE_BTC;
    parent.output.push(second);
    accept(&mut mempool, &chain, &parent).unwrap();
    let child_of_first = |fee: u64| {
        let mut child = child(&parent, fee);
        child.output.truncate(2);
        child
    };
    let mut other_version = child_of_first(1_000);
    other_version.version = bitcoin::transaction::Version::TWO;
    let mut large = child_of_first(10_000);
    large.output[1].script_pubkey = ScriptBuf::from_bytes(vec![0x6a; 1_000]);
    for refused in [&other_version, &large] {
        assert_eq!(
            accept(&mut mempool, &chain, refused),
            Err("TRUC-violation".into())
        );
    }
    let only = child_of_first(1_000);
    accept(&mut mempool, &chain, &only).unwrap();
    let grandchild = child(&only, 1_000);
    assert_eq!(
        accept(&mut mempool, &chain, &grandchild),
        Err("TRUC-violation".into())
    );
    // Another child takes its place only by paying more.
    let sibling = |fee: u64| {
        let mut sibling = child_of_first(0);
        sibling.input[0].previous_output.vout = 2;
        sibling.output[0].value = Amount::ONE_BTC - Amount::from_sat(fee);
        sibling
    };
    assert_eq!(
        accept(&mut mempool, &chain, &sibling(1_000)),
        Err("insufficient fee (including sibling eviction)".into())
    );
    let winner = sibling(2_000);
    assert_eq!(
        accept(&mut mempool, &chain, &winner),
        Ok(winner.compute_txid())
    );
    assert!(mempool.get(&only.compute_txid()).is_none());
    let mut plain = spend(&chain, 2, 1_000);
    plain.version = bitcoin::transaction::Version::TWO;
    accept(&mut mempool, &chain, &plain).unwrap();
    assert_eq!(
        accept(&mut mempool, &chain, &truc(child(&plain, 1_000))),
        Err("TRUC-violation".into())
    );
    let huge = |bytes: usize| {
        let mut tx = truc(spend(&chain, 3, 20_000));
        tx.output[1].script_pubkey = ScriptBuf::from_bytes(vec![0x6a; bytes]);
        tx
    };
    assert_eq!(
        accept(&mut mempool, &chain, &huge(10_000)),
        Err("TRUC-violation".into())
    );
    accept(&mut mempool, &chain, &huge(9_000)).unwrap();
}

#[test]
fn a_child_pays_for_its_parent_in_a_chunk_and_a_free_one_is_not_mined() {
    let (_directory, chain, mut mempool) = setting();
    let free = spend(&chain, 1, 0);
    accept_from(
        &mut mempool,
        &chain,
        &free,
        TransactionOrigin::DisconnectedBlock,
    )
    .unwrap();
    assert_eq!(mempool.select(&chain.next_place()).0, []);
    let paying = child(&free, 5_000);
    accept(&mut mempool, &chain, &paying).unwrap();
    let sum = FeeFrac {
        fee: 5_000,
        size: free.weight().to_wu() + paying.weight().to_wu(),
    };
    assert_eq!(mempool.chunk_of(&free.compute_txid()), sum);
    assert_eq!(mempool.all_chunks()[&paying.compute_txid()], sum);
    assert_eq!(
        mempool.select(&chain.next_place()).0,
        [free, paying],
        "the parent first"
    );
}

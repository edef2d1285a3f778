use std::sync::Arc;

use bitcoin::{OutPoint, ScriptBuf, Transaction};

mod relatives;

use super::*;
use crate::chain::connect::ConnectError;
use crate::chain::reject::Reject;
use crate::chainstate::Chainstate;
use crate::chainstate::tests::{self, NOW, grow, mine_on, open, settle};

const COINBASE: u64 = 5_000_000_000;

fn accept(mempool: &mut Mempool, chain: &Chainstate, tx: &Transaction) -> Result<Txid, String> {
    accept_from(mempool, chain, tx, TransactionOrigin::Relay)
        .map_err(|reject| reject.reason.into_owned())
}

fn accept_from(
    mempool: &mut Mempool,
    chain: &Chainstate,
    tx: &Transaction,
    origin: TransactionOrigin,
) -> Result<Txid, Reject> {
    let tx = Arc::new(tx.clone());
    let examined = mempool.examine(&tx, &chain.next_place(), chain, NOW, origin);
    let admission = examined.map_err(|failure| match failure {
        ConnectError::Reject(reject) => reject,
        ConnectError::Store(error) => panic!("{error}"),
    })?;
    mempool.admit(admission)
}

/// Spends the first output of `tx` and leaves `fee`.
fn child(tx: &Transaction, fee: u64) -> Transaction {
    let mut child = tx.clone();
    child.input[0].previous_output = OutPoint {
        txid: tx.compute_txid(),
        vout: 0,
    };
    child.output[0].value -= Amount::from_sat(fee);
    child
}

/// Its scripts take nothing; it is padded to the least size that may be relayed.
fn spend(chain: &Chainstate, height: u32, fee: u64) -> Transaction {
    let mut tx = tests::spend_coinbase(chain, height, COINBASE - fee);
    let padding = bitcoin::TxOut {
        value: Amount::ZERO,
        script_pubkey: ScriptBuf::from_bytes(vec![0x6a; 20]),
    };
    tx.output.push(padding);
    tx
}

fn setting() -> (tempfile::TempDir, Chainstate, Mempool) {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 110, 0);
    (directory, chain, Mempool::default())
}

#[test]
fn what_is_valid_and_pays_comes_in_and_goes_out_with_its_block() {
    let (_directory, mut chain, mut mempool) = setting();
    let parent = spend(&chain, 1, 1_000);
    let grandchild = child(&child(&parent, 1_000), 9_000);
    assert_eq!(
        accept(&mut mempool, &chain, &grandchild),
        Err("bad-txns-inputs-missingorspent".into())
    );
    for tx in [&parent, &child(&parent, 1_000), &grandchild] {
        assert_eq!(accept(&mut mempool, &chain, tx), Ok(tx.compute_txid()));
    }
    assert_eq!(
        accept(&mut mempool, &chain, &parent),
        Err("txn-already-in-mempool".into())
    );
    assert_eq!((mempool.len(), mempool.total_fee().to_sat()), (3, 11_000));

    let (transactions, fees) = mempool.select(&chain.next_place());
    let ids: Vec<_> = transactions.iter().map(Transaction::compute_txid).collect();
    assert_eq!(
        ids,
        [
            parent.compute_txid(),
            child(&parent, 1_000).compute_txid(),
            grandchild.compute_txid()
        ]
    );
    assert_eq!(fees.to_sat(), 11_000);
    let block = mine_on(&chain, chain.tree().tip(), transactions, 0);
    chain.accept_block(Arc::clone(&block), NOW).unwrap();
    assert_eq!(settle(&mut chain), []);
    mempool.block_connected(&block);
    assert_eq!(
        (
            mempool.len(),
            mempool.bytes(),
            mempool.usage(),
            mempool.total_fee()
        ),
        (0, 0, 0, Amount::ZERO)
    );
    assert_eq!(
        accept(&mut mempool, &chain, &grandchild),
        Err("txn-already-known".into())
    );
}

#[test]
fn what_must_not_come_in_is_refused_with_its_reason() {
    let (_directory, chain, mut mempool) = setting();
    assert_eq!(
        accept(&mut mempool, &chain, &spend(&chain, 1, 8)),
        Err("min relay fee not met".into())
    );
    assert_eq!(
        accept(&mut mempool, &chain, &spend(&chain, 30, 1_000)),
        Err("bad-txns-premature-spend-of-coinbase".into())
    );
    let mut tx = spend(&chain, 1, 1_000);
    tx.version = bitcoin::transaction::Version(9);
    assert_eq!(accept(&mut mempool, &chain, &tx), Err("version".into()));
    let mut small = spend(&chain, 1, 1_000);
    small.output.truncate(1);
    small.output[0].script_pubkey = ScriptBuf::new();
    assert_eq!(
        accept(&mut mempool, &chain, &small),
        Err("tx-size-small".into())
    );
    let block = chain.block(chain.tree().tip()).unwrap().unwrap();
    assert_eq!(
        accept(&mut mempool, &chain, &block.txdata[0]),
        Err("coinbase".into())
    );
    let signing = |operations: usize| {
        let mut tx = spend(&chain, 1, 3_000);
        tx.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0xac; operations]);
        tx
    };
    assert_eq!(
        accept(&mut mempool, &chain, &signing(4_001)),
        Err("bad-txns-too-many-sigops".into())
    );
    // Each counts as 20 bytes, for the fee and in a block.
    assert_eq!(
        accept(&mut mempool, &chain, &signing(1_501)),
        Err("min relay fee not met".into())
    );
    let full = signing(1_500);
    assert_eq!(accept(&mut mempool, &chain, &full), Ok(full.compute_txid()));
    assert_eq!(
        mempool.get(&full.compute_txid()).map(|entry| entry.vsize),
        Some(30_000)
    );
    let mut mempool = Mempool::default();
    let mut failing = spend(&chain, 1, 1_000);
    failing.input[0].script_sig = ScriptBuf::from_bytes(vec![0x6a]);
    let wanted = "mempool-script-verify-flag-failed (OP_RETURN was encountered)";
    assert_eq!(accept(&mut mempool, &chain, &failing), Err(wanted.into()));
    assert_eq!(mempool.len(), 0);
}

#[test]
fn a_cluster_has_an_end_and_all_expire() {
    let (_directory, chain, mut mempool) = setting();
    let mut tx = spend(&chain, 1, 1_000);
    for _ in 0..MAX_CLUSTER_TRANSACTIONS {
        accept(&mut mempool, &chain, &tx).unwrap();
        tx = child(&tx, 1_000);
    }
    assert_eq!(
        accept(&mut mempool, &chain, &tx),
        Err("too-large-cluster".into())
    );
    mempool.expire(NOW + 300 * 3600);
    assert_eq!(mempool.len(), MAX_CLUSTER_TRANSACTIONS);
    mempool.expire(NOW + 337 * 3600);
    assert_eq!(mempool.len(), 0);
}

/// The reason is the first that bitcoind finds, whatever else is wrong.
#[test]
fn a_locked_transaction_is_locked_before_it_is_poor() {
    let (_directory, chain, mut mempool) = setting();
    let mut locked = spend(&chain, 30, 0);
    locked.version = bitcoin::transaction::Version::TWO;
    locked.input[0].sequence = bitcoin::Sequence::from_consensus(500);
    let mut refused = |tx: &Transaction| {
        accept_from(&mut mempool, &chain, tx, TransactionOrigin::Relay)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(&locked), "non-BIP68-final");
    locked.version = bitcoin::transaction::Version::ONE;
    assert_eq!(
        refused(&locked),
        "bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 81"
    );
    let greedy = tests::spend_coinbase(&chain, 1, COINBASE + 10_000);
    let mut greedy = spend_as(greedy);
    assert_eq!(
        refused(&greedy),
        "bad-txns-in-belowout, value in (50.00) < value out (50.0001)"
    );
    greedy.output[0].value = Amount::from_sat(COINBASE);
    assert_eq!(refused(&greedy), "min relay fee not met, 0 < 9");
}

fn spend_as(mut tx: Transaction) -> Transaction {
    let padding = bitcoin::TxOut {
        value: Amount::ZERO,
        script_pubkey: ScriptBuf::from_bytes(vec![0x6a; 20]),
    };
    tx.output.push(padding);
    tx
}

/// A parent that comes back from a block after its child is listed before it, and makes a cluster
/// too large only for a moment.
#[test]
fn a_parent_that_comes_back_is_before_its_children() {
    let (_directory, chain, mut mempool) = setting();
    let parent = spend(&chain, 1, 0);
    let free = TransactionOrigin::DisconnectedBlock;
    accept_from(&mut mempool, &chain, &parent, free).unwrap();
    let mut tx = child(&parent, 2_000);
    for _ in 1..MAX_CLUSTER_TRANSACTIONS {
        accept(&mut mempool, &chain, &tx).unwrap();
        tx = child(&tx, 1_000);
    }
    // The child stays, as it does while its parent is in a block.
    let entry = mempool.remove_one(&parent.compute_txid()).unwrap();
    let last = tx;
    accept(&mut mempool, &chain, &last).unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(mempool.len(), MAX_CLUSTER_TRANSACTIONS);
    mempool.insert(entry);
    let order: Vec<Txid> = mempool.in_order().iter().map(|entry| entry.txid).collect();
    assert_eq!(order.len(), MAX_CLUSTER_TRANSACTIONS + 1);
    assert_eq!(order.first(), Some(&parent.compute_txid()));
    mempool.trim_clusters();
    assert_eq!(mempool.len(), MAX_CLUSTER_TRANSACTIONS);
    assert!(mempool.get(&last.compute_txid()).is_none(), "the last leaf");
}

#[test]
fn what_conflicts_with_a_block_goes_with_all_on_top_of_it() {
    let (_directory, mut chain, mut mempool) = setting();
    let mine = spend(&chain, 1, 1_000);
    accept(&mut mempool, &chain, &mine).unwrap();
    accept(&mut mempool, &chain, &child(&mine, 1_000)).unwrap();
    let theirs = spend(&chain, 1, 5_000);
    let block = mine_on(&chain, chain.tree().tip(), vec![theirs], 0);
    chain.accept_block(Arc::clone(&block), NOW).unwrap();
    settle(&mut chain);
    mempool.block_connected(&block);
    assert_eq!(mempool.len(), 0);
}

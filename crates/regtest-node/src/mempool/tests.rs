use std::sync::Arc;

use bitcoin::{OutPoint, ScriptBuf, Transaction};

use super::*;
use crate::chain::connect::ConnectError;
use crate::chainstate::Chainstate;
use crate::chainstate::tests::{self, NOW, grow, mine_on, open, settle};

const COINBASE: u64 = 5_000_000_000;

fn accept(mempool: &mut Mempool, chain: &Chainstate, tx: &Transaction) -> Result<Txid, String> {
    let examined = mempool.examine(&Arc::new(tx.clone()), &chain.next_place(), chain, NOW);
    let admission = examined.map_err(|failure| match failure {
        ConnectError::Reject(reject) => reject.reason.into_owned(),
        ConnectError::Store(error) => panic!("{error}"),
    })?;
    mempool
        .admit(admission)
        .map_err(|reject| reject.reason.into_owned())
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
        accept(&mut mempool, &chain, &spend(&chain, 1, 10)),
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
        let mut tx = spend(&chain, 1, 30_000);
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
fn a_chain_of_unconfirmed_transactions_has_an_end_and_all_expire() {
    let (_directory, chain, mut mempool) = setting();
    let mut tx = spend(&chain, 1, 1_000);
    for _ in 0..25 {
        accept(&mut mempool, &chain, &tx).unwrap();
        tx = child(&tx, 1_000);
    }
    assert_eq!(
        accept(&mut mempool, &chain, &tx),
        Err("too-long-mempool-chain".into())
    );
    mempool.expire(NOW + 300 * 3600);
    assert_eq!(mempool.len(), 25);
    mempool.expire(NOW + 337 * 3600);
    assert_eq!(mempool.len(), 0);
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

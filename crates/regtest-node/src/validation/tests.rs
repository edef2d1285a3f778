//! What a reorganisation does to the mempool. Each case was compared with Bitcoin Core 31.99.

use std::time::Duration;

use bitcoin::{Amount, OutPoint, ScriptBuf, TxOut};

use super::*;
use crate::chainstate::tests::{NOW, grow, mine_on, open, spend_coinbase};

const COINBASE: u64 = 5_000_000_000;
const BLOCKS: u32 = 110;

fn at(seconds: u64) -> Now {
    Now {
        mono: MonotonicTime::from_start(Duration::from_secs(seconds)),
        unix_millis: (NOW + seconds) * 1000,
    }
}

struct Setting {
    validation: Validation,
    _directory: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut chain = open(directory.path());
        grow(&mut chain, BLOCKS, 0);
        Self {
            validation: Validation::new(chain, Arc::new(|_| {}), Arc::default(), at(0).mono),
            _directory: directory,
        }
    }

    fn tip(&self) -> Id {
        self.validation.chain.tree().tip()
    }

    /// Connects a block on `parent`, as soon as its chain is the best.
    fn mine(&mut self, parent: Id, transactions: &[&Transaction], salt: u8, now: Now) -> Id {
        let transactions = transactions.iter().copied().cloned().collect();
        let block = mine_on(&self.validation.chain, parent, transactions, salt);
        let accepted = self.validation.accept_block(block, now).unwrap();
        let advance = self.validation.advance(now);
        assert!(advance.is_complete && advance.refused.is_empty());
        accepted.id
    }

    fn send(&mut self, tx: &Transaction, now: Now) {
        let sent = self
            .validation
            .take_transaction(&Arc::new(tx.clone()), now, None);
        assert_eq!(
            sent.map_err(|reject| reject.to_string()),
            Ok(tx.compute_txid())
        );
    }

    fn spend(&self, height: u32, fee: u64) -> Transaction {
        let mut tx = spend_coinbase(&self.validation.chain, height, COINBASE - fee);
        let padding = TxOut {
            value: Amount::ZERO,
            script_pubkey: ScriptBuf::from_bytes(vec![0x6a; 20]),
        };
        tx.output.push(padding);
        tx
    }

    /// Time, as seconds after the start, and height of the entry.
    fn entry(&self, tx: &Transaction) -> Option<(u64, u32)> {
        let entry = self.validation.mempool.get(&tx.compute_txid())?;
        Some((entry.time - NOW, entry.height))
    }
}

fn child(tx: &Transaction, fee: u64) -> Transaction {
    let mut child = tx.clone();
    child.input[0].previous_output = OutPoint {
        txid: tx.compute_txid(),
        vout: 0,
    };
    child.input[0].sequence = bitcoin::Sequence::MAX;
    child.output[0].value -= Amount::from_sat(fee);
    child
}

#[test]
fn what_was_in_a_disconnected_block_comes_back_and_what_stayed_is_not_touched() {
    let mut setting = Setting::new();
    let fork = setting.tip();
    let free = setting.spend(1, 0);
    let both = setting.spend(2, 0);
    let conflict = setting.spend(3, 0);
    setting.mine(fork, &[&free, &both, &conflict], 0, at(10));
    let other = setting.spend(4, 1_000);
    let of_free = child(&free, 1_000);
    let of_both = child(&both, 1_000);
    let of_conflict = child(&conflict, 1_000);
    for tx in [&other, &of_free, &of_both, &of_conflict] {
        setting.send(tx, at(20));
    }
    let changes = setting.validation.mempool.change_number();

    let theirs = setting.spend(3, 7);
    let side = setting.mine(fork, &[&both, &theirs], 1, at(30));
    assert_eq!(setting.entry(&other), Some((20, BLOCKS + 1)));
    setting.mine(side, &[], 1, at(40));
    assert_eq!(setting.validation.chain.tree().height(), BLOCKS + 2);

    assert_eq!(
        setting.entry(&free),
        Some((40, BLOCKS + 2)),
        "without a fee"
    );
    for stayed in [&other, &of_free, &of_both] {
        assert_eq!(setting.entry(stayed), Some((20, BLOCKS + 1)));
    }
    assert_eq!(setting.entry(&both), None, "it is in the other chain too");
    assert_eq!(
        setting.entry(&conflict),
        None,
        "another one spends its coin"
    );
    assert_eq!(setting.entry(&of_conflict), None);
    // One came and one went.
    assert_eq!(setting.validation.mempool.change_number(), changes + 2);
}

#[test]
fn what_is_too_early_for_the_lower_tip_goes_with_what_builds_on_it() {
    let mut setting = Setting::new();
    let tip = setting.tip();
    let young = setting.spend(BLOCKS - 98, 1_000);
    let old = setting.spend(1, 1_000);
    let mut locked = setting.spend(2, 1_000);
    locked.lock_time = bitcoin::absolute::LockTime::from_consensus(BLOCKS + 1);
    let block = setting.mine(tip, &[], 0, at(10));
    for tx in [&young, &child(&young, 1_000), &old, &locked] {
        setting.send(tx, at(20));
    }
    // Its coin is in no block, and was expected in one that is too high now.
    let mut relative = child(&old, 1_000);
    relative.input[0].sequence = bitcoin::Sequence::from_height(0);
    setting.send(&relative, at(20));
    assert_eq!(setting.validation.mempool.len(), 5);

    setting.validation.invalidate(block);
    setting.validation.advance(at(30));
    assert_eq!(setting.validation.chain.tree().height(), BLOCKS);
    assert_eq!(setting.entry(&old), Some((20, BLOCKS + 1)));
    assert_eq!(setting.validation.mempool.len(), 1);
}

#[test]
fn of_many_blocks_that_an_operator_calls_bad_the_youngest_ten_come_back() {
    let mut setting = Setting::new();
    let sent: Vec<Transaction> = (1..=12).map(|height| setting.spend(height, 0)).collect();
    let mut blocks = Vec::new();
    for tx in &sent {
        let tip = setting.tip();
        blocks.push(setting.mine(tip, &[tx], 0, at(10)));
    }
    // Each is at the height of the block below its own.
    setting.validation.invalidate(blocks[0]);
    setting.validation.advance(at(20));
    let heights: Vec<Option<u32>> = sent
        .iter()
        .map(|tx| setting.entry(tx).map(|(_, height)| height))
        .collect();
    let wanted = (0..12).map(|at| (at >= 2 && is_mature_below(at)).then_some(BLOCKS + at));
    assert_eq!(heights, wanted.collect::<Vec<_>>());
}

/// The coinbases of the first blocks may be spent at the height that is left.
fn is_mature_below(at: u32) -> bool {
    BLOCKS + 1 - (at + 1) >= 100
}

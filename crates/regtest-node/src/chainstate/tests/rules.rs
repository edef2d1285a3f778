//! Reorganisations, and blocks that break a rule.

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{BlockHash, Sequence, TxIn, TxOut, Witness};

use super::*;

/// Spends the coinbase of the block at `height`, whose script takes nothing, all of it or more.
pub(crate) fn spend_coinbase(chain: &Chainstate, height: u32, value: u64) -> Transaction {
    let block = chain
        .block(chain.tree().at_height(height).unwrap())
        .unwrap()
        .unwrap();
    spend(&block.txdata[0], value)
}

pub(super) fn spend(tx: &Transaction, value: u64) -> Transaction {
    let previous_output = OutPoint {
        txid: tx.compute_txid(),
        vout: 0,
    };
    let input = TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ZERO,
        witness: Witness::new(),
    };
    let output = TxOut {
        value: Amount::from_sat(value),
        script_pubkey: ScriptBuf::from_bytes(vec![0x51]),
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![output],
    }
}

const COINBASE: u64 = 5_000_000_000;

pub(super) fn chain_of(count: u32) -> (tempfile::TempDir, Chainstate) {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, count, 0);
    (directory, chain)
}

/// Why a block with `transactions` on the tip is refused.
pub(super) fn refusal(chain: &mut Chainstate, transactions: Vec<Transaction>) -> String {
    let tip = chain.tree().tip();
    let block = mine_on(chain, tip, transactions, 9);
    let reason = match chain.accept_block(block, NOW) {
        Err(BlockError::Reject(reject)) => reject.reason.into_owned(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => settle(chain)
            .pop()
            .map_or_else(|| "none".to_owned(), |reject| reject.reason.into_owned()),
    };
    assert_eq!(chain.tree().tip(), tip, "{reason}");
    reason
}

#[test]
fn a_block_that_takes_what_it_must_not_is_refused_and_the_tip_stays() {
    let (_directory, mut chain) = chain_of(101);
    let before = coins_hash(&mut chain);
    let good = spend_coinbase(&chain, 1, COINBASE);
    let more = spend_coinbase(&chain, 1, COINBASE + 1);
    let unripe = spend_coinbase(&chain, 3, 1);
    assert_eq!(refusal(&mut chain, vec![more]), "bad-txns-in-belowout");
    assert_eq!(
        refusal(&mut chain, vec![unripe]),
        "bad-txns-premature-spend-of-coinbase"
    );
    assert_eq!(
        refusal(&mut chain, vec![spend(&good, 1)]),
        "bad-txns-inputs-missingorspent"
    );
    assert_eq!(
        refusal(&mut chain, vec![good.clone(), good.clone()]),
        "bad-txns-inputs-missingorspent"
    );
    let mut wrong = good.clone();
    wrong.input[0].script_sig = ScriptBuf::from_bytes(vec![0x6a]);
    assert_eq!(
        refusal(&mut chain, vec![wrong]),
        "block-script-verify-flag-failed (OP_RETURN was encountered)"
    );
    let mut early = good.clone();
    early.lock_time = LockTime::from_consensus(102);
    assert_eq!(refusal(&mut chain, vec![early]), "bad-txns-nonfinal");
    let mut locked = good.clone();
    locked.input[0].sequence = Sequence::from_height(102);
    assert_eq!(refusal(&mut chain, vec![locked]), "bad-txns-nonfinal");
    assert_eq!(coins_hash(&mut chain), before);

    let block = mine_on(&chain, chain.tree().tip(), vec![good], 0);
    chain.accept_block(block, NOW).unwrap();
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().height(), 102);
}

#[test]
fn a_coinbase_that_claims_too_much_is_refused() {
    let (_directory, mut chain) = chain_of(3);
    let place = chain.next_place();
    let block = mining::assemble(
        &place,
        ScriptBuf::from_bytes(vec![0x51]),
        Vec::new(),
        Amount::from_sat(1),
        0,
    );
    chain
        .accept_block(
            Arc::new(mining::solve(block, u64::MAX, |_| false).unwrap()),
            NOW,
        )
        .unwrap();
    assert_eq!(settle(&mut chain).pop().unwrap().reason, "bad-cb-amount");
}

#[test]
fn more_work_wins_and_the_coins_are_those_of_the_winner() {
    let (_directory, mut chain) = chain_of(105);
    let spending = spend_coinbase(&chain, 2, COINBASE);
    let block = mine_on(&chain, chain.tree().tip(), vec![spending], 0);
    chain.accept_block(block, NOW).unwrap();
    settle(&mut chain);
    let old_tip = chain.tree().tip();
    let old_coins = coins_hash(&mut chain);

    // Another branch from height 100: it wins with one block more, not with as many.
    let mut tip = chain.tree().at_height(100).unwrap();
    for height in 101..=107 {
        let block = mine_on(&chain, tip, Vec::new(), 1);
        tip = chain.accept_block(block, NOW).unwrap().id;
        assert_eq!(settle(&mut chain), []);
        assert_eq!(chain.tree().tip() == tip, height == 107);
    }
    assert_ne!(coins_hash(&mut chain), old_coins);
    chain.invalidate(chain.tree().at_height(101).unwrap());
    settle(&mut chain);
    assert_eq!(
        (chain.tree().tip(), coins_hash(&mut chain)),
        (old_tip, old_coins)
    );
}

#[test]
fn a_better_branch_with_a_bad_block_is_left_where_it_breaks() {
    let (_directory, mut chain) = chain_of(103);
    let fork = chain.tree().at_height(101).unwrap();
    let bad = spend_coinbase(&chain, 1, COINBASE + 1);
    let good = mine_on(&chain, fork, Vec::new(), 1);
    let good = chain.accept_block(good, NOW).unwrap().id;
    let broken = mine_on(&chain, good, vec![bad], 1);
    let broken = chain.accept_block(broken, NOW).unwrap().id;
    let above = mine_on(&chain, broken, Vec::new(), 1);
    let tip = chain.tree().tip();
    chain.accept_block(above, NOW).unwrap();
    assert_eq!(
        settle(&mut chain).pop().unwrap().reason,
        "bad-txns-in-belowout"
    );
    assert_eq!(chain.tree().tip(), tip);
    let onto = mine_on(&chain, broken, Vec::new(), 2);
    assert!(
        matches!(chain.accept_block(onto, NOW), Err(BlockError::Reject(reject)) if reject.reason == "bad-prevblk")
    );
}

#[test]
fn pruning_deletes_whole_segments_and_keeps_the_last_288_blocks() {
    let (directory, mut chain) = chain_of(1_200);
    let before = chain.size_on_disk();
    let coins = coins_hash(&mut chain);
    let segments = chain.files.segments.sizes().count();
    assert!(segments > 3, "{segments}");
    assert_eq!(chain.prune(0).unwrap(), PrunedSegments::default());
    let pruned = chain.prune(u32::MAX).unwrap();
    assert_eq!(chain.size_on_disk(), before - pruned.bytes);
    let files = std::fs::read_dir(directory.path().join("blocks")).unwrap();
    assert_eq!(
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum::<u64>(),
        chain.size_on_disk()
    );
    let first = chain.first_stored();
    assert!((1..=1_200 - 288 + 1).contains(&first), "{first}");
    assert!(
        chain
            .block(chain.tree().at_height(first - 1).unwrap())
            .unwrap()
            .is_none()
    );
    assert!(
        chain
            .block(chain.tree().at_height(first).unwrap())
            .unwrap()
            .is_some()
    );

    drop(chain);
    let mut chain = open(directory.path());
    assert_eq!(
        (
            chain.is_pruned(),
            chain.first_stored(),
            chain.tree().height()
        ),
        (true, first, 1_200)
    );
    assert_eq!(coins_hash(&mut chain), coins);
    grow(&mut chain, 5, 0);
    chain.invalidate(chain.tree().at_height(1_100).unwrap());
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().height(), 1_099);
}

#[test]
fn a_better_chain_that_forks_off_below_the_pruned_height_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 1_000, 0);
    assert!(chain.can_undo(chain.tree().at_height(1).unwrap()));
    chain.prune(700).unwrap();
    let tip = chain.tree().tip();
    let other = |chain: &mut Chainstate, fork: Id, count: u32| {
        let mut below = fork;
        for _ in 0..count {
            let block = mine_on(chain, below, Vec::new(), 1);
            below = chain.accept_block(block, NOW).unwrap().id;
            assert_eq!(settle(chain), []);
        }
        below
    };
    let kept = chain.tree().at_height(chain.first_stored()).unwrap();
    let below = chain.tree().get(kept).parent.unwrap();
    let lower = chain.tree().get(below).parent.unwrap();
    assert!(chain.can_undo(kept) && !chain.can_undo(below));
    let count = 1_001 - chain.tree().get(lower).height;
    other(&mut chain, lower, count);
    assert_eq!(
        chain.tree().tip(),
        tip,
        "a block on the way back was pruned"
    );
    let best = other(&mut chain, below, count - 1);
    assert_eq!(
        chain.tree().tip(),
        best,
        "all blocks on the way back are here"
    );
    summary(&mut chain);
}

#[test]
fn a_block_that_is_bad_by_itself_leaves_no_trace() {
    let (_directory, mut chain) = chain_of(2);
    let good = mine_on(&chain, chain.tree().tip(), Vec::new(), 3);
    chain.accept_headers(&[good.header], NOW).unwrap();
    // The same header over something else that has its root: here the root alone says no.
    let mut other = Block::clone(&good);
    other.txdata.clear();
    let refused = |chain: &mut Chainstate, block: &Block| match chain
        .accept_block(Arc::new(block.clone()), NOW)
    {
        Err(BlockError::Reject(reject)) => reject.reason.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&mut chain, &other), "bad-txnmrklroot");
    // Without any transaction, sealed as it is: that is reported before who its parent is.
    other.header.merkle_root =
        bitcoin::TxMerkleNode::from_raw_hash(bitcoin::hashes::Hash::all_zeros());
    other.header.prev_blockhash = good.block_hash();
    other.header.time += 1;
    while !other.header.target().is_met_by(other.block_hash()) {
        other.header.nonce += 1;
    }
    let headers = chain.tree().len();
    for _ in 0..2 {
        assert_eq!(refused(&mut chain, &other), "bad-blk-length");
    }
    chain.accept_headers(&[other.header], NOW).unwrap();
    assert_eq!(refused(&mut chain, &other), "bad-blk-length");
    let id = chain.tree().find(&other.block_hash()).unwrap();
    assert!(
        !chain.tree().get(id).validity.has_failed(),
        "another block with this header may be good"
    );
    assert_eq!(chain.tree().len(), headers + 1);
    let mut lazy = other.clone();
    while lazy.header.target().is_met_by(lazy.block_hash()) {
        lazy.header.nonce += 1;
    }
    lazy.header.prev_blockhash = BlockHash::from_raw_hash(bitcoin::hashes::Hash::all_zeros());
    while lazy.header.target().is_met_by(lazy.block_hash()) {
        lazy.header.nonce += 1;
    }
    assert_eq!(refused(&mut chain, &lazy), "high-hash", "before all else");
    chain.accept_block(good, NOW).unwrap();
    assert_eq!((settle(&mut chain), chain.tree().height()), (Vec::new(), 3));
}

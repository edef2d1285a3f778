//! New blocks, on chains whose work a computer can do at once. Pure.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_PUSHBYTES_0;
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{
    Amount, Block, BlockHash, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode,
    TxOut, Witness,
};

use super::chain::block::{commitment_script, height_script};
use super::chain::connect::ChainPosition;
use super::chain::header;

/// No soft fork is signalled (BIP9).
const VERSION: i32 = 0x2000_0000;

/// The first transaction of a block at `place`, which pays subsidy and `fees` to `script`.
fn coinbase(place: &ChainPosition<'_>, script: ScriptBuf, fees: Amount) -> Transaction {
    let mut height_script = height_script(place.height).into_bytes();
    // The heights below 17 are one byte, and a coinbase's script has two.
    height_script.push(OP_PUSHBYTES_0.to_u8());
    Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(height_script),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[[0_u8; 32]]),
        }],
        output: vec![TxOut {
            value: place.params.subsidy(place.height) + fees,
            script_pubkey: script,
        }],
    }
}

/// A block at `place` that pays subsidy and `fees` to `script`; it has no work yet.
pub(crate) fn assemble(
    place: &ChainPosition<'_>,
    script: ScriptBuf,
    transactions: Vec<Transaction>,
    fees: Amount,
    now_secs: u64,
) -> Block {
    let earliest = place.median_time.saturating_add(1);
    let time = u32::try_from(now_secs).unwrap_or(u32::MAX).max(earliest);
    let coinbase = coinbase(place, script, fees);
    let header = Header {
        version: Version::from_consensus(VERSION),
        prev_blockhash: place.tree.get(place.parent).hash,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: header::next_bits(place.tree, place.params, place.parent, time),
        nonce: 0,
    };
    let mut block = Block {
        header,
        txdata: std::iter::once(coinbase).chain(transactions).collect(),
    };
    let commitment = TxOut {
        value: Amount::ZERO,
        script_pubkey: commitment_script(&block),
    };
    if let Some(coinbase) = block.txdata.first_mut() {
        coinbase.output.push(commitment);
    }
    if let Some(root) = block.compute_merkle_root() {
        block.header.merkle_root = root;
    }
    block
}

/// Looks for a nonce at most `tries` times; `None` if there was none among them. A block that is
/// known is none: in the same second the same may be assembled again.
pub(crate) fn solve(
    mut block: Block,
    tries: u64,
    is_known: impl Fn(&BlockHash) -> bool,
) -> Option<Block> {
    let target = block.header.target();
    for nonce in (0..=u32::MAX).take(usize::try_from(tries).unwrap_or(usize::MAX)) {
        block.header.nonce = nonce;
        let hash = block.header.block_hash();
        if target.is_met_by(hash) && !is_known(&hash) {
            return Some(block);
        }
    }
    None
}

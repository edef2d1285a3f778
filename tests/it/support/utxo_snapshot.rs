//! An assumeutxo snapshot that bitcoind takes on regtest.
//!
//! Regtest knows the hash of one whose 200 blocks can be made from nothing: each pays its coinbase
//! to a script that anyone satisfies. Which ones they are, and so how they are made, has changed
//! with Core 30.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::{serialize, serialize_hex};
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{
    Amount, Block, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode,
    TxOut, Witness,
};

use super::bitcoind::Bitcoind;
use super::forge::{ANYONE, COINBASE, seal};

/// The height of the snapshot.
pub(crate) const HEIGHT: u32 = 200;

/// The blocks below a snapshot, and its file.
pub(crate) struct UtxoSnapshot {
    pub(crate) blocks: Vec<Block>,
    pub(crate) file: Vec<u8>,
}

impl UtxoSnapshot {
    /// The one that `node` knows.
    pub(crate) fn known_to(node: &Bitcoind) -> Self {
        let is_recent = node.is_core_from(31);
        let blocks = chain(is_recent);
        // The older hash is of coins that are one block lower than they are.
        let lowest = u32::from(is_recent);
        let file = file(&blocks, lowest);
        Self { blocks, file }
    }

    /// The headers, as `submitheader` takes them.
    pub(crate) fn headers(&self) -> impl Iterator<Item = String> {
        self.blocks.iter().map(|block| serialize_hex(&block.header))
    }
}

fn chain(is_recent: bool) -> Vec<Block> {
    let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
    let mut blocks: Vec<Block> = Vec::new();
    for height in 1..=HEIGHT {
        let before = blocks.last().unwrap_or(&genesis);
        let block = block(height, before, is_recent);
        blocks.push(block);
    }
    blocks
}

fn block(height: u32, before: &Block, is_recent: bool) -> Block {
    let (sequence, lock_time) = if is_recent {
        (Sequence::ENABLE_LOCKTIME_NO_RBF, height - 1)
    } else {
        (Sequence::MAX, 0)
    };
    let coinbase = Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::from_consensus(lock_time),
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::builder()
                .push_int(height.into())
                .push_int(0)
                .into_script(),
            sequence,
            witness: Witness::new(),
        }],
        output: vec![TxOut {
            value: Amount::from_sat(COINBASE >> (height / 150)),
            script_pubkey: ScriptBuf::from_bytes(ANYONE.to_vec()).to_p2wsh(),
        }],
    };
    seal(Block {
        header: Header {
            version: Version::from_consensus(4),
            prev_blockhash: before.block_hash(),
            merkle_root: TxMerkleNode::all_zeros(),
            time: before.header.time + 1,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce: 0,
        },
        txdata: vec![coinbase],
    })
}

/// The file of the snapshot above `blocks`, of which the lowest is said to be at height `lowest`.
fn file(blocks: &[Block], lowest: u32) -> Vec<u8> {
    let count = u64::try_from(blocks.len()).expect("few blocks");
    let mut bytes = b"utxo\xff\x02\x00".to_vec();
    bytes.extend(bitcoin::Network::Regtest.magic().to_bytes());
    bytes.extend(serialize(&blocks.last().expect("a block").block_hash()));
    bytes.extend(count.to_le_bytes());
    for (height, block) in (lowest..).zip(blocks) {
        let coinbase = &block.txdata[0];
        let output = &coinbase.output[0];
        let script = output.script_pubkey.as_bytes();
        bytes.extend(serialize(&coinbase.compute_txid()));
        // One output, the first.
        bytes.extend([1, 0]);
        bytes.extend(varint(u64::from(height) * 2 + 1));
        bytes.extend(varint(compressed(output.value.to_sat())));
        bytes.extend(varint(
            u64::try_from(script.len()).expect("a short script") + 6,
        ));
        bytes.extend(script);
    }
    bytes
}

/// A number as Core's `VARINT`, in groups of seven bits.
fn varint(mut number: u64) -> Vec<u8> {
    let group = |number: u64| u8::try_from(number & 0x7f).expect("seven bits");
    let mut bytes = vec![group(number)];
    while number > 0x7f {
        number = (number >> 7) - 1;
        bytes.push(group(number) | 0x80);
    }
    bytes.reverse();
    bytes
}

/// An amount as Core's `CompressAmount`, without its zeros.
fn compressed(mut amount: u64) -> u64 {
    let mut zeros = 0;
    while amount > 0 && amount.is_multiple_of(10) && zeros < 9 {
        amount /= 10;
        zeros += 1;
    }
    match (amount, zeros) {
        (0, _) => 0,
        (amount, 9) => 1 + (amount - 1) * 10 + 9,
        (amount, zeros) => 1 + (amount / 10 * 9 + amount % 10 - 1) * 10 + zeros,
    }
}

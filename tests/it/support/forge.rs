//! Regtest blocks, good ones and deliberately broken ones.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::{Hash, HashEngine, sha256d};
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Witness,
};

/// A chain under construction: each block pays 50 coins to a script that anyone satisfies.
pub(crate) struct Forge {
    pub(crate) tip: BlockHash,
    pub(crate) height: u32,
    pub(crate) time: u32,
    pub(crate) coinbases: Vec<Transaction>,
}

pub(crate) const ANYONE: [u8; 1] = [0x51];
pub(crate) const COINBASE: u64 = 5_000_000_000;

impl Forge {
    /// At the genesis block.
    pub(crate) fn new() -> Self {
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        Self {
            tip: genesis.block_hash(),
            height: 0,
            time: genesis.header.time,
            coinbases: Vec::new(),
        }
    }

    /// The next block with `transactions`, not yet sealed.
    pub(crate) fn draft(&self, transactions: Vec<Transaction>) -> Block {
        let coinbase = Transaction {
            version: TxVersion::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::null(),
                script_sig: ScriptBuf::builder()
                    .push_int(i64::from(self.height) + 1)
                    .push_int(0)
                    .into_script(),
                sequence: Sequence::MAX,
                witness: Witness::from_slice(&[[0_u8; 32]]),
            }],
            output: vec![pay(COINBASE >> ((self.height + 1) / 150))],
        };
        let header = Header {
            version: Version::from_consensus(0x2000_0000),
            prev_blockhash: self.tip,
            merkle_root: TxMerkleNode::all_zeros(),
            time: self.time + 1,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce: 0,
        };
        Block {
            header,
            txdata: std::iter::once(coinbase).chain(transactions).collect(),
        }
    }

    /// Notes that `block` is part of the chain.
    pub(crate) fn accept(&mut self, block: &Block) {
        self.tip = block.block_hash();
        self.height += 1;
        self.time = block.header.time;
        self.coinbases.push(block.txdata[0].clone());
    }

    /// A transaction that spends the coinbase of the block at `height` and pays `value`.
    pub(crate) fn spend(&self, height: usize, value: u64) -> Transaction {
        spend(&self.coinbases[height - 1], value)
    }
}

fn pay(value: u64) -> TxOut {
    TxOut {
        value: Amount::from_sat(value),
        script_pubkey: ScriptBuf::from_bytes(ANYONE.to_vec()),
    }
}

/// A transaction that spends the first output of `tx` and pays `value`.
pub(crate) fn spend(tx: &Transaction, value: u64) -> Transaction {
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
    Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![pay(value)],
    }
}

/// Commits to the witnesses of `block`.
pub(crate) fn commit(mut block: Block) -> Block {
    let root = block.witness_root().expect("a coinbase");
    let mut engine = sha256d::Hash::engine();
    engine.input(root.as_byte_array());
    engine.input(&[0; 32]);
    let commitment = sha256d::Hash::from_engine(engine);
    let script = [
        &[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed],
        commitment.as_byte_array().as_slice(),
    ]
    .concat();
    block.txdata[0].output.push(TxOut {
        value: Amount::ZERO,
        script_pubkey: ScriptBuf::from_bytes(script),
    });
    block
}

/// Gives `block` its merkle root and its work.
pub(crate) fn seal(mut block: Block) -> Block {
    block.header.merkle_root = block.compute_merkle_root().expect("a coinbase");
    work(block)
}

/// Gives `block` its work.
pub(crate) fn work(mut block: Block) -> Block {
    while !block.header.target().is_met_by(block.header.block_hash()) {
        block.header.nonce += 1;
    }
    block
}

//! Real chains, reorganisations, crashes and pruning, on the disk.

mod crashes;
mod damage;
mod homes;
mod real_blocks;
mod rules;
mod ties;

pub(crate) use rules::spend_coinbase;

use std::path::Path;

use bitcoin::consensus::deserialize;
use bitcoin::{Amount, Network, ScriptBuf, Transaction};

use super::*;
use crate::chain::summary::UtxoSummary;
use crate::mining;
use crate::store::DataDirectory;

/// A moment after all blocks of the tests.
pub(crate) const NOW: u64 = 2_000_000_000;

pub(crate) fn open(directory: &Path) -> Chainstate {
    try_open(directory, Network::Regtest, false).unwrap()
}

pub(super) fn try_open(
    directory: &Path,
    network: Network,
    reindex: bool,
) -> Result<Chainstate, StorageError> {
    let data_directory = DataDirectory::at(directory, network)?;
    let settings = ChainstateSettings {
        data_directory,
        params: ChainParams::of(network),
        reindex,
    };
    Chainstate::open(&settings, settings.database()?)
}

/// The blocks in a file in the framing of block files.
pub(crate) fn blocks(file: &str) -> Vec<Arc<Block>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file);
    let bytes = std::fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut blocks = Vec::new();
    while let Some((frame, body)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(frame[4..].try_into().unwrap());
        let (block, after) = body.split_at(usize::try_from(length).unwrap());
        blocks.push(Arc::new(deserialize(block).unwrap()));
        rest = after;
    }
    blocks
}

/// Steps to the best chain and returns the refusals on the way.
pub(crate) fn settle(chain: &mut Chainstate) -> Vec<Reject> {
    let mut refused = Vec::new();
    while let Some(step) = chain.step(|_| false).unwrap() {
        if let ChainStep::Refused(_, reject) = step {
            refused.push(reject);
        }
    }
    refused
}

/// A mined block on `parent` that anyone can spend, with `transactions`; `salt` makes it another
/// one.
pub(crate) fn mine_on(
    chain: &Chainstate,
    parent: Id,
    transactions: Vec<Transaction>,
    salt: u8,
) -> Arc<Block> {
    let place = ChainPosition::on(chain.tree(), chain.params(), parent);
    // A push that is dropped again, then OP_TRUE.
    let script = ScriptBuf::from_bytes(vec![0x01, salt, 0x75, 0x51]);
    Arc::new(
        mining::solve(
            mining::assemble(&place, script, transactions, Amount::ZERO, 0),
            u64::MAX,
            |_| false,
        )
        .unwrap(),
    )
}

/// Mines and connects `count` blocks on the tip.
pub(crate) fn grow(chain: &mut Chainstate, count: u32, salt: u8) {
    for _ in 0..count {
        let block = mine_on(chain, chain.tree().tip(), Vec::new(), salt);
        chain.accept_block(block, NOW).unwrap();
        assert_eq!(settle(chain), []);
    }
}

/// The hash over all coins, as Bitcoin Core computes it, and their sums.
pub(crate) fn summary(chain: &mut Chainstate) -> UtxoSummary {
    let mut summary = UtxoSummary::new(true);
    chain
        .all_coins(|outpoint, coin| summary.add(outpoint, &coin))
        .unwrap();
    let stats = chain.coin_stats();
    assert_eq!(
        (stats.outputs, stats.amount),
        (summary.outputs, summary.amount),
        "the counts kept beside the coins"
    );
    assert_eq!(chain.coins.database.count_coins(), summary.outputs);
    summary
}

pub(crate) fn coins_hash(chain: &mut Chainstate) -> String {
    summary(chain).hash().unwrap().to_string()
}

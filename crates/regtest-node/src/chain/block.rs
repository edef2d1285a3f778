//! The rules for a block that need no coins: merkle tree, size, coinbase, height, times, witness
//! commitment. Pure.

use bitcoin::consensus::encode::VarInt;
use bitcoin::hashes::{Hash, HashEngine, sha256d};
use bitcoin::{Block, ScriptBuf, Transaction, Witness};

use super::limits::{MAX_SIGOPS_COST, MAX_WEIGHT, WITNESS_SCALE_FACTOR};
use super::params::ChainParams;
use super::reject::{Reject, ensure};
use super::{sigops, transaction};

/// What an output with the witness commitment begins with (BIP141).
const WITNESS_COMMITMENT_PREFIX: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// Holds `block` to the rules that need nothing but the block.
pub(crate) fn check_itself(block: &Block) -> Result<(), Reject> {
    check_merkle(block)?;
    let fits = block.txdata.len().saturating_mul(WITNESS_SCALE_FACTOR) <= MAX_WEIGHT
        && stripped_size(block).saturating_mul(WITNESS_SCALE_FACTOR) <= MAX_WEIGHT;
    ensure(!block.txdata.is_empty() && fits, "bad-blk-length")?;
    ensure(
        block.txdata.first().is_some_and(Transaction::is_coinbase),
        "bad-cb-missing",
    )?;
    ensure(
        !block.txdata.iter().skip(1).any(Transaction::is_coinbase),
        "bad-cb-multiple",
    )?;
    for tx in &block.txdata {
        transaction::check(tx)?;
    }
    let sigops = block.txdata.iter().map(sigops::legacy).sum::<usize>();
    ensure(
        sigops.saturating_mul(WITNESS_SCALE_FACTOR) <= MAX_SIGOPS_COST,
        "bad-blk-sigops",
    )
}

/// Holds a copy of a block that was accepted before to all that commits to its bytes. Its hash does
/// not cover the witnesses.
pub(crate) fn check_copy(block: &Block, has_segwit: bool) -> Result<(), Reject> {
    check_itself(block)?;
    let coinbase = block.txdata.first();
    coinbase.map_or(Ok(()), |coinbase| {
        check_witness(block, coinbase, has_segwit)
    })
}

/// The bytes of the block without witnesses.
pub(crate) fn stripped_size(block: &Block) -> usize {
    80 + VarInt::from(block.txdata.len()).size()
        + block
            .txdata
            .iter()
            .map(Transaction::base_size)
            .sum::<usize>()
}

/// A tree that hashes a pair of equal nodes has two readings (CVE-2012-2459): this copy is refused,
/// not the header.
fn check_merkle(block: &Block) -> Result<(), Reject> {
    let ids = block
        .txdata
        .iter()
        .map(|tx| tx.compute_txid().to_raw_hash())
        .collect();
    let (root, is_ambiguous) = merkle_root(ids);
    if root != block.header.merkle_root.to_raw_hash() {
        return Err(Reject::mutated("bad-txnmrklroot"));
    }
    if is_ambiguous {
        Err(Reject::mutated("bad-txns-duplicate"))
    } else {
        Ok(())
    }
}

/// The root over `level`, and whether two equal neighbours were hashed on the way.
fn merkle_root(mut level: Vec<sha256d::Hash>) -> (sha256d::Hash, bool) {
    let mut is_ambiguous = false;
    while level.len() > 1 {
        let pairs = level.chunks(2);
        level = pairs
            .map(|pair| {
                let left = pair.first();
                let right = pair.last();
                is_ambiguous |= pair.len() == 2 && left == right;
                let mut engine = sha256d::Hash::engine();
                for side in [left, right].into_iter().flatten() {
                    engine.input(side.as_byte_array());
                }
                sha256d::Hash::from_engine(engine)
            })
            .collect();
    }
    (
        level.pop().unwrap_or_else(sha256d::Hash::all_zeros),
        is_ambiguous,
    )
}

/// Holds `block` to the rules that follow from its place at `height`, on blocks of this
/// `median_time`.
pub(crate) fn check_place(
    block: &Block,
    params: &ChainParams,
    height: u32,
    median_time: u32,
) -> Result<(), Reject> {
    let cutoff = if height >= params.csv_height {
        median_time
    } else {
        block.header.time
    };
    let is_final = block
        .txdata
        .iter()
        .all(|tx| transaction::is_final(tx, height, cutoff));
    ensure(is_final, "bad-txns-nonfinal")?;
    let coinbase = block
        .txdata
        .first()
        .ok_or_else(|| Reject::consensus("bad-cb-missing"))?;
    if height >= params.bip34_height {
        let script = coinbase
            .input
            .first()
            .map(|input| input.script_sig.as_bytes())
            .unwrap_or_default();
        ensure(
            script.starts_with(height_script(height).as_bytes()),
            "bad-cb-height",
        )?;
    }
    check_witness(block, coinbase, height >= params.segwit_height)?;
    let weight = block.weight().to_wu();
    ensure(
        usize::try_from(weight).is_ok_and(|weight| weight <= MAX_WEIGHT),
        "bad-blk-weight",
    )
}

/// What the coinbase's script of the block at `height` begins with (BIP34).
pub(crate) fn height_script(height: u32) -> ScriptBuf {
    ScriptBuf::builder()
        .push_int(i64::from(height))
        .into_script()
}

fn check_witness(block: &Block, coinbase: &Transaction, is_active: bool) -> Result<(), Reject> {
    let commitment = if is_active { committed(coinbase) } else { None };
    let Some(commitment) = commitment else {
        let has_witness = block
            .txdata
            .iter()
            .flat_map(|tx| &tx.input)
            .any(|input| !input.witness.is_empty());
        return if has_witness {
            Err(Reject::mutated("unexpected-witness"))
        } else {
            Ok(())
        };
    };
    let witness = coinbase.input.first().map(|input| &input.witness);
    let reserved = witness
        .filter(|witness| witness.len() == 1)
        .and_then(|witness| witness.nth(0));
    let Some(reserved) = reserved.filter(|reserved| reserved.len() == 32) else {
        return Err(Reject::mutated("bad-witness-nonce-size"));
    };
    if witness_commitment(block, reserved).as_byte_array() == commitment {
        Ok(())
    } else {
        Err(Reject::mutated("bad-witness-merkle-match"))
    }
}

/// Gives the coinbase of a block that commits to witnesses the value that it reserves, where it has
/// none: who assembles a block need not know of it, and the hash does not depend on it.
pub(crate) fn add_reserved_value(block: &mut Block) {
    let Some(coinbase) = block.txdata.first_mut() else {
        return;
    };
    let has_witness = coinbase.input.iter().any(|input| !input.witness.is_empty());
    if committed(coinbase).is_none() || has_witness {
        return;
    }
    if let Some(input) = coinbase.input.first_mut() {
        input.witness = Witness::from_slice(&[[0_u8; 32]]);
    }
}

/// What the last output of that form commits to.
fn committed(coinbase: &Transaction) -> Option<&[u8]> {
    let mut scripts = coinbase
        .output
        .iter()
        .rev()
        .map(|output| output.script_pubkey.as_bytes());
    scripts.find_map(|script| script.strip_prefix(&WITNESS_COMMITMENT_PREFIX)?.get(..32))
}

/// The hash over all witnesses and the coinbase's `reserved` value.
fn witness_commitment(block: &Block, reserved: &[u8]) -> sha256d::Hash {
    let ids = block
        .txdata
        .iter()
        .skip(1)
        .map(|tx| tx.compute_wtxid().to_raw_hash());
    let (root, _) = merkle_root(
        std::iter::once(sha256d::Hash::all_zeros())
            .chain(ids)
            .collect(),
    );
    let mut engine = sha256d::Hash::engine();
    engine.input(root.as_byte_array());
    engine.input(reserved);
    sha256d::Hash::from_engine(engine)
}

/// The output that commits to the witnesses of `block`, whose coinbase reserves 32 zero bytes.
pub(crate) fn commitment_script(block: &Block) -> ScriptBuf {
    let commitment = witness_commitment(block, &[0; 32]);
    ScriptBuf::from_bytes(
        [
            WITNESS_COMMITMENT_PREFIX.as_slice(),
            commitment.as_byte_array(),
        ]
        .concat(),
    )
}

#[cfg(test)]
mod tests {
    use bitcoin::Network;
    use bitcoin::constants::genesis_block;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_genesis_blocks_keep_the_rules() {
        for network in [
            Network::Bitcoin,
            Network::Testnet,
            Network::Testnet4,
            Network::Signet,
            Network::Regtest,
        ] {
            assert_eq!(check_itself(&genesis_block(network)), Ok(()), "{network}");
        }
    }

    #[test]
    fn a_block_with_its_last_transaction_twice_is_not_the_block_of_its_header() {
        let mut block = genesis_block(Network::Regtest);
        let coinbase = block.txdata[0].clone();
        block.txdata.extend([coinbase.clone(), coinbase.clone()]);
        block.header.merkle_root = block.compute_merkle_root().unwrap();
        block.txdata.push(coinbase);
        assert_eq!(
            block.compute_merkle_root(),
            Some(block.header.merkle_root),
            "the same root"
        );
        assert_eq!(
            check_itself(&block),
            Err(Reject::mutated("bad-txns-duplicate"))
        );
        block.txdata.pop();
        block.txdata.pop();
        assert_eq!(
            check_itself(&block),
            Err(Reject::mutated("bad-txnmrklroot"))
        );
    }

    #[test]
    fn heights_are_written_as_bip34_wants_them() {
        let script = |height| height_script(height).to_hex_string();
        assert_eq!(script(1), "51");
        assert_eq!(script(16), "60");
        assert_eq!(script(17), "0111");
        assert_eq!(script(128), "028000");
        assert_eq!(script(227_836), "03fc7903");
    }

    proptest! {
        #[test]
        fn the_merkle_root_is_the_librarys(leaves in prop::collection::vec(any::<[u8; 32]>(), 1..40)) {
            let leaves: Vec<_> = leaves.into_iter().map(sha256d::Hash::from_byte_array).collect();
            let (root, _) = merkle_root(leaves.clone());
            prop_assert_eq!(Some(root), bitcoin::merkle_tree::calculate_root(leaves.into_iter()));
        }
    }
}

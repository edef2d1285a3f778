//! Blocks that real nodes made, and what those nodes said of them.

use serde_json::Value;

use super::*;
use crate::chain::block;

#[test]
fn mains_first_blocks_connect_under_mains_rules() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = try_open(directory.path(), Network::Bitcoin, false).unwrap();
    for block in blocks("mainnet-blocks-1-255.dat") {
        assert!(chain.accept_block(block, NOW).unwrap().is_new);
    }
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().height(), 255);
    // The first payment is in block 170: 255 coinbases and one more output.
    let summary = summary(&mut chain);
    assert_eq!(
        (summary.outputs > 255, summary.amount),
        (true, 255 * 5_000_000_000)
    );
}

#[test]
fn a_full_block_of_main_keeps_the_rules_of_its_place() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mainnet-block-413567.raw");
    let mut block: Block = deserialize(&std::fs::read(path).unwrap()).unwrap();
    let params = ChainParams::of(Network::Bitcoin);
    let time = block.header.time - 3_000;
    assert_eq!(
        block.header.validate_pow(block.header.target()).unwrap(),
        block.block_hash()
    );
    assert_eq!(block::check_itself(&block), Ok(()));
    assert_eq!(block::check_place(&block, &params, 413_567, time), Ok(()));
    let reason = |height, time| {
        block::check_place(&block, &params, height, time)
            .unwrap_err()
            .reason
    };
    assert_eq!(reason(413_568, time), "bad-cb-height");
    block.txdata.swap(1, 2);
    assert_eq!(
        block::check_itself(&block).unwrap_err().reason,
        "bad-txnmrklroot"
    );
}

fn recorded(key: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/regtest-wallet-chain.json");
    let recorded: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    recorded[key].clone()
}

#[test]
fn signed_payments_of_all_kinds_leave_the_coins_that_a_real_node_had() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    for block in blocks("regtest-wallet-chain.dat") {
        chain.accept_block(block, NOW).unwrap();
    }
    assert_eq!(settle(&mut chain), []);
    assert_eq!(u64::from(chain.tree().height()), recorded("blocks"));
    assert_eq!(
        chain.tree().get(chain.tree().tip()).hash.to_string(),
        recorded("bestblock")
    );
    let summary = summary(&mut chain);
    assert_eq!(summary.outputs, recorded("txouts"));
    let amount = Amount::from_btc(recorded("total_amount").as_f64().unwrap()).unwrap();
    assert_eq!(Amount::from_sat(summary.amount), amount);
    assert_eq!(
        summary.hash().unwrap().to_string(),
        recorded("hash_serialized_3")
    );
}

#[test]
fn blocks_in_any_order_lead_to_the_same_coins_and_undo_leads_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    let blocks = blocks("regtest-wallet-chain.dat");
    let headers: Vec<_> = blocks.iter().map(|block| block.header).collect();
    chain.accept_headers(&headers, NOW).unwrap();
    let nothing = coins_hash(&mut chain);
    // In sevens, backwards.
    for some in blocks.chunks(7) {
        for block in some.iter().rev() {
            chain.accept_block(Arc::clone(block), NOW).unwrap();
        }
        assert_eq!(settle(&mut chain), []);
    }
    assert_eq!(coins_hash(&mut chain), recorded("hash_serialized_3"));
    let first = chain.tree().at_height(1).unwrap();
    chain.invalidate(first);
    settle(&mut chain);
    assert_eq!(
        (chain.tree().height(), coins_hash(&mut chain)),
        (0, nothing)
    );
    chain.reconsider(first);
    settle(&mut chain);
    assert_eq!(coins_hash(&mut chain), recorded("hash_serialized_3"));
}

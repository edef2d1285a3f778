//! Single bits of the database that are not what was written.

use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// The database and the block files of a short chain, and the hash of its coins.
struct SavedFiles {
    database: Vec<u8>,
    segments: Vec<(String, Vec<u8>)>,
    coins: String,
}

const DATABASE: &str = "chainstate/chain.redb";

static MIN_BLOCKS_TO_KEEP: LazyLock<SavedFiles> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 150, 0);
    let spend = spend_coinbase(&chain, 1, 1_000);
    let block = mine_on(&chain, chain.tree().tip(), vec![spend], 0);
    chain.accept_block(block, NOW).unwrap();
    settle(&mut chain);
    chain.flush().unwrap();
    let coins = coins_hash(&mut chain);
    drop(chain);
    let segments = fs::read_dir(directory.path().join("blocks"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        });
    SavedFiles {
        segments: segments.collect(),
        database: fs::read(directory.path().join(DATABASE)).unwrap(),
        coins,
    }
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn a_flipped_bit_of_the_database_is_told_or_changes_nothing(
        at in any::<prop::sample::Index>(), bit in 0..8_u8, anywhere in 0..4_u8,
    ) {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["blocks", "chainstate"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        for (name, bytes) in &MIN_BLOCKS_TO_KEEP.segments {
            fs::write(directory.path().join("blocks").join(name), bytes).unwrap();
        }
        let mut bytes = MIN_BLOCKS_TO_KEEP.database.clone();
        // Much of the file is empty, and may say what it likes.
        let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || anywhere == 0).collect();
        bytes[written[at.index(written.len())]] ^= 1_u8 << bit;
        fs::write(directory.path().join(DATABASE), bytes).unwrap();
        match try_open(directory.path(), Network::Regtest, false) {
            Ok(mut chain) => {
                prop_assert_eq!(chain.tree().height(), 151);
                prop_assert_eq!(coins_hash(&mut chain), MIN_BLOCKS_TO_KEEP.coins.clone());
            }
            Err(error) => {
                prop_assert!(error.to_string().contains("chain.redb"), "{}", error);
                prop_assert!(error.is_cured_by_reindex(), "{}", error);
            }
        }
    }
}

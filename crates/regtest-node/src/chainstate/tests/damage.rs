//! Flipped bits in the database and in block files.

use std::fs;
use std::sync::LazyLock;

use bitcoin::consensus::serialize;
use proptest::prelude::*;

use super::*;

/// The database and the block files of a short chain, the hash of its coins, and its blocks from
/// the tip down.
struct SavedFiles {
    database: Vec<u8>,
    segments: Vec<(String, Vec<u8>)>,
    coins: String,
    blocks: Vec<Vec<u8>>,
}

impl SavedFiles {
    /// A directory with these files.
    fn restore(&self) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["blocks", "chainstate"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        for (name, bytes) in &self.segments {
            fs::write(directory.path().join("blocks").join(name), bytes).unwrap();
        }
        fs::write(directory.path().join(DATABASE), &self.database).unwrap();
        directory
    }
}

const DATABASE: &str = "chainstate/chain.redb";

static SAVED: LazyLock<SavedFiles> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 150, 0);
    let spend = spend_coinbase(&chain, 1, 1_000);
    let block = mine_on(&chain, chain.tree().tip(), vec![spend], 0);
    chain.accept_block(block, NOW).unwrap();
    settle(&mut chain);
    chain.flush().unwrap();
    let coins = coins_hash(&mut chain);
    let blocks = served(&chain).into_iter().map(Result::unwrap).collect();
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
        blocks,
    }
});

/// What the node serves of each block, from the tip down.
fn served(chain: &Chainstate) -> Vec<Result<Vec<u8>, StorageError>> {
    let tree = chain.tree();
    let blocks = tree.line(tree.tip()).map(|id| chain.block(id));
    blocks
        .map(|block| block.map(|block| serialize(&*block.unwrap())))
        .collect()
}

#[test]
fn a_witness_that_is_not_what_was_written_is_not_served() {
    let directory = SAVED.restore();
    let chain = open(directory.path());
    let old = chain.tree().line(chain.tree().tip()).nth(100).unwrap();
    let location = chain.tree().get(old).location.unwrap();
    let path = chain.files.segments.path(location.segment);
    drop(chain);
    let mut bytes = fs::read(&path).unwrap();
    // The witness of the only transaction ends before its lock time.
    let end = usize::try_from(location.offset + location.length).unwrap();
    bytes[end - 5] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = served(&open(directory.path()))
        .swap_remove(100)
        .unwrap_err();
    assert!(error.to_string().contains("blk00000.dat"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn a_flipped_bit_of_the_database_is_reported_or_changes_nothing(
        at in any::<prop::sample::Index>(), bit in 0..8_u8, anywhere in 0..4_u8,
    ) {
        let directory = SAVED.restore();
        let mut bytes = SAVED.database.clone();
        // Much of the file is empty, and may say what it likes.
        let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || anywhere == 0).collect();
        bytes[written[at.index(written.len())]] ^= 1_u8 << bit;
        fs::write(directory.path().join(DATABASE), bytes).unwrap();
        match try_open(directory.path(), Network::Regtest, false) {
            Ok(mut chain) => {
                prop_assert_eq!(chain.tree().height(), 151);
                prop_assert_eq!(coins_hash(&mut chain), SAVED.coins.clone());
            }
            Err(error) => {
                prop_assert!(error.to_string().contains("chain.redb"), "{}", error);
                prop_assert!(error.is_cured_by_reindex(), "{}", error);
            }
        }
    }
    #[test]
    fn a_flipped_bit_of_a_block_file_is_told_or_changes_nothing(
        at in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let directory = SAVED.restore();
        let (name, bytes) = &SAVED.segments[0];
        let mut bytes = bytes.clone();
        let place = at.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        fs::write(directory.path().join("blocks").join(name), bytes).unwrap();
        match try_open(directory.path(), Network::Regtest, false) {
            Ok(chain) => {
                let served = served(&chain);
                prop_assert_eq!(served.len(), SAVED.blocks.len());
                for (read, whole) in served.iter().zip(&SAVED.blocks) {
                    match read {
                        Ok(read) => prop_assert_eq!(read, whole),
                        Err(error) => prop_assert!(error.to_string().contains("blk"), "{}", error),
                    }
                }
            }
            Err(error) => prop_assert!(error.to_string().contains("blk"), "{}", error),
        }
    }
}

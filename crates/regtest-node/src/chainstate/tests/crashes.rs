//! What a start finds after a crash, or after damage.

use std::fs;

use super::*;

/// As a crash leaves it: nothing since the last flush is in the database.
fn crash(chain: Chainstate) {
    drop(chain);
}

#[test]
fn blocks_written_after_the_database_are_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 10, 0);
    chain.flush().unwrap();
    grow(&mut chain, 700, 0);
    assert!(chain.is_dirty() && chain.files.segments.last() > 0);
    let tip = chain.tree().get(chain.tree().tip()).hash;
    crash(chain);

    let mut chain = open(directory.path());
    assert_eq!(
        chain.tree().height(),
        10,
        "the coins are those of the last flush"
    );
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().get(chain.tree().tip()).hash, tip);
    summary(&mut chain);
}

#[test]
fn blocks_that_came_before_their_parents_are_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let blocks = blocks("regtest-wallet-chain.dat");
    let mut chain = open(directory.path());
    let headers: Vec<_> = blocks.iter().map(|block| block.header).collect();
    chain.accept_headers(&headers, NOW).unwrap();
    for block in blocks[1..].iter().rev() {
        chain.accept_block(Arc::clone(block), NOW).unwrap();
    }
    crash(chain);

    let mut chain = open(directory.path());
    assert!(
        !chain
            .accept_block(Arc::clone(&blocks[200]), NOW)
            .unwrap()
            .is_new
    );
    chain.accept_block(Arc::clone(&blocks[0]), NOW).unwrap();
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().height(), 236);
}

#[test]
fn a_torn_last_block_is_cut_and_a_missing_middle_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 600, 0);
    let last = chain.files.segments.path(chain.files.segments.last());
    let first = chain.files.segments.path(0);
    chain.flush().unwrap();
    grow(&mut chain, 2, 0);
    crash(chain);
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 7]).unwrap();
    let mut chain = open(directory.path());
    settle(&mut chain);
    assert_eq!(chain.tree().height(), 601);
    grow(&mut chain, 1, 0);
    crash(chain);

    let bytes = fs::read(&first).unwrap();
    fs::write(&first, &bytes[..bytes.len() / 2]).unwrap();
    let error = try_open(directory.path(), Network::Regtest, false).unwrap_err();
    assert!(
        error.to_string().contains("blk00000.dat is damaged"),
        "{error}"
    );
    assert!(error.is_cured_by_reindex());
    // The rest waits for its ancestors, which come from peers again.
    let mut chain = try_open(directory.path(), Network::Regtest, true).unwrap();
    settle(&mut chain);
    assert!(
        (100..600).contains(&chain.tree().height()),
        "{}",
        chain.tree().height()
    );
}

#[test]
fn what_a_power_cut_tears_beyond_the_database_comes_again_from_peers() {
    /// What it does to the file of a segment that was not synced.
    type Damage = fn(&mut Vec<u8>);
    let harms: [Damage; 4] = [
        |bytes| bytes.truncate(bytes.len() - 3_000),
        |bytes| bytes.clear(),
        |bytes| bytes[40_000..].fill(0),
        |bytes| bytes[20_000..24_096].fill(0),
    ];
    let scratch = tempfile::tempdir().unwrap();
    let mut chain = open(scratch.path());
    grow(&mut chain, 710, 0);
    let mut blocks: Vec<_> = chain
        .tree()
        .line(chain.tree().tip())
        .map(|id| chain.block(id).unwrap().unwrap())
        .collect();
    blocks.reverse();
    let coins = coins_hash(&mut chain);
    let take = |chain: &mut Chainstate, blocks: &[Arc<Block>]| {
        for block in blocks {
            chain.accept_block(Arc::clone(block), NOW).unwrap();
        }
    };
    for harm in harms {
        let directory = tempfile::tempdir().unwrap();
        let mut chain = open(directory.path());
        take(&mut chain, &blocks[..=10]);
        settle(&mut chain);
        chain.flush().unwrap();
        take(&mut chain, &blocks[11..]);
        assert!(chain.files.segments.last() >= 2);
        let path = chain.files.segments.path(1);
        crash(chain);
        let mut bytes = fs::read(&path).unwrap();
        harm(&mut bytes);
        fs::write(&path, bytes).unwrap();

        let mut chain = open(directory.path());
        assert_eq!(settle(&mut chain), []);
        assert!(
            (200..600).contains(&chain.tree().height()),
            "{}",
            chain.tree().height()
        );
        take(&mut chain, &blocks);
        assert_eq!(settle(&mut chain), []);
        assert_eq!(
            (chain.tree().height(), coins_hash(&mut chain)),
            (710, coins.clone())
        );
        crash(chain);
        let chain = open(directory.path());
        assert_eq!(chain.tree().height(), 710);
        assert!(
            chain
                .tree()
                .line(chain.tree().tip())
                .all(|id| chain.block(id).unwrap().is_some())
        );
    }
}

#[test]
fn what_a_start_had_to_leave_out_is_pruned_with_the_rest() {
    let scratch = tempfile::tempdir().unwrap();
    let mut chain = open(scratch.path());
    grow(&mut chain, 1_200, 0);
    let tip = chain.tree().tip();
    let mut blocks: Vec<_> = chain
        .tree()
        .line(tip)
        .map(|id| chain.block(id).unwrap().unwrap())
        .collect();
    blocks.reverse();
    let take = |chain: &mut Chainstate, blocks: &[Arc<Block>]| {
        for block in blocks {
            chain.accept_block(Arc::clone(block), NOW).unwrap();
        }
    };
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    take(&mut chain, &blocks);
    assert!(chain.files.segments.last() > 3);
    let path = chain.files.segments.path(1);
    crash(chain);
    // A power cut loses the parents of the blocks in the later segments.
    fs::write(&path, []).unwrap();

    let mut chain = open(directory.path());
    take(&mut chain, &blocks);
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().height(), 1_200);
    assert!(!chain.files.unknown_segments().is_empty());
    let before = chain.files.segments.total_bytes();
    let pruned = chain.prune(u32::MAX).unwrap();
    assert!(chain.files.unknown_segments().is_empty());
    let after = chain.files.segments.total_bytes();
    assert_eq!(before - after, pruned.bytes);
    chain.flush().unwrap();
    drop(chain);
    let mut chain = open(directory.path());
    assert_eq!(chain.files.segments.total_bytes(), after);
    assert_eq!((chain.tree().height(), settle(&mut chain)), (1_200, vec![]));
}

#[test]
fn damaged_files_that_a_new_database_does_not_name_are_left_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 600, 0);
    let path = chain.files.segments.path(0);
    drop(chain);
    fs::remove_file(directory.path().join("chainstate/chain.redb")).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    for byte in &mut bytes {
        *byte ^= 1;
    }
    fs::write(&path, &bytes).unwrap();
    let error = try_open(directory.path(), Network::Regtest, false).unwrap_err();
    assert!(matches!(error, StorageError::OtherNode { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn reindex_leads_to_the_same_coins() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    for block in blocks("regtest-wallet-chain.dat") {
        chain.accept_block(block, NOW).unwrap();
    }
    settle(&mut chain);
    let coins = coins_hash(&mut chain);
    drop(chain);
    fs::write(
        directory.path().join("chainstate/chain.redb"),
        b"no database",
    )
    .unwrap();
    let error = try_open(directory.path(), Network::Regtest, false).unwrap_err();
    assert!(error.to_string().contains("chain.redb"), "{error}");
    let mut chain = try_open(directory.path(), Network::Regtest, true).unwrap();
    settle(&mut chain);
    assert_eq!(coins_hash(&mut chain), coins);
}

#[test]
fn a_database_in_use_or_of_another_chain_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let chain = open(directory.path());
    let error = try_open(directory.path(), Network::Regtest, false).unwrap_err();
    assert!(matches!(error, StorageError::InUse(_)), "{error}");
    drop(chain);
    let error = try_open(directory.path(), Network::Bitcoin, false).unwrap_err();
    assert!(matches!(error, StorageError::NoBlock { .. }), "{error}");
    fs::remove_dir_all(directory.path().join("blocks")).unwrap();
    let error = try_open(directory.path(), Network::Bitcoin, false).unwrap_err();
    assert!(matches!(error, StorageError::Foreign { .. }), "{error}");
}

#[test]
fn a_block_that_was_changed_on_the_disk_is_named_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 5, 0);
    chain.flush().unwrap();
    let path = chain.files.segments.path(0);
    drop(chain);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = try_open(directory.path(), Network::Regtest, false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("blk00000.dat is damaged: the block at byte"),
        "{error}"
    );
}

#[test]
fn a_zeroed_page_of_the_database_is_reported_or_harmless_and_reindex_is_the_way_out() {
    const PAGE: usize = 4_096;
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 300, 0);
    let coins = coins_hash(&mut chain);
    let path = chain.coins.database.path().to_owned();
    drop(chain);
    let whole = fs::read(&path).unwrap();
    let read = || -> Result<String, StorageError> {
        let mut chain = try_open(directory.path(), Network::Regtest, false)?;
        let mut summary = UtxoSummary::new(true);
        chain.all_coins(|outpoint, coin| summary.add(outpoint, &coin))?;
        Ok(summary.hash().unwrap().to_string())
    };
    let mut reported = 0;
    for first in (PAGE..whole.len()).step_by(PAGE) {
        let mut bytes = whole.clone();
        bytes[first..whole.len().min(first + PAGE)].fill(0);
        fs::write(&path, bytes).unwrap();
        match read() {
            Ok(read) => assert_eq!(read, coins, "nothing of the page at {first} is used"),
            Err(error) => {
                reported += 1;
                assert!(error.to_string().contains("chain.redb"), "{error}");
                assert!(error.is_cured_by_reindex(), "{error}");
            }
        }
    }
    assert!(reported > 10, "{reported}");

    let mut bytes = whole;
    bytes[PAGE..].fill(0);
    fs::write(&path, bytes).unwrap();
    let mut chain = try_open(directory.path(), Network::Regtest, true).unwrap();
    settle(&mut chain);
    assert_eq!(coins_hash(&mut chain), coins);
}

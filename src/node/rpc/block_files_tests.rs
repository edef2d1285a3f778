use super::*;

fn reported(chain: Chain, bytes: u64) -> ReportedBlocks {
    ReportedBlocks {
        chain: Some(chain),
        blocks_bytes: Some(bytes),
    }
}

/// A node's directories, with one file of this length in them.
fn with_file(file: &str, length: u64) -> (tempfile::TempDir, Directories) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path)
        .unwrap()
        .set_len(length)
        .unwrap();
    let directories = Directories {
        data: dir.path().to_path_buf(),
        blocks: None,
    };
    (dir, directories)
}

#[test]
fn blocks_that_are_elsewhere_are_missed_and_only_if_the_node_says_that_it_has_some() {
    let (_dir, index_only) = with_file("blocks/index/000005.ldb", 1);
    let missed = index_only
        .has_too_little(reported(Chain::Main, 300))
        .unwrap()
        .to_string();
    assert!(
        missed.contains("no block file, and the node counts 300 B"),
        "{missed}"
    );
    for unknown in [
        ReportedBlocks {
            chain: None,
            ..reported(Chain::Main, 300)
        },
        ReportedBlocks {
            chain: Some(Chain::Main),
            blocks_bytes: None,
        },
    ] {
        assert_eq!(index_only.has_too_little(unknown), None);
    }
    let (_dir, nothing) = with_file("other", 1);
    assert_eq!(
        nothing.has_too_little(reported(Chain::Main, SLACK_BYTES)),
        None
    );
    assert!(
        nothing
            .has_too_little(reported(Chain::Main, SLACK_BYTES + 1))
            .is_some()
    );
}

#[test]
fn blocks_are_found_wherever_a_node_or_its_operator_puts_them() {
    for (file, chain) in [
        ("blocks/blk00000.dat", Chain::Main),
        ("regtest/blocks/blk00000.dat", Chain::Regtest),
        ("signet_ab12/blocks/blk00000.dat", Chain::Signet),
        // The directory of the chain, or that of the blocks, under another name.
        ("blocks/blk00000.dat", Chain::Regtest),
        ("blk00000.dat", Chain::Main),
    ] {
        let (_dir, directories) = with_file(file, 300);
        assert_eq!(
            directories.has_too_little(reported(chain, 300)),
            None,
            "{file} {chain:?}"
        );
    }
}

#[test]
fn a_directory_without_a_file_of_the_nodes_chain_is_not_its_own() {
    let (dir, directories) = with_file("blocks/blk00000.dat", 0);
    let file = dir.path().join("blocks/blk00000.dat");
    for (written, key, asked, lacks) in [
        (Chain::Main, [0; 4], Chain::Main, false),
        (Chain::Main, [0; 4], Chain::Regtest, true),
        (Chain::Regtest, [9, 8, 7, 6], Chain::Regtest, false),
        (Chain::Regtest, [9, 8, 7, 6], Chain::Main, true),
    ] {
        std::fs::write(dir.path().join("blocks/xor.dat"), key).unwrap();
        let bytes: Vec<_> = magic::magic_of(written)
            .iter()
            .zip(key)
            .map(|(byte, key)| byte ^ key)
            .collect();
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(
            directories.has_no_file_of(reported(asked, 300)).is_some(),
            lacks,
            "{written:?} {asked:?}"
        );
    }
    // A signet of somebody's own has a magic of its own.
    std::fs::write(&file, [1, 2, 3, 4]).unwrap();
    assert_eq!(
        directories.has_no_file_of(reported(Chain::Signet, 300)),
        None
    );
    std::fs::remove_file(&file).unwrap();
    assert!(
        directories
            .has_no_file_of(reported(Chain::Main, 300))
            .is_some()
    );
    assert_eq!(
        directories.has_no_file_of(ReportedBlocks {
            blocks_bytes: None,
            ..reported(Chain::Main, 0)
        }),
        None
    );
}

#[test]
fn twice_as_much_as_the_node_counts_is_too_much_but_for_what_it_writes_ahead() {
    let much = |megabytes: u64, counted: u64| {
        let (_dir, directories) = with_file("blocks/blk00000.dat", megabytes * 1_000_000);
        directories
            .has_twice_as_much(reported(Chain::Regtest, counted * 1_000_000))
            .is_some()
    };
    assert_eq!(
        [much(17, 0), much(100, 20), much(100, 60), much(300, 100)],
        [false, true, false, true]
    );
}

#[test]
fn a_node_that_has_just_pruned_most_of_its_blocks_is_not_taken_for_another_one() {
    let gigabytes = |number: u64| number * 1_000_000_000;
    let (dir, directories) = with_file("blocks/blk00000.dat", gigabytes(300));
    let file = std::fs::File::options()
        .write(true)
        .open(dir.path().join("blocks/blk00000.dat"))
        .unwrap();
    let check = BlockFileCheck::default();
    let report = |number: u64| {
        check.node_reported(reported(Chain::Main, gigabytes(number)), check.found());
    };
    report(290);
    assert_eq!(check.measure(&directories), None);
    for left in [100, 20] {
        // Its files are looked at before it is asked again.
        file.set_len(gigabytes(left)).unwrap();
        assert_eq!(check.measure(&directories), None);
        report(left);
    }
    // These never were its own.
    report(290);
    assert!(check.measure(&directories).is_some());
    report(20);
    assert_eq!(check.measure(&directories), None);
    // Of a node that may be another one not even the chain is known.
    check.forget();
    let known = (check.reported(), check.found());
    assert_eq!(known, (ReportedBlocks::default(), None));
}

#[test]
fn the_directory_of_a_much_smaller_or_much_larger_node_is_not_this_nodes() {
    let (_dir, directories) = with_file("blocks/blk00000.dat", 20_000_000_000);
    let judged = |gigabytes: u64| {
        let reported = reported(Chain::Main, gigabytes * 1_000_000_000);
        (
            directories.has_too_little(reported).is_some(),
            directories.has_too_much(reported).is_some(),
        )
    };
    assert_eq!(
        [600, 39, 20, 11, 1].map(judged),
        [
            (true, false),
            (false, false),
            (false, false),
            (false, false),
            (false, true)
        ]
    );
}

//! Tests of `usage`.

use super::*;

#[test]
fn block_files_and_databases_are_distinguished_and_holes_cost_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_path_buf();
    std::fs::create_dir_all(data.join("blocks/index")).unwrap();
    std::fs::create_dir_all(data.join("chainstate")).unwrap();
    std::fs::write(data.join("blocks/blk00000.dat"), vec![1; 100_000]).unwrap();
    std::fs::write(data.join("chainstate/1.ldb"), vec![1; 50_000]).unwrap();
    std::fs::write(data.join("blocks/blkx.dat"), vec![1; 9_000]).unwrap();
    let hole = std::fs::File::create(data.join("blocks/rev00000.dat")).unwrap();
    hole.set_len(1 << 30).unwrap();

    let usage = usage(&Directories { data, blocks: None }, None).unwrap();
    assert!(
        (100_000..120_000).contains(&usage.blocks_bytes),
        "{usage:?}"
    );
    assert!(
        (50_000..80_000).contains(&usage.database_bytes),
        "{usage:?}"
    );
    assert!(usage.total_bytes < 1 << 20, "{usage:?}");
    assert_eq!(usage.block_file_bytes, None, "the only one is not full yet");
}

#[test]
fn what_cannot_be_looked_at_makes_the_sum_unknown() {
    let dir = tempfile::tempdir().unwrap();
    // Whoever runs this may read everything, but no name is so long.
    std::os::unix::fs::symlink("x".repeat(300), dir.path().join("blocks")).unwrap();
    let directories = Directories {
        data: dir.path().to_path_buf(),
        blocks: None,
    };
    assert!(
        directories
            .measure(None)
            .unwrap_err()
            .to_string()
            .contains("/blocks")
    );
}

#[test]
fn a_link_that_leads_nowhere_or_back_or_elsewhere_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("blk00000.dat"), vec![1; 50_000]).unwrap();
    std::fs::write(backup.path().join("blk00000.dat"), vec![1; 500_000]).unwrap();
    std::os::unix::fs::symlink("/no/such/file", dir.path().join("nowhere")).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("back")).unwrap();
    std::os::unix::fs::symlink(backup.path(), dir.path().join("blocks-before-upgrade")).unwrap();
    let directories = Directories {
        data: dir.path().to_path_buf(),
        blocks: None,
    };
    let usage = usage(&directories, None).unwrap();
    assert!((50_000..70_000).contains(&usage.blocks_bytes), "{usage:?}");
    assert!(usage.total_bytes < 80_000, "{usage:?}");
    assert!(directories.measure(None).is_ok());
}

#[test]
fn what_several_ways_lead_to_is_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let big = dir.path().join("big");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::create_dir_all(big.join("blocks")).unwrap();
    std::fs::write(big.join("blocks/blk00000.dat"), vec![1; 50_000]).unwrap();
    std::os::unix::fs::symlink(big.join("blocks"), data.join("blocks")).unwrap();
    for blocks in [
        Some(big.clone()),
        Some(big.join("blocks")),
        Some(data.clone()),
        None,
    ] {
        let usage = usage(
            &Directories {
                data: data.clone(),
                blocks: blocks.clone(),
            },
            None,
        )
        .unwrap();
        assert!(
            (50_000..70_000).contains(&usage.blocks_bytes),
            "{blocks:?}: {usage:?}"
        );
    }
}

/// What `du` says, bytes.
fn du(path: &Path) -> u64 {
    let output = std::process::Command::new("du")
        .args(["-s", "--block-size=1"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn hard_links_and_a_backup_made_of_them_count_as_du_counts_them() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_path_buf();
    for name in ["blocks", "blocks-before-upgrade", "a-backup"] {
        std::fs::create_dir_all(data.join(name)).unwrap();
    }
    for number in 0..3 {
        let name = format!("blk0000{number}.dat");
        std::fs::write(data.join("blocks").join(&name), vec![1; 100_000]).unwrap();
        for backup in ["blocks-before-upgrade", "a-backup"] {
            std::fs::hard_link(
                data.join("blocks").join(&name),
                data.join(backup).join(&name),
            )
            .unwrap();
        }
    }
    let usage = usage(
        &Directories {
            data: data.clone(),
            blocks: None,
        },
        Some(Chain::Main),
    )
    .unwrap();
    assert!(
        (300_000..330_000).contains(&usage.blocks_bytes),
        "{usage:?}"
    );
    assert_eq!(
        (usage.total_bytes, usage.block_file_bytes),
        (du(&data), Some(100_000))
    );
}

#[test]
fn the_chains_that_share_a_directory_are_counted_each_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_path_buf();
    let chains = [
        ("", 100_000),
        ("testnet4", 200_000),
        ("signet_0a1b", 300_000),
        ("regtest", 400_000),
    ];
    for (name, bytes) in chains {
        std::fs::create_dir_all(data.join(name).join("blocks")).unwrap();
        std::fs::write(data.join(name).join("blocks/blk00000.dat"), vec![1; bytes]).unwrap();
        std::fs::create_dir_all(data.join(name).join("chainstate")).unwrap();
        std::fs::write(data.join(name).join("chainstate/1.ldb"), vec![1; bytes / 2]).unwrap();
    }
    let directories = Directories {
        data: data.clone(),
        blocks: None,
    };
    let of = |chain| usage(&directories, Some(chain)).unwrap();
    for (chain, bytes) in [
        (Chain::Main, 100_000),
        (Chain::Testnet4, 200_000),
        (Chain::Signet, 300_000),
        (Chain::Regtest, 400_000),
    ] {
        let usage = of(chain);
        assert!(
            (bytes..bytes + 20_000).contains(&usage.blocks_bytes),
            "{chain}: {usage:?}"
        );
        assert!(
            (bytes * 3 / 2..bytes * 3 / 2 + 60_000).contains(&usage.total_bytes),
            "{chain}: {usage:?}"
        );
    }
    let ambiguous = usage(&directories, None).unwrap_err().to_string();
    assert!(ambiguous.contains("several chains"), "{ambiguous}");
    let own = Directories {
        data: data.join("regtest"),
        blocks: None,
    };
    assert_eq!(
        usage(&own, Some(Chain::Regtest)).unwrap(),
        of(Chain::Regtest)
    );
}

#[test]
fn a_directory_with_another_chain_only_is_not_counted_for_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_path_buf();
    std::fs::create_dir_all(data.join("blocks")).unwrap();
    std::fs::write(data.join("blocks/blk00000.dat"), [0xf9, 0xbe, 0xb4, 0xd9]).unwrap();
    let directories = Directories { data, blocks: None };
    assert!(usage(&directories, Some(Chain::Main)).is_ok());
    let other = usage(&directories, Some(Chain::Regtest))
        .unwrap_err()
        .to_string();
    assert!(
        other.contains("it holds chain main, and the node is on regtest"),
        "{other}"
    );
}

#[test]
fn a_directory_that_is_not_there_is_an_error_with_its_path() {
    let directories = Directories {
        data: "/no/such/directory".into(),
        blocks: None,
    };
    assert!(
        usage(&directories, None)
            .unwrap_err()
            .to_string()
            .contains("/no/such/directory")
    );
}

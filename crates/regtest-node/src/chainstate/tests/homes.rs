//! Whose a directory is: ours in every state that the node leaves it in, and nobody else's.

use std::fs;

use super::*;

/// A directory with a chain of ours over several segments, and that chain's blocks.
fn lived_in() -> (tempfile::TempDir, u32) {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 600, 0);
    chain.flush().unwrap();
    assert!(chain.files.segments.last() > 0);
    let last = chain.files.segments.last();
    drop(chain);
    fs::write(directory.path().join(".cookie"), "left by a crash").unwrap();
    fs::write(directory.path().join("blocks/write-check"), "and this").unwrap();
    (directory, last)
}

fn segment(directory: &Path, number: u32) -> std::path::PathBuf {
    directory.join(format!("blocks/blk{number:05}.dat"))
}

fn height(directory: &Path, reindex: bool) -> u32 {
    let mut chain = try_open(directory, Network::Regtest, reindex).unwrap();
    settle(&mut chain);
    chain.tree().height()
}

#[test]
fn a_start_that_was_broken_off_is_gone_on_with() {
    let magic = bitcoin::p2p::Magic::REGTEST.to_bytes();
    let torn = [magic.as_slice(), &[0x1d, 1, 0, 0, 1, 0]].concat();
    // The directories, then the database, then the first block file: made, made larger, begun.
    let states: [Option<&[u8]>; 5] = [
        None,
        Some(&[]),
        Some(&[0; 4_096]),
        Some(&magic[..2]),
        Some(&torn),
    ];
    for state in states {
        for reindex in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            fs::create_dir_all(directory.path().join("blocks")).unwrap();
            if let Some(bytes) = state {
                fs::write(segment(directory.path(), 0), bytes).unwrap();
            }
            assert_eq!(height(directory.path(), reindex), 0);
            assert_eq!(height(directory.path(), false), 0, "and again");
        }
    }
}

#[test]
fn a_new_segment_may_be_torn_in_any_way() {
    for bytes in [
        vec![],
        vec![0; 100],
        vec![0; 70_000],
        bitcoin::p2p::Magic::REGTEST.to_bytes()[..3].to_vec(),
    ] {
        let (directory, last) = lived_in();
        fs::write(segment(directory.path(), last + 1), bytes).unwrap();
        let mut chain = open(directory.path());
        settle(&mut chain);
        grow(&mut chain, 100, 1);
        drop(chain);
        assert_eq!(height(directory.path(), false), 700);
    }
}

#[test]
fn without_its_database_a_directory_is_still_ours() {
    for reindex in [false, true] {
        let (directory, _) = lived_in();
        fs::remove_dir_all(directory.path().join("chainstate")).unwrap();
        assert_eq!(height(directory.path(), reindex), 600);
    }
}

#[test]
fn after_pruning_a_directory_is_still_ours() {
    let (directory, _) = lived_in();
    let mut chain = open(directory.path());
    assert!(chain.prune(300).unwrap().segments > 0);
    drop(chain);
    assert_eq!(height(directory.path(), false), 600);
    // There is no beginning to rebuild from.
    assert_eq!(height(directory.path(), true), 0);
}

/// Every file below `directory` and what is in it.
fn contents(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn a_block_file_without_any_block_of_ours_is_neither_cut_nor_deleted() {
    for (number, has_database) in [(0, true), (1, true), (0, false), (1, false)] {
        let (directory, _) = lived_in();
        let strange = segment(directory.path(), number);
        let mask = [0x9d, 0x2b, 0xdf, 0x24, 0x1e, 0x24, 0xdc, 0x07];
        let masked = fs::read(&strange).unwrap();
        let masked: Vec<u8> = masked
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        fs::write(&strange, masked).unwrap();
        if !has_database {
            fs::remove_dir_all(directory.path().join("chainstate")).unwrap();
        }
        let before = contents(directory.path());
        for reindex in [false, true] {
            let error = try_open(directory.path(), Network::Regtest, reindex).unwrap_err();
            assert!(
                error.to_string().contains(&format!("blk{number:05}.dat")),
                "{error}"
            );
            assert!(
                error
                    .to_string()
                    .contains("there is no block of regtest in "),
                "{error}"
            );
            assert_eq!(
                matches!(error, StorageError::NoBlock { .. }),
                has_database,
                "{error}"
            );
            assert_eq!(contents(directory.path()), before);
        }
        // As the message says.
        fs::remove_file(&strange).unwrap();
        assert!(height(directory.path(), true) < 600);
    }
}

#[test]
fn beside_the_signs_of_another_node_nothing_is_written() {
    let signs = [
        "blocks/index",
        "blocks/rev00000.dat",
        "blocks/xor.dat",
        "chainstate/CURRENT",
        ".lock",
        "bitcoin.conf",
    ];
    for sign in signs {
        for is_lived_in in [false, true] {
            let directory = if is_lived_in {
                lived_in().0
            } else {
                tempfile::tempdir().unwrap()
            };
            let path = directory.path().join(sign);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "another's").unwrap();
            let before = contents(directory.path());
            for reindex in [false, true] {
                let error = try_open(directory.path(), Network::Regtest, reindex).unwrap_err();
                let expected = format!(
                    "{} is another node's directory: it has {sign}",
                    directory.path().display()
                );
                assert_eq!(error.to_string(), expected);
                assert!(matches!(error, StorageError::OtherNode { .. }));
                assert_eq!(contents(directory.path()), before);
            }
        }
    }
}

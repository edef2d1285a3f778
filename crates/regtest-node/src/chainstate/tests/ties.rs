//! Which of several chains with the same work is the best.

use super::rules::*;
use super::*;

#[test]
fn of_two_chains_with_the_same_work_the_operators_choice_wins_whenever_it_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path());
    grow(&mut chain, 3, 0);
    let first = chain.tree().tip();
    let parent = chain.tree().at_height(2).unwrap();
    let second = mine_on(&chain, parent, Vec::new(), 1);
    let second = chain.accept_block(second, NOW).unwrap().id;
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().tip(), first);
    let hashes = [first, second].map(|id| chain.tree().get(id).hash);
    for at in [1, 0, 0, 1] {
        chain.flush().unwrap();
        drop(chain);
        chain = open(directory.path());
        chain.prefer(chain.tree().find(&hashes[at]).unwrap());
        assert_eq!(settle(&mut chain), []);
        assert_eq!(chain.tree().get(chain.tree().tip()).hash, hashes[at]);
    }
}

/// Three chains of the same work on the same block, and in which order their blocks come: the last
/// digit is the height.
fn branches(chain: &Chainstate, fork: Id, count: u8) -> Vec<Vec<Arc<Block>>> {
    let mut other = chain_at(chain, fork);
    (1..=3)
        .map(|salt| {
            let mut below = other.1.tree().find(&chain.tree().get(fork).hash).unwrap();
            (0..count)
                .map(|_| {
                    let block = mine_on(&other.1, below, Vec::new(), salt);
                    below = other.1.accept_block(Arc::clone(&block), NOW).unwrap().id;
                    block
                })
                .collect()
        })
        .collect()
}

/// Another node with the chain up to `tip`.
fn chain_at(chain: &Chainstate, tip: Id) -> (tempfile::TempDir, Chainstate) {
    let directory = tempfile::tempdir().unwrap();
    let mut other = open(directory.path());
    for height in 1..=chain.tree().get(tip).height {
        let block = chain
            .block(chain.tree().at_height(height).unwrap())
            .unwrap()
            .unwrap();
        other.accept_block(block, NOW).unwrap();
    }
    settle(&mut other);
    (directory, other)
}

#[test]
fn of_chains_with_the_same_work_the_one_that_was_whole_first_stays() {
    let (directory, mut chain) = chain_of(2);
    let branches = branches(&chain, chain.tree().tip(), 3);
    let headers: Vec<_> = branches
        .iter()
        .flatten()
        .map(|block| block.header)
        .collect();
    chain.accept_headers(&headers, NOW).unwrap();
    let take = |chain: &mut Chainstate, branch: usize, height: usize| {
        chain
            .accept_block(Arc::clone(&branches[branch][height]), NOW)
            .unwrap();
        assert_eq!(settle(chain), []);
        chain.tree().get(chain.tree().tip()).hash
    };
    // The second chain's last block comes first of all, and the hole below it is filled last.
    let parent = take(&mut chain, 1, 2);
    take(&mut chain, 1, 0);
    let best = branches[0][2].block_hash();
    let tips: Vec<_> = (0..3).map(|height| take(&mut chain, 0, height)).collect();
    assert_eq!((tips[2], parent), (best, headers[0].prev_blockhash));
    assert_eq!(
        take(&mut chain, 1, 1),
        best,
        "the first was whole before the second"
    );
    // Also of the two others the one that was whole first goes on, and over a restart.
    for height in [2, 1, 0] {
        assert_eq!(take(&mut chain, 2, height), best);
    }
    chain.flush().unwrap();
    drop(chain);
    let mut chain = open(directory.path());
    assert_eq!(settle(&mut chain), []);
    assert_eq!(chain.tree().get(chain.tree().tip()).hash, best);
    let first = chain.tree().find(&branches[0][0].block_hash()).unwrap();
    chain.invalidate(first);
    assert_eq!(settle(&mut chain), []);
    assert_eq!(
        chain.tree().get(chain.tree().tip()).hash,
        branches[1][2].block_hash()
    );
}

#[test]
fn of_chains_that_become_whole_at_once_the_one_whose_blocks_came_first_wins() {
    let (_directory, mut chain) = chain_of(2);
    let tip = chain.tree().tip();
    let below = mine_on(&chain, tip, Vec::new(), 7);
    let (_other, mut ahead) = chain_at(&chain, tip);
    let fork = ahead.accept_block(Arc::clone(&below), NOW).unwrap().id;
    settle(&mut ahead);
    let branches = branches(&ahead, fork, 2);
    let headers: Vec<_> = std::iter::once(&below)
        .chain(branches.iter().flatten())
        .map(|block| block.header)
        .collect();
    chain.accept_headers(&headers, NOW).unwrap();
    for (branch, height) in [(2, 0), (0, 1), (0, 0), (2, 1), (1, 1), (1, 0)] {
        chain
            .accept_block(Arc::clone(&branches[branch][height]), NOW)
            .unwrap();
        assert_eq!(settle(&mut chain), []);
    }
    chain.accept_block(below, NOW).unwrap();
    assert_eq!(settle(&mut chain), []);
    assert_eq!(
        chain.tree().get(chain.tree().tip()).hash,
        branches[2][1].block_hash()
    );
}

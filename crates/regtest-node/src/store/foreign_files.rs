//! By which names the directory of another node is known.
//!
//! Decides only from names, and knows what this node writes: `.cookie`,
//! `blocks/blkNNNNN.dat`, `blocks/write-check` and `chainstate/chain.redb`. Invariant: none of
//! these is a sign, so that a directory of ours is never another's, whatever state it is in.

use std::collections::BTreeSet;

/// Names below a node's directory; a `*` stands for some letters. The most important are listed
/// first.
const SIGNS: &[&str] = &[
    // Bitcoin Core and what came of it.
    "blocks/index",
    "blocks/xor.dat",
    "blocks/rev*.dat",
    "blocks/.lock",
    "chainstate/CURRENT",
    "chainstate/MANIFEST-*",
    "chainstate/*.ldb",
    "chainstate/*.sst",
    // Its directory of blocks taken for its own.
    "blk*.dat",
    "rev*.dat",
    "xor.dat",
    // Around them.
    "bitcoin.conf",
    "settings.json",
    ".lock",
    "bitcoind.pid",
    "debug.log",
    "peers.dat",
    "anchors.dat",
    "banlist.json",
    "banlist.dat",
    "fee_estimates.dat",
    "mempool.dat",
    "indexes",
    "chainstate_snapshot",
    "wallets",
    "wallet.dat",
    ".walletlock",
    "onion_v3_private_key",
    "i2p_private_key",
    // A database of it taken for its directory.
    "CURRENT",
    "MANIFEST-*",
    "*.ldb",
    "*.sst",
    // bcoin.
    "bcoin.conf",
    "chain/CURRENT",
    "spvchain/CURRENT",
    "chain.ldb",
    "spvchain.ldb",
    "hosts.json",
    // blvm-node, with each of its databases.
    "blvm.toml",
    "redb.db",
    "data.mdb",
    "snap.*",
    // btcd.
    "btcd.conf",
    "blocks_ffldb",
];

/// What nodes keep other chains than the main one in.
pub(super) const CHAINS: [&str; 6] = [
    "regtest", "testnet3", "testnet4", "signet", "testnet", "main",
];

/// Directories below a node's that have to be looked into.
pub(super) const INNER: [&str; 4] = ["blocks", "chainstate", "chain", "spvchain"];

/// The signs of another node among `names`, which are relative to the directory.
pub(super) fn of_another_node(names: &BTreeSet<String>) -> Vec<&str> {
    let below = |name: &str| {
        let chain = name
            .split_once('/')
            .filter(|(chain, _)| CHAINS.contains(chain));
        chain.map_or(name.to_owned(), |(_, rest)| rest.to_owned())
    };
    let found = |sign: &&str| {
        names
            .iter()
            .find(|name| fits(sign, &below(name)))
            .map(String::as_str)
    };
    SIGNS.iter().filter_map(found).collect()
}

fn fits(sign: &str, name: &str) -> bool {
    let Some((before, after)) = sign.split_once('*') else {
        return sign == name;
    };
    let middle = name
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    middle.is_some_and(|middle| !middle.contains('/'))
}

/// `signs` as a sentence has them: the first few, and how many more.
pub(super) fn list(signs: &[&str]) -> String {
    const MAX_LISTED_NAMES: usize = 3;
    let (first, more) = signs
        .split_at_checked(MAX_LISTED_NAMES)
        .unwrap_or((signs, &[]));
    match (first, more.len()) {
        (first, 1..) => format!("{} and {} more", first.join(", "), more.len()),
        ([first @ .., last], _) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (first, _) => first.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(names: &[&str]) -> Vec<String> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        of_another_node(&names)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_directory_of_ours_has_no_sign_of_another_node_in_any_state() {
        let all = [
            ".cookie",
            ".cookie.new",
            "blocks",
            "blocks/blk00000.dat",
            "blocks/blk100000.dat",
        ];
        let more = ["blocks/write-check", "chainstate", "chainstate/chain.redb"];
        // Where the daemon's own state is beside it, and what an operator keeps there.
        let beside = [
            "lock",
            "control.cookie",
            "state.redb",
            "state",
            "node.toml",
            "printed.log",
            "lost+found",
        ];
        assert!(signs(&[all.as_slice(), &more, &beside].concat()).is_empty());
        assert!(signs(&[]).is_empty());
    }

    #[test]
    fn each_node_is_known_by_what_it_leaves() {
        let cases: [(&[&str], &[&str]); 8] = [
            (
                &[
                    "blocks/blk00000.dat",
                    "blocks/index",
                    "blocks/rev00000.dat",
                    "blocks/xor.dat",
                    ".lock",
                ],
                &[
                    "blocks/index",
                    "blocks/xor.dat",
                    "blocks/rev00000.dat",
                    ".lock",
                ],
            ),
            // Before its first block, and where the blocks are elsewhere.
            (
                &["chainstate/CURRENT", "chainstate/LOCK"],
                &["chainstate/CURRENT"],
            ),
            (&["bitcoin.conf"], &["bitcoin.conf"]),
            (
                &["regtest", "regtest/wallets", "regtest/blocks/index"],
                &["regtest/blocks/index", "regtest/wallets"],
            ),
            // One level too deep.
            (
                &["blk00000.dat", "rev00000.dat", "index"],
                &["blk00000.dat", "rev00000.dat"],
            ),
            (
                &["000005.ldb", "CURRENT", "LOCK"],
                &["CURRENT", "000005.ldb"],
            ),
            (
                &["chain", "chain/CURRENT", "debug.log"],
                &["debug.log", "chain/CURRENT"],
            ),
            (&["redb.db"], &["redb.db"]),
        ];
        for (names, wanted) in cases {
            assert_eq!(signs(names), wanted, "{names:?}");
        }
    }

    #[test]
    fn what_another_node_left_beside_our_database_is_seen_too() {
        assert_eq!(
            signs(&["chainstate/chain.redb", "chainstate/CURRENT"]),
            ["chainstate/CURRENT"]
        );
    }

    #[test]
    fn the_first_signs_are_named_and_the_others_counted() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}

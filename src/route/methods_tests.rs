use std::collections::BTreeMap;

use super::*;
use crate::route::{Resend, classify};

const CORE: &str = include_str!("../../tests/data/core-31-methods.txt");
const KNOTS: &str = include_str!("../../tests/data/knots-29-methods.txt");
const BLVM: &str = include_str!("../../tests/data/blvm-0.1.83-methods.txt");
const BCOIN: &str = include_str!("../../tests/data/bcoin-1.0-methods.txt");

/// The methods of a list, each with its category if the program has categories.
fn listed(list: &'static str) -> BTreeMap<&'static str, &'static str> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect()
}

fn plain(name: &str) -> Classification {
    let index = method_index(name).unwrap_or_else(|| panic!("{name} is not in the table"));
    classify(METHODS.get(usize::from(index)), None)
}

#[test]
fn the_table_is_in_the_order_of_the_names_and_finds_each_of_them() {
    assert!(METHODS.is_sorted_by(|a, b| a.name < b.name));
    for (index, method) in METHODS.iter().enumerate() {
        assert_eq!(method_index(method.name).map(usize::from), Some(index));
    }
    for name in ["", "getblockcounts", "GETBLOCKCOUNT"] {
        assert_eq!(method_index(name), None, "{name}");
    }
}

#[test]
fn every_method_of_core_31_has_a_class() {
    let core = listed(CORE);
    let hidden = core.values().filter(|category| **category == "hidden");
    assert_eq!((core.len(), hidden.count()), (173, 19));
    for name in core.keys() {
        assert!(method_index(name).is_some(), "{name} is not in the table");
    }
}

#[test]
fn every_method_of_the_other_programs_has_a_class() {
    for (list, count) in [(KNOTS, 150), (BLVM, 70), (BCOIN, 100)] {
        let listed = listed(list);
        assert!(listed.len() > count, "only {} methods", listed.len());
        for name in listed.keys() {
            assert!(method_index(name).is_some(), "{name} is not in the table");
        }
    }
}

#[test]
fn the_wallet_category_of_core_is_of_the_wallet_or_of_its_files() {
    let lists = [listed(CORE), listed(KNOTS)];
    let wallet = lists
        .iter()
        .flatten()
        .filter(|(_, category)| **category == "wallet");
    for (name, _) in wallet {
        let class = plain(name).class;
        assert!(
            matches!(class, Class::Wallet | Class::WalletFiles),
            "{name}"
        );
    }
    let files = METHODS.iter().map(|method| method.name);
    let files: Vec<_> = files
        .filter(|name| plain(name).class == Class::WalletFiles)
        .collect();
    assert_eq!(
        files,
        [
            "createwallet",
            "listwalletdir",
            "listwallets",
            "loadwallet",
            "migratewallet",
            "restorewallet",
            "unloadwallet"
        ]
    );
}

#[test]
fn each_class_has_the_methods_that_operators_know_it_by() {
    for (class, names) in [
        (
            Class::Pure,
            "decodepsbt decodescript createpsbt analyzepsbt validateaddress help createmultisig",
        ),
        (
            Class::NodeRead,
            "getpeerinfo getnetworkinfo uptime getindexinfo getrpcinfo listbanned ping",
        ),
        (
            Class::View,
            "getblockcount getbestblockhash getblockchaininfo getblockhash gettxout getrawmempool \
             estimatesmartfee testmempoolaccept getrawtransaction getchaintips",
        ),
        (
            Class::LongPoll,
            "waitfornewblock waitforblock waitforblockheight getworklp",
        ),
        (
            Class::Broadcast,
            "sendrawtransaction submitpackage submitblock submitheader",
        ),
        (
            Class::Heavy,
            "gettxoutsetinfo scantxoutset scanblocks verifychain getdescriptoractivity",
        ),
        (
            Class::Mining,
            "getblocktemplate prioritisetransaction getprioritisedtransactions generatetoaddress",
        ),
        (
            Class::Wallet,
            "sendtoaddress getbalance addhdkey fundrawtransaction walletpassphrase backupwallet",
        ),
        (
            Class::NodeChange,
            "addnode stop pruneblockchain invalidateblock setban logging exportasmap setmocktime \
             savemempool dumptxoutset loadtxoutset abortprivatebroadcast getblockfrompeer",
        ),
    ] {
        for name in names.split_whitespace() {
            assert_eq!(plain(name).class, class, "{name}");
        }
    }
}

#[test]
fn what_spends_or_changes_is_never_sent_again() {
    let changing = [
        "send",
        "sign",
        "set",
        "add",
        "import",
        "wallet",
        "generate",
        "prioritise",
    ];
    for method in METHODS {
        let broadcast = Class::Broadcast;
        let changes = changing
            .iter()
            .any(|prefix| method.name.starts_with(prefix));
        let mut cases = method.rule.cases().into_iter().map(|(_, case)| case);
        if changes && cases.all(|case| case.class != broadcast) {
            let resend = plain(method.name).resend;
            assert_eq!(resend, Resend::Never, "{}", method.name);
        }
    }
}

#[test]
fn only_what_bitcoin_cli_asks_of_every_node_yields_in_a_batch() {
    let yielding = METHODS.iter().map(|method| method.name);
    let yielding: Vec<_> = yielding
        .filter(|name| plain(name).yields_in_batch)
        .collect();
    assert_eq!(yielding, ["getbalances", "getwalletinfo"]);
}

//! The table of methods, held to the node that is there.

use std::collections::BTreeSet;

use bllvmctl::route::{METHODS, method_index};
use serde_json::json;

use crate::support::bitcoind::{Bitcoind, BitcoindOptions};
use crate::support::skip::bitcoind_or_skip;

/// The methods that the help of `node` names: the first word of each line that is no heading.
fn methods_in_help(node: &Bitcoind) -> BTreeSet<String> {
    let help = node.rpc("help", json!([]));
    let lines = help.as_str().expect("a text").lines();
    let usages = lines.filter(|line| !line.starts_with("=="));
    usages
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_method_in_the_help_of_a_real_node_has_a_class() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let named = methods_in_help(&node);
    assert!(named.len() > 90, "a short help: {named:?}");
    let unknown: Vec<_> = named
        .iter()
        .filter(|name| method_index(name).is_none())
        .collect();
    assert!(
        unknown.is_empty(),
        "not in the table of src/route/methods.rs: {unknown:?}"
    );
}

#[test]
fn what_the_help_of_a_real_node_hides_is_in_the_table_too() {
    let node = Bitcoind::start(bitcoind_or_skip!(), BitcoindOptions::default());
    let named = methods_in_help(&node);
    let is_there = |name: &str| {
        let help = node.rpc("help", json!([name]));
        !help.as_str().expect("a text").starts_with("help: unknown")
    };
    let hidden: Vec<_> = METHODS
        .iter()
        .map(|method| method.name)
        .filter(|name| !named.contains(*name) && is_there(name))
        .collect();
    for name in ["generatetoaddress", "invalidateblock", "setmocktime"] {
        assert!(hidden.contains(&name), "{name} is not among {hidden:?}");
    }
}

//! Whose records the store holds: those of the node of this configuration, under whichever name it
//! had, and those of nodes that are no longer there.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::{info, warn};

use crate::prune;
use crate::state::{Keys, NodeStore, Store, StoreError};

/// The records of the nodes called `names`, in that order. Waits for the disk.
pub fn of_nodes(store: &Arc<Store>, names: &[&str]) -> Result<Vec<NodeStore>, StoreError> {
    if let [name] = names {
        return Ok(vec![of_only_node(Arc::clone(store), name)?]);
    }
    let mut others = store.nodes()?;
    others.retain(|name, _| !names.contains(&&**name));
    if !others.is_empty() {
        warn_of_left_over(&others);
    }
    let records = names
        .iter()
        .map(|name| NodeStore::new(Arc::clone(store), *name));
    Ok(records.collect())
}

/// The records of the only node, which is called `name`. If it had another name before they are
/// found under that one: without its leases blocks would go that somebody holds. Waits for the
/// disk.
fn of_only_node(store: Arc<Store>, name: &str) -> Result<NodeStore, StoreError> {
    let mut nodes = store.nodes()?;
    let own = nodes.remove(name).is_some();
    let mut called = name;
    if let (false, 1, Some(before)) = (own, nodes.len(), nodes.keys().next()) {
        match store.rename(before, name) {
            Ok(()) => {
                info!(
                    from = before,
                    to = name,
                    "the node has another name; its leases, queue and jobs go with it"
                );
                return Ok(NodeStore::new(store, name));
            }
            // They are good under the old name too, and are renamed at the next start.
            Err(error) if error.is_full() => {
                warn!(%error, from = before, to = name, "the node's records keep its old name \
                                                         until there is room");
                called = before;
            }
            Err(error) => return Err(error),
        }
    } else if !nodes.is_empty() {
        warn_of_left_over(&nodes);
    }
    Ok(NodeStore::new(Arc::clone(&store), called))
}

fn warn_of_left_over(nodes: &BTreeMap<String, Keys>) {
    let left = left_over(nodes);
    warn!(
        left,
        "the store holds records of nodes that are not in the configuration; their leases hold \
         nothing"
    );
}

/// What is left of each node: its leases by name, the rest by number.
fn left_over(nodes: &BTreeMap<String, Keys>) -> String {
    let texts: Vec<String> = nodes
        .iter()
        .map(|(node, tables)| format!("{node} ({})", of_tables(tables)))
        .collect();
    texts.join("; ")
}

fn of_tables(tables: &Keys) -> String {
    let parts: Vec<String> = tables
        .iter()
        .map(|(table, keys)| {
            if prune::LEASES.name() == table {
                format!("{table}: {}", keys.join(", "))
            } else {
                format!("{table}: {}", keys.len())
            }
        })
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_other_nodes_is_named_leases_by_name() {
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let old = Keys::from([
            ("leases".to_owned(), keys(&["electrs", "lnd"])),
            ("reconnect_queue".to_owned(), keys(&["10.0.0.5:8333", "x"])),
        ]);
        let nodes = BTreeMap::from([("old".to_owned(), old)]);
        assert_eq!(
            left_over(&nodes),
            "old (leases: electrs, lnd, reconnect_queue: 2)"
        );
    }
}

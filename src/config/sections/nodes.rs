//! The nodes: that of `[node]`, or the entries of `[[nodes]]`.

use super::scope::NodeScope;
use super::{health, network, node, storage};
use crate::config::item::{Item, Value};
use crate::config::keys::NODES;
use crate::config::place::Place;
use crate::config::reader::{ReadResult, Reader};
use crate::config::scalar::{Wrong, boolean, choice, text, whole};
use crate::config::schema::{ConfiguredNodes, MemberConfig, PrivateBroadcast};

/// Of an only node.
const ONLY_PRIORITY: u32 = 100;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<ConfiguredNodes> {
    if !reader.has_node_list {
        let first = only(reader)?;
        return Some(ConfiguredNodes {
            first,
            others: Vec::new(),
            has_node_list: false,
        });
    }
    let entries = reader.entries_of(NODES);
    let members: Vec<Option<MemberConfig>> = entries
        .unwrap_or_default()
        .into_iter()
        .map(|entry| member(reader, entry))
        .collect();
    // A default that every entry overrides is to be right all the same.
    node::read_defaults(reader);
    let _ = network::read(reader, NodeScope::Defaults);
    let _ = storage::read(reader, NodeScope::Defaults);
    let _ = health::read(reader, NodeScope::Defaults);
    let mut members = members.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
    Some(ConfiguredNodes {
        first: members.next()?,
        others: members.collect(),
        has_node_list: true,
    })
}

fn only(reader: &mut Reader<'_>) -> Option<MemberConfig> {
    let node = node::read(reader, NodeScope::Only);
    let network = network::read(reader, NodeScope::Only);
    let storage = storage::read(reader, NodeScope::Only);
    let health = health::read(reader, NodeScope::Only);
    Some(MemberConfig {
        node: node?,
        network: network?,
        storage: storage?,
        health: health?,
        priority: ONLY_PRIORITY,
        wallets: None,
        manage: true,
        archive: false,
        private_broadcast: PrivateBroadcast::Auto,
    })
}

fn member(reader: &mut Reader<'_>, entry: usize) -> Option<MemberConfig> {
    let scope = NodeScope::Entry(entry);
    let place = |path| Place::in_entry(path, entry);
    let node = node::read(reader, scope);
    let network = network::read(reader, scope);
    let storage = storage::read(reader, scope);
    let health = health::read(reader, scope);
    let priority = reader.get(place("nodes.priority"), |item| whole(item, 0));
    let wallets = wallets(reader, place("nodes.wallets"));
    let manage = manage(reader, entry);
    let archive = reader.get(place("nodes.archive"), boolean);
    let private_broadcast = reader.get(place("nodes.private_broadcast"), private_broadcast);
    Some(MemberConfig {
        node: node?,
        network: network?,
        storage: storage?,
        health: health?,
        priority: priority?,
        wallets: wallets?,
        manage: manage?,
        archive: archive?,
        private_broadcast: private_broadcast?,
    })
}

/// Where nobody wrote whose wallets they are, an only node has them all and several have none.
fn wallets(reader: &mut Reader<'_>, place: Place) -> ReadResult<Option<Vec<String>>> {
    let wallets = reader.list(place, text)?;
    let is_only = reader.node_entries() == 1;
    Some(Some(wallets).filter(|_| reader.is_given(place) || !is_only))
}

/// A node whose files are on this machine is the daemon's to manage, unless somebody wrote
/// otherwise.
fn manage(reader: &mut Reader<'_>, entry: usize) -> Option<bool> {
    let place = Place::in_entry("nodes.manage", entry);
    if reader.is_given(place) || reader.is_unreadable(place) {
        return reader.get(place, boolean);
    }
    Some(!reader.is_empty(Place::in_entry("nodes.data_dir", entry)))
}

fn private_broadcast(item: &Item) -> Result<PrivateBroadcast, Wrong> {
    let choices = [("auto", PrivateBroadcast::Auto)];
    match &item.value {
        Value::Boolean(true) => Ok(PrivateBroadcast::Yes),
        Value::Boolean(false) => Ok(PrivateBroadcast::No),
        Value::Text(_) => choice(item, &choices).map_err(|wrong| {
            let meant = boolean(item).err().and_then(|wrong| wrong.suggestion);
            let replaced = Wrong::new("must be \"auto\", true or false");
            match (wrong.suggestion, meant) {
                (_, Some(meant)) if meant != "write true or false" => replaced.suggest(meant),
                (Some(near), _) => replaced.suggest(near),
                (None, _) => replaced.suggest("write \"auto\""),
            }
        }),
        _ => Err(Wrong::kind("\"auto\", true or false", item).suggest("write \"auto\"")),
    }
}

//! What the entries of `[[nodes]]` must agree on, with each other and with what is there once.
//!
//! Each rule compares what can be read: one key that cannot hides none of the others.

use std::num::NonZeroU32;
use std::path::PathBuf;

use url::{Host, Url};

use super::list::entries;
use super::node_url::node_url;
use super::place::Place;
use super::reader::Reader;
use super::scalar::{boolean, count, text};
use super::schema::PruningMode;
use super::sections::{NodeScope, node_glob};
use super::suggestion::quoted;
use super::{keys, nearest};

const USERS: &str = "rpc.auth.users";

/// The nodes are kept in sets of so many bits.
const MAX_NODES: usize = 64;

/// Of one entry, what others must not have too, so far as it can be read.
struct KnownEntry {
    entry: usize,
    name: Option<String>,
    url: Option<Url>,
    data_dir: Option<PathBuf>,
    cookie: Option<PathBuf>,
    wallets: Vec<String>,
}

impl KnownEntry {
    fn of(reader: &Reader<'_>, entry: usize) -> Self {
        let at = |path| Place::in_entry(path, entry);
        Self {
            entry,
            name: reader.known(at("nodes.name"), text),
            url: reader.known(at("nodes.rpc_url"), node_url),
            data_dir: reader.known_path(at("nodes.data_dir")),
            cookie: reader.known_path(at("nodes.rpc_cookie_file")),
            wallets: reader.known_entries(at("nodes.wallets"), text),
        }
    }

    fn place(&self, path: &'static str) -> Place {
        Place::in_entry(path, self.entry)
    }

    /// How a problem calls it.
    fn called(&self) -> String {
        let number = || format!("entry {}", self.entry + 1);
        self.name.clone().unwrap_or_else(number)
    }
}

/// Reports contradictions between nodes.
pub(super) fn check(reader: &mut Reader<'_>) {
    if !reader.has_node_list {
        fleet_without_nodes(reader);
        return;
    }
    let count = reader.node_entries();
    let known: Vec<KnownEntry> = (0..count)
        .map(|entry| KnownEntry::of(reader, entry))
        .collect();
    too_many(reader, count);
    for (index, entry) in known.iter().enumerate() {
        let others = known.get(..index).unwrap_or_default();
        shared(reader, entry, others, &known);
        wallets(reader, entry, others);
        archive_is_not_pruned(reader, entry);
        is_managed(reader, entry);
    }
    min_ready_can_be_reached(reader, count);
    callers_are_known(reader, count);
    users_reach_nodes(reader, &known);
}

fn too_many(reader: &mut Reader<'_>, count: usize) {
    if count > MAX_NODES {
        let message = format!("has {count} entries, and {MAX_NODES} is the most");
        let problem = reader.problem("nodes", message);
        reader.report(problem.suggest("give some of them to another daemon"));
    }
}

/// A name, an address, a directory or a cookie is one node's.
fn shared(reader: &mut Reader<'_>, entry: &KnownEntry, others: &[KnownEntry], all: &[KnownEntry]) {
    let is_same = |other: &&KnownEntry| entry.name.is_some() && other.name == entry.name;
    if others.iter().any(|other| is_same(&other)) {
        let place = entry.place("nodes.name");
        let problem = reader.problem(place, "is the name of two nodes");
        let free = free_name(entry, all);
        reader.report(problem.suggest(format!("write {}, say", quoted(&free))));
    }
    let is_at = |other: &&KnownEntry| match (&entry.url, &other.url) {
        (Some(own), Some(other)) => is_same_address(own, other),
        _ => false,
    };
    if let Some(other) = others.iter().find(is_at) {
        let message = format!("is also that of {}: one node would be two", other.called());
        let problem = reader.problem(entry.place("nodes.rpc_url"), message);
        reader.report(problem.suggest("write that of the other node, or leave one entry out"));
    }
    let in_one = |other: &&KnownEntry| entry.data_dir.is_some() && entry.data_dir == other.data_dir;
    if let Some(other) = others.iter().find(in_one) {
        let message = format!("is also that of {}", other.called());
        let problem = reader.problem(entry.place("nodes.data_dir"), message);
        reader.report(problem.suggest("write the one that this node has"));
    }
    let with_one = |other: &&KnownEntry| entry.cookie.is_some() && entry.cookie == other.cookie;
    if let Some(other) = others.iter().find(with_one) {
        let message = format!("is also that of {}", other.called());
        let problem = reader.problem(entry.place("nodes.rpc_cookie_file"), message);
        reader.report(problem.suggest("write the one that this node makes"));
    }
}

/// The name with a number behind it that no node has.
fn free_name(entry: &KnownEntry, all: &[KnownEntry]) -> String {
    let name = entry.name.as_deref().unwrap_or_default();
    let stem: String = name.chars().take(29).collect();
    let is_free = |name: &String| all.iter().all(|other| other.name.as_ref() != Some(name));
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    numbered.take(all.len() + 1).find(is_free).unwrap_or(stem)
}

/// A call to either reaches the same port of the same machine, as far as their texts say.
fn is_same_address(one: &Url, other: &Url) -> bool {
    let host = |url: &Url| match url.host() {
        Some(Host::Domain(name)) if name.trim_end_matches('.') == "localhost" => {
            Some("127.0.0.1".to_owned())
        }
        host => host.map(|host| host.to_string()),
    };
    host(one) == host(other) && one.port_or_known_default() == other.port_or_known_default()
}

fn wallets(reader: &mut Reader<'_>, entry: &KnownEntry, others: &[KnownEntry]) {
    let place = entry.place("nodes.wallets");
    for (index, wallet) in entry.wallets.iter().enumerate() {
        let before = entry.wallets.get(..index).unwrap_or_default();
        let shown = quoted(wallet);
        let message = if before.contains(wallet) {
            format!("{shown} is there twice")
        } else if let Some(other) = others.iter().find(|other| other.wallets.contains(wallet)) {
            format!(
                "{shown} is also a wallet of {}, and each lives on one node",
                other.called()
            )
        } else {
            continue;
        };
        let problem = reader.problem(place, message);
        reader.report(problem.suggest("leave it out of one of the two"));
    }
}

/// The mode of pruning that is in force for a node.
fn pruning_mode(reader: &Reader<'_>, entry: &KnownEntry) -> Option<String> {
    let place = NodeScope::Entry(entry.entry).place("storage.pruning_mode");
    let mode = reader.known(place, text)?;
    Some(mode).filter(|mode| mode != PruningMode::Disabled.as_str())
}

fn archive_is_not_pruned(reader: &mut Reader<'_>, entry: &KnownEntry) {
    let place = entry.place("nodes.archive");
    let Some(mode) = pruning_mode(reader, entry) else {
        return;
    };
    if reader.known(place, boolean) != Some(true) {
        return;
    }
    let own = entry.place("nodes.storage.pruning_mode");
    let disabled = quoted(PruningMode::Disabled.as_str());
    if reader.is_given(own) {
        let problem = reader.problem(own, "is that of a node with archive = true");
        reader.report(problem.suggest(format!("write {disabled}")));
    } else {
        let message = format!(
            "stands beside pruning_mode = {} of [storage]",
            quoted(&mode)
        );
        let problem = reader.problem(place, message);
        reader.report(problem.suggest(format!(
            "write storage = {{ pruning_mode = {disabled} }} beside it"
        )));
    }
}

/// Pruning that is written for a node is to happen.
fn is_managed(reader: &mut Reader<'_>, entry: &KnownEntry) {
    let own = entry.place("nodes.storage.pruning_mode");
    if pruning_mode(reader, entry).is_none() || !reader.is_given(own) {
        return;
    }
    let manage = entry.place("nodes.manage");
    let is_managed = reader
        .known(manage, boolean)
        .unwrap_or(entry.data_dir.is_some());
    if !is_managed {
        let message = "has no effect, since bllvmctl does not manage this node";
        let problem = reader.problem(own, message).warning();
        reader.report(problem.suggest("set manage = true in its entry, or leave this out"));
    }
}

fn min_ready_can_be_reached(reader: &mut Reader<'_>, nodes: usize) {
    let min_ready = reader.known("fleet.min_ready", count).map(NonZeroU32::get);
    let most = u32::try_from(nodes).unwrap_or(u32::MAX);
    if nodes > 0 && min_ready.is_some_and(|min| min > most) {
        let message = format!("is above the number of nodes, {most}: it would never be ready");
        let problem = reader.problem("fleet.min_ready", message);
        reader.report(problem.suggest(format!("write {most}")));
    }
}

/// With several nodes somebody has to know the callers: bllvmctl, or all nodes alike.
fn callers_are_known(reader: &mut Reader<'_>, nodes: usize) {
    const PASS_THROUGH: &str = "fleet.pass_through";
    let pass_through = reader.known(PASS_THROUGH, boolean);
    let users = reader.known(USERS, entries).map(|users| users.len());
    match (pass_through, users) {
        (Some(true), Some(1..)) => {
            let message = "has no effect, since bllvmctl checks [[rpc.auth.users]] itself";
            let problem = reader.problem(PASS_THROUGH, message).warning();
            reader.report(problem.suggest("write false, or leave the users out"));
        }
        (Some(false), Some(0))
            if nodes > 1 && reader.known("rpc.enabled", boolean) == Some(true) =>
        {
            let message = "are several, and without [[rpc.auth.users]] each of them would have to \
                           know the caller";
            let problem = reader.problem("nodes", message);
            reader.report(problem.suggest(
                "add users, or set fleet.pass_through = true if all nodes have the same rpcauth",
            ));
        }
        _ => {}
    }
}

/// A name without a wildcard that no node has is a slip.
fn users_reach_nodes(reader: &mut Reader<'_>, known: &[KnownEntry]) {
    let names: Option<Vec<&str>> = known.iter().map(|entry| entry.name.as_deref()).collect();
    let Some(names) = names else {
        return;
    };
    for user in 0..reader.entries_at(USERS) {
        let place = Place::in_entry("rpc.auth.users.nodes", user);
        for glob in reader.known_entries(place, node_glob) {
            if glob.contains(['*', '?']) || names.contains(&glob.as_str()) {
                continue;
            }
            let message = format!("no node is called {}", quoted(&glob));
            let problem = reader.problem(place, message).warning();
            let near = nearest::closest(&glob, names.iter().copied());
            reader.report(problem.suggest(near.map_or_else(
                || format!("the nodes are {}", names.join(", ")),
                |near| format!("did you mean {near}?"),
            )));
        }
    }
}

/// What is said of a fleet has no effect on one node.
fn fleet_without_nodes(reader: &mut Reader<'_>) {
    let keys = keys::single().filter(|key| key.section() == "fleet");
    let written: Vec<&'static str> = keys
        .map(|key| key.path)
        .filter(|path| reader.is_changed(*path))
        .collect();
    for key in written {
        let problem = reader
            .problem(key, "has no effect on the one node of [node]")
            .warning();
        reader.report(problem.suggest("list the nodes in [[nodes]], or leave it out"));
    }
}

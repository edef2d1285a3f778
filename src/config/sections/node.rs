//! `[node]`

use std::path::PathBuf;
use std::str::FromStr;

use super::credentials::{self, Around};
use super::scope::NodeScope;
use super::tls;
use crate::config::item::Item;
use crate::config::nearest;
use crate::config::node_url::node_url;
use crate::config::reader::{OF_ONE_NODE, ReadResult, Reader};
use crate::config::scalar::{Wrong, boolean, choice, filled, named, seconds};
use crate::config::schema::{NodeConfig, NodeKind, UtxoStats};
use crate::config::suggestion::{self, quoted};
use crate::values::Chain;

/// The kinds by their names.
pub(in crate::config) const KINDS: [(&str, NodeKind); 2] = [
    ("embedded", NodeKind::Embedded),
    ("attached", NodeKind::Attached),
];
const UTXO_STATS: [(&str, UtxoStats); 3] = [
    ("auto", UtxoStats::Auto),
    ("always", UtxoStats::Always),
    ("never", UtxoStats::Never),
];

pub(super) fn read(reader: &mut Reader<'_>, scope: NodeScope) -> Option<NodeConfig> {
    let at = |path| scope.place(path);
    let is_entry = matches!(scope, NodeScope::Entry(_));
    let kind = if is_entry {
        let _ = reader.get(at("node.kind"), kind_in_list);
        Some(NodeKind::Attached)
    } else {
        reader.get("node.kind", kind)
    };
    let name = name(reader, scope);
    let chain = chain(reader, scope, kind);
    let data_dir = data_dir(reader, scope, kind);
    let blocks_dir = reader.optional_path(at("node.blocks_dir"));
    let rpc_url = if is_entry {
        reader.required(at("node.rpc_url"), node_url)
    } else {
        reader.get("node.rpc_url", node_url)
    };
    let may_read = reader.get(at("node.allow_world_readable_secrets"), boolean);
    let around = Around {
        kind,
        data_dir: data_dir.clone().flatten(),
        chain: chain.flatten(),
        may_read,
    };
    let credentials = credentials::read(reader, scope, &around);
    let tls = tls::of_node(reader, scope, rpc_url.as_ref(), may_read);
    let poll_interval = reader.get(at("node.poll_interval_secs"), seconds);
    let timeout = reader.get(at("node.timeout_secs"), seconds);
    let utxo_stats = reader.get(at("node.utxo_stats"), |item| choice(item, &UTXO_STATS));
    if kind == Some(NodeKind::Embedded) {
        warn_of_attached_keys(reader);
    }
    Some(NodeConfig {
        kind: kind?,
        name: name?,
        chain: chain?,
        data_dir: data_dir?,
        blocks_dir: blocks_dir?,
        rpc_url: rpc_url?,
        tls: tls?,
        credentials: credentials?,
        poll_interval: poll_interval?,
        timeout: timeout?,
        utxo_stats: utxo_stats?,
        allow_world_readable_secrets: may_read?,
    })
}

/// Reads the keys that are defaults of the nodes in `[[nodes]]`. Those that are one node's are
/// refused.
pub(super) fn read_defaults(reader: &mut Reader<'_>) {
    let scope = NodeScope::Defaults;
    for key in OF_ONE_NODE {
        if reader.is_given(key) {
            let problem = reader.problem(key, "is one node's, and there are [[nodes]]");
            reader.refuse(key, problem.suggest("move it into the entry of that node"));
        }
    }
    let _ = reader.get("node.kind", kind_in_list);
    let _ = chain(reader, scope, Some(NodeKind::Attached));
    let may_read = reader.get("node.allow_world_readable_secrets", boolean);
    let _ = reader.optional("node.rpc_user", credentials::user_name);
    let _ = credentials::secret(reader, "node.rpc_password_file".into(), may_read);
    let _ = tls::of_node(reader, scope, None, may_read);
    let _ = reader.get("node.poll_interval_secs", seconds);
    let _ = reader.get("node.timeout_secs", seconds);
    let _ = reader.get("node.utxo_stats", |item| choice(item, &UTXO_STATS));
}

/// The kind of a node in the list.
pub(super) fn kind_in_list(item: &Item) -> Result<NodeKind, Wrong> {
    match choice(item, &KINDS)? {
        NodeKind::Attached => Ok(NodeKind::Attached),
        NodeKind::Embedded => {
            let wrong = Wrong::new("is no kind for a node of [[nodes]], which are all attached");
            Err(wrong.suggest("write \"attached\""))
        }
    }
}

fn kind(item: &Item) -> Result<NodeKind, Wrong> {
    let kind = choice(item, &KINDS)?;
    if kind == NodeKind::Embedded && !cfg!(feature = "embedded") {
        let wrong = Wrong::new("this build has no embedded node");
        return Err(wrong.suggest(
            "write \"attached\" for a node of your own, or install a build with the feature \
             embedded",
        ));
    }
    Ok(kind)
}

fn name(reader: &mut Reader<'_>, scope: NodeScope) -> Option<String> {
    match scope {
        NodeScope::Entry(_) => reader.required(scope.place("node.name"), name_in_list),
        NodeScope::Only | NodeScope::Defaults => reader.get("node.name", label),
    }
}

/// A name that is also part of paths and of the names of variables.
fn name_in_list(item: &Item) -> Result<String, Wrong> {
    const MAX_CHARS: usize = 32;
    let text = filled(item)?;
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() <= MAX_CHARS && text.chars().all(is_letter) {
        return Ok(text);
    }
    let lower = text.to_ascii_lowercase();
    let meant: String = lower
        .chars()
        .map(|c| if is_letter(c) { c } else { '-' })
        .take(MAX_CHARS)
        .collect();
    let meant = meant.trim_matches('-');
    let wrong = Wrong::new(format!(
        "must be of 1 to {MAX_CHARS} small letters, digits and -"
    ));
    Err(if meant.is_empty() {
        wrong.suggest("write \"a\", say")
    } else {
        wrong.suggest(format!("write {}, say", quoted(meant)))
    })
}

/// The label of metrics: a quote at its end would be part of it.
fn label(item: &Item) -> Result<String, Wrong> {
    let text = filled(item)?;
    match suggestion::within_quotes(&text) {
        None => Ok(text),
        Some("") => Err(Wrong::new("has nothing but quotes")),
        Some(inner) => Err(Wrong::new("has quotes that are part of the name")
            .suggest(format!("write {}", quoted(inner)))),
    }
}

fn chain(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    kind: Option<NodeKind>,
) -> ReadResult<Option<Chain>> {
    let is_embedded = kind == Some(NodeKind::Embedded);
    let read = |item: &_| {
        let names = Chain::ALL.map(Chain::as_str);
        let name = named(item, &names).map_err(|wrong| {
            if is_embedded {
                only_regtest(wrong)
            } else {
                wrong
            }
        })?;
        let near = nearest::closest(&name, names.into_iter());
        Chain::from_str(&name).map_err(|_| {
            let wrong = Wrong::new("must be main, test, testnet4, signet or regtest");
            match (name.as_str(), near) {
                _ if is_embedded => only_regtest(wrong),
                ("mainnet", _) => wrong.suggest("write \"main\""),
                ("testnet" | "testnet3", _) => wrong.suggest("write \"test\""),
                (_, Some(near)) => wrong.suggest(format!("write \"{near}\"")),
                _ => wrong.suggest(suggestion::one_of(names.into_iter())),
            }
        })
    };
    let chain = reader.optional(scope.place("node.chain"), read)?;
    if kind == Some(NodeKind::Embedded) && chain.is_some_and(|chain| chain != Chain::Regtest) {
        let problem = reader.problem("node.chain", "the embedded node knows only regtest");
        reader.refuse(
            "node.chain",
            problem.suggest("set kind = \"attached\" for a node of your own on this chain"),
        );
        return None;
    }
    Some(if kind == Some(NodeKind::Embedded) {
        Some(Chain::Regtest)
    } else {
        chain
    })
}

fn only_regtest(wrong: Wrong) -> Wrong {
    wrong.suggest(
        "write \"regtest\", or set kind = \"attached\" too for a node of your own on another chain",
    )
}

fn data_dir(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    kind: Option<NodeKind>,
) -> ReadResult<Option<PathBuf>> {
    let place = scope.place("node.data_dir");
    match kind {
        Some(NodeKind::Embedded) => reader.path(place).map(Some),
        Some(NodeKind::Attached) | None => reader.optional_path(place),
    }
}

/// Somebody who writes where their node is probably wants it to be used.
fn warn_of_attached_keys(reader: &mut Reader<'_>) {
    let keys = [
        "node.rpc_url",
        "node.rpc_cookie_file",
        "node.rpc_user",
        "node.rpc_password_file",
        "node.rpc_token_file",
        "node.rpc_ca_file",
        "node.rpc_client_cert_file",
        "node.rpc_client_key_file",
        "node.blocks_dir",
    ];
    let mut changed = keys.into_iter().filter(|key| reader.is_changed(*key));
    if let Some(key) = changed.next() {
        let problem = reader
            .problem(key, "has no effect on an embedded node")
            .warning();
        reader.report(problem.suggest("set kind = \"attached\" to use your own node"));
    }
}

//! `[node]`

use std::path::PathBuf;
use std::str::FromStr;

use crate::config::item::{Item, REDACTED};
use crate::config::problem::Problem;
use crate::config::reader::{ReadResult, Reader};
use crate::config::scalar::{Wrong, boolean, choice, filled, named, seconds, text};
use crate::config::schema::{Credentials, NodeConfig, NodeKind, UtxoStats};
use crate::config::suggestion::{self, quoted};
use crate::config::{address, nearest, secret_file};
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

pub(super) fn read(reader: &mut Reader<'_>) -> Option<NodeConfig> {
    let kind = reader.get("node.kind", kind);
    let name = reader.get("node.name", name);
    let chain = chain(reader, kind);
    let data_dir = data_dir(reader, kind);
    let blocks_dir = reader.optional_path("node.blocks_dir");
    let rpc_url = reader.get("node.rpc_url", address::node_url);
    let may_read = reader.get("node.allow_world_readable_secrets", boolean);
    let credentials = credentials(reader, kind, data_dir.clone().flatten(), may_read);
    let poll_interval = reader.get("node.poll_interval_secs", seconds);
    let timeout = reader.get("node.timeout_secs", seconds);
    let utxo_stats = reader.get("node.utxo_stats", |item| choice(item, &UTXO_STATS));
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
        credentials: credentials?,
        poll_interval: poll_interval?,
        timeout: timeout?,
        utxo_stats: utxo_stats?,
        allow_world_readable_secrets: may_read?,
    })
}

fn kind(item: &Item) -> Result<NodeKind, Wrong> {
    let kind = choice(item, &KINDS)?;
    if kind == NodeKind::Embedded && !cfg!(feature = "embedded") {
        let wrong = Wrong::new("this build has no embedded node");
        return Err(wrong.suggest(
            "write \"attached\" for a node of your own, or install a build with the feature embedded",
        ));
    }
    Ok(kind)
}

/// The label of metrics: a quote at its end would be part of it.
fn name(item: &Item) -> Result<String, Wrong> {
    let text = filled(item)?;
    match suggestion::within_quotes(&text) {
        None => Ok(text),
        Some("") => Err(Wrong::new("has nothing but quotes")),
        Some(inner) => Err(Wrong::new("has quotes that are part of the name")
            .suggest(format!("write {}", quoted(inner)))),
    }
}

fn chain(reader: &mut Reader<'_>, kind: Option<NodeKind>) -> ReadResult<Option<Chain>> {
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
    let chain = reader.optional("node.chain", read)?;
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

fn data_dir(reader: &mut Reader<'_>, kind: Option<NodeKind>) -> ReadResult<Option<PathBuf>> {
    match kind {
        Some(NodeKind::Embedded) => reader.path("node.data_dir").map(Some),
        Some(NodeKind::Attached) | None => reader.optional_path("node.data_dir"),
    }
}

/// A user with a password file wins over the cookie; a token is the alternative to both.
fn credentials(
    reader: &mut Reader<'_>,
    kind: Option<NodeKind>,
    data_dir: Option<PathBuf>,
    may_read: Option<bool>,
) -> Option<Credentials> {
    let user = reader.optional("node.rpc_user", user_name);
    let password = secret(reader, "node.rpc_password_file", may_read);
    let token = secret(reader, "node.rpc_token_file", may_read);
    let (user, password, token) = (user?, password?, token?);
    match (user, password, token) {
        (Some(user), Some(password_file), None) => Some(Credentials::UserPassword {
            user,
            password_file,
        }),
        (None, None, Some(file)) => Some(Credentials::TokenFile(file)),
        (None, None, None)
            if kind == Some(NodeKind::Embedded) && !reader.is_changed("node.rpc_cookie_file") =>
        {
            Some(Credentials::CookieFile(data_dir?.join(".cookie")))
        }
        (None, None, None) => reader
            .path("node.rpc_cookie_file")
            .map(Credentials::CookieFile),
        (_, _, Some(_)) => refuse(
            reader,
            "node.rpc_token_file",
            "stands beside rpc_user",
            "keep one of the two",
        ),
        (Some(_), None, None) => refuse(
            reader,
            "node.rpc_user",
            "needs a password",
            "name the file that holds it in rpc_password_file",
        ),
        (None, Some(_), None) => refuse(
            reader,
            "node.rpc_password_file",
            "needs a user",
            "write rpc_user = \"…\" beside it",
        ),
    }
}

fn user_name(item: &Item) -> Result<String, Wrong> {
    let name = text(item)?;
    if !name.contains(':') {
        return Ok(name);
    }
    Err(Wrong::new("must have no colon")
        .suggest("put the password into a file named by rpc_password_file"))
}

fn refuse(
    reader: &mut Reader<'_>,
    key: &'static str,
    message: &str,
    suggestion: &str,
) -> Option<Credentials> {
    let problem = reader.problem(key, message).suggest(suggestion);
    reader.refuse(key, problem);
    None
}

/// A file with a secret, checked. Somebody may have written the secret itself: what is no path is
/// not shown.
pub(super) fn secret(
    reader: &mut Reader<'_>,
    key: &'static str,
    may_read: Option<bool>,
) -> ReadResult<Option<PathBuf>> {
    let Some(path) = reader.optional_path(key)? else {
        return Some(None);
    };
    let Err(wrong) = secret_file::check(&path, may_read.unwrap_or(true)) else {
        // The token of the control API is read without what is around it.
        if let Some(oddity) = secret_file::oddity(&path).filter(|_| key != "rpc.control_token_file")
        {
            let problem = reader
                .problem(
                    key,
                    format!("the file {oddity}, which counts as part of the secret"),
                )
                .warning();
            reader.report(problem.suggest("write the file without it, unless it is meant"));
        }
        return Some(Some(path));
    };
    let mut problem: Problem = wrong.about(reader.problem(key, ""));
    if !path.is_absolute() {
        problem.value = Some(REDACTED.into());
        problem
            .suggestion
            .get_or_insert_with(|| "name the file that holds the secret, not the secret".into());
    }
    reader.refuse(key, problem);
    None
}

/// Somebody who writes where their node is probably wants it to be used.
fn warn_of_attached_keys(reader: &mut Reader<'_>) {
    let keys = [
        "node.rpc_url",
        "node.rpc_cookie_file",
        "node.rpc_user",
        "node.rpc_password_file",
        "node.rpc_token_file",
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

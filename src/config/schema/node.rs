//! `[node]`: where a node is and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::keys::{Key, text, toml};
use crate::tls::ClientTls;
use crate::values::{Chain, Credentials};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("node.kind", DEFAULT_KIND)
        .help(
            "\"attached\": a node of your own that speaks Bitcoin Core's JSON-RPC; \
             \"embedded\": a small one on regtest.",
        )
        .written_as(r#""attached""#),
    text("node.name", r#""main""#)
        .help(r#"The label node="…" on metrics."#)
        .written(),
    text("node.rpc_url", r#""http://127.0.0.1:8332""#)
        .help("Where the node's JSON-RPC is; https:// where a proxy speaks TLS for it.")
        .written(),
    text("node.rpc_cookie_file", r#""~/.bitcoin/.cookie""#)
        .help("The cookie that bitcoind writes at each start; this user must be able to read it.")
        .written(),
    text("node.rpc_user", r#""""#).help(
        "Instead of the cookie: a user, and a file (chmod 600) with the password; or a file \
         with a bearer token.",
    ),
    text("node.rpc_password_file", r#""""#),
    text("node.rpc_token_file", r#""""#),
    text("node.rpc_ca_file", r#""""#).per_node().help(
        "For https://: the CA that alone is trusted, instead of those of the system; a \
         certificate that bllvmctl shows, and its key.",
    ),
    text("node.rpc_client_cert_file", r#""""#).per_node(),
    text("node.rpc_client_key_file", r#""""#).per_node(),
    text("node.data_dir", r#""~/.local/share/bllvmctl""#)
        .attached(r#""""#)
        .help(
            "The node's own data directory, if it is on this machine: disk usage is then \
             measured.",
        )
        .examples(&[r#"data_dir = "~/.bitcoin""#]),
    text("node.blocks_dir", r#""""#)
        .help("The directory given to the node as -blocksdir, if it has one."),
    text("node.chain", r#""regtest""#)
        .attached(r#""""#)
        .per_node()
        .help(
            "The chain the node must be on: main, test, testnet4, signet or regtest; empty: \
             any.",
        ),
    toml("node.poll_interval_secs", "5")
        .per_node()
        .help("The time between polls, and the time after which an answer is late."),
    toml("node.timeout_secs", "10").per_node(),
    text("node.utxo_stats", r#""auto""#).per_node().help(
        "Statistics of unspent outputs: \"auto\" only where the node has an index, \
         \"always\" or \"never\".",
    ),
    toml("node.allow_world_readable_secrets", "false")
        .per_node()
        .help("Accept world-readable files with secrets, as Kubernetes mounts them."),
];

/// A build without the embedded node attaches to one.
const DEFAULT_KIND: &str = if cfg!(feature = "embedded") {
    r#""embedded""#
} else {
    r#""attached""#
};

/// Where the node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Inside the daemon.
    Embedded,
    /// Elsewhere, reached over JSON-RPC.
    Attached,
}

/// When the node is asked for statistics of its unspent outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UtxoStats {
    /// Only where it answers from an index.
    Auto,
    /// Always, though it may take minutes.
    Always,
    /// Never.
    Never,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// Embedded or attached.
    pub kind: NodeKind,
    /// The label `node="…"` on metrics.
    pub name: String,
    /// Attached: the chain it must be on; `None`: any. Embedded: regtest.
    pub chain: Option<Chain>,
    /// The node's data directory, where that is on this machine. Always set for an embedded node.
    pub data_dir: Option<PathBuf>,
    /// The node's `-blocksdir`, if it has one.
    pub blocks_dir: Option<PathBuf>,
    /// The node's JSON-RPC; `http` or `https`, with no user or password in it.
    pub rpc_url: Url,
    /// Whom to trust there, and who bllvmctl is, if that is `https`.
    pub tls: ClientTls,
    /// How to authenticate at the node.
    pub credentials: Credentials,
    /// Time between polls.
    pub poll_interval: Duration,
    /// After this a poll is late.
    pub timeout: Duration,
    /// When to ask for statistics of unspent outputs.
    pub utxo_stats: UtxoStats,
    /// Accept secret files that everyone may read, as Kubernetes mounts them.
    pub allow_world_readable_secrets: bool,
}

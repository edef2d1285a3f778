//! `[node]`: where a node is and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::keys::{Key, text, text_of_node, toml, toml_of_node};
use crate::tls::ClientTls;
use crate::values::{Chain, Credentials};

/// Its keys, in the order in which they are shown.
pub(in crate::config) const KEYS: &[Key] = &[
    text("node.kind", DEFAULT_KIND),
    text("node.name", r#""main""#),
    Key {
        attached: r#""""#,
        ..text("node.chain", r#""regtest""#)
    },
    Key {
        attached: r#""""#,
        ..text("node.data_dir", r#""~/.local/share/bllvmctl""#)
    },
    text("node.blocks_dir", r#""""#),
    text("node.rpc_url", r#""http://127.0.0.1:8332""#),
    text("node.rpc_cookie_file", r#""~/.bitcoin/.cookie""#),
    text("node.rpc_user", r#""""#),
    text("node.rpc_password_file", r#""""#),
    text("node.rpc_token_file", r#""""#),
    text("node.rpc_ca_file", r#""""#),
    text("node.rpc_client_cert_file", r#""""#),
    text("node.rpc_client_key_file", r#""""#),
    toml("node.poll_interval_secs", "5"),
    toml("node.timeout_secs", "10"),
    text("node.utxo_stats", r#""auto""#),
    toml("node.allow_world_readable_secrets", "false"),
];

/// Those of an entry of `[[nodes]]`: its own, and those that count in place of one of `[node]`.
pub(in crate::config) const KEYS_OF_NODES: &[Key] = &[
    Key {
        required: Some("\"a\""),
        ..text("nodes.name", "")
    },
    text("nodes.kind", r#""attached""#),
    Key {
        required: Some("\"http://127.0.0.1:8332\""),
        ..text("nodes.rpc_url", "")
    },
    text("nodes.rpc_cookie_file", r#""""#),
    text_of_node("nodes.rpc_user", "node.rpc_user"),
    text_of_node("nodes.rpc_password_file", "node.rpc_password_file"),
    text("nodes.rpc_token_file", r#""""#),
    text_of_node("nodes.rpc_ca_file", "node.rpc_ca_file"),
    text_of_node("nodes.rpc_client_cert_file", "node.rpc_client_cert_file"),
    text_of_node("nodes.rpc_client_key_file", "node.rpc_client_key_file"),
    text("nodes.data_dir", r#""""#),
    text("nodes.blocks_dir", r#""""#),
    text_of_node("nodes.chain", "node.chain"),
    toml_of_node("nodes.poll_interval_secs", "node.poll_interval_secs"),
    toml_of_node("nodes.timeout_secs", "node.timeout_secs"),
    text_of_node("nodes.utxo_stats", "node.utxo_stats"),
    toml_of_node(
        "nodes.allow_world_readable_secrets",
        "node.allow_world_readable_secrets",
    ),
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

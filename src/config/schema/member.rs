//! One node with all that is configured for it.

use super::{HealthConfig, Network, NodeConfig, Storage};
use crate::config::keys::{Key, either, text, toml};

/// Its keys, in the order in which they are shown. An entry also has those of other sections that
/// are [`Key::per_node`].
pub(in crate::config) const KEYS: &[Key] = &[
    toml("nodes", "[]").help(
        "Several nodes behind one gateway: an entry for each, and in [node] below only what \
         all of them have in common: chain, poll_interval_secs, timeout_secs, utxo_stats, \
         rpc_user, rpc_password_file, allow_world_readable_secrets, rpc_ca_file, \
         rpc_client_cert_file, rpc_client_key_file.",
    ),
    text("nodes.name", "")
        .required(r#""a""#)
        .help(
            "The name of the node, 1 to 32 of a-z, 0-9 and -: the label node=\"…\" on metrics, \
             and its part of paths and variables.",
        )
        .examples(&[r#"name = "a""#]),
    text("nodes.rpc_url", "")
        .required(r#""http://127.0.0.1:8332""#)
        .help(
            "Where its JSON-RPC is. These keys are as in [node], and so are blocks_dir, \
             rpc_token_file and those named above.",
        )
        .examples(&[r#"rpc_url = "http://10.0.0.1:8332""#]),
    text("nodes.kind", r#""attached""#),
    text("nodes.rpc_user", "")
        .inherits("node.rpc_user")
        .help(
            "How to authenticate at it; an entry that says nothing has the cookie of its \
             data_dir and chain.",
        )
        .examples(&[r#"rpc_user = "bllvmctl""#]),
    text("nodes.rpc_password_file", "")
        .inherits("node.rpc_password_file")
        .examples(&[r#"rpc_password_file = "/etc/bllvmctl/a.pw""#]),
    text("nodes.rpc_cookie_file", r#""""#)
        .examples(&[r#"rpc_cookie_file = "/home/bitcoin/.bitcoin/.cookie""#]),
    text("nodes.rpc_token_file", r#""""#),
    text("nodes.data_dir", r#""""#)
        .help("Its data directory, if it is on this machine.")
        .examples(&[r#"data_dir = "/home/bitcoin/.bitcoin""#]),
    text("nodes.blocks_dir", r#""""#),
    toml("nodes.priority", "100")
        .help("Nodes with a lower number come first, equal ones are a group; 100 if left out.")
        .examples(&["priority = 10"]),
    toml("nodes.wallets", "[]")
        .help(
            "The wallets that live on it; \"\" is the default wallet. None if left out, and all \
             if it is the only node.",
        )
        .examples(&[r#"wallets = ["hot"]"#]),
    toml("nodes.manage", "")
        .help(
            "Whether bllvmctl prunes it and dials its peers; if left out, where data_dir is \
             set.",
        )
        .examples(&["manage = true"]),
    toml("nodes.archive", "false")
        .help("It is never pruned, neither by bllvmctl nor by a caller; false if left out.")
        .examples(&["archive = true"]),
    either("nodes.private_broadcast", r#""auto""#)
        .help(r#"Whether it has private broadcast: "auto", true or false."#)
        .examples(&[r#"private_broadcast = "auto""#])
        .note(
            "What it has instead of the sections [storage], [network] and [health].",
            &[
                "storage = { pruning_mode = \"normal\", pruning_threshold_gb = 100, \
                 pruning_target_gb = 80 }",
                "network = { min_peers = 4 }",
                "health = { ready_max_lag_blocks = 2 }",
            ],
        ),
];

/// One node: what its entry in `[[nodes]]` says, and where that says nothing the sections `[node]`,
/// `[network]`, `[storage]` and `[health]`. Without `[[nodes]]` these sections alone.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberConfig {
    /// `[node]`
    pub node: NodeConfig,
    /// `[network]`
    pub network: Network,
    /// `[storage]`
    pub storage: Storage,
    /// `[health]`
    pub health: HealthConfig,
    /// Nodes with a lower number come first; equal ones are a group.
    pub priority: u32,
    /// The wallets that live here, `""` being the default one; `None`: any, as at an only node.
    pub wallets: Option<Vec<String>>,
    /// The daemon prunes this node and dials its peers.
    pub manage: bool,
    /// Never pruned, neither by the daemon nor by a caller.
    pub archive: bool,
    /// Whether the node hides the origin of the transactions that it sends.
    pub private_broadcast: PrivateBroadcast,
}

/// Whether a node hides the origin of the transactions that it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateBroadcast {
    /// As the node says.
    Auto,
    /// It does, whatever it says.
    Yes,
    /// It does not.
    No,
}

//! Why a call goes to no node, where there are several, or one is named. Pure.

use crate::metrics::CallOutcome;

/// Why a call goes to no node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteRefusal {
    /// The path names a node that is not there.
    NoSuchNode { name: String, known: String },
    /// The user may not name that node.
    NodeNotAllowed { name: String, user: String },
    /// The method changes a node, or which wallets it has, and the path names none.
    NodeNotNamed { method: String },
    /// A node that keeps all blocks is not pruned by a caller.
    Archive { name: String },
    /// No node has the wallet.
    NoSuchWallet { wallet: String },
    /// The only node that may get the call is out, and why.
    NodeOut(String),
    /// No node answers.
    NoneAnswers(String),
    /// Nodes answer, but none is in rotation.
    NoneReady(String),
    /// Transactions go only to nodes with private broadcast, and none of them is in rotation.
    PrivateNodesAway,
    /// A package cannot be broadcast privately, and a node does so with all that it can.
    PackageNotPrivate,
    /// The nodes that are in rotation have less of the chain than the caller has seen.
    BelowFloor,
}

impl RouteRefusal {
    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::NoSuchNode { .. } => 404,
            // bitcoin-cli -getinfo asks for it, and shows no balances after an error with this
            // status; any other but 400 and 404 ends it.
            Self::NodeNotNamed { method } if method == "listwallets" => 500,
            Self::NodeNotAllowed { .. }
            | Self::NodeNotNamed { .. }
            | Self::Archive { .. }
            | Self::PackageNotPrivate => 403,
            // As the node answers for a wallet that it does not have.
            Self::NoSuchWallet { .. } => 500,
            Self::NodeOut(_) | Self::NoneAnswers(_) | Self::PrivateNodesAway => 502,
            Self::NoneReady(_) | Self::BelowFloor => 503,
        }
    }

    /// The JSON-RPC code.
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::NoSuchNode { .. } => -32600,
            Self::NodeNotAllowed { .. }
            | Self::NodeNotNamed { .. }
            | Self::Archive { .. }
            | Self::PackageNotPrivate => -32003,
            // RPC_WALLET_NOT_FOUND of bitcoind.
            Self::NoSuchWallet { .. } => -18,
            Self::NodeOut(_) | Self::NoneAnswers(_) | Self::PrivateNodesAway => -32010,
            Self::NoneReady(_) | Self::BelowFloor => -32011,
        }
    }

    /// How the request ends by it.
    pub(super) fn outcome(&self) -> CallOutcome {
        match self {
            Self::NoSuchNode { .. } | Self::NoSuchWallet { .. } => CallOutcome::Invalid,
            Self::NodeNotAllowed { .. }
            | Self::NodeNotNamed { .. }
            | Self::Archive { .. }
            | Self::PackageNotPrivate => CallOutcome::Forbidden,
            Self::NodeOut(_) | Self::NoneAnswers(_) | Self::PrivateNodesAway => {
                CallOutcome::NodeDown
            }
            Self::NoneReady(_) | Self::BelowFloor => CallOutcome::Busy,
        }
    }

    /// Whether it is worth another try in a moment.
    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::NoneReady(_) | Self::BelowFloor)
    }
}

impl std::fmt::Display for RouteRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchNode { name, known } => {
                write!(f, "there is no node {name}; there is {known} (nodes)")
            }
            Self::NodeNotAllowed { name, user } => write!(
                f,
                "the node {name} may not be named here (nodes of the user {user} in rpc.auth.users)"
            ),
            Self::NodeNotNamed { method } => write!(
                f,
                "{method} is for one node, and there are several: name it in the path, as in \
                 POST /node/NAME"
            ),
            Self::Archive { name } => write!(
                f,
                "pruneblockchain is not allowed: the node {name} keeps all blocks (archive in \
                 nodes)"
            ),
            Self::NoSuchWallet { wallet } if wallet.is_empty() => f.write_str(
                "no node has the default wallet; name the wallet in the path, as in POST \
                 /wallet/NAME, or add \"\" to nodes.wallets",
            ),
            Self::NoSuchWallet { wallet } => {
                write!(f, "no node has the wallet {wallet} (nodes.wallets)")
            }
            Self::PrivateNodesAway => f.write_str(
                "no node with private broadcast is in rotation, and a transaction goes to no other \
                 one (private_broadcast in nodes)",
            ),
            Self::PackageNotPrivate => f.write_str(
                "submitpackage is not allowed: a node has private broadcast (private_broadcast in \
                 nodes), which does not include packages; name a node, as in POST /node/NAME",
            ),
            Self::BelowFloor => f.write_str(
                "the nodes that are left have less of the chain than callers have seen \
                 (fleet.floor_secs)",
            ),
            Self::NodeOut(detail) | Self::NoneAnswers(detail) | Self::NoneReady(detail) => {
                f.write_str(detail)
            }
        }
    }
}

//! How a question to a node can fail.

use std::borrow::Cow;

/// Why a question to a node got no answer, or not the one that was asked for.
///
/// The texts are complete clauses for a health reason or a log line. They never hold a credential,
/// and what they quote of the node is cut and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// No connection.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error("{address} closed the connection before the answer to {method} was whole")]
    Closed {
        /// Host and port.
        address: String,
        /// The method that was called.
        method: &'static str,
    },
    /// 401 or 403.
    #[error("{address} refused the credentials (HTTP {status}): {detail}")]
    Unauthorized {
        /// Host and port.
        address: String,
        /// The HTTP status.
        status: u16,
        /// Which credentials were used.
        detail: RefusedCredentials,
    },
    /// 403 for one method, of a node that answers others.
    #[error(
        "{address} forbids us {method} (HTTP 403): add it to the node's rpcwhitelist for this user"
    )]
    Forbidden {
        /// Host and port.
        address: String,
        /// The method that was called.
        method: &'static str,
    },
    /// -28: no call is answered yet.
    #[error("the node is starting: {message}")]
    Starting {
        /// In the node's words.
        message: String,
    },
    /// There is no code for it: calls about the chain are not answered yet.
    #[error("the node is starting: {message}")]
    NotInitialized {
        /// The JSON-RPC error code.
        code: i64,
        /// In the node's words.
        message: String,
    },
    /// The address was not dialled, since the node has done so a moment ago by itself.
    #[error("{message}")]
    DialledLately {
        /// The JSON-RPC error code.
        code: i64,
        /// In the node's words.
        message: String,
    },
    /// 429 or 503.
    #[error("the node is too busy for {method} (HTTP {status})")]
    Busy {
        /// The method that was called.
        method: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// -32601, or a thing this node cannot do.
    #[error("the node has no {what}")]
    Unsupported {
        /// The method or the ability.
        what: &'static str,
    },
    /// Another JSON-RPC error.
    #[error("{method} failed with code {code}: {message}")]
    Rpc {
        /// The method that was called.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// In the node's words.
        message: String,
    },
    /// Something listens there, but does not speak JSON-RPC.
    #[error("{address} answers, but not as a Bitcoin node: {detail}")]
    NotANode {
        /// Host and port.
        address: String,
        /// What came instead.
        detail: String,
    },
    /// The answer is longer than any honest one.
    #[error("the answer of {address} to {method} is longer than {limit_bytes} bytes")]
    TooLarge {
        /// Host and port.
        address: String,
        /// The method that was called.
        method: &'static str,
        /// The limit.
        limit_bytes: usize,
    },
    /// JSON-RPC, but not the shape the method has.
    #[error("the answer to {method} is not understood: {detail}")]
    Unexpected {
        /// The method that was called.
        method: &'static str,
        /// What is missing or of another type.
        detail: String,
    },
    /// A file or directory of the node on this machine cannot be read.
    #[error("cannot measure {path}: {reason}")]
    Disk {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Several chains have files there, and it is not known which is the node's.
    #[error(
        "cannot measure {path}: several chains are in it, and the node has not said which is its \
         own"
    )]
    SeveralChains {
        /// Where its files are.
        path: String,
    },
    /// The files that are watched are not the node's.
    #[error(
        "{path} has {found}, and the node counts {counted} of them: node.blocks_dir is to name its \
         -blocksdir"
    )]
    OtherFiles {
        /// Where its blocks should be.
        path: String,
        /// What is there.
        found: String,
        /// What it says they take.
        counted: String,
    },
}

/// What a node refused, in a clause that never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedCredentials {
    /// Nothing was sent, since there is nothing to read: why.
    #[error("{0}")]
    NotSent(String),
    /// These were sent, by the name of their file, and what to look at.
    #[error("{0}")]
    Sent(String),
}

impl NodeError {
    /// Whether the node itself said this, so that it is alive.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        match self {
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Starting { .. }
            | Self::NotInitialized { .. }
            | Self::DialledLately { .. }
            | Self::Busy { .. }
            | Self::Unsupported { .. }
            | Self::Rpc { .. }
            | Self::Unexpected { .. } => true,
            Self::Connect { .. }
            | Self::Closed { .. }
            | Self::NotANode { .. }
            | Self::TooLarge { .. }
            | Self::Disk { .. }
            | Self::SeveralChains { .. }
            | Self::OtherFiles { .. } => false,
        }
    }

    /// Whether the node says that it is starting.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        matches!(self, Self::Starting { .. } | Self::NotInitialized { .. })
    }

    /// Whether the same question may be answered a moment later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let away = matches!(
            self,
            Self::Connect { .. } | Self::Closed { .. } | Self::Unauthorized { .. }
        );
        away || self.is_starting() || matches!(self, Self::Busy { .. })
    }

    /// A short name with few values, for a metric's label: the JSON-RPC code where it is one of
    /// bitcoind's.
    #[must_use]
    pub fn code(&self) -> Cow<'static, str> {
        match self {
            Self::Connect { .. } => "connect".into(),
            Self::Closed { .. } => "closed".into(),
            Self::Unauthorized { status, .. } | Self::Busy { status, .. } => {
                format!("http_{status}").into()
            }
            Self::Forbidden { .. } => "http_403".into(),
            Self::Starting { .. } => "-28".into(),
            Self::Unsupported { .. } => "-32601".into(),
            Self::Rpc {
                code: code @ (-36..=-1 | -32700..=-32600),
                ..
            }
            | Self::NotInitialized {
                code: code @ (-36..=-1 | -32700..=-32600),
                ..
            }
            | Self::DialledLately {
                code: code @ (-36..=-1 | -32700..=-32600),
                ..
            } => code.to_string().into(),
            Self::Rpc { .. } | Self::NotInitialized { .. } | Self::DialledLately { .. } => {
                "other".into()
            }
            Self::NotANode { .. } => "not_a_node".into(),
            Self::TooLarge { .. } => "too_large".into(),
            Self::Unexpected { .. } => "unexpected".into(),
            Self::Disk { .. } | Self::SeveralChains { .. } | Self::OtherFiles { .. } => {
                "disk".into()
            }
        }
    }
}

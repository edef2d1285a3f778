//! What the node itself says: whether it answers, and whether it is the one that is configured.

use std::sync::Arc;

use tokio::time::timeout;

use super::problem::{error, warning};
use super::{block_files, cookies};
use crate::config::schema::{Credentials, MemberConfig, PruningMode};
use crate::config::{Problem, quoted};
use crate::node::rpc::{CallObserver, ChainIdentity, Endpoint, RpcNode};
use crate::node::{ChainInfo, Node, NodeError, RefusedCredentials};
use crate::values::Chain;

/// What a node said of itself.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<Problem>,
    /// The chain that it is on.
    pub(super) chain: Option<Chain>,
    pub(super) identity: Option<ChainIdentity>,
}

impl From<Vec<Problem>> for Checked {
    fn from(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            ..Self::default()
        }
    }
}

/// What is wrong with the node, and the chain that it is on.
pub(super) async fn check(config: &MemberConfig) -> Checked {
    let url = config.node.rpc_url.as_str();
    let unobserved: CallObserver = Arc::new(|_, _, _| {});
    let node = match RpcNode::new(Endpoint::new(&config.node), &unobserved) {
        Ok(node) => node,
        Err(reason) => return vec![error("node.rpc_url", url, reason.to_string())].into(),
    };
    let limit = config.node.timeout;
    let late = || {
        let message = format!("the node has not answered within {} s", limit.as_secs_f64());
        vec![warning("node.rpc_url", url, message)].into()
    };
    match timeout(limit, node.uptime()).await {
        Err(_) => return late(),
        Ok(Err(reason)) => return Vec::from_iter(not_answering(config, &reason).await).into(),
        Ok(Ok(_)) => {}
    }
    // The node's program decides whether its numbers are exact.
    let query = async {
        let _ = node.network().await;
        node.chain().await
    };
    let chain = match timeout(limit, query).await {
        Err(_) => return late(),
        Ok(Err(reason)) => return Vec::from_iter(not_answering(config, &reason).await).into(),
        Ok(Ok(chain)) => chain,
    };
    let problems = fits(config, &chain)
        .into_iter()
        .chain(block_files::elsewhere(config, &chain));
    let identity = timeout(limit, node.chain_identity()).await;
    Checked {
        problems: problems.collect(),
        chain: chain.chain.parse().ok(),
        identity: identity.ok().and_then(Result::ok),
    }
}

/// A node that is away, starting or busy may be all right later; one that refuses us will not.
async fn not_answering(config: &MemberConfig, reason: &NodeError) -> Option<Problem> {
    let url = config.node.rpc_url.as_str();
    match reason {
        NodeError::Unsupported { .. } => None,
        NodeError::Unauthorized { detail, .. } => Some(match &config.node.credentials {
            Credentials::CookieFile(path) => {
                let message = match detail {
                    RefusedCredentials::NotSent(why) => {
                        format!("{why}; the node refuses calls without it")
                    }
                    RefusedCredentials::Sent(_) => reason.to_string(),
                };
                let accepted = cookies::accepted(config, path).await;
                let suggestion =
                    accepted.map(|cookie| format!("write {}", quoted(&cookie.to_string_lossy())));
                Problem {
                    suggestion,
                    ..error("node.rpc_cookie_file", path.display(), message)
                }
            }
            _ => error("node.rpc_url", url, reason.to_string()),
        }),
        NodeError::NotANode { .. } => Some(error("node.rpc_url", url, reason.to_string())),
        _ => Some(warning("node.rpc_url", url, reason.to_string())),
    }
}

fn fits(config: &MemberConfig, chain: &ChainInfo) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(wanted) = config
        .node
        .chain
        .filter(|wanted| wanted.as_str() != chain.chain)
    {
        let message = format!("the node is on {}", chain.chain);
        let suggestion = Some(format!(
            "write chain = \"{}\", or the rpc_url of the other node",
            chain.chain
        ));
        problems.push(Problem {
            suggestion,
            ..error("node.chain", wanted, message)
        });
    }
    let prunes = config.manage && config.storage.pruning_mode != PruningMode::Disabled;
    if prunes && chain.pruned == Some(false) {
        let mode = config.storage.pruning_mode.as_str();
        let suggestion =
            Some("start the node with -prune=1, or write pruning_mode = \"disabled\"".to_owned());
        let message = "the node is not in prune mode, so nothing can be pruned";
        problems.push(Problem {
            suggestion,
            ..error("storage.pruning_mode", mode, message)
        });
    }
    if config.archive && chain.pruned == Some(true) {
        let suggestion = Some("start the node without -prune, or write archive = false".to_owned());
        let message = "the node is in prune mode, so that it has not every block";
        problems.push(Problem {
            suggestion,
            ..warning("node.archive", true, message)
        });
    }
    problems
}

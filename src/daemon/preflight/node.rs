//! What the node itself says: whether it answers, and whether it is the one that is configured.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::problem::{error, warning};
use super::{block_files, cookies};
use crate::config::schema::{Credentials, MemberConfig, PruningMode};
use crate::config::{Problem, quoted};
use crate::daemon::settings;
use crate::node::rpc::{CallObserver, RpcNode};
use crate::node::{ChainInfo, Node, NodeError, RefusedCredentials};
use crate::values::Chain;

/// What is wrong with the node, and the chain that it is on.
pub(super) async fn check(config: &MemberConfig) -> (Vec<Problem>, Option<Chain>) {
    let url = config.node.rpc_url.as_str();
    let unobserved: CallObserver = Arc::new(|_, _, _| {});
    let node = match RpcNode::new(settings::endpoint(config), &unobserved) {
        Ok(node) => node,
        Err(reason) => return (vec![error("node.rpc_url", url, reason.to_string())], None),
    };
    let late =
        |limit: Duration| format!("the node has not answered within {} s", limit.as_secs_f64());
    match timeout(config.node.timeout, node.uptime()).await {
        Err(_) => {
            return (
                vec![warning("node.rpc_url", url, late(config.node.timeout))],
                None,
            );
        }
        Ok(Err(reason)) => {
            return (
                not_answering(config, &reason).await.into_iter().collect(),
                None,
            );
        }
        Ok(Ok(_)) => {}
    }
    // The node's program decides whether its numbers are exact.
    let query = async {
        let _ = node.network().await;
        node.chain().await
    };
    match timeout(config.node.timeout, query).await {
        Err(_) => (
            vec![warning("node.rpc_url", url, late(config.node.timeout))],
            None,
        ),
        Ok(Err(reason)) => (
            not_answering(config, &reason).await.into_iter().collect(),
            None,
        ),
        Ok(Ok(chain)) => {
            let problems = fits(config, &chain)
                .into_iter()
                .chain(block_files::elsewhere(config, &chain))
                .collect();
            (problems, chain.chain.parse().ok())
        }
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
    if config.storage.pruning_mode != PruningMode::Disabled && chain.pruned == Some(false) {
        let mode = config.storage.pruning_mode.as_str();
        let suggestion =
            Some("start the node with -prune=1, or write pruning_mode = \"disabled\"".to_owned());
        let message = "the node is not in prune mode, so nothing can be pruned";
        problems.push(Problem {
            suggestion,
            ..error("storage.pruning_mode", mode, message)
        });
    }
    problems
}

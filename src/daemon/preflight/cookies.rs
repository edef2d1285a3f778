//! The cookie that was probably meant by one that the node refuses.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::timeout;
use url::Host;

use crate::config::schema::{Credentials, MemberConfig};
use crate::node::Node;
use crate::node::rpc::{CallObserver, Endpoint, RpcNode};
use crate::values::Chain;

/// The nearest cookie to the configured one that the node accepts. A remote node is not tried: its
/// cookie is not on this machine, and the cookies of other nodes must not be sent to it.
pub(super) async fn accepted(config: &MemberConfig, path: &Path) -> Option<PathBuf> {
    let is_here = match config.node.rpc_url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    for cookie in cookies_near(path, config.node.data_dir.as_deref())
        .into_iter()
        .filter(|_| is_here)
    {
        let unobserved: CallObserver = Arc::new(|_, _, _| {});
        let credentials = Credentials::CookieFile(cookie.clone());
        let endpoint = Endpoint {
            credentials,
            ..Endpoint::new(&config.node)
        };
        let Ok(node) = RpcNode::new(endpoint, &unobserved) else {
            continue;
        };
        if timeout(config.node.timeout, node.uptime())
            .await
            .is_ok_and(|answer| answer.is_ok())
        {
            return Some(cookie);
        }
    }
    None
}

/// The cookies that there are in the directories of nodes around `path`, the nearest first.
fn cookies_near(path: &Path, data: Option<&Path>) -> Vec<PathBuf> {
    let around = path.ancestors().take(3).chain(data);
    let of_chains =
        |root: &Path| Chain::ALL.map(|chain| root.join(chain.subdirectory()).join(".cookie"));
    let mut found: Vec<PathBuf> = Vec::new();
    for cookie in around.flat_map(of_chains) {
        if cookie != path && cookie.is_file() && !found.contains(&cookie) {
            found.push(cookie);
        }
    }
    found
}

//! What sections must agree on.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::reader::Reader;
use super::schema::{Health, Network, Node, NodeKind, Rpc};
use crate::values::{Chain, PeerName};

/// The default port of testnet3's JSON-RPC, which is also that of `rpc.listen`.
const TESTNET_RPC_PORT: u16 = 18332;

/// Tells contradictions between sections; those with a section that could not be read are left out.
pub(super) fn check(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    network: Option<&Network>,
    rpc: Option<&Rpc>,
    health: Option<&Health>,
) {
    if let Some(rpc) = rpc {
        // An attached node listens for peers itself: that the key has no effect is told below.
        let attached = node.is_some_and(|node| node.kind == NodeKind::Attached);
        listeners(reader, rpc, network.filter(|_| !attached));
        public_without_users(reader, rpc);
    }
    if let (Some(node), Some(rpc)) = (node.filter(|node| node.kind == NodeKind::Attached), rpc) {
        calls_itself(reader, node, rpc);
    }
    if let (Some(node), Some(health)) = (node, health)
        && node.poll_interval >= health.live_timeout
    {
        let keys = ["node.poll_interval_secs", "health.live_timeout_secs"];
        let key = reader.written_one(&keys);
        let message = "poll_interval_secs is not below live_timeout_secs: a healthy node would count as dead";
        let problem = reader.problem(key, message).warning();
        reader.tell(problem.suggest("write a live_timeout_secs of several polls"));
    }
    if let (Some(node), Some(network)) = (node, network) {
        peers(reader, node, network);
    }
    if let (Some(node), Some(network)) = (node, network)
        && node.kind == NodeKind::Attached
        && network.listen.is_some()
    {
        let problem = reader.problem("network.listen", "has no effect on an attached node").warning();
        reader.tell(problem.suggest("leave it out; the node itself listens for peers"));
    }
}

/// Peers that are kept connected, against everything that says where and whether they are.
fn peers(reader: &mut Reader<'_>, node: &Node, network: &Network) {
    const KEY: &str = "network.peers";
    // Without a chain the port that is left out is the same for all, whichever it is.
    let chain = match node.kind {
        NodeKind::Embedded => Some(Chain::Regtest),
        NodeKind::Attached => node.chain,
    };
    let address = |peer: &PeerName| peer.on(chain.unwrap_or(Chain::Main));
    for (index, peer) in network.peers.iter().enumerate() {
        let first = network.peers.iter().take(index).find(|first| address(first) == address(peer));
        if let Some(first) = first {
            let message = format!("{peer} is there twice, first as {first}");
            let problem = reader.problem(KEY, message).warning();
            reader.tell(problem.suggest("leave one out"));
        }
        if network.listen.is_some_and(|listen| address(peer) == listen.into()) {
            let problem = reader.problem(KEY, format!("{peer} is network.listen, so the node would dial itself"));
            reader.tell(problem.suggest("leave it out"));
        }
    }
    if node.kind == NodeKind::Attached && !network.reconnect_enabled && !network.peers.is_empty() {
        let problem = reader.problem(KEY, "are not dialled, since reconnect_enabled = false").warning();
        reader.tell(
            problem.suggest("write reconnect_enabled = true, or leave the peers to the node's own configuration"),
        );
    }
}

/// Two listeners need two addresses.
fn listeners(reader: &mut Reader<'_>, rpc: &Rpc, network: Option<&Network>) {
    let peers = network.and_then(|network| network.listen);
    let pairs = [
        ("rpc.ops_listen", rpc.ops_listen, "rpc.listen", Some(rpc.listen)),
        ("network.listen", peers, "rpc.listen", Some(rpc.listen)),
        ("network.listen", peers, "rpc.ops_listen", rpc.ops_listen),
    ];
    for (key, one, other_key, other) in pairs {
        if let (Some(one), Some(other)) = (one, other)
            && clash(one, other)
        {
            let problem = reader.problem(key, format!("takes the place of {other_key} = \"{other}\""));
            reader.tell(problem.suggest(format!("write another port, such as {}", next_port(one))));
        }
    }
}

fn next_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(TESTNET_RPC_PORT))
}

/// Both cannot be listened on. Port 0 is any free one.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    // `[::]` takes IPv4 too, as Linux has it by default.
    let takes = |any: IpAddr, of: IpAddr| {
        any.is_unspecified() && (any.is_ipv6() || any.is_ipv4() == of.to_canonical().is_ipv4())
    };
    let overlap = one.ip() == other.ip() || takes(one.ip(), other.ip()) || takes(other.ip(), one.ip());
    one.port() == other.port() && one.port() != 0 && overlap
}

fn public_without_users(reader: &mut Reader<'_>, rpc: &Rpc) {
    if rpc.enabled && !rpc.listen.ip().to_canonical().is_loopback() && rpc.auth.users.is_empty() {
        let message = "answers other machines, and without [[rpc.auth.users]] all that protects the node's calls is \
                       the node's own credential";
        let problem = reader.problem("rpc.listen", message).warning();
        reader.tell(problem.suggest("add users, or listen on 127.0.0.1"));
    }
}

/// The front must not be the node it stands before.
fn calls_itself(reader: &mut Reader<'_>, node: &Node, rpc: &Rpc) {
    let mut itself = false;
    for (key, listen) in [("rpc.listen", Some(rpc.listen)), ("rpc.ops_listen", rpc.ops_listen)] {
        if let Some(listen) = listen
            && is_same(&node.rpc_url, listen)
        {
            itself = true;
            let key = if reader.is_given(key) { key } else { "node.rpc_url" };
            let message =
                format!("node.rpc_url = \"{}\" and {listen} are one: bllvmctl would call itself", node.rpc_url);
            let problem = reader.problem(key, message);
            reader.tell(problem.suggest(format!("write rpc.listen = \"{}\", say", next_port(listen))));
        }
    }
    if !itself && rpc.listen.port() == TESTNET_RPC_PORT && node.chain == Some(Chain::Test) {
        let problem = reader.problem("rpc.listen", "has the port of testnet's own JSON-RPC").warning();
        reader.tell(problem.suggest("write another port, such as 127.0.0.1:18334"));
    }
}

/// A call to `url` from this machine would reach `listen`.
fn is_same(url: &Url, listen: SocketAddr) -> bool {
    // A call to no address in particular goes to this machine.
    let local = |ip: IpAddr| {
        listen.ip() == ip
            || (ip.is_unspecified() && listen.ip().is_loopback())
            || (listen.ip().is_unspecified() && (ip.is_loopback() || ip.is_unspecified()))
    };
    let here = match url.host() {
        Some(Host::Domain(name)) => {
            name.trim_end_matches('.') == "localhost" && (listen.ip().is_loopback() || listen.ip().is_unspecified())
        }
        Some(Host::Ipv4(ip)) => local(ip.into()),
        Some(Host::Ipv6(ip)) => local(ip.into()),
        None => false,
    };
    here && listen.port() != 0 && url.port_or_known_default() == Some(listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_listeners_clash_on_one_port_of_one_address() {
        let clash = |one: &str, other: &str| clash(one.parse().unwrap(), other.parse().unwrap());
        assert!(clash("127.0.0.1:5", "127.0.0.1:5"));
        assert!(clash("0.0.0.0:5", "127.0.0.1:5"));
        assert!(!clash("127.0.0.1:0", "127.0.0.1:0"));
        assert!(!clash("127.0.0.1:5", "127.0.0.1:6"));
        assert!(!clash("127.0.0.1:5", "[::1]:5"));
        assert!(clash("[::]:5", "0.0.0.0:5"));
        assert!(clash("[::]:5", "127.0.0.1:5"));
        assert!(!clash("0.0.0.0:5", "[::1]:5"));
    }

    #[test]
    fn a_url_that_leads_to_the_listener_is_found() {
        let same = |url: &str, listen: &str| is_same(&url.parse().unwrap(), listen.parse().unwrap());
        assert!(same("http://0.0.0.0:5", "127.0.0.1:5"));
        assert!(same("http://localhost.:5", "127.0.0.1:5"));
        assert!(!same("http://0.0.0.0:5", "192.0.2.1:5"));
        assert!(same("http://127.0.0.1:8332", "127.0.0.1:8332"));
        assert!(same("http://localhost:8332", "0.0.0.0:8332"));
        assert!(same("http://127.0.0.1:80", "127.0.0.1:80"));
        assert!(!same("http://127.0.0.1:8332", "127.0.0.1:18332"));
        assert!(!same("http://10.0.0.1:8332", "127.0.0.1:8332"));
    }
}

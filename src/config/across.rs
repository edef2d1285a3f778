//! What sections must agree on.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use url::{Host, Url};

use super::address;
use super::bursts;
use super::list::entries;
use super::node_list;
use super::node_url::node_url;
use super::reader::Reader;
use super::scalar::{Wrong, boolean, choice, seconds, text};
use super::schema::NodeKind;
use super::sections::{KINDS, NodeScope};
use crate::values::{Chain, PeerName};

/// The default port of testnet3's JSON-RPC, which is also that of `rpc.listen`.
const TESTNET_RPC_PORT: u16 = 18332;

/// Each key that others must agree with, if it can be read: one that cannot hides none of the
/// others.
struct KnownKeys {
    nodes: Vec<KnownNode>,
    p2p_listen: Option<SocketAddr>,
    rpc_enabled: Option<bool>,
    listen: Option<SocketAddr>,
    ops_listen: Option<SocketAddr>,
    agent_listen: Option<SocketAddr>,
}

/// Those of one node.
struct KnownNode {
    scope: NodeScope,
    kind: Option<NodeKind>,
    chain: Option<Chain>,
    rpc_url: Option<Url>,
    poll_interval: Option<Duration>,
    live_timeout: Option<Duration>,
    peers: Vec<PeerName>,
    reconnect_enabled: Option<bool>,
}

impl KnownKeys {
    fn of(reader: &Reader<'_>) -> Self {
        let scopes: Vec<NodeScope> = if reader.has_node_list {
            (0..reader.node_entries()).map(NodeScope::Entry).collect()
        } else {
            vec![NodeScope::Only]
        };
        let nodes = scopes.into_iter();
        Self {
            nodes: nodes.map(|scope| KnownNode::of(reader, scope)).collect(),
            p2p_listen: reader.known("network.listen", address::peer_listener),
            rpc_enabled: reader.known("rpc.enabled", boolean),
            listen: reader
                .known("rpc.listen", address::rpc_listener)
                .and_then(|listen| listen.tcp()),
            ops_listen: reader.known("rpc.ops_listen", address::ops_listener),
            agent_listen: reader.known("rpc.agent_listen", address::agent_listener),
        }
    }

    fn is_attached(&self) -> bool {
        self.nodes.iter().any(KnownNode::is_attached)
    }
}

impl KnownNode {
    fn of(reader: &Reader<'_>, scope: NodeScope) -> Self {
        let at = |path| scope.place(path);
        let kind = if reader.has_node_list {
            Some(NodeKind::Attached)
        } else {
            reader.known("node.kind", |item| choice(item, &KINDS))
        };
        let chain = reader.known(at("node.chain"), |item| {
            text(item)?.parse().map_err(|_| Wrong::new(""))
        });
        Self {
            scope,
            kind,
            chain: if kind == Some(NodeKind::Embedded) {
                Some(Chain::Regtest)
            } else {
                chain
            },
            rpc_url: reader.known(at("node.rpc_url"), node_url),
            poll_interval: reader.known(at("node.poll_interval_secs"), seconds),
            live_timeout: reader.known(at("health.live_timeout_secs"), seconds),
            peers: reader.known_entries(at("network.peers"), address::peer),
            reconnect_enabled: reader.known(at("network.reconnect_enabled"), boolean),
        }
    }

    fn is_attached(&self) -> bool {
        self.kind == Some(NodeKind::Attached)
    }
}

/// Reports contradictions between sections.
pub(super) fn check(reader: &mut Reader<'_>) {
    let known = KnownKeys::of(reader);
    listeners(reader, &known);
    public_without_users(reader, &known);
    bursts::check(reader);
    node_list::check(reader);
    for node in &known.nodes {
        if node.is_attached() {
            calls_itself(reader, &known, node);
        }
        polls_often_enough(reader, node);
        peers(reader, &known, node);
    }
    if known.is_attached() && known.p2p_listen.is_some() {
        let problem = reader
            .problem("network.listen", "has no effect on an attached node")
            .warning();
        reader.report(problem.suggest("leave it out; the node itself listens for peers"));
    }
}

fn polls_often_enough(reader: &mut Reader<'_>, node: &KnownNode) {
    let (Some(poll_interval), Some(live_timeout)) = (node.poll_interval, node.live_timeout) else {
        return;
    };
    let places = ["node.poll_interval_secs", "health.live_timeout_secs"];
    let places = places.map(|path| node.scope.place(path));
    if let Some(place) = reader
        .written_one(&places)
        .filter(|_| poll_interval >= live_timeout)
    {
        let message =
            "poll_interval_secs is not below live_timeout_secs: a healthy node would count as dead";
        let problem = reader.problem(place, message).warning();
        reader.report(problem.suggest("write a live_timeout_secs of several polls"));
    }
}

/// Peers that are kept connected, against everything that says where and whether they are.
fn peers(reader: &mut Reader<'_>, known: &KnownKeys, node: &KnownNode) {
    let place = node.scope.place("network.peers");
    // Without a chain the port that is left out is the same for all, whichever it is.
    let address = |peer: &PeerName| peer.on(node.chain.unwrap_or(Chain::Main));
    for (index, peer) in node.peers.iter().enumerate() {
        let first = node
            .peers
            .iter()
            .take(index)
            .find(|first| address(first) == address(peer));
        if let Some(first) = first {
            let message = format!("{peer} is there twice, first as {first}");
            let problem = reader.problem(place, message).warning();
            reader.report(problem.suggest("leave one out"));
        }
        if known
            .p2p_listen
            .is_some_and(|listen| address(peer) == listen.into())
        {
            let problem = reader.problem(
                place,
                format!("{peer} is network.listen, so the node would dial itself"),
            );
            reader.report(problem.suggest("leave it out"));
        }
    }
    if node.is_attached() && node.reconnect_enabled == Some(false) && !node.peers.is_empty() {
        let problem = reader
            .problem(place, "are not dialled, since reconnect_enabled = false")
            .warning();
        reader.report(problem.suggest(
            "write reconnect_enabled = true, or leave the peers to the node's own configuration",
        ));
    }
}

/// Two listeners need two addresses.
fn listeners(reader: &mut Reader<'_>, known: &KnownKeys) {
    // An attached node listens for peers itself: that the key has no effect is reported elsewhere.
    let peers = known.p2p_listen.filter(|_| !known.is_attached());
    let pairs = [
        (
            "rpc.ops_listen",
            known.ops_listen,
            "rpc.listen",
            known.listen,
        ),
        ("network.listen", peers, "rpc.listen", known.listen),
        ("network.listen", peers, "rpc.ops_listen", known.ops_listen),
        (
            "rpc.agent_listen",
            known.agent_listen,
            "rpc.listen",
            known.listen,
        ),
        (
            "rpc.agent_listen",
            known.agent_listen,
            "rpc.ops_listen",
            known.ops_listen,
        ),
        (
            "rpc.agent_listen",
            known.agent_listen,
            "network.listen",
            peers,
        ),
    ];
    for (key, one, other_key, other) in pairs {
        if let (Some(one), Some(other)) = (one, other)
            && clash(one, other)
        {
            let problem =
                reader.problem(key, format!("takes the place of {other_key} = \"{other}\""));
            reader.report(problem.suggest(format!("write \"{}\", say", free_port(one, known))));
        }
    }
}

/// The address with another port, one that nothing else in the configuration has.
fn free_port(address: SocketAddr, known: &KnownKeys) -> SocketAddr {
    let urls = known.nodes.iter().filter_map(|node| node.rpc_url.as_ref());
    let of_nodes: Vec<u16> = urls.filter_map(Url::port_or_known_default).collect();
    let taken: Vec<u16> = [
        known.listen,
        known.ops_listen,
        known.agent_listen,
        known.p2p_listen,
    ]
    .into_iter()
    .flatten()
    .map(|a| a.port())
    .collect();
    let is_free =
        |port: &u16| !taken.contains(port) && !of_nodes.contains(port) && *port != TESTNET_RPC_PORT;
    let above = address.port().saturating_add(1)..=u16::MAX;
    let port = above
        .chain(1024..address.port())
        .find(is_free)
        .unwrap_or(TESTNET_RPC_PORT);
    SocketAddr::new(address.ip(), port)
}

/// Both cannot be listened on. Port 0 is any free one.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    // `[::]` takes IPv4 too, as Linux has it by default.
    let takes = |any: IpAddr, of: IpAddr| {
        any.is_unspecified() && (any.is_ipv6() || any.is_ipv4() == of.to_canonical().is_ipv4())
    };
    let overlap =
        one.ip() == other.ip() || takes(one.ip(), other.ip()) || takes(other.ip(), one.ip());
    one.port() == other.port() && one.port() != 0 && overlap
}

fn public_without_users(reader: &mut Reader<'_>, known: &KnownKeys) {
    let is_public = known
        .listen
        .is_some_and(|listen| !listen.ip().to_canonical().is_loopback());
    // Users that cannot be read are users all the same.
    let has_users = reader
        .known("rpc.auth.users", entries)
        .is_none_or(|users| !users.is_empty());
    if known.rpc_enabled == Some(true) && is_public && !has_users {
        let message = "answers other machines, and without [[rpc.auth.users]] all that protects \
                       the node's calls is the node's own credential";
        let problem = reader.problem("rpc.listen", message).warning();
        reader.report(problem.suggest("add users, or listen on 127.0.0.1"));
    }
}

/// The gateway must not have its own address as that of its node.
fn calls_itself(reader: &mut Reader<'_>, known: &KnownKeys, node: &KnownNode) {
    let mut itself = false;
    for (listener, listen) in [
        ("rpc.listen", known.listen),
        ("rpc.ops_listen", known.ops_listen),
        ("rpc.agent_listen", known.agent_listen),
    ] {
        if let (Some(listen), Some(url)) = (listen, &node.rpc_url)
            && is_same(url, listen)
        {
            itself = true;
            let place = if reader.is_given(listener) {
                listener.into()
            } else {
                node.scope.place("node.rpc_url")
            };
            let message = format!(
                "{} = \"{url}\" and {listen} are one: bllvmctl would call itself",
                node.scope.place("node.rpc_url").path
            );
            let problem = reader.problem(place, message);
            reader.report(problem.suggest(format!(
                "write {listener} = \"{}\", say",
                free_port(listen, known)
            )));
        }
    }
    let has_its_port = known
        .listen
        .is_some_and(|listen| listen.port() == TESTNET_RPC_PORT);
    if !itself && has_its_port && node.chain == Some(Chain::Test) {
        let problem = reader
            .problem("rpc.listen", "has the port of testnet's own JSON-RPC")
            .warning();
        let listen = known
            .listen
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], TESTNET_RPC_PORT)));
        reader.report(problem.suggest(format!("write \"{}\", say", free_port(listen, known))));
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
            name.trim_end_matches('.') == "localhost"
                && (listen.ip().is_loopback() || listen.ip().is_unspecified())
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
        let same =
            |url: &str, listen: &str| is_same(&url.parse().unwrap(), listen.parse().unwrap());
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

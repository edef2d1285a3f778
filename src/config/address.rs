//! Reads addresses: listeners, peers and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::item::Item;
use super::scalar::{Wrong, filled};
use super::suggestion::quoted;
use crate::values::{Chain, ConnectionOrigin, InvalidPeer, ListenAddress, PeerName, TrustedProxy};

/// The port of `rpc.listen`, if nobody writes another.
const RPC_LISTEN_PORT: u16 = 18332;

/// Where calls, metrics and health are answered.
pub(super) fn rpc_listener(item: &Item) -> Result<ListenAddress, Wrong> {
    match filled(item)?.strip_prefix(ListenAddress::UNIX_PREFIX) {
        Some(path) => unix_socket(path).map(ListenAddress::Unix),
        None => listener(item, RPC_LISTEN_PORT).map(ListenAddress::Tcp),
    }
}

/// The path of a Unix socket.
fn unix_socket(path: &str) -> Result<PathBuf, Wrong> {
    /// What `sockaddr_un` has room for, without the byte that ends it.
    const MAX_BYTES: usize = 107;
    let example = |path: &str| {
        let prefix = ListenAddress::UNIX_PREFIX;
        format!("write {}, say", quoted(&format!("{prefix}{path}")))
    };
    let name = path.trim_matches('/');
    if name.is_empty() || path.ends_with('/') {
        let wrong = Wrong::new("names no socket");
        return Err(wrong.suggest(example("/run/bllvmctl/rpc.sock")));
    }
    if !path.starts_with('/') {
        let wrong = Wrong::new("must have the whole path of the socket, from /");
        return Err(wrong.suggest(example(&format!("/run/bllvmctl/{name}"))));
    }
    if path.len() > MAX_BYTES {
        let message = format!(
            "has a path of {} bytes; a Unix socket has at most {MAX_BYTES}",
            path.len()
        );
        return Err(Wrong::new(message).suggest(example("/run/bllvmctl/rpc.sock")));
    }
    Ok(PathBuf::from(path))
}

/// Where operators are answered; the port that is suggested is not that of calls.
pub(super) fn ops_listener(item: &Item) -> Result<SocketAddr, Wrong> {
    listener(item, RPC_LISTEN_PORT + 1)
}

/// Where HAProxy's agent-check is answered, which knows no login: a network that is not public.
pub(super) fn agent_listener(item: &Item) -> Result<SocketAddr, Wrong> {
    let address = listener(item, RPC_LISTEN_PORT + 2)?;
    if is_private(address.ip().to_canonical()) {
        return Ok(address);
    }
    let wrong =
        Wrong::new("is neither loopback nor a private address, and agent-checks know no login");
    Err(wrong.suggest(format!("write \"127.0.0.1:{}\", say", address.port())))
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Where an embedded node waits for peers.
pub(super) fn peer_listener(item: &Item) -> Result<SocketAddr, Wrong> {
    listener(item, Chain::Regtest.default_port())
}

/// An address and a port to listen on.
fn listener(item: &Item, port: u16) -> Result<SocketAddr, Wrong> {
    let text = filled(item)?;
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Some(zone) = zone(&text) {
        let wrong = Wrong::new(format!("has the zone %{zone} by its name"));
        return Err(wrong.suggest(
            "write the number of the interface, which `ip link` prints before its name, behind the \
             %",
        ));
    }
    let number = |text: &str| text.parse::<u16>().ok();
    // The port of calls is taken already.
    let free = |written: u16| {
        if written == RPC_LISTEN_PORT {
            port
        } else {
            written
        }
    };
    let write = match text.rsplit_once(':') {
        Some(("localhost", written)) => {
            number(written).map(|written| format!("127.0.0.1:{}", free(written)))
        }
        Some(("" | "*", written)) => {
            number(written).map(|written| format!("0.0.0.0:{}", free(written)))
        }
        None if number(&text).is_some() => {
            number(&text).map(|written| format!("127.0.0.1:{}", free(written)))
        }
        _ if text.parse::<Ipv4Addr>().is_ok() => Some(format!("{text}:{port}")),
        _ if text.parse::<Ipv6Addr>().is_ok() => Some(format!("[{text}]:{port}")),
        _ => None,
    };
    let wrong = Wrong::new("must be an IP address and a port");
    Err(wrong.suggest(match write {
        Some(write) => format!("write {}", quoted(&write)),
        None => format!("write \"127.0.0.1:{port}\", say"),
    }))
}

/// The zone in an IPv6 address, as in `fe80::1%eth0`: only the machine on which it is written knows
/// it.
pub(super) fn zone(text: &str) -> Option<&str> {
    let (address, zone) = text.split_once('%')?;
    let is_address = address.trim_start_matches('[').parse::<Ipv6Addr>().is_ok();
    let zone = zone.split([']', '/']).next().unwrap_or_default();
    (is_address && !zone.is_empty()).then_some(zone)
}

/// A proxy that is trusted: those at an address or in a network, or those over a Unix socket.
pub(super) fn proxy(item: &Item) -> Result<TrustedProxy, Wrong> {
    if filled(item)? == ConnectionOrigin::UNIX_NAME {
        return Ok(TrustedProxy::Unix);
    }
    network(item).map(TrustedProxy::Network)
}

/// A network; an address alone is a network of its own.
pub(super) fn network(item: &Item) -> Result<IpNet, Wrong> {
    let text = filled(item)?;
    let network = text.parse::<IpNet>().ok();
    let network = network.or_else(|| {
        text.parse()
            .ok()
            .map(|address: IpAddr| IpNet::from(address))
    });
    if let (None, Some(zone)) = (&network, zone(&text)) {
        let wrong = Wrong::new(format!("has the zone %{zone}, which a network has not"));
        return Err(wrong.suggest(format!(
            "write {}",
            quoted(&text.replace(&format!("%{zone}"), ""))
        )));
    }
    network.map(canonical).ok_or_else(|| {
        Wrong::new("must be an address or a network in CIDR form")
            .suggest("write \"10.0.0.0/8\", say")
    })
}

/// An IPv4 network as such where it is written inside of IPv6, as the addresses it is compared with
/// are.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let within = |network: ipnet::Ipv6Net| {
        let length = network.prefix_len().checked_sub(MAPPED_BITS)?;
        ipnet::Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()
    };
    match network {
        IpNet::V6(outer) => within(outer).map_or(network, IpNet::V4),
        IpNet::V4(_) => network,
    }
}

/// A peer: `host`, `host:port`, `[v6]:port` or an onion name.
pub(super) fn peer(item: &Item) -> Result<PeerName, Wrong> {
    filled(item)?.parse().map_err(|wrong: InvalidPeer| {
        let replaced = Wrong::new(wrong.message);
        match wrong.suggestion {
            Some(suggestion) => replaced.suggest(suggestion),
            None => replaced,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::item::text_item;
    use proptest::prelude::*;

    #[test]
    fn a_listener_is_an_address_and_a_port() {
        for text in ["127.0.0.1:0", "[::1]:18332", "0.0.0.0:1"] {
            assert!(rpc_listener(&text_item(text)).is_ok(), "{text}");
        }
        let suggestion = |text| {
            rpc_listener(&text_item(text))
                .unwrap_err()
                .suggestion
                .unwrap()
        };
        assert_eq!(suggestion("localhost:5"), "write \"127.0.0.1:5\"");
        assert_eq!(suggestion(":5"), "write \"0.0.0.0:5\"");
        assert_eq!(suggestion("18332"), "write \"127.0.0.1:18332\"");
        assert_eq!(suggestion("::1"), "write \"[::1]:18332\"");
        assert_eq!(suggestion("nonsense"), "write \"127.0.0.1:18332\", say");
    }

    #[test]
    fn a_listener_may_be_a_unix_socket_with_its_whole_path() {
        let path = "unix:/run/bllvmctl/rpc.sock";
        assert_eq!(rpc_listener(&text_item(path)).unwrap().to_string(), path);
        let long = format!("unix:/{}", "a".repeat(107));
        for text in [
            "unix:",
            "unix:/",
            "unix:rpc.sock",
            "unix:/run/",
            long.as_str(),
        ] {
            let suggestion = rpc_listener(&text_item(text))
                .unwrap_err()
                .suggestion
                .unwrap();
            let offered = suggestion.split('"').nth(1).unwrap();
            assert!(
                rpc_listener(&text_item(offered)).is_ok(),
                "{text}: {suggestion}"
            );
        }
        assert!(ops_listener(&text_item(path)).is_err());
    }

    #[test]
    fn a_zone_is_reported_for_what_it_is() {
        let listener = rpc_listener(&text_item("[fe80::1%eth0]:18332")).unwrap_err();
        assert_eq!(listener.message, "has the zone %eth0 by its name");
        let advice = listener.suggestion.unwrap();
        assert!(advice.contains("`ip link`"), "{advice}");
        // What that leads to is taken.
        let numbered = rpc_listener(&text_item("[fe80::1%2]:18332")).unwrap();
        assert_eq!(numbered.to_string(), "[fe80::1%2]:18332");

        let within = network(&text_item("fe80::1%eth0/64")).unwrap_err();
        assert_eq!(
            within.message,
            "has the zone %eth0, which a network has not"
        );
        assert_eq!(within.suggestion.as_deref(), Some("write \"fe80::1/64\""));
    }

    #[test]
    fn an_address_alone_is_a_network_of_its_own() {
        assert_eq!(
            network(&text_item("10.0.0.1")),
            Ok("10.0.0.1/32".parse().unwrap())
        );
        assert_eq!(network(&text_item("::1")), Ok("::1/128".parse().unwrap()));
        assert_eq!(
            network(&text_item("10.0.0.0/8")),
            Ok("10.0.0.0/8".parse().unwrap())
        );
        assert_eq!(
            network(&text_item("::ffff:10.0.0.1")),
            Ok("10.0.0.1/32".parse().unwrap())
        );
        assert_eq!(
            network(&text_item("::ffff:10.0.0.0/104")),
            Ok("10.0.0.0/8".parse().unwrap())
        );
        assert_eq!(network(&text_item("::/0")), Ok("::/0".parse().unwrap()));
        assert!(network(&text_item("10.0.0.0/33")).is_err());
    }

    #[test]
    fn a_peer_is_a_host_with_or_without_a_port() {
        let onion = format!("{}.onion:8333", "a".repeat(56));
        for text in [
            "10.0.0.5:8333",
            "seed.example.org",
            "[2001:db8::1]:8333",
            "[::1]",
            "node_a:1",
            &onion,
        ] {
            assert_eq!(peer(&text_item(text)).unwrap().to_string(), text);
        }
        for text in [
            "",
            "a b",
            "host:0",
            "host:65536",
            "host:+5",
            "host:",
            "1.2.3",
            "300.1.1.1",
            "2001:db8::1",
            "[::1",
            "[::1]x",
            "a..b",
            "-a",
            "short.onion",
            "http://x",
            "a:1:2",
        ] {
            assert!(peer(&text_item(text)).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,30}") {
            let item = text_item(&text);
            let _ = (rpc_listener(&item), network(&item), peer(&item));
        }
    }
}

//! The client of a call, also behind proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::policy::Rules;
use super::reusable_waits::ReusableWaits;
use super::upstream::{CachedArc, Upstream};
use super::upstream_set::UpstreamSet;
use crate::limit::BucketKey;
use crate::values::{ClientAddr, ConnectionOrigin, TrustedProxies};

/// The state of one client connection: what one call has looked up, the next one need not.
pub struct GatewayClient {
    pub(super) addr: ClientAddr,
    pub(super) keys: KeyCache,
    /// The rules in force: if they are those of the call before, nothing that other threads share
    /// is written to.
    pub(super) rules: CachedArc<Rules>,
    pub(super) nodes: ClientUpstreams,
}

/// The nodes as one client's connection calls them.
pub(super) struct ClientUpstreams {
    /// Those in force.
    pub(super) set: CachedArc<UpstreamSet>,
    /// For the waits of one call after another.
    pub(super) waits: ReusableWaits,
    /// The node that was chosen for the call, where there are several.
    pub(super) chosen: Option<Arc<Upstream>>,
}

/// The address of the last call, the key of its buckets, and of which generation that is.
#[derive(Default)]
pub(super) struct KeyCache(Option<(IpAddr, u64, BucketKey)>);

impl KeyCache {
    /// What the buckets of `address` are found by: it is nearly always the same, and costs more to
    /// make than to keep.
    pub(super) fn of(
        &mut self,
        address: IpAddr,
        generation: u64,
        find: impl FnOnce(IpAddr) -> BucketKey,
    ) -> BucketKey {
        match self.0 {
            Some((known, of, key)) if known == address && of == generation => key,
            _ => self.0.insert((address, generation, find(address))).2,
        }
    }
}

impl GatewayClient {
    /// A client that is connected from `addr`, whose calls follow `rules` and go to `upstreams`.
    pub(super) fn new(
        addr: ClientAddr,
        rules: &Arc<ArcSwap<Rules>>,
        upstreams: &Arc<ArcSwap<UpstreamSet>>,
    ) -> Self {
        Self {
            addr,
            keys: KeyCache::default(),
            rules: Cache::new(Arc::clone(rules)),
            nodes: ClientUpstreams {
                set: Cache::new(Arc::clone(upstreams)),
                waits: ReusableWaits::default(),
                chosen: None,
            },
        }
    }
}

/// The client's address: that of the connection; or, while that is one of the `trusted` proxies,
/// the address that it forwarded the request for. The header is read from right to left, since each
/// proxy appends to it.
pub(super) fn address(
    origin: ConnectionOrigin,
    forwarded_for: &[&[u8]],
    trusted: &TrustedProxies,
) -> IpAddr {
    let mut address = origin.client().ip().to_canonical();
    if trusted.is_empty() {
        return address;
    }
    let mut is_trusted = trusted.has_client_of(origin);
    // By bytes: a proxy adds its word to whatever the client has written, and must not be silenced
    // by it.
    let hops = forwarded_for
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops {
        if !is_trusted {
            break;
        }
        // What no proxy would write is no proxy's word: the last one that can be believed is the
        // client.
        let Some(next) = std::str::from_utf8(hop)
            .ok()
            .and_then(|hop| hop_address(hop.trim()))
        else {
            break;
        };
        address = next;
        is_trusted = trusted.contains(address);
    }
    address
}

/// An address, perhaps with a port, perhaps in brackets.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let address = bare
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Limiter;
    use crate::limit::shared::BucketSecret;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        client_of_bytes(
            peer,
            &forwarded
                .iter()
                .map(|line| line.as_bytes())
                .collect::<Vec<_>>(),
        )
    }

    fn client_of_bytes(peer: &str, forwarded: &[&[u8]]) -> String {
        let peer = ConnectionOrigin::Tcp((peer.parse::<IpAddr>().unwrap(), 1).into());
        address(peer, forwarded, &trusted()).to_string()
    }

    fn trusted() -> TrustedProxies {
        TrustedProxies {
            networks: vec![
                "10.0.0.0/8".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ],
            unix: false,
        }
    }

    #[test]
    fn who_comes_over_a_unix_socket_is_believed_if_that_is_trusted_and_by_no_network() {
        let everybody = TrustedProxies {
            networks: vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()],
            unix: false,
        };
        let over_socket = TrustedProxies {
            unix: true,
            ..TrustedProxies::default()
        };
        let client = |trusted| address(ConnectionOrigin::Unix, &[b"198.51.100.7"], trusted);
        assert_eq!(client(&everybody), ConnectionOrigin::UNIX_ADDRESS);
        assert_eq!(client(&over_socket).to_string(), "198.51.100.7");
    }

    #[test]
    fn what_a_proxy_says_before_the_requests_is_the_client_and_the_header_counts_behind_it_only() {
        let proxied = |client: &str| ConnectionOrigin::Proxied {
            peer: "10.0.0.1:1".parse().unwrap(),
            client: client.parse().unwrap(),
        };
        let client = |client, forwarded: &[u8]| {
            address(proxied(client), &[forwarded], &trusted()).to_string()
        };
        assert_eq!(client("192.0.2.1:5", b"198.51.100.7"), "192.0.2.1");
        assert_eq!(client("10.0.0.9:5", b"198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn each_address_behind_a_proxy_has_its_own_key() {
        let limiter = Limiter::default();
        let mut keys = KeyCache::default();
        for last in [1, 1, 2, 1] {
            let address = IpAddr::from([192, 0, 2, last]);
            assert_eq!(
                keys.of(address, 0, |address| limiter.address(address)),
                limiter.address(address)
            );
        }
    }

    #[test]
    fn a_key_of_another_generation_is_made_anew() {
        let mut limiter = Limiter::default();
        let mut keys = KeyCache::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let before = keys.of(address, 0, |address| limiter.address(address));
        assert!(limiter.change_secret(BucketSecret::random()));
        let after = keys.of(address, 1, |address| limiter.address(address));
        assert_ne!(before, after);
        assert_eq!(after, limiter.address(address));
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9", "198.51.100.7"]),
            "198.51.100.7"
        );
    }

    #[test]
    fn proxies_are_passed_over_from_right_to_left() {
        assert_eq!(
            client("10.0.0.1", &["198.51.100.7, 10.0.0.3, 2001:db8::5"]),
            "198.51.100.7"
        );
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["[2001:db9::1]:4711"]), "2001:db9::1");
        assert_eq!(
            client("::ffff:10.0.0.1", &["::ffff:198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn what_is_no_address_ends_the_list() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn junk_of_a_client_neither_hides_it_nor_makes_an_earlier_line_count() {
        let client = |forwarded: &[&[u8]]| client_of_bytes("10.0.0.1", forwarded);
        assert_eq!(client(&[b"\xff, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&[b"\xff", b"198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&[b"203.0.113.9", b"\xff"]), "10.0.0.1");
        assert_eq!(client(&[b"203.0.113.9", b"\xff, 10.0.0.2"]), "10.0.0.2");
    }
}

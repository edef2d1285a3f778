//! Where a connection comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// How a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionOrigin {
    /// From this address.
    Tcp(SocketAddr),
    /// From a trusted proxy, whose PROXY header names the client.
    Proxied {
        /// The proxy.
        peer: SocketAddr,
        /// The address in the header.
        client: SocketAddr,
    },
    /// Over a Unix socket, which has no address.
    Unix,
}

impl ConnectionOrigin {
    /// What stands for the address of all who come over a Unix socket. No connection comes from it.
    pub const UNIX_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    /// What they are called.
    pub const UNIX_NAME: &'static str = "unix";

    /// The address of the client, as far as it is known.
    #[must_use]
    pub fn client(self) -> SocketAddr {
        match self {
            Self::Tcp(address) => address,
            Self::Proxied { client, .. } => client,
            Self::Unix => SocketAddr::new(Self::UNIX_ADDRESS, 0),
        }
    }

    /// The address of the other end of the connection; `None`: it has none.
    #[must_use]
    pub fn peer(self) -> Option<IpAddr> {
        match self {
            Self::Tcp(peer) | Self::Proxied { peer, .. } => Some(peer.ip().to_canonical()),
            Self::Unix => None,
        }
    }

    /// Whether the other end is on this machine, and so is the client that it forwards: a header
    /// alone makes nobody local.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        self.peer().is_some_and(is_loopback) && is_loopback(self.client().ip())
    }
}

/// The other end of a connection, as an address and as text: written once, since each of its
/// requests says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddr {
    /// The address of the client.
    pub address: SocketAddr,
    /// How it came.
    pub origin: ConnectionOrigin,
    text: Arc<str>,
}

impl ClientAddr {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<ConnectionOrigin> for ClientAddr {
    fn from(origin: ConnectionOrigin) -> Self {
        let address = origin.client();
        let text = match origin {
            ConnectionOrigin::Unix => ConnectionOrigin::UNIX_NAME.into(),
            _ => address.to_string().into(),
        };
        Self {
            address,
            origin,
            text,
        }
    }
}

impl From<SocketAddr> for ClientAddr {
    fn from(address: SocketAddr) -> Self {
        ConnectionOrigin::Tcp(address).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(peer: &str, client: &str) -> ConnectionOrigin {
        ConnectionOrigin::Proxied {
            peer: peer.parse().unwrap(),
            client: client.parse().unwrap(),
        }
    }

    #[test]
    fn no_address_that_was_told_makes_anybody_local() {
        let tcp = |address: &str| ConnectionOrigin::Tcp(address.parse().unwrap());
        for local in [
            tcp("127.0.0.1:1"),
            tcp("[::1]:1"),
            tcp("[::ffff:127.0.0.1]:1"),
            proxied("127.0.0.1:1", "127.0.0.2:1"),
        ] {
            assert!(local.is_loopback(), "{local:?}");
        }
        for remote in [
            tcp("192.0.2.1:1"),
            proxied("192.0.2.1:1", "127.0.0.1:1"),
            proxied("127.0.0.1:1", "192.0.2.1:1"),
            ConnectionOrigin::Unix,
        ] {
            assert!(!remote.is_loopback(), "{remote:?}");
        }
    }

    #[test]
    fn who_comes_over_a_unix_socket_is_called_so() {
        assert_eq!(ClientAddr::from(ConnectionOrigin::Unix).as_str(), "unix");
        let proxied = proxied("10.0.0.1:1", "192.0.2.1:5");
        assert_eq!(ClientAddr::from(proxied).as_str(), "192.0.2.1:5");
    }
}

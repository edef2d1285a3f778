//! Whose word is believed for whom they speak.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::ConnectionOrigin;

/// The proxies that are believed whom they speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    /// Those at these addresses.
    pub networks: Vec<IpNet>,
    /// Those that come over a Unix socket.
    pub unix: bool,
}

/// One of them, as the configuration has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Those at these addresses.
    Network(IpNet),
    /// Those that come over a Unix socket.
    Unix,
}

impl TrustedProxies {
    /// Whether a proxy at `address` is believed.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mut networks = self.networks.iter();
        networks.any(|network| network.contains(&address))
    }

    /// Whether the other end of a connection is a proxy that is believed.
    #[must_use]
    pub fn has_peer_of(&self, origin: ConnectionOrigin) -> bool {
        origin.peer().map_or(self.unix, |peer| self.contains(peer))
    }

    /// Whether a header that names the client of a request counts: the client of the connection is
    /// a proxy that is believed.
    #[must_use]
    pub fn has_client_of(&self, origin: ConnectionOrigin) -> bool {
        match origin {
            ConnectionOrigin::Unix => self.unix,
            _ => self.contains(origin.client().ip()),
        }
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// Each as text.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let unix = self.unix.then(|| ConnectionOrigin::UNIX_NAME.to_owned());
        let networks = self.networks.iter().map(ToString::to_string);
        networks.chain(unix).collect()
    }
}

impl FromIterator<TrustedProxy> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = TrustedProxy>>(proxies: I) -> Self {
        let mut all = Self::default();
        for proxy in proxies {
            match proxy {
                TrustedProxy::Network(network) => all.networks.push(network),
                TrustedProxy::Unix => all.unix = true,
            }
        }
        all
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Unix => f.write_str(ConnectionOrigin::UNIX_NAME),
        }
    }
}

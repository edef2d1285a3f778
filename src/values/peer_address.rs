//! Where a peer is: `host`, `host:port`, `[v6]:port`, an onion or I2P name. Pure.
//!
//! Invariant: two spellings of one address are equal. Names are in lower case, IPv6 is in its
//! shortest form, and an IPv4 address mapped into IPv6 is the IPv4 address that it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use super::Chain;

/// A host, by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Ip(IpAddr),
    Name(Arc<str>),
}

/// I2P has no ports: the node writes 0.
const I2P: &str = ".b32.i2p";
const I2P_PORT: u16 = 0;

/// A peer as somebody writes it: the port may be left to the chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerName {
    host: Host,
    port: Option<u16>,
}

/// Where exactly a peer is. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerAddress {
    host: Host,
    port: u16,
}

/// The text names no peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidPeer {
    /// What is wrong, to be read after the text itself.
    pub message: &'static str,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl InvalidPeer {
    fn new(message: &'static str) -> Self {
        Self {
            message,
            suggestion: None,
        }
    }

    fn suggest(self, suggestion: impl Into<String>) -> Self {
        Self {
            suggestion: Some(suggestion.into()),
            ..self
        }
    }
}

impl PeerName {
    /// The address on `chain`, whose default port stands in for one that was not written.
    #[must_use]
    pub fn on(&self, chain: Chain) -> PeerAddress {
        self.or_port(chain.default_port())
    }

    /// The address, if the port was written or needs none.
    #[must_use]
    pub fn complete(&self) -> Option<PeerAddress> {
        (self.port.is_some() || self.host.is_i2p()).then(|| self.or_port(I2P_PORT))
    }

    fn or_port(&self, default: u16) -> PeerAddress {
        let default = if self.host.is_i2p() {
            I2P_PORT
        } else {
            default
        };
        PeerAddress {
            host: self.host.clone(),
            port: self.port.unwrap_or(default),
        }
    }
}

impl PeerAddress {
    /// The address in numbers, unless it is a name.
    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        match &self.host {
            Host::Ip(ip) => Some(SocketAddr::new(*ip, self.port)),
            Host::Name(_) => None,
        }
    }

    /// The host and port to look up, if this is a name that the domain name system may know.
    #[must_use]
    pub fn lookup(&self) -> Option<(&str, u16)> {
        match &self.host {
            Host::Name(name) if !name.ends_with(".onion") && !name.ends_with(".i2p") => {
                Some((name, self.port))
            }
            Host::Name(_) | Host::Ip(_) => None,
        }
    }

    /// The host without its port.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.to_string(),
        }
    }
}

impl Host {
    fn is_i2p(&self) -> bool {
        matches!(self, Self::Name(name) if name.ends_with(I2P))
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: Host::Ip(address.ip().to_canonical()),
            port: address.port(),
        }
    }
}

impl FromStr for PeerName {
    type Err = InvalidPeer;

    fn from_str(text: &str) -> Result<Self, InvalidPeer> {
        if text.contains("://") {
            return Err(
                InvalidPeer::new("must be an address, not a URL").suggest("write host:port")
            );
        }
        if let Some(zone) = zone(text) {
            let wrong = InvalidPeer::new("has an IPv6 zone, which only this machine knows");
            let without = text.replacen(&format!("%{zone}"), "", 1);
            return Err(wrong.suggest(format!(
                "name the peer by another address than {without}: that one is link-local"
            )));
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(
                InvalidPeer::new("is IPv6 without brackets").suggest(format!("write \"[{text}]\""))
            );
        }
        let (host, port) = host_and_port(text)?;
        if host.is_i2p() && !matches!(port, "" | ":0") {
            let written = text.strip_suffix(port).unwrap_or(text);
            let wrong =
                InvalidPeer::new("has a port, and I2P has none: the node cannot connect to it");
            return Err(wrong.suggest(format!("write \"{written}:{I2P_PORT}\"")));
        }
        let lowest = if host.is_i2p() { I2P_PORT } else { 1 };
        let port = if port.is_empty() {
            Ok(None)
        } else {
            port_of(port, lowest).map(Some).ok_or(port)
        };
        let port = port.map_err(|port| {
            let written = text.strip_suffix(port).unwrap_or(text);
            let wrong = InvalidPeer::new("has no port from 1 to 65535 after its host");
            wrong.suggest(format!("write \"{written}:8333\", say"))
        })?;
        if let Host::Ip(ip) = &host
            && (ip.is_unspecified() || ip.is_multicast() || *ip == IpAddr::V4(Ipv4Addr::BROADCAST))
        {
            return Err(InvalidPeer::new("is an address at which no peer can be"));
        }
        Ok(Self { host, port })
    }
}

/// The zone of an IPv6 address, as in `fe80::1%eth0`.
fn zone(text: &str) -> Option<&str> {
    let (address, zone) = text.split_once('%')?;
    address.trim_start_matches('[').parse::<Ipv6Addr>().ok()?;
    zone.split(']').next()
}

/// The number after a colon, if it is one from `lowest`.
fn port_of(text: &str, lowest: u16) -> Option<u16> {
    let digits = text
        .strip_prefix(':')
        .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|port| *port >= lowest)
}

/// The host of `text`, and the rest, which begins with a colon if there is a port.
fn host_and_port(text: &str) -> Result<(Host, &str), InvalidPeer> {
    if let Some(rest) = text.strip_prefix('[') {
        let split = rest
            .split_once(']')
            .and_then(|(host, port)| Some((host.parse::<Ipv6Addr>().ok()?, port)));
        let Some((host, port)) = split else {
            let wrong = InvalidPeer::new("has no IPv6 address in its brackets");
            return Err(wrong.suggest("write \"[2001:db8::1]:8333\", say"));
        };
        return Ok((Host::Ip(IpAddr::V6(host).to_canonical()), port));
    }
    let (host, port) = text
        .find(':')
        .and_then(|colon| text.split_at_checked(colon))
        .unwrap_or((text, ""));
    Ok((host_of(host)?, port))
}

fn host_of(text: &str) -> Result<Host, InvalidPeer> {
    // A dot at the end says that a name is complete. It is the same name.
    let text = text
        .strip_suffix('.')
        .filter(|name| name.contains(|c: char| c.is_ascii_alphabetic()))
        .unwrap_or(text);
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(ip.into()));
    }
    let labels: Vec<_> = text.split('.').collect();
    if text.is_empty() || text.len() > 253 || !labels.iter().all(|label| is_label(label)) {
        return Err(
            InvalidPeer::new("is not a host name or an address").suggest("write host or host:port")
        );
    }
    let last = labels.last().copied().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidPeer::new("is not an IPv4 address"));
    }
    let name = text.to_ascii_lowercase();
    check_overlay_name(&name)?;
    Ok(Host::Name(name.into()))
}

/// A label of a host name (RFC 1123, 2.1); an underscore is accepted too.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// An onion or I2P name has the length of its key in base 32.
fn check_overlay_name(name: &str) -> Result<(), InvalidPeer> {
    let is_base32 = |name: &str, length| {
        name.len() == length
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    };
    if name
        .strip_suffix(".onion")
        .is_some_and(|name| !is_base32(name.rsplit('.').next().unwrap_or_default(), 56))
    {
        return Err(InvalidPeer::new(
            "is not an onion name: those have 56 characters",
        ));
    }
    if name
        .strip_suffix(I2P)
        .is_some_and(|name| !is_base32(name, 52))
    {
        return Err(InvalidPeer::new(
            "is not an I2P name: those have 52 characters",
        ));
    }
    Ok(())
}

impl FromStr for PeerAddress {
    type Err = InvalidPeer;

    /// As a node lists its peers: always with a port.
    fn from_str(text: &str) -> Result<Self, InvalidPeer> {
        let name: PeerName = text.parse()?;
        name.complete().ok_or_else(|| {
            InvalidPeer::new("has no port").suggest(format!("write \"{text}:8333\", say"))
        })
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.port) {
            (Host::Ip(IpAddr::V6(ip)), None) => write!(f, "[{ip}]"),
            (Host::Ip(ip), None) => ip.fmt(f),
            (Host::Name(name), None) => f.write_str(name),
            (_, Some(port)) => self.or_port(port).fmt(f),
        }
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
#[path = "peer_address_tests.rs"]
mod tests;

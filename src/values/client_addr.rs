//! Where a connection comes from.

use std::net::SocketAddr;
use std::sync::Arc;

/// The other end of a connection, as an address and as text: written once, since each of its
/// requests says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddr {
    /// The address.
    pub address: SocketAddr,
    text: Arc<str>,
}

impl ClientAddr {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<SocketAddr> for ClientAddr {
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            text: address.to_string().into(),
        }
    }
}

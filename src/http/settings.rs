//! What of the configuration the answers of all nodes depend on. Replaced as a whole by a reload.

use std::path::Path;

use crate::config::schema::Rpc;
use crate::values::{ConnectionOrigin, ListenAddress};

/// What of the configuration the answers of all nodes depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `[rpc]`
    pub(super) rpc: Rpc,
    /// The file the configuration came from.
    pub(super) config_file: Option<String>,
}

impl Settings {
    /// The settings of a configuration with this `rpc`, which came from `file`.
    #[must_use]
    pub fn new(rpc: Rpc, file: Option<&Path>) -> Self {
        Self {
            rpc,
            config_file: file.map(|file| file.display().to_string()),
        }
    }

    /// Whether a second listener has everything but calls and the plain health paths.
    pub(super) fn has_ops_listener(&self) -> bool {
        self.rpc.ops_listen.is_some()
    }

    /// Whether the operations listener is at a loopback address.
    pub(super) fn ops_listens_on_loopback(&self) -> bool {
        let address = self.rpc.ops_listen.as_ref();
        address.is_some_and(ListenAddress::is_loopback)
    }

    /// Whether the other end of a connection is a trusted proxy.
    pub(super) fn trusts(&self, origin: ConnectionOrigin) -> bool {
        self.rpc.trusted_proxies.has_peer_of(origin)
    }

    /// Whether a connection begins with a PROXY header.
    pub(super) fn expects_proxy_header(&self, origin: ConnectionOrigin) -> bool {
        self.rpc.proxy_header_is_required && origin != ConnectionOrigin::Unix && self.trusts(origin)
    }
}

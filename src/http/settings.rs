//! What of the configuration the answers of all nodes depend on. Replaced as a whole by a reload.

use std::num::NonZeroU32;

use crate::values::{ConnectionOrigin, TrustedProxies};

/// What of the configuration the answers of all nodes depend on.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration"
)]
pub struct Settings {
    /// Serve `/metrics`.
    pub metrics_enabled: bool,
    /// Serve `/health…`.
    pub health_checks_enabled: bool,
    /// `rpc.enabled`
    pub rpc_enabled: bool,
    /// Serve the status page.
    pub status_page: bool,
    /// A second listener has everything but calls and the plain health paths.
    pub has_ops_listener: bool,
    /// The main listener is at a loopback address.
    pub listens_on_loopback: bool,
    /// The operations listener is.
    pub ops_listens_on_loopback: bool,
    /// Names by which a loopback listener may be called, beside its own.
    pub allowed_hosts: Vec<String>,
    /// Connections of one address at once; `None`: a quarter of all.
    pub max_connections_per_address: Option<NonZeroU32>,
    /// Proxies, of which neither is asked.
    pub trusted_proxies: TrustedProxies,
    /// Their connections over TCP begin with a PROXY header.
    pub proxy_header_is_required: bool,
    /// The file the configuration came from.
    pub config_file: Option<String>,
}

impl Settings {
    /// Whether the other end of a connection is a trusted proxy.
    pub(super) fn trusts(&self, origin: ConnectionOrigin) -> bool {
        self.trusted_proxies.has_peer_of(origin)
    }

    /// Whether a connection begins with a PROXY header.
    pub(super) fn expects_proxy_header(&self, origin: ConnectionOrigin) -> bool {
        self.proxy_header_is_required && origin != ConnectionOrigin::Unix && self.trusts(origin)
    }
}

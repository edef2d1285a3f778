//! The TLS of new connections.

use std::sync::Arc;

use rustls::ServerConfig;

/// What a new connection speaks.
pub(super) struct TlsInForce {
    pub(super) config: Arc<ServerConfig>,
    /// Who shows no certificate may ask the plain health paths, and nothing else.
    pub(super) probes_are_open: bool,
}

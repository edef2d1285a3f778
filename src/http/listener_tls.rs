//! What the listeners speak: TLS, or plain HTTP. Replaced as a whole by a reload; connections that
//! are open go on with what they began with.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;

use super::server::Handshakes;
use super::tls_in_force::TlsInForce;

/// The TLS of both listeners, in force until the next reload.
#[derive(Default)]
pub struct ListenerTls {
    in_force: ArcSwapOption<TlsInForce>,
    handshakes: Handshakes,
}

impl ListenerTls {
    /// New connections speak TLS with `config` from now on; who shows no certificate may ask the
    /// plain health paths alone if `probes_are_open`.
    pub fn speak(&self, config: ServerConfig, probes_are_open: bool) {
        self.in_force.store(Some(Arc::new(TlsInForce {
            config: Arc::new(config),
            probes_are_open,
        })));
    }

    /// New connections speak plain HTTP from now on.
    pub fn speak_plainly(&self) {
        self.in_force.store(None);
    }

    /// What a new connection speaks; `None`: plain HTTP.
    pub(super) fn in_force(&self) -> Option<Arc<TlsInForce>> {
        self.in_force.load_full()
    }

    /// The handshakes of both listeners.
    pub(super) fn handshakes(&self) -> &Handshakes {
        &self.handshakes
    }
}

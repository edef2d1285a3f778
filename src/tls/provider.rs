//! The provider of cryptography: one for the whole process.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

/// Makes `ring` the provider of every library in this process that uses rustls. Called first thing;
/// again, it is a no-op.
pub fn install_provider() {
    // An error means that it is installed already.
    let _ = ring::default_provider().install_default();
}

/// The provider for configurations that are made here, installed or not.
pub(super) fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(ring::default_provider()))
}

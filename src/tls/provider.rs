//! The provider of cryptography: one for the whole process.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, ConfigBuilder, ServerConfig, WantsVerifier};

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

/// The beginning of a configuration of the side that connects: TLS 1.2 and 1.3.
#[expect(
    clippy::expect_used,
    reason = "ring has cipher suites of both versions"
)]
pub(super) fn client_builder() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites of TLS 1.2 and 1.3")
}

/// The same of the side that listens.
#[expect(
    clippy::expect_used,
    reason = "ring has cipher suites of both versions"
)]
pub(super) fn server_builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites of TLS 1.2 and 1.3")
}

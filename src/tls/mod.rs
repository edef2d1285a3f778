//! TLS: certificates, keys and authorities from files, and the two sides of a connection that are
//! made of them.
//!
//! | what | file |
//! |---|---|
//! | the cryptography of the whole process | `provider` |
//! | what the files hold | `pem_file` |
//! | a certificate with its key, until when it is valid, and for which names | `identity` |
//! | the side that connects | `client` |
//! | the side that listens | `server` |
//! | a certificate that is trusted by itself, without an authority | `pinned` |
//! | what is wrong with a file, and with a handshake, in words | `file_error`, `handshake_error` |
//!
//! Knows no socket and no configuration. Invariant: a key that does not belong to its certificate
//! never gets into a [`rustls::ServerConfig`] or [`rustls::ClientConfig`].

mod client;
mod file_error;
mod handshake_error;
mod identity;
mod pem_file;
mod pinned;
mod provider;
mod server;

pub use client::{ClientTls, ClientTrust, SharedTrust, plain_client_config};
pub use file_error::{FileFault, PemKind, TlsFileError};
pub use handshake_error::handshake_failure;
pub use identity::{IdentityFiles, TlsIdentity, Validity};
pub use provider::install_provider;
pub use server::{ClientCertificates, ServerTls};

#[cfg(test)]
mod tests;

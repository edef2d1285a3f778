//! The side that listens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::Ticketer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{RootCertStore, ServerConfig};

use super::file_error::{FileFault, PemKind, TlsFileError};
use super::identity::{IdentityFiles, TlsIdentity};
use super::pem_file::PemFile;
use super::provider::{provider, server_builder};

/// Who the server is, and of whom it asks a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    /// The certificate of the server.
    pub identity: IdentityFiles,
    /// Which clients are let in.
    pub clients: ClientCertificates,
}

/// Which clients are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// All: none is asked for a certificate.
    Unasked,
    /// Those with a certificate of an authority in this file.
    Required(PathBuf),
    /// All, but who comes with a certificate has one of an authority in this file. What the others
    /// may ask is decided by who answers them.
    Optional(PathBuf),
}

impl ServerTls {
    /// Reads the files: the configuration, and the certificate in it. Waits for the disk.
    pub fn config(&self) -> Result<(ServerConfig, TlsIdentity), TlsFileError> {
        let identity = self.identity.read()?;
        let clients = self.clients.verifier()?;
        let mut config = server_builder()
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified_key())));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A client that has been here comes back without signatures, and nothing is kept for it.
        if let Ok(ticketer) = Ticketer::new() {
            config.ticketer = ticketer;
        }
        config.send_tls13_tickets = 1;
        Ok((config, identity))
    }
}

impl ClientCertificates {
    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, TlsFileError> {
        let (path, is_optional) = match self {
            Self::Unasked => return Ok(Arc::new(NoClientAuth)),
            Self::Required(path) => (path, false),
            Self::Optional(path) => (path, true),
        };
        let file = file_of_authorities(path);
        let malformed =
            |error: &dyn std::error::Error| file.error(FileFault::Malformed(error.to_string()));
        let mut roots = RootCertStore::empty();
        for certificate in file.certificates()? {
            roots.add(certificate).map_err(|error| malformed(&error))?;
        }
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        if is_optional {
            builder = builder.allow_unauthenticated();
        }
        builder.build().map_err(|error| malformed(&error))
    }
}

fn file_of_authorities(path: &Path) -> PemFile<'_> {
    PemFile {
        path,
        kind: PemKind::Authorities,
    }
}

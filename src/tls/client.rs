//! The side that connects.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::file_error::{FileFault, PemKind, TlsFileError};
use super::identity::IdentityFiles;
use super::pem_file::PemFile;
use super::pinned::PinnedOrIssued;
use super::provider::{client_builder, provider};

/// Whom a client trusts, and who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// The authorities that alone are trusted; a certificate in it is also trusted by itself.
    /// `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// A certificate that is trusted by itself is so for any name.
    pub has_any_name: bool,
    /// The certificate of the client, where the server asks for one.
    pub identity: Option<IdentityFiles>,
}

/// What was read of a [`ClientTls`].
#[derive(Debug)]
pub struct ClientTrust {
    verifier: PinnedOrIssued,
    identity: Option<Arc<CertifiedKey>>,
}

/// What the clients of one server have in common. It can be replaced: the next handshake knows the
/// new one, and connections that are open stay.
#[derive(Debug)]
pub struct SharedTrust {
    verifier: ArcSwap<PinnedOrIssued>,
    identity: ArcSwapOption<CertifiedKey>,
}

impl ClientTls {
    /// Whether the files can be used; the authorities of the system are not looked at. Waits for
    /// the disk.
    pub fn check(&self) -> Result<(), TlsFileError> {
        if let Some(path) = &self.ca_file {
            own_roots(&of_authorities(path))?;
        }
        self.identity
            .as_ref()
            .map(IdentityFiles::read)
            .transpose()?;
        Ok(())
    }

    /// Reads the files, or the authorities of the system. Waits for the disk.
    pub fn read(&self) -> Result<ClientTrust, TlsFileError> {
        let (roots, pinned) = match &self.ca_file {
            Some(path) => own_roots(&of_authorities(path))?,
            None => (system_roots(), Vec::new()),
        };
        let identity = self
            .identity
            .as_ref()
            .map(IdentityFiles::read)
            .transpose()?;
        Ok(ClientTrust {
            verifier: PinnedOrIssued::new(pinned, self.has_any_name, roots),
            identity: identity.map(|identity| identity.certified_key()),
        })
    }

    /// The configuration of a client whose files never change. Waits for the disk.
    pub fn config(&self) -> Result<ClientConfig, TlsFileError> {
        Ok(Arc::new(SharedTrust::new(self.read()?)).config())
    }
}

impl SharedTrust {
    /// That of clients with this trust.
    #[must_use]
    pub fn new(trust: ClientTrust) -> Self {
        Self {
            verifier: ArcSwap::from_pointee(trust.verifier),
            identity: ArcSwapOption::new(trust.identity),
        }
    }

    /// From the next handshake on it is this one.
    pub fn change(&self, trust: ClientTrust) {
        self.verifier.store(Arc::new(trust.verifier));
        self.identity.store(trust.identity);
    }

    /// The configuration of a client that has it.
    #[must_use]
    pub fn config(self: &Arc<Self>) -> ClientConfig {
        let mut config = plain_client_config();
        let verifier: Arc<dyn ServerCertVerifier> = Arc::<Self>::clone(self);
        config.dangerous().set_certificate_verifier(verifier);
        let resolver: Arc<dyn ResolvesClientCert> = Arc::<Self>::clone(self);
        config.client_auth_cert_resolver = resolver;
        // A resumed session checks no certificate.
        config.resumption = Resumption::disabled();
        config
    }
}

impl ServerCertVerifier for SharedTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = self.verifier.load();
        verifier.verify(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl ResolvesClientCert for SharedTrust {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.identity.load_full()
    }

    fn has_certs(&self) -> bool {
        self.identity.load().is_some()
    }
}

/// That of a client of plain HTTP: it trusts nobody, and reads no file.
#[must_use]
pub fn plain_client_config() -> ClientConfig {
    client_builder()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

fn of_authorities(path: &Path) -> PemFile<'_> {
    PemFile {
        path,
        kind: PemKind::Authorities,
    }
}

/// The certificates in the file, as authorities and as certificates of their own.
fn own_roots(
    file: &PemFile<'_>,
) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), TlsFileError> {
    let certificates = file.certificates()?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots
            .add(certificate.clone())
            .map_err(|error| file.error(FileFault::Malformed(error.to_string())))?;
    }
    Ok((roots, certificates))
}

/// The authorities of the system, which `SSL_CERT_FILE` and `SSL_CERT_DIR` may name. Those that
/// cannot be used are left out; without any, every certificate is refused.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

//! A certificate that is trusted by itself, because the operator's file of authorities has it.
//!
//! `openssl req -x509` makes a certificate that is its own authority, and that of a server too; the
//! rules of the web refuse it in that role (RFC 5280, 4.2.1.9), while OpenSSL, and with it curl and
//! Python, accepts it. Its name and its times are checked as with any other.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use super::identity::validity;
use super::provider::provider;

/// Accepts a certificate of the list, and one that an authority issued.
#[derive(Debug)]
pub(super) struct PinnedOrIssued {
    pinned: Vec<CertificateDer<'static>>,
    /// For whatever name the server is called by.
    has_any_name: bool,
    /// `None`: there is no authority.
    issued: Option<Arc<WebPkiServerVerifier>>,
}

impl PinnedOrIssued {
    pub(super) fn new(
        pinned: Vec<CertificateDer<'static>>,
        has_any_name: bool,
        roots: RootCertStore,
    ) -> Self {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        Self {
            pinned,
            has_any_name,
            // It fails only without roots.
            issued: builder.build().ok(),
        }
    }

    /// Whether a server called `server_name` may show this certificate.
    pub(super) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            check_times(end_entity, now)?;
            if !self.has_any_name {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let Some(issued) = &self.issued else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        issued.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }
}

fn check_times(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let validity = validity(certificate).ok_or(CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Error::FailedToGetCurrentTime)?;
    if now > validity.not_after {
        return Err(CertificateError::Expired.into());
    }
    if now < validity.not_before {
        return Err(CertificateError::NotValidYet.into());
    }
    Ok(())
}

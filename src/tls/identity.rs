//! Who one side of a connection is: its certificate with the private key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::file_error::{FileFault, PemKind, TlsFileError};
use super::pem_file::PemFile;
use super::provider::provider;

/// The files of a certificate, with those between it and its authority, and of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
}

/// A certificate and the key that belongs to it.
#[derive(Clone, Debug)]
pub struct TlsIdentity(Arc<CertifiedKey>);

impl IdentityFiles {
    /// Reads both; once more if they do not belong together, since they may be replaced at this
    /// moment, one after the other. Waits for the disk.
    pub fn read(&self) -> Result<TlsIdentity, TlsFileError> {
        twice_if_mismatched(|| self.read_once())
    }

    fn read_once(&self) -> Result<TlsIdentity, TlsFileError> {
        let certificate = of_kind(&self.certificate, PemKind::Certificate);
        let key_file = of_kind(&self.key, PemKind::PrivateKey);
        let chain = certificate.certificates()?;
        let key = key_file.private_key()?;
        if let Some(first) = chain.first() {
            ParsedCertificate::try_from(first)
                .map_err(|error| certificate.error(FileFault::Malformed(error.to_string())))?;
        }
        match CertifiedKey::from_der(chain, key, &provider()) {
            Ok(pair) => Ok(TlsIdentity(Arc::new(pair))),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(key_file.error(FileFault::OtherKey(self.certificate.clone())))
            }
            Err(error) => Err(key_file.error(FileFault::Unsupported(error.to_string()))),
        }
    }
}

fn twice_if_mismatched<T>(
    mut read: impl FnMut() -> Result<T, TlsFileError>,
) -> Result<T, TlsFileError> {
    match read() {
        Err(error) if matches!(error.fault, FileFault::OtherKey(_)) => read(),
        read => read,
    }
}

impl TlsIdentity {
    pub(super) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0)
    }

    /// When it is valid: it and those between it and its authority, all together. `None` if a
    /// certificate does not say so in a form that is understood.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        let each = self.0.cert.iter().map(validity);
        let all = each.collect::<Option<Vec<_>>>()?;
        Some(Validity {
            not_before: all.iter().map(|one| one.not_before).max()?,
            not_after: all.iter().map(|one| one.not_after).min()?,
        })
    }

    /// The names and addresses that it has, if `name`, which may be an address, is none of them; a
    /// name that no certificate can have is nobody's fault.
    pub fn check_name(&self, name: &str) -> Result<(), Vec<String>> {
        let (Some(certificate), Ok(name)) = (self.0.cert.first(), ServerName::try_from(name))
        else {
            return Ok(());
        };
        let checked = ParsedCertificate::try_from(certificate)
            .and_then(|parsed| verify_server_name(&parsed, &name));
        match checked {
            Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            })) => Err(presented.iter().map(|name| plain(name)).collect()),
            Err(_) => Err(Vec::new()),
            Ok(()) => Ok(()),
        }
    }
}

fn of_kind(path: &Path, kind: PemKind) -> PemFile<'_> {
    PemFile { path, kind }
}

/// When one certificate is valid.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let parsed = Certificate::from_der(certificate).ok()?;
    let of = |time: &x509_cert::time::Time| {
        Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
    };
    let validity = parsed.tbs_certificate().validity();
    Some(Validity {
        not_before: of(&validity.not_before)?,
        not_after: of(&validity.not_after)?,
    })
}

/// A name of a certificate as people write it: `DnsName("localhost")` is localhost.
fn plain(presented: &str) -> String {
    let inner = presented
        .split_once('(')
        .map_or(presented, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_does_not_belong_together_is_read_twice_since_it_may_be_replaced_just_now() {
        let fault = |fault| TlsFileError {
            kind: PemKind::PrivateKey,
            path: "key.pem".into(),
            fault,
        };
        let mismatch = || Err(fault(FileFault::OtherKey("cert.pem".into())));
        let read_in_turn = |answers: Vec<Result<u8, TlsFileError>>| {
            let mut answers = answers.into_iter();
            let read = twice_if_mismatched(|| answers.next().unwrap());
            (read.is_ok(), answers.count())
        };
        assert_eq!(read_in_turn(vec![mismatch(), Ok(1)]), (true, 0));
        assert_eq!(
            read_in_turn(vec![mismatch(), mismatch(), Ok(1)]),
            (false, 1)
        );
        let absent = Err(fault(FileFault::Absent));
        assert_eq!(read_in_turn(vec![absent, Ok(1)]), (false, 1));
    }
}

//! What the files hold: certificates and keys in PEM form.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::file_error::{FileFault, PemKind, TlsFileError};

/// The list of all public authorities is a quarter of that.
const MAX_BYTES: u64 = 1 << 20;

/// A file with certificates or a key, which is read as a whole.
pub(super) struct PemFile<'a> {
    pub(super) path: &'a Path,
    pub(super) kind: PemKind,
}

impl PemFile<'_> {
    /// Its certificates, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
        let content = self.content()?;
        let certificates = CertificateDer::pem_slice_iter(&content)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.malformed(&error))?;
        if certificates.is_empty() {
            return Err(self.without_section(&content));
        }
        Ok(certificates)
    }

    /// Its first private key.
    pub(super) fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsFileError> {
        let content = self.content()?;
        match PrivateKeyDer::from_pem_slice(&content) {
            Ok(key) => Ok(key),
            Err(pem::Error::NoItemsFound) => Err(self.without_section(&content)),
            Err(error) => Err(self.malformed(&error)),
        }
    }

    pub(super) fn error(&self, fault: FileFault) -> TlsFileError {
        TlsFileError {
            kind: self.kind,
            path: self.path.to_owned(),
            fault,
        }
    }

    fn content(&self) -> Result<Vec<u8>, TlsFileError> {
        let mut content = Vec::new();
        File::open(self.path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut content))
            .map_err(|error| self.error(unreadable(&error)))?;
        if u64::try_from(content.len()).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(self.error(FileFault::TooLong));
        }
        Ok(content)
    }

    fn malformed(&self, error: &pem::Error) -> TlsFileError {
        self.error(FileFault::Malformed(error.to_string()))
    }

    /// Why `content` has no section of the kind.
    fn without_section(&self, content: &[u8]) -> TlsFileError {
        /// How a sequence of ASN.1 begins.
        const DER_SEQUENCE: u8 = 0x30;
        let has = |text: &str| {
            content
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        self.error(if content.first() == Some(&DER_SEQUENCE) {
            FileFault::Der
        } else if self.kind == PemKind::PrivateKey && has("ENCRYPTED") {
            FileFault::Encrypted
        } else {
            FileFault::Missing(self.kind)
        })
    }
}

/// The system's reason without its number.
fn unreadable(error: &io::Error) -> FileFault {
    FileFault::Unreadable(match error.kind() {
        io::ErrorKind::NotFound => return FileFault::Absent,
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    })
}

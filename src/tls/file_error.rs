//! What is wrong with a file of certificates or keys.

use std::fmt;
use std::path::PathBuf;

/// What a file is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PemKind {
    /// A certificate, and those between it and its authority.
    Certificate,
    /// The private key of a certificate.
    PrivateKey,
    /// The certificates of authorities.
    Authorities,
}

impl fmt::Display for PemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::PrivateKey => "private key",
            Self::Authorities => "certificate of a CA",
        })
    }
}

/// A file that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {} as {kind}: it {fault}", path.display())]
pub struct TlsFileError {
    /// What it is to hold.
    pub kind: PemKind,
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: FileFault,
}

impl TlsFileError {
    /// What cures it.
    #[must_use]
    pub fn hint(&self) -> String {
        let path = self.path.display();
        match (&self.fault, self.kind) {
            (FileFault::Absent, _) => "name a file in PEM form".to_owned(),
            (FileFault::Unreadable(_), _) => {
                format!("let the user of bllvmctl read it: chown that user {path}")
            }
            (FileFault::Der, PemKind::PrivateKey) => {
                format!("openssl pkey -inform der -in {path} writes it as PEM")
            }
            (FileFault::Der, _) => format!("openssl x509 -inform der -in {path} writes it as PEM"),
            (FileFault::Encrypted, _) => {
                format!("openssl pkey -in {path} writes it without its password")
            }
            (FileFault::Missing(_), PemKind::PrivateKey) => {
                "its PEM section begins with -----BEGIN PRIVATE KEY-----".to_owned()
            }
            (FileFault::Missing(_), _) => {
                "its PEM sections begin with -----BEGIN CERTIFICATE-----".to_owned()
            }
            (FileFault::OtherKey(_), _) => {
                "name the key that the certificate was requested with; in the file of the \
                 certificate, that of the server itself comes first"
                    .to_owned()
            }
            (FileFault::Malformed(_) | FileFault::TooLong, _) => {
                format!("openssl says more: openssl {} -noout -text -in {path}", {
                    if self.kind == PemKind::PrivateKey {
                        "pkey"
                    } else {
                        "x509"
                    }
                })
            }
            (FileFault::Unsupported(_), _) => {
                "keys of ECDSA (P-256, P-384), Ed25519 and RSA (2048 bits and more) are taken"
                    .to_owned()
            }
        }
    }
}

/// What is wrong with a file; a sentence without its subject.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("cannot be read: there is no such file")]
    Absent,
    /// The system does not give it.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is longer than any such file.
    #[error("is longer than 1 MiB")]
    TooLong,
    /// It has no section of that kind.
    #[error("has no {0} in PEM form")]
    Missing(PemKind),
    /// It is in the binary form.
    #[error("is in DER form, not PEM")]
    Der,
    /// Its key has a password.
    #[error("is encrypted")]
    Encrypted,
    /// It has such a section, and that cannot be read.
    #[error("cannot be parsed: {0}")]
    Malformed(String),
    /// Its key is of a kind that the provider lacks.
    #[error("has a key that cannot be used: {0}")]
    Unsupported(String),
    /// Its key is that of another certificate than that of the file named.
    #[error("does not belong to the certificate in {}", .0.display())]
    OtherKey(PathBuf),
}

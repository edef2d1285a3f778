//! Why a handshake failed, in words.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// What failed in a handshake, if `error` or one of its causes is a failure of TLS: a sentence
/// without its subject, which is the other side.
#[must_use]
pub fn handshake_failure(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<Error>() {
            return Some(words(error));
        }
        // An `io::Error` hides what it was made of from `source`.
        let inner = current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(failure) = inner.and_then(|inner| handshake_failure(inner)) {
            return Some(failure);
        }
        cause = current.source();
    }
    None
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::InvalidMessage(_) => "does not speak TLS".to_owned(),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "asks for the certificate of a client".to_owned()
        }
        Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => "does not accept this side's certificate".to_owned(),
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => {
            "speaks no TLS that is spoken here (1.2 and 1.3)".to_owned()
        }
        Error::AlertReceived(alert) => format!("ended the handshake: {alert:?}"),
        other => other.to_string(),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "has a certificate of an unknown CA".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has a certificate that has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "has a certificate that is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "has a certificate for other names (its common name is not looked at)".to_owned()
        }
        other => format!("has a certificate that cannot be accepted: {other}"),
    }
}

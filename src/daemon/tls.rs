//! The certificate of the listeners: read at the start and at each reload, and put in force as a
//! whole.

use jiff::Timestamp;
use rustls::ServerConfig;

use super::serve_error::ServeError;
use crate::config::Config;
use crate::fleet::Lifecycle;
use crate::http::ListenerTls;
use crate::tls::{ClientCertificates, TlsFileError};

/// What was read of the files of `rpc.tls_…`.
pub(super) struct ReadCertificate {
    config: ServerConfig,
    probes_are_open: bool,
    expires: Option<Timestamp>,
}

/// Reads the files that `config` names; `None`: it names none. Waits for the disk.
pub(super) fn read(config: &Config) -> Result<Option<ReadCertificate>, TlsFileError> {
    let Some(tls) = &config.rpc.tls else {
        return Ok(None);
    };
    let (server, identity) = tls.config()?;
    Ok(Some(ReadCertificate {
        config: server,
        probes_are_open: matches!(tls.clients, ClientCertificates::Optional(_)),
        expires: identity.validity().map(|validity| validity.not_after),
    }))
}

/// New connections speak TLS with what was `read`, or plain HTTP.
pub(super) fn put_in_force(
    read: Option<ReadCertificate>,
    tls: &ListenerTls,
    lifecycle: &Lifecycle,
) {
    lifecycle.set_certificate_expiry(read.as_ref().and_then(|read| read.expires));
    match read {
        Some(read) => tls.speak(read.config, read.probes_are_open),
        None => tls.speak_plainly(),
    }
}

impl From<TlsFileError> for ServeError {
    fn from(error: TlsFileError) -> Self {
        let hint = error.hint();
        Self::Tls { error, hint }
    }
}

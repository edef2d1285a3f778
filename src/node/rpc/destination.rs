//! Where calls of others are forwarded to, and as whom.

use std::fmt;
use std::sync::Arc;

use hyper::header::HeaderValue;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::DuplexStream;
use url::Url;

use super::credentials::{Authorization, Keyring};

/// Connects to a node in this process, which speaks HTTP/1 as over a socket.
#[derive(Clone)]
pub struct Inlet(Arc<dyn Fn() -> Option<DuplexStream> + Send + Sync>);

impl Inlet {
    /// One whose connections `connect` makes; `None` once the node has ended.
    #[must_use]
    pub fn new(connect: impl Fn() -> Option<DuplexStream> + Send + Sync + 'static) -> Self {
        Self(Arc::new(connect))
    }

    /// A connection to the node; `None` once it has ended.
    #[must_use]
    pub fn connect(&self) -> Option<DuplexStream> {
        (self.0)()
    }
}

/// Where calls for a node go, and the credentials that bllvmctl itself has there.
pub struct Destination {
    host: String,
    port: u16,
    authority: HeaderValue,
    path: String,
    keyring: Arc<Keyring>,
    /// The node is in this process.
    inlet: Option<Inlet>,
    tls: Option<DestinationTls>,
}

/// How TLS begins with a node's server.
#[derive(Clone)]
pub struct DestinationTls {
    /// Whom to trust, and who bllvmctl is.
    pub config: Arc<ClientConfig>,
    /// Whose certificate it must be.
    pub name: ServerName<'static>,
}

/// The daemon's own credentials at the node, as they are now. Never credentials to a client.
pub struct CurrentCredentials(Arc<Authorization>);

impl CurrentCredentials {
    /// The `Authorization` header; `None` while the file with the credentials cannot be read.
    #[must_use]
    pub fn header(&self) -> Option<&HeaderValue> {
        self.0.header()
    }
}

impl Destination {
    /// The node at `url`, over TLS with `tls` if there is one.
    pub(super) fn new(url: &Url, tls: Option<ClientConfig>, keyring: Arc<Keyring>) -> Self {
        // The configuration takes URLs with a host only.
        let host = match url.host() {
            Some(url::Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let port = url.port_or_known_default().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let authority =
            HeaderValue::from_str(&authority).unwrap_or(HeaderValue::from_static("localhost"));
        let tls = tls.and_then(|config| {
            Some(DestinationTls {
                config: Arc::new(config),
                name: ServerName::try_from(host.clone()).ok()?,
            })
        });
        Self {
            tls,
            host,
            port,
            authority,
            path: url.path().trim_end_matches('/').to_owned(),
            keyring,
            inlet: None,
        }
    }

    /// As whom the node is called stays as it is, but it is the one that `inlet` leads to.
    #[must_use]
    pub fn inside(self, inlet: Inlet) -> Self {
        Self {
            path: String::new(),
            inlet: Some(inlet),
            tls: None,
            ..self
        }
    }

    /// The way to a node in this process.
    #[must_use]
    pub fn inlet(&self) -> Option<&Inlet> {
        self.inlet.as_ref()
    }

    /// How TLS begins there; `None`: it is called in the clear.
    #[must_use]
    pub fn tls(&self) -> Option<&DestinationTls> {
        self.tls.as_ref()
    }

    /// Where to connect to; a name is looked up each time.
    #[must_use]
    pub fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// The `Host` header.
    #[must_use]
    pub fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// What stands before the path of each call; empty for bitcoind.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The daemon's own credentials.
    #[must_use]
    pub fn credentials(&self) -> CurrentCredentials {
        CurrentCredentials(self.keyring.current())
    }

    /// Reads the file with the daemon's own credentials, off the runtime's thread.
    pub async fn read_credentials(&self) {
        self.keyring.reread(&self.credentials().0).await;
    }

    /// The node refused `credentials`: reads the file again, off the runtime's thread. True if that
    /// gave other credentials.
    pub async fn read_credentials_again(&self, credentials: &CurrentCredentials) -> bool {
        self.keyring.refused(&credentials.0).await
    }

    /// Whether the node has refused `credentials`, and not accepted it since.
    #[must_use]
    pub fn has_refused(&self, credentials: &CurrentCredentials) -> bool {
        self.keyring.was_refused(&credentials.0)
    }

    /// What a refusal says of the daemon's own credentials; no secret.
    #[must_use]
    pub fn describe_credentials(&self) -> String {
        self.keyring.describe().to_string()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inlet.is_some() {
            return f.write_str("this process");
        }
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

//! Where the daemon is, and how HTTP is spoken with it: over TCP, over TLS, over a Unix socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use url::Url;

use super::exit::{Exit, Failure};
use crate::config::Loaded;
use crate::tls::{ClientTls, plain_client_config};
use crate::values::ListenAddress;

/// Where the daemon is.
pub(super) struct DaemonAddress {
    pub(super) url: String,
    /// The Unix socket that it is reached by, whatever the host of the URL.
    socket: Option<PathBuf>,
    /// The certificate of this machine's daemon, which is trusted for any address of it.
    certificate: Option<PathBuf>,
}

impl DaemonAddress {
    /// The daemon at `url`.
    pub(super) fn at(url: String) -> Self {
        Self {
            url,
            socket: None,
            certificate: None,
        }
    }

    /// The listener with the control API. It is read from an invalid configuration too: the daemon
    /// may run with an older one.
    pub(super) fn configured(loaded: &Loaded) -> Option<Self> {
        let value = |key: &str| {
            let entry = loaded.entries.iter().find(|entry| entry.key == key)?;
            entry.value.as_str().filter(|text| !text.is_empty())
        };
        let address = |key| value(key).and_then(|text: &str| text.parse::<SocketAddr>().ok());
        let certificate = value("rpc.tls_cert_file").map(PathBuf::from);
        if let Some(address) = address("rpc.ops_listen").or_else(|| address("rpc.listen")) {
            let scheme = if certificate.is_some() {
                "https"
            } else {
                "http"
            };
            return Some(Self {
                url: format!("{scheme}://{}", reachable(address)),
                socket: None,
                certificate,
            });
        }
        let socket = value("rpc.listen")?.strip_prefix(ListenAddress::UNIX_PREFIX)?;
        Some(Self {
            url: "http://localhost".to_owned(),
            socket: Some(PathBuf::from(socket)),
            certificate: None,
        })
    }

    /// A client for it, whose URL is `url`. The files of TLS are read only if that is spoken there;
    /// `ca_file` is that of the command line.
    pub(super) fn client(
        &self,
        url: &Url,
        ca_file: Option<&Path>,
    ) -> Result<reqwest::Client, Failure> {
        let tls = if url.scheme() == "https" {
            let trust = ClientTls {
                ca_file: ca_file.or(self.certificate.as_deref()).map(Path::to_owned),
                has_any_name: ca_file.is_none() && self.certificate.is_some(),
                identity: None,
            };
            trust.config().map_err(|error| {
                let hint = error.hint();
                Failure::new(Exit::Usage, error).hint(hint)
            })?
        } else {
            plain_client_config()
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy();
        if let Some(socket) = &self.socket {
            builder = builder.unix_socket(socket.clone());
        }
        builder
            .build()
            .context("cannot make an HTTP client")
            .map_err(|error| Failure::new(Exit::Internal, error))
    }
}

/// An address at which who listens at `address` is reached from this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(loopback);
    }
    address
}

//! The daemon of this machine, over its control socket.

use std::path::{Path, PathBuf};

use anyhow::Context;
use socket2::{Domain, SockAddr, Socket, Type};

use super::exit::{Exit, Failure};
use crate::tls::plain_client_config;

/// What requests over the socket are addressed to; the name means nothing.
const LOCAL_URL: &str = "http://localhost";

/// How the daemon is reached.
pub(super) struct Transport<'a> {
    pub(super) http: &'a reqwest::Client,
    /// What paths are joined to.
    pub(super) url: &'a str,
    /// As a reader knows it.
    pub(super) address: String,
    /// The control API asks for the control token.
    pub(super) needs_token: bool,
}

/// The daemon of this machine, over its control socket.
pub(super) struct LocalDaemon {
    socket: PathBuf,
    http: reqwest::Client,
}

impl LocalDaemon {
    /// The daemon whose control socket would be `socket`.
    pub(super) fn new(socket: &Path) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(plain_client_config())
            .no_proxy()
            .unix_socket(socket)
            .build();
        let http = http
            .context("cannot make an HTTP client")
            .map_err(|error| Failure::new(Exit::Internal, error))?;
        Ok(Self {
            socket: socket.to_path_buf(),
            http,
        })
    }

    /// How it is reached, if it is there.
    pub(super) fn transport(&self) -> Option<Transport<'_>> {
        is_open(&self.socket).then(|| Transport {
            http: &self.http,
            url: LOCAL_URL,
            address: self.socket.display().to_string(),
            needs_token: false,
        })
    }
}

/// Whether somebody listens on `socket`, and lets us in. Waits for nobody: a socket whose queue is
/// full is that of a daemon that does not answer, over its listener neither.
pub(super) fn is_open(socket: &Path) -> bool {
    let connect = || {
        let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        client.set_nonblocking(true)?;
        client.connect(&SockAddr::unix(socket)?)
    };
    connect().is_ok()
}

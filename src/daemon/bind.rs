//! The listeners, bound before anything is served.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::runtime::Handle;
use tracing::info;

use super::activation::{Activation, InheritedSocket};
use super::serve_error::ServeError;
use super::socket_file::SocketFile;
use crate::config::Config;
use crate::http::{AgentListener, Connections, ListenSocket, Listener, ListenerTls, Role};
use crate::values::ListenAddress;

/// Probes, scrapes and calls may come at the same instant; the system cuts this to what it allows.
const BACKLOG: u16 = 4096;

/// The listeners, with the files of those at Unix sockets.
pub(super) struct Bound {
    pub(super) listeners: Vec<(Role, Listener)>,
    pub(super) files: Vec<SocketFile>,
    addresses: Vec<(Role, ListenAddress)>,
}

impl Bound {
    /// Logs where they are.
    pub(super) fn log(&self) {
        for (role, address) in &self.addresses {
            let role = if *role == Role::Ops {
                "operations"
            } else {
                "main"
            };
            info!(%address, role, "listening");
        }
    }
}

/// Binds what `config` names, or takes what is inherited in its place.
pub(super) fn bind(
    config: &Config,
    mut activation: Activation,
    tls: &Arc<ListenerTls>,
    http: &Handle,
    connections: usize,
) -> Result<Bound, ServeError> {
    let _on_that_thread = http.enter();
    let connections = Arc::new(Connections::new(connections));
    let mut bound = Bound {
        listeners: Vec::new(),
        files: Vec::new(),
        addresses: Vec::new(),
    };
    let wanted = [
        (Some(&config.rpc.listen), Role::Main),
        (config.rpc.ops_listen.as_ref(), Role::Ops),
    ];
    for (address, role) in wanted {
        let mut sockets = Vec::new();
        for inherited in activation.take(role) {
            sockets.push(inherit(inherited)?);
        }
        let are_inherited = !sockets.is_empty();
        if let Some(address) = address.filter(|_| !are_inherited) {
            let (socket, file) = listen(address)?;
            sockets.push((socket, address.clone()));
            bound.files.extend(file);
        }
        for (socket, address) in sockets {
            let address = actual(&socket).unwrap_or(address);
            bound.addresses.push((role, address));
            let connections = Arc::clone(&connections);
            let mut listener = Listener::new(socket, role, connections, Arc::clone(tls));
            if are_inherited {
                listener = listener.held_by_service_manager();
            }
            bound.listeners.push((role, listener));
        }
    }
    Ok(bound)
}

/// The listener for agent-checks, if there is to be one.
pub(super) fn bind_agent(
    config: &Config,
    http: &Handle,
) -> Result<Option<AgentListener>, ServeError> {
    let Some(address) = config.rpc.agent_listen else {
        return Ok(None);
    };
    let _on_that_thread = http.enter();
    let tcp = listen_tcp(address)?;
    let bound = tcp.local_addr().unwrap_or(address);
    info!(address = %bound, role = "agent-check", "listening");
    Ok(Some(AgentListener::new(tcp)))
}

fn listen(address: &ListenAddress) -> Result<(ListenSocket, Option<SocketFile>), ServeError> {
    match address {
        ListenAddress::Tcp(address) => Ok((ListenSocket::Tcp(listen_tcp(*address)?), None)),
        ListenAddress::Unix(path) => {
            let bound = SocketFile::listen(path, BACKLOG.into());
            let (listener, file) = bound.map_err(|source| ServeError::Listen {
                address: address.clone(),
                source,
            })?;
            Ok((ListenSocket::Unix(listener), Some(file)))
        }
    }
}

fn listen_tcp(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = || -> std::io::Result<TcpListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG.into())
    };
    bound().map_err(|source| ServeError::Listen {
        address: address.into(),
        source,
    })
}

/// A socket that the service manager has bound, and its address.
fn inherit(inherited: InheritedSocket) -> Result<(ListenSocket, ListenAddress), ServeError> {
    let address = inherited.address();
    let taken = || -> std::io::Result<ListenSocket> {
        Ok(match inherited {
            InheritedSocket::Tcp(tcp) => {
                tcp.set_nonblocking(true)?;
                ListenSocket::Tcp(TcpListener::from_std(tcp)?)
            }
            InheritedSocket::Unix(unix) => {
                unix.set_nonblocking(true)?;
                ListenSocket::Unix(UnixListener::from_std(unix)?)
            }
        })
    };
    match taken() {
        Ok(socket) => Ok((socket, address)),
        Err(source) => Err(ServeError::Listen { address, source }),
    }
}

/// Where a socket is that was bound to any free port.
fn actual(socket: &ListenSocket) -> Option<ListenAddress> {
    match socket {
        ListenSocket::Tcp(tcp) => tcp.local_addr().ok().map(ListenAddress::Tcp),
        ListenSocket::Unix(_) => None,
    }
}

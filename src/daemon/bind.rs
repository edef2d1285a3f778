//! The listeners, bound before anything is served.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tracing::info;

use super::ServeError;
use crate::config::Config;
use crate::http::{AgentListener, Connections, Listener, Role};

pub(super) fn bind(
    config: &Config,
    http: &Handle,
    connections: usize,
) -> Result<Vec<Listener>, ServeError> {
    let _on_that_thread = http.enter();
    let connections = Arc::new(Connections::new(connections));
    let roles = [
        (Some(config.rpc.listen), Role::Main),
        (config.rpc.ops_listen, Role::Ops),
    ];
    let wanted = roles
        .into_iter()
        .filter_map(|(address, role)| Some((address?, role)));
    wanted
        .map(|(address, role)| {
            let tcp = listen(address)?;
            let bound = tcp.local_addr().unwrap_or(address);
            info!(address = %bound, role = if role == Role::Ops { "operations" } else { "main" }, "listening");
            Ok(Listener::new(tcp, role, Arc::clone(&connections)))
        })
        .collect()
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
    let tcp = listen(address)?;
    let bound = tcp.local_addr().unwrap_or(address);
    info!(address = %bound, role = "agent-check", "listening");
    Ok(Some(AgentListener::new(tcp)))
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    /// Probes, scrapes and calls may come at the same instant; the system cuts this to what it
    /// allows.
    const BACKLOG: u32 = 4096;
    let bound = || -> std::io::Result<TcpListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bound().map_err(|source| ServeError::Listen { address, source })
}

//! What a listener is bound to, and how each connection begins: PROXY header, then TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::timeout;
use tracing::debug;

use super::connections::Connection;
use super::handshakes::unless_closed;
use super::proxy_header::{self, ProxyHeaderError};
use super::socket::Socket;
use crate::http::listener_tls::ListenerTls;
use crate::http::role::Role;
use crate::http::service::Service;
use crate::http::tls_in_force::TlsInForce;
use crate::values::ConnectionOrigin;

/// The PROXY header is there within this.
const PROXY_HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// What a listener is bound to.
pub enum ListenSocket {
    /// A port.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// A connection that was accepted, and has not begun.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// A connection over which requests come.
pub(super) struct Begun {
    pub(super) socket: Socket,
    pub(super) origin: ConnectionOrigin,
    pub(super) role: Role,
}

impl ListenSocket {
    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(tcp) => tcp
                .accept()
                .await
                .map(|(stream, from)| Accepted::Tcp(stream, from)),
            Self::Unix(unix) => unix
                .accept()
                .await
                .map(|(stream, _)| Accepted::Unix(stream)),
        }
    }

    /// The connections that wait to be accepted, as the system has them: what the runtime knows of
    /// a socket may be older.
    pub(super) fn into_waiting(self) -> Box<dyn Iterator<Item = Accepted>> {
        match self {
            Self::Tcp(tcp) => match tcp.into_std() {
                Ok(tcp) => Box::new(std::iter::from_fn(move || waiting(|| accept_tcp(&tcp)))),
                Err(_) => Box::new(std::iter::empty()),
            },
            Self::Unix(unix) => match unix.into_std() {
                Ok(unix) => Box::new(std::iter::from_fn(move || waiting(|| accept_unix(&unix)))),
                Err(_) => Box::new(std::iter::empty()),
            },
        }
    }
}

fn accept_tcp(tcp: &std::net::TcpListener) -> io::Result<Accepted> {
    let (stream, from) = tcp.accept()?;
    stream.set_nonblocking(true)?;
    Ok(Accepted::Tcp(TcpStream::from_std(stream)?, from))
}

fn accept_unix(unix: &std::os::unix::net::UnixListener) -> io::Result<Accepted> {
    let (stream, _) = unix.accept()?;
    stream.set_nonblocking(true)?;
    Ok(Accepted::Unix(UnixStream::from_std(stream)?))
}

/// A connection that waits to be accepted.
fn waiting(accept: impl Fn() -> io::Result<Accepted>) -> Option<Accepted> {
    loop {
        match accept() {
            Ok(accepted) => return Some(accepted),
            Err(error) if is_of_one_connection(&error) => {}
            Err(_) => return None,
        }
    }
}

/// Whether accepting failed for the sake of one connection, which may be gone already.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

impl Accepted {
    /// Where it comes from, before anything was read.
    pub(super) fn origin(&self) -> ConnectionOrigin {
        match self {
            Self::Tcp(_, from) => ConnectionOrigin::Tcp(*from),
            Self::Unix(_) => ConnectionOrigin::Unix,
        }
    }

    /// Reads what comes before the first request: the PROXY header, if it must be there, and the
    /// TLS handshake, if TLS is spoken. `None`: it has ended.
    pub(super) async fn begin(
        self,
        role: Role,
        service: &Service,
        tls: &ListenerTls,
        connection: &Arc<Connection>,
    ) -> Option<Begun> {
        let origin = self.origin();
        let (tcp, from) = match self {
            Self::Tcp(tcp, from) => (tcp, from),
            Self::Unix(unix) => {
                let socket = Socket::Unix(unix);
                return Some(Begun {
                    socket,
                    origin,
                    role,
                });
            }
        };
        let has_proxy_header = service.cache.settings().expects_proxy_header(origin);
        let in_force = tls.in_force();
        if !has_proxy_header && in_force.is_none() {
            let socket = Socket::Tcp(tcp);
            return Some(Begun {
                socket,
                origin,
                role,
            });
        }
        // Boxed, so that a connection holds no room for it later.
        Box::pin(async move {
            let (tcp, origin) = if has_proxy_header {
                after_proxy_header(tcp, from, connection).await?
            } else {
                (tcp, origin)
            };
            match in_force {
                None => Some(Begun {
                    socket: Socket::Tcp(tcp),
                    origin,
                    role,
                }),
                Some(in_force) => {
                    after_handshake(tcp, origin, role, &in_force, tls, connection).await
                }
            }
        })
        .await
    }
}

async fn after_proxy_header(
    mut tcp: TcpStream,
    peer: SocketAddr,
    connection: &Connection,
) -> Option<(TcpStream, ConnectionOrigin)> {
    let reading = unless_closed(connection, proxy_header::read(&mut tcp));
    let error = match timeout(PROXY_HEADER_TIMEOUT, reading).await {
        Ok(Some(Ok(None))) => return Some((tcp, ConnectionOrigin::Tcp(peer))),
        Ok(Some(Ok(Some(client)))) => {
            return Some((tcp, ConnectionOrigin::Proxied { peer, client }));
        }
        // A proxy that looks whether the port is open.
        Ok(None | Some(Err(ProxyHeaderError::Ended))) => return None,
        Ok(Some(Err(error))) => error.to_string(),
        Err(_) => "no PROXY header came in time".to_owned(),
    };
    debug!(client_addr = %peer, error, "a connection of a trusted proxy is closed");
    None
}

async fn after_handshake(
    tcp: TcpStream,
    origin: ConnectionOrigin,
    role: Role,
    in_force: &TlsInForce,
    tls: &ListenerTls,
    connection: &Arc<Connection>,
) -> Option<Begun> {
    let stream = tls.handshakes().accept(tcp, in_force, connection).await?;
    let is_unknown = in_force.probes_are_open && stream.get_ref().1.peer_certificates().is_none();
    Some(Begun {
        socket: Socket::Tls(Box::new(stream)),
        origin,
        role: if is_unknown { Role::ProbesOnly } else { role },
    })
}

//! Addresses for what `serve --dev` runs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// A port that is free now.
pub(super) fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

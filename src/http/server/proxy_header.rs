//! The header that a proxy at layer 4 sends before all else: whom it speaks for (PROXY protocol,
//! versions 1 and 2).
//!
//! Decides which bytes are the header and which address it has. It is read only where it must be
//! there; nothing behind it is read.

use std::io;
use std::net::SocketAddr;

use ppp::{v1, v2};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The shortest header of both versions: `PROXY UNKNOWN\r\n`.
const SHORTEST_BYTES: usize = 15;
/// The longest header of version 1, without the byte that ends a string in C.
const LONGEST_LINE_BYTES: usize = 107;
/// The fixed part of version 2: signature, command, family, length of the rest.
const BINARY_BYTES: usize = 16;
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Addresses take at most 216 bytes, and what some proxies add a few hundred.
const LONGEST_REST_BYTES: usize = 4096;

/// What is sent is no header.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyHeaderError {
    #[error("the connection does not begin with a PROXY header")]
    Missing,
    #[error("the PROXY header is malformed: {0}")]
    Malformed(String),
    #[error("the connection ended within the PROXY header")]
    Ended,
}

/// Reads the header and nothing behind it: the address of the client; `None` if it has none, as
/// that of a proxy's own health check.
pub(super) async fn read(stream: &mut TcpStream) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let mut header = vec![0; SHORTEST_BYTES];
    exactly(stream, &mut header).await?;
    if header.starts_with(SIGNATURE) {
        header.resize(BINARY_BYTES, 0);
        exactly(stream, header.get_mut(SHORTEST_BYTES..).unwrap_or_default()).await?;
        let length = match header.get(BINARY_BYTES - 2..) {
            Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        if length > LONGEST_REST_BYTES {
            let why = format!("{length} bytes follow, more than {LONGEST_REST_BYTES}");
            return Err(ProxyHeaderError::Malformed(why));
        }
        header.resize(BINARY_BYTES + length, 0);
        exactly(stream, header.get_mut(BINARY_BYTES..).unwrap_or_default()).await?;
        return binary_address(&header);
    }
    if !header.starts_with(b"PROXY ") {
        return Err(ProxyHeaderError::Missing);
    }
    while !header.ends_with(b"\r\n") {
        let more = rest_of_line(stream, LONGEST_LINE_BYTES - header.len()).await?;
        if more == 0 {
            let why = format!("its line is longer than {LONGEST_LINE_BYTES} bytes");
            return Err(ProxyHeaderError::Malformed(why));
        }
        let from = header.len();
        header.resize(from + more, 0);
        exactly(stream, header.get_mut(from..).unwrap_or_default()).await?;
    }
    line_address(&header)
}

async fn exactly(stream: &mut TcpStream, to: &mut [u8]) -> Result<(), ProxyHeaderError> {
    match stream.read_exact(to).await {
        Ok(_) => Ok(()),
        Err(_) => Err(ProxyHeaderError::Ended),
    }
}

/// How many of the bytes that have come are of the line, at most `limit`, at least one unless that
/// is zero. Looks at them and takes none.
async fn rest_of_line(stream: &TcpStream, limit: usize) -> Result<usize, ProxyHeaderError> {
    let ended = |_: io::Error| ProxyHeaderError::Ended;
    let mut bytes = [0; LONGEST_LINE_BYTES];
    let bytes = bytes.get_mut(..limit).unwrap_or_default();
    if bytes.is_empty() {
        return Ok(0);
    }
    let come = stream.peek(bytes).await.map_err(ended)?;
    if come == 0 {
        return Err(ProxyHeaderError::Ended);
    }
    let come = bytes.get(..come).unwrap_or_default();
    let end = come.iter().position(|byte| *byte == b'\n');
    Ok(end.map_or(come.len(), |end| end + 1))
}

/// The address in a header of version 1.
fn line_address(header: &[u8]) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let parsed = v1::Header::try_from(header)
        .map_err(|error| ProxyHeaderError::Malformed(error.to_string()))?;
    Ok(match parsed.addresses {
        v1::Addresses::Tcp4(tcp) => Some((tcp.source_address, tcp.source_port).into()),
        v1::Addresses::Tcp6(tcp) => Some((tcp.source_address, tcp.source_port).into()),
        v1::Addresses::Unknown => None,
    })
}

/// The address in a header of version 2.
fn binary_address(header: &[u8]) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let parsed = v2::Header::try_from(header)
        .map_err(|error| ProxyHeaderError::Malformed(error.to_string()))?;
    if parsed.command == v2::Command::Local {
        return Ok(None);
    }
    Ok(match parsed.addresses {
        v2::Addresses::IPv4(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::IPv6(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    })
}

#[cfg(test)]
#[path = "proxy_header_tests.rs"]
mod tests;

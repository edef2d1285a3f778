//! The stream of one connection: TCP, TLS over TCP, or a Unix socket.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown as Half;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use crate::gateway::has_news;

/// The stream of one connection. An enum, so that reading and writing plain TCP costs a comparison
/// more and nothing else.
pub(super) enum Socket {
    Tcp(TcpStream),
    /// Boxed: its session takes more room than all else of a connection.
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

impl Socket {
    /// Whether data, or the end, may have arrived since the last read that found nothing.
    pub(super) fn has_news(&self) -> bool {
        match self {
            Self::Tcp(tcp) => has_news(tcp),
            Self::Tls(tls) => has_news(tls.get_ref().0),
            Self::Unix(unix) => unix.try_io(Interest::READABLE, || Ok(())).is_ok(),
        }
    }

    /// What is written is sent at once.
    pub(super) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(tcp) => tcp.set_nodelay(true),
            Self::Tls(tls) => tls.get_ref().0.set_nodelay(true),
            Self::Unix(_) => Ok(()),
        }
    }

    /// Whether written bytes may wait in this process, so that they are to be flushed.
    pub(super) fn buffers(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Whether the client has sent what nobody has read, such as its next request before it has
    /// seen that this was the last.
    pub(super) fn has_unread_bytes(&self) -> bool {
        self.system()
            .peek(&mut [MaybeUninit::uninit()])
            .is_ok_and(|bytes| bytes > 0)
    }

    /// Nothing more is written: under TLS that is said, so that the client knows that nobody cut
    /// the end off.
    pub(super) async fn end_writing(&mut self) {
        if let Self::Tls(tls) = self {
            let _ = tls.shutdown().await;
        }
        let _ = self.system().shutdown(Half::Write);
    }

    /// Reads what has come, as it came, and keeps nothing of it; 0 is the end.
    pub(super) fn poll_read_raw(
        &mut self,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(context, to),
            Self::Tls(tls) => Pin::new(tls.get_mut().0).poll_read(context, to),
            Self::Unix(unix) => Pin::new(unix).poll_read(context, to),
        }
    }

    fn system(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(tcp) => SockRef::from(tcp),
            Self::Tls(tls) => SockRef::from(tls.get_ref().0),
            Self::Unix(unix) => SockRef::from(unix),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(context, to),
            Self::Tls(tls) => {
                let read = Pin::new(&mut **tls).poll_read(context, to);
                // An alert, such as that there is no renegotiation, is for a client that waits for
                // it.
                if read.is_pending() && tls.get_ref().1.wants_write() {
                    let _ = Pin::new(&mut **tls).poll_flush(context)?;
                }
                read
            }
            Self::Unix(unix) => Pin::new(unix).poll_read(context, to),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_write(context, bytes),
            Self::Unix(unix) => Pin::new(unix).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(context, parts),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_write_vectored(context, parts),
            Self::Unix(unix) => Pin::new(unix).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_flush(context),
            Self::Unix(unix) => Pin::new(unix).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(&mut **tls).poll_shutdown(context),
            Self::Unix(unix) => Pin::new(unix).poll_shutdown(context),
        }
    }
}

//! The beginning of a TLS connection, up to its first request.
//!
//! Decides how many begin at once and how long each may take. The signature is what costs: one is
//! made at a time, and between two of them all that waits on this thread is served, so that a flood
//! of handshakes delays no probe. At the bound the one that was begun first gives way.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::connections::{CloseRequest, Connection};
use super::timeouts::LINGER_TIMEOUT;
use super::unspoken;
use crate::http::tls_in_force::TlsInForce;
use crate::tls::handshake_failure;

/// A handshake takes at most so long, the wait for its first byte included.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// So many are open at once.
const MAX_HANDSHAKES: usize = 1024;

/// The handshakes that are open.
pub(in crate::http) struct Handshakes {
    /// Whose turn it is to sign.
    turn: Semaphore,
    /// In the order in which they were begun; some of them may have ended.
    open: Mutex<VecDeque<Arc<Connection>>>,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self {
            turn: Semaphore::new(1),
            open: Mutex::default(),
        }
    }
}

impl Handshakes {
    fn open(&self) -> MutexGuard<'_, VecDeque<Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for one more, until the guard is dropped.
    fn begin<'a>(&'a self, connection: &'a Arc<Connection>) -> HandshakeGuard<'a> {
        let mut open = self.open();
        if open.len() >= MAX_HANDSHAKES
            && let Some(first) = open.pop_front()
        {
            first.ask_to_close(CloseRequest::Now);
        }
        open.push_back(Arc::clone(connection));
        HandshakeGuard {
            handshakes: self,
            connection,
        }
    }

    /// The stream of `connection` with TLS, once both sides have agreed. A client that does not
    /// speak TLS gets an answer that says so.
    pub(super) async fn accept(
        &self,
        tcp: TcpStream,
        tls: &TlsInForce,
        connection: &Arc<Connection>,
    ) -> Option<TlsStream<TcpStream>> {
        let _open = self.begin(connection);
        let shaken = unless_closed(connection, self.shake(tcp, tls));
        let error = match timeout(HANDSHAKE_TIMEOUT, shaken).await {
            Ok(Some(Ok(stream))) => return Some(stream),
            Ok(Some(Err(error))) => handshake_failure(&error).unwrap_or_else(|| error.to_string()),
            Ok(None) => "has to make room".to_owned(),
            Err(_) => "takes too long".to_owned(),
        };
        debug!("a TLS handshake failed: the client {error}");
        None
    }

    async fn shake(
        &self,
        mut tcp: TcpStream,
        tls: &TlsInForce,
    ) -> io::Result<TlsStream<TcpStream>> {
        /// How each record of a handshake begins.
        const HANDSHAKE_RECORD: u8 = 22;
        let mut first = [0];
        let come = tcp.peek(&mut first).await?;
        if come == 1 && first != [HANDSHAKE_RECORD] {
            let _ = timeout(LINGER_TIMEOUT, answer_plainly(&mut tcp)).await;
            return Err(io::Error::other("sent something else than TLS"));
        }
        let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
        let turn = self.turn.acquire().await.map_err(io::Error::other)?;
        // All that is ready, and all that has come meanwhile, is served before.
        yield_now().await;
        let mut accepting = pin!(hello.into_stream(Arc::clone(&tls.config)));
        let signed = poll_fn(|context| Poll::Ready(accepting.as_mut().poll(context))).await;
        drop(turn);
        match signed {
            Poll::Ready(stream) => stream,
            Poll::Pending => accepting.await,
        }
    }
}

/// Answers who does not speak TLS. All of the request is read: to close a socket with unread bytes
/// resets the connection, and the answer would be lost.
async fn answer_plainly(tcp: &mut TcpStream) -> io::Result<()> {
    const MAX_REQUEST_BYTES: u64 = 1 << 20;
    tcp.write_all(&unspoken::PLAIN_HTTP.bytes()).await?;
    tcp.shutdown().await?;
    tokio::io::copy(&mut tcp.take(MAX_REQUEST_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Does `work` for as long as the connection is not asked to close.
pub(super) async fn unless_closed<T>(
    connection: &Connection,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if connection.close_request() != CloseRequest::None => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// A handshake that is open.
struct HandshakeGuard<'a> {
    handshakes: &'a Handshakes,
    connection: &'a Arc<Connection>,
}

impl Drop for HandshakeGuard<'_> {
    fn drop(&mut self) {
        let mut open = self.handshakes.open();
        // It is nearly always among the last.
        let found = open
            .iter()
            .rposition(|open| Arc::ptr_eq(open, self.connection));
        if let Some(index) = found {
            open.remove(index);
        }
    }
}

//! The node's JSON-RPC over HTTP: on a port, or within the process, in the same shapes.
//!
//! Decides who may call: whoever sends the cookie. Invariant: a caller that is slow or wrong holds
//! up no other.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use subtle::ConstantTimeEq;
use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::either::Either;
use tracing::warn;

use crate::rpc::RpcHandler;
use crate::secret::CookieSecret;

/// As much as bitcoind takes in one request (its `MAX_SIZE`), bytes.
const MAX_REQUEST_BYTES: usize = 0x0200_0000;
/// After a failed accept, as when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connects callers within the process.
#[derive(Clone, Debug)]
pub struct RpcConnector(mpsc::UnboundedSender<DuplexStream>);

/// Where callers over HTTP connect to the node.
#[derive(Debug)]
pub struct RpcListener(ConnectionSource);

#[derive(Debug)]
enum ConnectionSource {
    Nobody,
    Process(mpsc::UnboundedReceiver<DuplexStream>),
    Port(TcpListener),
}

/// A way to call, within the process, a node that is yet to be opened, and what to give that node.
#[must_use]
pub fn rpc_channel() -> (RpcConnector, RpcListener) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (
        RpcConnector(sender),
        RpcListener(ConnectionSource::Process(receiver)),
    )
}

impl RpcConnector {
    /// A connection to the node, on which it speaks HTTP/1; `None` once it has ended.
    #[must_use]
    pub fn connect(&self) -> Option<DuplexStream> {
        /// As much as a socket takes on its way, about.
        const BUFFER: usize = 64 * 1024;
        let (near, far) = duplex(BUFFER);
        self.0.send(far).ok().map(|()| near)
    }
}

impl RpcListener {
    /// Nobody calls over HTTP.
    #[must_use]
    pub fn none() -> Self {
        Self(ConnectionSource::Nobody)
    }

    /// Callers connect to the port that `listener` is bound to.
    #[must_use]
    pub fn on_port(listener: TcpListener) -> Self {
        Self(ConnectionSource::Port(listener))
    }

    /// Where callers connect, if that is a port.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.0 {
            ConnectionSource::Port(listener) => listener.local_addr().ok(),
            ConnectionSource::Nobody | ConnectionSource::Process(_) => None,
        }
    }

    /// Answers calls for ever.
    pub(crate) async fn serve(mut self, rpc: &RpcHandler, cookie: &CookieSecret) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                stream = self.accept() => {
                    connections.spawn(connection(stream, rpc.clone(), cookie.clone()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// The next connection.
    async fn accept(&mut self) -> Either<DuplexStream, TcpStream> {
        match &mut self.0 {
            ConnectionSource::Nobody => std::future::pending().await,
            ConnectionSource::Process(streams) => match streams.recv().await {
                Some(stream) => Either::Left(stream),
                // Every connector is gone, and nobody waits for that.
                None => std::future::pending().await,
            },
            ConnectionSource::Port(listener) => loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        // Answers are short, and go out at once.
                        let _ = stream.set_nodelay(true);
                        break Either::Right(stream);
                    }
                    Err(error) => {
                        warn!(%error, "cannot accept a caller");
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            },
        }
    }
}

async fn connection(
    stream: Either<DuplexStream, TcpStream>,
    rpc: RpcHandler,
    cookie: CookieSecret,
) {
    let rpc = &rpc;
    let cookie = &cookie;
    let service = service_fn(move |request| async move {
        Ok::<_, Infallible>(answer(request, rpc, cookie).await)
    });
    // It ends when the caller has had enough of it.
    let _ = Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    rpc: &RpcHandler,
    cookie: &CookieSecret,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "JSONRPC server handles only POST requests",
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    if !has_cookie(head.headers.get(AUTHORIZATION), cookie) {
        let mut response = plain(StatusCode::UNAUTHORIZED, "");
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"jsonrpc\""),
        );
        return response;
    }
    let Ok(body) = Limited::new(body, MAX_REQUEST_BYTES).collect().await else {
        return plain(StatusCode::BAD_REQUEST, "");
    };
    let reply = rpc.handle(head.uri.path(), &body.to_bytes()).await;
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

/// As long for a wrong one as for the right one.
fn has_cookie(authorization: Option<&HeaderValue>, cookie: &CookieSecret) -> bool {
    let Some((scheme, encoded)) =
        authorization.and_then(|header| header.as_bytes().split_at_checked(6))
    else {
        return false;
    };
    let shown = BASE64_STANDARD
        .decode(encoded.trim_ascii())
        .unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"basic ") && bool::from(shown.ct_eq(cookie.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_cookie_opens() {
        let cookie = CookieSecret::new("__cookie__:c0ffee".to_owned());
        let shows = |text: &str| {
            let header = format!("Basic {}", BASE64_STANDARD.encode(text));
            has_cookie(Some(&HeaderValue::from_str(&header).unwrap()), &cookie)
        };
        assert!(shows("__cookie__:c0ffee"));
        for wrong in ["__cookie__:c0ffe", "__cookie__:c0ffee0", "", "alice:c0ffee"] {
            assert!(!shows(wrong), "{wrong}");
        }
        assert!(!has_cookie(None, &cookie));
        assert!(!has_cookie(
            Some(&HeaderValue::from_static("Bearer c0ffee")),
            &cookie
        ));
        assert!(!has_cookie(
            Some(&HeaderValue::from_static("Basic")),
            &cookie
        ));
    }
}

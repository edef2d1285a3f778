//! HTTP between the front and the node's JSON-RPC, within the process: no port, but the same shapes
//! as over one.
//!
//! Decides who may call: whoever shows the cookie. Limits and users are the front's.

use std::convert::Infallible;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use subtle::ConstantTimeEq;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::rpc::Rpc;
use crate::values::Secret;

/// Where callers connect.
#[derive(Clone, Debug)]
pub struct Inlet(mpsc::UnboundedSender<DuplexStream>);

/// Where their connections arrive.
#[derive(Debug)]
pub struct Calls(mpsc::UnboundedReceiver<DuplexStream>);

/// A way to call a node that is yet to be started, and what to give that node.
#[must_use]
pub fn inlet() -> (Inlet, Calls) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Inlet(sender), Calls(receiver))
}

impl Inlet {
    /// A connection to the node; `None` once it has ended.
    #[must_use]
    pub fn connect(&self) -> Option<DuplexStream> {
        /// As much as a socket takes on its way, about.
        const BUFFER: usize = 64 * 1024;
        let (near, far) = duplex(BUFFER);
        self.0.send(far).ok().map(|()| near)
    }
}

impl Calls {
    /// Nobody calls.
    #[must_use]
    pub fn none() -> Self {
        inlet().1
    }

    /// Answers calls for ever.
    pub(super) async fn serve(mut self, rpc: &Rpc, cookie: &Secret) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                stream = self.0.recv() => match stream {
                    Some(stream) => {
                        let (rpc, cookie) = (rpc.clone(), cookie.clone());
                        connections.spawn(connection(stream, rpc, cookie));
                    }
                    // Nobody will call any more, and nobody waits for that.
                    None => return std::future::pending().await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn connection(stream: DuplexStream, rpc: Rpc, cookie: Secret) {
    let (rpc, cookie) = (&rpc, &cookie);
    let service = service_fn(move |request| async move {
        Ok::<_, Infallible>(answer(request, rpc, cookie).await)
    });
    // It ends when the front has had enough of it.
    let _ = Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, rpc: &Rpc, cookie: &Secret) -> Response<Full<Bytes>> {
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
    // The front sends no more than it takes from its clients.
    let Ok(body) = body.collect().await else {
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
fn has_cookie(authorization: Option<&HeaderValue>, cookie: &Secret) -> bool {
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
        let cookie = Secret::new("__cookie__:c0ffee".to_owned());
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

//! How the names of an answer's headers are written, where `hyper` writes them.
//!
//! Some clients care: a node's `WWW-Authenticate` must reach them as it is written. `hyper` writes
//! names in title case (`Www-Authenticate`), unless it has read them somewhere: so it is given the
//! names to read that the node writes in another way. Nothing is waited for.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::http::Extensions;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::gateway::{Body, HeaderLines, NODE_HEADER, Reply, header_map};

/// `reply` as `hyper` takes it. Its log entry is written.
pub(in crate::http) fn response(mut reply: Reply) -> Response<Body> {
    if let Some(node) = reply.node.take() {
        reply.lines.push(NODE_HEADER, node.as_bytes());
    }
    let mut response = Response::new(());
    *response.status_mut() = reply.status;
    *response.headers_mut() = header_map(&reply.lines);
    let extensions = response.extensions_mut();
    extensions.extend(case_of(&reply.lines).unwrap_or_default());
    if let Some(reason) = &reply.reason {
        extensions.insert(reason.clone());
    }
    response.map(|()| reply.into_body())
}

/// Whether `hyper` writes `name` so by itself.
fn is_title_case(name: &str) -> bool {
    let mut starts = true;
    name.bytes().all(|letter| {
        let begins = std::mem::replace(&mut starts, letter == b'-');
        if begins {
            !letter.is_ascii_lowercase()
        } else {
            !letter.is_ascii_uppercase()
        }
    })
}

/// What makes `hyper` write the names of `lines` as they are; nothing where it does so anyway.
fn case_of(lines: &HeaderLines) -> Option<Extensions> {
    thread_local! {
        /// Those of the last answer are nearly always those of the next.
        static LAST_CASE: RefCell<(String, Extensions)> = RefCell::default();
    }
    let is_of_body = |name: &str| BODY_HEADERS.iter().any(|of| name.eq_ignore_ascii_case(of));
    let names = || lines.names().filter(|name| !is_of_body(name));
    if names().all(is_title_case) {
        return None;
    }
    let mut head = String::new();
    for name in names() {
        head.extend([name, ": \r\n"]);
    }
    LAST_CASE.with_borrow_mut(|last| {
        if last.0 != head {
            let noted = read(&head);
            *last = (head, noted);
        }
        Some(last.1.clone())
    })
}

/// A request with these would have another body, or none.
const BODY_HEADERS: [&str; 5] = [
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "upgrade",
];

/// What `hyper` notes of a head with these lines.
fn read(lines: &str) -> Extensions {
    let noted = Rc::new(RefCell::new(Extensions::new()));
    let head = format!("GET / HTTP/1.1\r\n{lines}\r\n");
    let service = service_fn(|request: Request<Incoming>| {
        noted.borrow_mut().clone_from(request.extensions());
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    });
    let io = TokioIo::new(tokio::io::join(head.as_bytes(), tokio::io::sink()));
    let serving = pin!(
        http1::Builder::new()
            .preserve_header_case(true)
            .serve_connection(io, service)
    );
    let _ = serving.poll(&mut Context::from_waker(Waker::noop()));
    noted.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `hyper` writes for an answer with these lines, line by line.
    fn written(lines: &HeaderLines) -> Vec<String> {
        let mut out = std::io::Cursor::new(Vec::new());
        let service = service_fn(|_: Request<Incoming>| {
            let mut answer = Response::new(Empty::<Bytes>::new());
            *answer.headers_mut() = header_map(lines);
            answer
                .extensions_mut()
                .extend(case_of(lines).unwrap_or_default());
            async { Ok::<_, Infallible>(answer) }
        });
        let io = TokioIo::new(tokio::io::join(&b"GET / HTTP/1.1\r\n\r\n"[..], &mut out));
        let mut server = http1::Builder::new();
        let serving = pin!(
            server
                .half_close(true)
                .title_case_headers(true)
                .serve_connection(io, service)
        );
        assert!(
            serving
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
        String::from_utf8(out.into_inner())
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn names_are_written_as_they_came() {
        let mut lines = HeaderLines::default();
        let named = [
            "WWW-Authenticate",
            "x-low",
            "X-Low",
            "CONTENT-TYPE",
            "ETag",
            "Date",
        ];
        for (value, name) in named.iter().enumerate() {
            lines.push(name, value.to_string().as_bytes());
        }
        let written = written(&lines);
        for (value, name) in named.iter().enumerate() {
            assert!(
                written.contains(&format!("{name}: {value}")),
                "{name}: {written:?}"
            );
        }
        assert!(
            written.contains(&"Content-Length: 0".to_owned()),
            "{written:?}"
        );
    }

    #[test]
    fn where_they_are_as_in_a_title_nothing_is_read() {
        let mut lines = HeaderLines::default();
        for name in ["Content-Type", "Date", "X-Request-Id", "Content-Length"] {
            assert!(is_title_case(name) && !is_title_case(&name.to_lowercase()));
            lines.push(name, b"x");
        }
        assert!(case_of(&lines).is_none());
        assert!(written(&lines).contains(&"Content-Type: x".to_owned()));
    }

    #[test]
    fn each_answer_has_its_own_names() {
        for name in ["wWW-authenticate", "WWW-Authenticate", "wWW-authenticate"] {
            let mut lines = HeaderLines::default();
            lines.push(name, b"x");
            assert!(written(&lines).contains(&format!("{name}: x")), "{name}");
        }
    }
}

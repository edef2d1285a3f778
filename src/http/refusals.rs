//! Refusals that every path has in common, and the answer to OPTIONS.

use hyper::StatusCode;

use super::reply::{self, Reply};

pub(super) fn not_allowed(allow: &'static str) -> Reply {
    let mut reply = reply::text(StatusCode::METHOD_NOT_ALLOWED, format!("use {allow}\n"));
    reply.lines.push("Allow", allow.as_bytes());
    reply
}

pub(super) fn options(allow: &'static str) -> Reply {
    let mut reply = reply::text(StatusCode::NO_CONTENT, String::new());
    reply.lines.push("Allow", allow.as_bytes());
    reply
}

pub(super) fn not_found() -> Reply {
    reply::text(StatusCode::NOT_FOUND, "not found\n".to_owned())
}

pub(super) fn unknown_host() -> Reply {
    let detail = "the Host is a name that this loopback listener does not answer to; name it in \
        rpc.allowed_hosts";
    reply::problem(StatusCode::FORBIDDEN, detail)
}

pub(super) fn certificate_required() -> Reply {
    let detail = "all but /health, /health/live and /health/ready needs a client certificate of \
        rpc.tls_client_ca_file";
    reply::problem(StatusCode::FORBIDDEN, detail)
}

pub(super) fn foreign_origin() -> Reply {
    reply::problem(
        StatusCode::FORBIDDEN,
        "requests from a foreign Origin are refused",
    )
}

//! Answers of this folder: a status, a few headers, a body.

use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;

use crate::api::ProblemDetails;
use crate::gateway::HeaderLines;
pub(super) use crate::gateway::Reply;

/// An answer of `content_type`. Nothing here may be cached: it is true for a moment.
pub(super) fn with(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    const SERVER: &str = concat!("bllvmctl/", env!("CARGO_PKG_VERSION"));
    let mut lines = HeaderLines::default();
    lines.push("Content-Type", content_type.as_bytes());
    lines.push("Cache-Control", b"no-store");
    // So that a client knows whom it has asked.
    lines.push("Server", SERVER.as_bytes());
    Reply::new(status, lines, body)
}

pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    with(status, "application/json", body)
}

pub(super) fn text(status: StatusCode, body: String) -> Reply {
    with(status, "text/plain; charset=utf-8", body)
}

/// `value` as JSON.
pub(super) fn value(status: StatusCode, value: &impl Serialize) -> Reply {
    json(status, line(value))
}

/// `value` as JSON, and the newline with which the body of every answer ends: some clients wait for
/// it.
pub(super) fn line(value: &impl Serialize) -> Vec<u8> {
    // The values are made of plain fields and always serialise.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Problem details (RFC 9457).
pub(super) fn problem(status: StatusCode, detail: &str) -> Reply {
    problem_with(status, &problem_details(status, detail))
}

/// The details of a problem, to be added to.
pub(super) fn problem_details(status: StatusCode, detail: &str) -> ProblemDetails {
    let title = status.canonical_reason().unwrap_or("Error");
    ProblemDetails::new(status.as_u16(), title, detail)
}

/// Problem details with more members.
pub(super) fn problem_with(status: StatusCode, details: &ProblemDetails) -> Reply {
    with(status, ProblemDetails::MEDIA_TYPE, line(details))
}

/// The refusal of a request about a node that is not there; those that are there are `names`.
pub(super) fn no_such_node(name: &str, names: Vec<String>) -> Reply {
    let status = StatusCode::NOT_FOUND;
    let verb = if names.len() == 1 { "is" } else { "are" };
    let detail = format!("there is no node {name}; there {verb} {}", names.join(", "));
    let details = ProblemDetails {
        nodes: Some(names),
        ..problem_details(status, &detail)
    };
    problem_with(status, &details)
}

/// The refusal of a request that means the only node, where there are several: these `names`.
pub(super) fn name_a_node(names: Vec<String>) -> Reply {
    let status = StatusCode::BAD_REQUEST;
    let list = names.join(", ");
    let detail = format!("name a node: there are {list}, below /api/v1/nodes/NAME");
    let details = ProblemDetails {
        nodes: Some(names),
        ..problem_details(status, &detail)
    };
    problem_with(status, &details)
}

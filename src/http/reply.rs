//! Answers: a status, a few headers, a body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, SERVER};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::connections::InFlight;
use super::header_case::title_case;
use crate::api::ProblemDetails;
use crate::gateway::{Body as FrontBody, BodyError, Lines, Reply as FrontReply};

/// An answer.
pub(super) type Reply = Response<Body>;

/// The body of an answer.
pub(super) struct Body {
    content: FrontBody,
    /// Held as long as there is more to come.
    _in_flight: Option<InFlight>,
}

impl Body {
    fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            content: FrontBody::Whole(Full::new(bytes.into())),
            _in_flight: None,
        }
    }

    /// What the front answers.
    pub(super) fn of_front(content: FrontBody) -> Self {
        Self {
            content,
            _in_flight: None,
        }
    }

    /// Holds `in_flight` until the body has been taken, if that is not so at once.
    pub(super) fn holding(self, in_flight: Option<InFlight>) -> Self {
        match self.content {
            FrontBody::Whole(_) => self,
            FrontBody::Node(_) => Self {
                _in_flight: in_flight,
                ..self
            },
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.content).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

/// `reply` with its headers as lines.
pub(super) fn in_lines(reply: Reply) -> FrontReply {
    let (head, body) = reply.into_parts();
    let mut lines = Lines::default();
    for (name, value) in &head.headers {
        lines.push(&title_case(name.as_str()), value.as_bytes());
    }
    FrontReply {
        status: head.status,
        reason: None,
        lines,
        body: body.content,
        of_node: false,
        untold: None,
    }
}

/// An answer of `content_type`. Nothing here may be cached: it is true for a moment.
pub(super) fn with(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    let mut reply = Response::new(Body::whole(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // So that a client knows whom it has asked.
    headers.insert(
        SERVER,
        HeaderValue::from_static(concat!("bllvmctl/", env!("CARGO_PKG_VERSION"))),
    );
    reply
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

/// The refusal of a request about a node that is not there.
pub(super) fn no_such_node(name: &str, there_is: &str) -> Reply {
    let status = StatusCode::NOT_FOUND;
    let detail = format!("there is no node {name}; there is {there_is}");
    let details = ProblemDetails {
        nodes: Some(vec![there_is.to_owned()]),
        ..problem_details(status, &detail)
    };
    problem_with(status, &details)
}

//! One call of the control API: its method, its query, its document.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::operator::AskedFor;
use crate::http::reply::{self, Reply};
use crate::http::server::connections::RequestBody;

/// No document of an operator is longer.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// A body may take so long to come, as a header may: whoever stops in the middle must not keep the
/// connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A call that has shown the token.
pub(super) struct ControlRequest {
    request: Request<RequestBody>,
    asked_for: AskedFor,
}

impl ControlRequest {
    /// `asked_for` gets the document, once that was read.
    pub(super) fn new(request: Request<RequestBody>, asked_for: AskedFor) -> Self {
        Self { request, asked_for }
    }

    /// The method; HEAD goes where GET does.
    pub(super) fn method(&self) -> &Method {
        match *self.request.method() {
            Method::HEAD => &Method::GET,
            ref method => method,
        }
    }

    /// Whether the method is one of `allowed`; else the refusal that names these.
    pub(super) fn check(&self, allowed: &[Method]) -> Result<(), Box<Reply>> {
        if allowed.contains(self.method()) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        let names = names.join(", ");
        let mut reply = reply::problem(StatusCode::METHOD_NOT_ALLOWED, &format!("use {names}"));
        reply.lines.push("Allow", names.as_bytes());
        Err(Box::new(reply))
    }

    /// Whether it changes nothing.
    pub(super) fn is_read(&self) -> bool {
        *self.method() == Method::GET
    }

    /// What stands behind the question mark.
    pub(super) fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }

    /// The JSON document in the body; no body is an empty object. What is wrong with it is reported
    /// in its own words.
    pub(super) async fn document<T: DeserializeOwned>(self) -> Result<T, Box<Reply>> {
        let body = Limited::new(self.request.into_body(), MAX_DOCUMENT_BYTES).collect();
        let body = match timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let detail = format!("the document is longer than {MAX_DOCUMENT_BYTES} bytes");
                return Err(problem(StatusCode::PAYLOAD_TOO_LARGE, &detail));
            }
            Ok(Err(error)) => {
                let detail = format!("the body cannot be read: {error}");
                return Err(problem(StatusCode::BAD_REQUEST, &detail));
            }
            Err(_) => {
                return Err(problem(
                    StatusCode::REQUEST_TIMEOUT,
                    "the body did not come in time",
                ));
            }
        };
        if !body.is_empty() {
            // A request is read once.
            let _ = self
                .asked_for
                .set(String::from_utf8_lossy(&body).into_owned());
        }
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        // An array would be taken for the members in their order.
        if !body.trim_ascii_start().starts_with(b"{") {
            let detail = "the document is not valid: it must be a JSON object";
            return Err(problem(StatusCode::BAD_REQUEST, detail));
        }
        serde_json::from_slice(body).map_err(|error| {
            problem(
                StatusCode::BAD_REQUEST,
                &format!("the document is not valid: {error}"),
            )
        })
    }
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the results of this folder have their refusals in a box"
)]
fn problem(status: StatusCode, detail: &str) -> Box<Reply> {
    Box::new(reply::problem(status, detail))
}

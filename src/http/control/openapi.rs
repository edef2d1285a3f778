//! `GET /api/v1/openapi.json`: this API, described for programs.

use hyper::StatusCode;

use crate::http::openapi::operation::OperationDraft;
use crate::http::reply::{self, Reply};

/// What `http/openapi` has made of the table of paths.
const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

pub(super) fn show() -> Reply {
    reply::json(StatusCode::OK, DOCUMENT)
}

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new("daemon", "getOpenApi", "This description")
        .gives_object(200, "An OpenAPI document")
}

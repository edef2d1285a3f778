//! `GET /api/v1/status` and `GET /api/v1/nodes/NAME`: everything that is known.

use hyper::StatusCode;

use super::ControlApi;
use crate::api::StatusDocument;
use crate::clock;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};

/// Of the only node or the gateway, or of the node called `node`.
pub(super) fn status(api: &ControlApi, node: Option<&str>) -> Reply {
    let tasks = api.supervisor.report();
    match api.detailed.status(node, &tasks, clock::mono()) {
        Some(status) => reply::value(StatusCode::OK, &status),
        // It was removed since its path was read.
        None => reply::no_such_node(node.unwrap_or_default(), api.roster().all().names()),
    }
}

pub(super) fn describe() -> OperationDraft {
    let summary = "Everything that is known; with several nodes of the gateway, and of each node";
    OperationDraft::new("daemon", "getStatus", summary).gives::<StatusDocument>(
        200,
        "The status",
        golden!("status"),
    )
}

pub(super) fn describe_of_node() -> OperationDraft {
    OperationDraft::new("nodes", "getStatus", "Everything that is known of the node")
        .gives::<StatusDocument>(200, "The status", golden!("status"))
}

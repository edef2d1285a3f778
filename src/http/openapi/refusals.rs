//! What every operation of the control API may be refused with. Pure.

use utoipa::openapi::schema::Components;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, ResponseBuilder, Type};

use super::documents::reference;
use super::operation::{OperationDraft, header};
use crate::api::ProblemDetails;

pub(in crate::http) const UNMANAGED: &str = "This daemon does not manage the node: nodes.manage";
pub(in crate::http) const NOT_WRITTEN: &str =
    "What was asked for could not be saved, and is not in force";
pub(in crate::http) const NOT_SAVED: &str =
    "It is done, but not saved: it may be forgotten with the next restart";

/// The refusals, by name.
const SHARED: [(&str, &str); 10] = [
    (
        "BadRequest",
        "The request contradicts itself, or its query or document is not valid",
    ),
    (
        "NameANode",
        "There are several nodes: name one; or the request is not valid",
    ),
    ("Unauthorized", "The control token is missing or wrong"),
    (
        "Forbidden",
        "The client is not on this machine, or the Host or the Origin is another's",
    ),
    ("NotFound", "The control API is on rpc.ops_listen only"),
    (
        "NoSuchNode",
        "There is no such node: the names of those there are",
    ),
    ("MethodNotAllowed", "Another method than those of this path"),
    ("RequestTimeout", "The document did not come in time"),
    ("ContentTooLarge", "The document is longer than 64 KiB"),
    (
        "TooManyRequests",
        "Too many requests of this address with a wrong token",
    ),
];

/// Adds the refusals that operations share.
pub(super) fn add_shared(components: &mut Components) {
    for (name, text) in SHARED {
        let content = ContentBuilder::new().schema(Some(reference::<ProblemDetails>()));
        let response = ResponseBuilder::new()
            .description(text)
            .content(ProblemDetails::MEDIA_TYPE, content.build());
        let response = match name {
            "Unauthorized" => {
                let how = header("How to show it", Type::String);
                response.header("WWW-Authenticate", how)
            }
            "MethodNotAllowed" => {
                response.header("Allow", header("The methods of this path", Type::String))
            }
            "TooManyRequests" => {
                let when = header("When to try again, seconds", Type::Integer);
                response.header("Retry-After", when)
            }
            _ => response,
        };
        components
            .responses
            .insert(name.to_owned(), response.build().into());
    }
}

/// The operation as one of the control API.
pub(super) fn of_control_api(draft: OperationDraft) -> OperationDraft {
    let draft = with_document(draft.with_token());
    draft
        .may_share(400, "BadRequest")
        .may_share(401, "Unauthorized")
        .may_share(403, "Forbidden")
        .may_share(404, "NotFound")
        .may_share(405, "MethodNotAllowed")
        .may_share(429, "TooManyRequests")
}

fn with_document(draft: OperationDraft) -> OperationDraft {
    if !draft.has_body() {
        return draft;
    }
    draft
        .may_share(408, "RequestTimeout")
        .may_share(413, "ContentTooLarge")
}

/// The operation on a node that the path names.
pub(super) fn of_named_node(draft: OperationDraft) -> OperationDraft {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1));
    let mut draft = of_control_api(draft.segment("node", "The name of the node", name));
    draft.id += "OfNode";
    draft.may_share(404, "NoSuchNode")
}

/// The operation on the only node.
pub(super) fn of_only_node(draft: OperationDraft) -> OperationDraft {
    of_control_api(draft).may_share(400, "NameANode")
}

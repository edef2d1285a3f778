//! The operations of the health paths. Pure.

use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, Required, Schema, SchemaFormat, Type,
};

use super::operation::{OperationDraft, golden};
use crate::api::{DetailedHealth, PlainHealth};
use crate::http::node_question::index_options;

const DEAD: &str = r#"{"status":"dead","reasons":["node: has answered nothing for 4 min"]}"#;
const UNHEALTHY: &str = r#"{"status":"unhealthy","timestamp":1234567890,
    "reasons":["sync: 1200 blocks behind, about 4 min"]}"#;
const NOT_READY: &str = r#"{"status":"not_ready","chain_initialized":false,
    "storage_available":true,"reasons":["sync: 1200 blocks behind, about 4 min"]}"#;

/// The paths, and what GET does there.
pub(super) fn all() -> [(&'static str, OperationDraft); 4] {
    [
        ("/health", health()),
        ("/health/live", live()),
        ("/health/ready", ready()),
        ("/health/detailed", detailed()),
    ]
}

fn health() -> OperationDraft {
    let draft = probe("getHealth", "Whether the node, or the gateway, is healthy");
    draft
        .gives_health::<PlainHealth>(200, "healthy", &["timestamp"], golden!("health"))
        .gives_health::<PlainHealth>(503, "unhealthy", &["timestamp", "reasons"], UNHEALTHY)
        .without_token()
}

fn live() -> OperationDraft {
    let scope = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["daemon"]));
    let draft = probe("getLiveness", "Whether it should be left running");
    query(
        draft,
        "scope",
        "Ask about the daemon's own loops only",
        scope,
    )
    .gives_health::<PlainHealth>(200, "alive", &[], golden!("live"))
    .gives_health::<PlainHealth>(503, "dead", &["reasons"], DEAD)
    .without_token()
}

fn ready() -> OperationDraft {
    let there = ["chain_initialized", "storage_available"];
    let there_too = [&there[..], &["reasons"]].concat();
    let draft = probe("getReadiness", "Whether it may get traffic");
    draft
        .gives_health::<PlainHealth>(200, "ready", &there, golden!("ready"))
        .gives_health::<PlainHealth>(503, "not_ready", &there_too, NOT_READY)
        .without_token()
}

fn detailed() -> OperationDraft {
    probe(
        "getDetailedHealth",
        "All that is known, but addresses and names to anybody",
    )
    .gives_health::<DetailedHealth>(200, "healthy", &[], golden!("detailed_warned"))
    .gives_health::<DetailedHealth>(503, "unhealthy", &[], "")
    .refuses(
        403,
        "The Host is another's, or there is no client certificate",
    )
    .with_optional_token()
}

/// What all health paths have.
fn probe(id: &str, summary: &str) -> OperationDraft {
    let draft = OperationDraft::new("health", id, summary).about(
        "It is answered from memory, however slow the node is. Other keys of the query are ignored, \
         as probes like to add some against caches.",
    );
    with_query(draft)
        .gives_text(200, "")
        .gives_text(503, "")
        .gives_text(
            400,
            "The query is not valid, or the request contradicts itself",
        )
        .refuses(400, "")
        .gives_text(
            404,
            "There is no such node, or rpc.health_checks_enabled is false",
        )
        .refuses(404, "")
        .gives_text(405, "Another method than GET or HEAD")
        .header(405, "Allow", "The methods of this path")
}

fn with_query(draft: OperationDraft) -> OperationDraft {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let verbose = text().examples([json!("1")]);
    let draft = query(
        draft,
        "verbose",
        "Answer with a line of text for each check; `0` and `false`: do not",
        verbose,
    );
    let draft = list(
        draft,
        (
            "exclude",
            "Checks to leave out, by name; an unknown one is ignored and named in the answer",
        ),
        ArrayBuilder::new().items(text().examples([json!("peers")])),
    );
    let draft = query(
        draft,
        "node",
        "The node to ask about",
        text().examples([json!("main")]),
    );
    let draft = query(
        draft,
        "max_lag",
        "The node is at most so many blocks behind",
        number(KnownFormat::UInt64),
    );
    let draft = list(
        draft,
        ("have", "The node has these indexes, complete"),
        ArrayBuilder::new()
            .items(text().enum_values(Some(index_options())))
            .min_items(Some(1)),
    );
    query(
        draft,
        "keeps_from",
        "The node has the block at this height, and all above",
        number(KnownFormat::UInt32),
    )
}

fn number(format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .minimum(Some(0))
}

fn key(name: &str, text: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema))
}

fn query(
    draft: OperationDraft,
    name: &str,
    text: &str,
    schema: impl Into<RefOr<Schema>>,
) -> OperationDraft {
    draft.parameter(key(name, text, schema))
}

/// A key whose value is a list with commas.
fn list(draft: OperationDraft, (name, text): (&str, &str), items: ArrayBuilder) -> OperationDraft {
    let list = key(name, text, items)
        .style(Some(ParameterStyle::Form))
        .explode(Some(false));
    draft.parameter(list)
}

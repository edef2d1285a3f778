//! The control API and the health paths, described for programs (`OpenAPI` 3.1).
//!
//! The paths are those of the tables that the router looks at, the documents are the types of
//! `crate::api`. The description is made by a test and kept in `docs/openapi.json`, which the
//! daemon serves; the test fails when the file is not what would be made now.

mod documents;
mod health_operations;
pub(super) mod operation;
pub(super) mod refusals;
mod schema;

use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem, Paths};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder, Tag};

use self::documents::Documents;
use super::control::endpoint::{NODE_STATUS, OF_DAEMON, OF_NODE};
use crate::api::PATH_PREFIX;

const ABOUT: &str = "\
What operators and programs read and change of a bllvmctl daemon beside the JSON-RPC calls of its \
nodes, and the paths that probes ask.

Over TCP every request below `/api/v1/` needs the control token, which is in \
`<state_dir>/control.cookie`, and is answered to loopback addresses only, unless `rpc.ops_listen` is \
set. Over the control socket, `<state_dir>/control.sock`, it needs no token: who may open it may use \
it. The health paths need no token; `/health/detailed` shows addresses and names only to loopback, \
over the control socket, or with the token.

HEAD is answered as GET is, without the body. Each answer has an `X-Request-Id`, that of the request \
if it had one. Errors are problem details (RFC 9457); those of the health paths are a line of text \
where a probe shows it to people.

Sizes are numbers of bytes, times are RFC 3339, durations are seconds, and what is unknown is `null`. \
A later version may have more members in its answers and more words in an enumeration: a reader \
should ignore the members that it does not know. A request with a member that is not known is refused.

Paths of a node are there twice: below `/api/v1/nodes/{node}/`, and below `/api/v1/` for a daemon \
with one node. With several nodes the latter are 400.";

const TAGS: [(&str, &str); 7] = [
    ("health", "What probes and balancers ask"),
    ("daemon", "The daemon, its log and its configuration"),
    ("nodes", "The nodes, and their place in the rotation"),
    ("prune", "Pruning, and leases against it"),
    ("peers", "Peers that are connected or kept"),
    ("queue", "The reconnection queue"),
    ("limits", "The rate limits of the gateway"),
];

/// The description as it would be made now, with line breaks.
#[must_use]
pub fn document() -> String {
    let mut documents = Documents::default();
    let mut paths = Paths::new();
    add_daemon_paths(&mut paths, &mut documents);
    add_node_paths(&mut paths, &mut documents);
    for (path, draft) in health_operations::all() {
        add(
            &mut paths,
            path,
            HttpMethod::Get,
            draft.finish(&mut documents),
        );
    }
    let made = serde_json::to_value(described(paths, documents)).unwrap_or_default();
    pretty(&schema::normalised(made))
}

fn add_daemon_paths(paths: &mut Paths, documents: &mut Documents) {
    for row in OF_DAEMON {
        let path = format!("{PATH_PREFIX}{}", row.path);
        for (method, draft) in row.endpoint.describe() {
            let draft = refusals::of_control_api(draft);
            add(paths, &path, method, draft.finish(documents));
        }
    }
}

fn add_node_paths(paths: &mut Paths, documents: &mut Documents) {
    for row in OF_NODE.iter().chain([&NODE_STATUS]) {
        for (method, draft) in row.endpoint.describe() {
            let named = refusals::of_named_node(draft);
            let path = format!("{PATH_PREFIX}nodes/{{node}}/{}", row.path);
            let path = path.trim_end_matches('/');
            add(paths, path, method, named.finish(documents));
        }
    }
    for row in OF_NODE {
        for (method, draft) in row.endpoint.describe() {
            let of_only = refusals::of_only_node(draft);
            let path = format!("{PATH_PREFIX}{}", row.path);
            add(paths, &path, method, of_only.finish(documents));
        }
    }
}

fn add(paths: &mut Paths, path: &str, method: HttpMethod, operation: Operation) {
    let item = PathItem::new(method, operation);
    paths
        .paths
        .entry(path.to_owned())
        .or_default()
        .merge_operations(item);
}

fn described(paths: Paths, documents: Documents) -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("bllvmctl")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    let server = ServerBuilder::new()
        .url("http://127.0.0.1:18332")
        .description(Some("The default of rpc.listen"));
    let mut token = Http::new(HttpAuthScheme::Bearer);
    token.description = Some(
        "The content of `<state_dir>/control.cookie`, or of `rpc.control_token_file`".to_owned(),
    );
    let mut components = documents.into_components();
    refusals::add_shared(&mut components);
    components.add_security_scheme(operation::TOKEN_SCHEME, SecurityScheme::Http(token));
    let tag = |(name, text): (&str, &str)| {
        let mut tag = Tag::new(name);
        tag.description = Some(text.to_owned());
        tag
    };
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([server.build()]))
        .paths(paths)
        .components(Some(components))
        .tags(Some(TAGS.map(tag)))
        .build()
}

fn pretty(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document);
    // Values always serialise.
    text.unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::control::endpoint::EndpointRow;

    fn described_methods(document: &Value, path: &str) -> BTreeSet<String> {
        let item = document["paths"][path].as_object();
        let item = item.unwrap_or_else(|| panic!("{path} is not described"));
        item.keys().map(|method| method.to_uppercase()).collect()
    }

    fn methods_of<E>(row: &EndpointRow<E>) -> BTreeSet<String> {
        row.methods.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_path_and_method_that_is_routed_is_described_and_no_other() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut routed = BTreeSet::new();
        let mut hold = |path: String, methods: BTreeSet<String>| {
            assert_eq!(described_methods(&document, &path), methods, "{path}");
            routed.insert(path);
        };
        for row in OF_DAEMON {
            hold(format!("{PATH_PREFIX}{}", row.path), methods_of(row));
        }
        for row in OF_NODE {
            hold(format!("{PATH_PREFIX}{}", row.path), methods_of(row));
            let named = format!("{PATH_PREFIX}nodes/{{node}}/{}", row.path);
            hold(named, methods_of(row));
        }
        let status = format!("{PATH_PREFIX}nodes/{{node}}");
        hold(status, methods_of(&NODE_STATUS));
        for path in ["", "/live", "/ready", "/detailed"] {
            hold(format!("/health{path}"), ["GET".to_owned()].into());
        }
        let described = document["paths"].as_object().unwrap().keys().cloned();
        assert_eq!(described.collect::<BTreeSet<_>>(), routed);
    }

    #[test]
    fn operations_have_names_of_their_own_and_tags_that_are_explained() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} is there twice");
                let tag = operation["tags"][0].as_str().unwrap();
                assert!(TAGS.iter().any(|(name, _)| *name == tag), "{tag}");
                assert!(!operation["summary"].as_str().unwrap().is_empty());
                assert!(
                    operation["responses"].as_object().unwrap().len() > 1,
                    "{method} {path}"
                );
            }
        }
    }
}

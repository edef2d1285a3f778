//! The operations on the daemon.

use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{HttpMethod, ParameterIn};

use super::operation::OperationDraft;
use crate::api::{
    ExplainQuery, LimitsDocument, LimitsExplained, LimitsTried, NodeSummary, NotifyTestRequest,
    NotifyTestResult, RecentLog, ReloadOutcome, RouteExplainQuery, RouteExplained, StatusDocument,
};
use crate::http::control::endpoint::DaemonEndpoint;

/// A document as a daemon has written it.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../api/golden/", $name, ".json"))
    };
}
pub(super) use golden;

const NOTIFY_TESTED: &str =
    r#"[{"name":"pager","target":"https://hooks.example.com","sent":true,"error":null}]"#;

/// What each method does at a path of the daemon.
pub(super) fn of_daemon(endpoint: DaemonEndpoint) -> Vec<(HttpMethod, OperationDraft)> {
    let get = |draft| vec![(HttpMethod::Get, draft)];
    let post = |draft| vec![(HttpMethod::Post, draft)];
    match endpoint {
        DaemonEndpoint::ConfigReload => post(reload()),
        DaemonEndpoint::Limits => get(OperationDraft::new(
            "limits",
            "getLimits",
            "The limits of the gateway, and their users",
        )
        .gives::<LimitsDocument>(200, "The limits in force", golden!("limits"))),
        DaemonEndpoint::LimitsExplain => get(explain_limits()),
        DaemonEndpoint::LimitsTry => post(try_limits()),
        DaemonEndpoint::Log => get(OperationDraft::new(
            "daemon",
            "getLog",
            "The last lines of the log but those about calls",
        )
        .gives::<RecentLog>(200, "The lines, the oldest first", golden!("log"))),
        DaemonEndpoint::Nodes => get(OperationDraft::new(
            "nodes",
            "listNodes",
            "The nodes in short, with their place in the rotation",
        )
        .gives_list::<NodeSummary>(200, "The nodes", golden!("nodes"))),
        DaemonEndpoint::NotifyTest => post(test_notifications()),
        DaemonEndpoint::OpenApi => {
            get(
                OperationDraft::new("daemon", "getOpenApi", "This description")
                    .gives_object(200, "An OpenAPI document"),
            )
        }
        DaemonEndpoint::Route => get(explain_route()),
        DaemonEndpoint::Status => get(OperationDraft::new(
            "daemon",
            "getStatus",
            "Everything that is known; with several nodes of the gateway, and of each node",
        )
        .gives::<StatusDocument>(200, "The status", golden!("status"))),
    }
}

fn reload() -> OperationDraft {
    OperationDraft::new("daemon", "reloadConfig", "Reads the configuration again")
        .gives::<ReloadOutcome>(200, "It is in force", golden!("reload"))
        .refuses(422, "It is not valid: its problems; the one in force stays")
        .refuses(503, "The daemon is shutting down")
}

fn explain_limits() -> OperationDraft {
    let query = ExplainQuery::into_params(|| Some(ParameterIn::Query));
    OperationDraft::new(
        "limits",
        "explainLimits",
        "What would become of one call now",
    )
    .parameters(query)
    .gives::<LimitsExplained>(
        200,
        "Whether it passes, why, and the buckets that it would be charged to",
        golden!("limits_explained"),
    )
    .refuses(404, "There is no such user")
}

fn try_limits() -> OperationDraft {
    OperationDraft::new(
        "limits",
        "tryLimits",
        "Tries the limits on callers that nobody else is",
    )
    .about("No call goes to a node, and no other caller is charged.")
    .gives::<LimitsTried>(
        200,
        "How many calls passed of each limit, and what refused the next one",
        golden!("limits_tried"),
    )
    .refuses(409, "There is no gateway: rpc.enabled is false")
}

fn test_notifications() -> OperationDraft {
    OperationDraft::new(
        "daemon",
        "testNotifications",
        "Sends a test through one notification, or through each",
    )
    .about("It waits for one attempt of each.")
    .takes::<NotifyTestRequest>(Required::False)
    .gives_list::<NotifyTestResult>(200, "How each attempt ended", NOTIFY_TESTED)
    .refuses(404, "No notification is configured, or none of this name")
    .refuses(503, "The daemon is shutting down")
}

fn explain_route() -> OperationDraft {
    let query = RouteExplainQuery::into_params(|| Some(ParameterIn::Query));
    OperationDraft::new(
        "nodes",
        "explainRoute",
        "Which node would get a call now, and why the others would not",
    )
    .parameters(query)
    .gives::<RouteExplained>(
        200,
        "The nodes in the order in which they would get it",
        golden!("route_explained"),
    )
    .refuses(404, "There is no such user")
    .refuses(409, "There is no gateway: rpc.enabled is false")
}

//! `GET /api/v1/limits` and `GET /api/v1/limits/explain?user=&address=&method=`: the limits of the
//! gateway, and what they make of one caller. `POST /api/v1/limits/try`: what they make of calls of
//! callers that nobody else is, of which none goes to a node.

use hyper::StatusCode;
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::ControlApi;
use crate::api::{
    ExplainQuery, LimitTried, LimitsDocument, LimitsExplained, LimitsStore, LimitsTried,
};
use crate::clock;
use crate::gateway::CallerQuery;
use crate::http::openapi::operation::{OperationDraft, golden};
use crate::http::reply::{self, Reply};

pub(super) fn show(api: &ControlApi) -> Reply {
    let mut limits = LimitsDocument::from(api.gateway.report());
    let store = api.gateway.shared_limits();
    let now = clock::mono();
    limits.store = store.map(|store| LimitsStore::of(store.report(now), now));
    reply::value(StatusCode::OK, &limits)
}

pub(super) async fn explain(api: &ControlApi, query: &str) -> Reply {
    let query = match ExplainQuery::parse(query) {
        Ok(query) => query,
        Err(problem) => return reply::problem(StatusCode::BAD_REQUEST, &problem),
    };
    let caller = CallerQuery {
        user: query.user,
        address: query.address,
        method: query.method,
    };
    let explanation = match api.gateway.explain_levels(&caller).await {
        Ok(explanation) => explanation,
        Err(error) => return reply::problem(StatusCode::NOT_FOUND, &error.to_string()),
    };
    let explanation = if api.cache.settings().rpc.enabled {
        explanation
    } else {
        explanation.without_gateway()
    };
    reply::value(StatusCode::OK, &LimitsExplained::from(explanation))
}

pub(super) async fn try_all(api: &ControlApi) -> Reply {
    if !api.cache.settings().rpc.enabled {
        let detail = "rpc.enabled is false: there is no gateway";
        return reply::problem(StatusCode::CONFLICT, detail);
    }
    let (tried, left_out) = api.gateway.try_limits().await;
    let limits = LimitsDocument::from(api.gateway.report());
    let tried = LimitsTried {
        mode: limits.summary.mode,
        limits: tried.into_iter().map(LimitTried::from).collect(),
        left_out,
    };
    reply::value(StatusCode::OK, &tried)
}

pub(super) fn describe() -> OperationDraft {
    OperationDraft::new(
        "limits",
        "getLimits",
        "The limits of the gateway, and their users",
    )
    .gives::<LimitsDocument>(200, "The limits in force", golden!("limits"))
}

pub(super) fn describe_explain() -> OperationDraft {
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

pub(super) fn describe_try() -> OperationDraft {
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

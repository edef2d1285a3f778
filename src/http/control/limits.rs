//! `GET /api/v1/limits` and `GET /api/v1/limits/explain?user=&address=&method=`: the limits of the
//! gateway, and what they make of one caller.

use hyper::{Method, StatusCode};

use super::ControlApi;
use super::call::ControlRequest;
use crate::api::{ExplainQuery, LimitsDocument, LimitsExplained, LimitsStore};
use crate::clock;
use crate::gateway::CallerQuery;
use crate::http::reply::{self, Reply};

pub(super) async fn answer(api: &ControlApi, what: &[&str], call: ControlRequest) -> Reply {
    match what {
        [] => call.only(&[Method::GET], |_| {
            let mut limits = LimitsDocument::from(api.gateway.report());
            let (store, now) = (api.gateway.shared_limits(), clock::mono());
            limits.store = store.map(|store| LimitsStore::of(store.report(now), now));
            reply::value(StatusCode::OK, &limits)
        }),
        ["explain"] => match call.check(&[Method::GET]) {
            Ok(_) => explain(api, &call).await,
            Err(refusal) => *refusal,
        },
        _ => reply::problem(
            StatusCode::NOT_FOUND,
            "the control API has /api/v1/limits and /api/v1/limits/explain",
        ),
    }
}

async fn explain(api: &ControlApi, call: &ControlRequest) -> Reply {
    let query = match ExplainQuery::parse(call.query()) {
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
    let explanation = if api.cache.settings().rpc_enabled {
        explanation
    } else {
        explanation.without_gateway()
    };
    reply::value(StatusCode::OK, &LimitsExplained::from(explanation))
}

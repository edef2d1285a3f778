//! `GET /api/v1/limits` and `GET /api/v1/limits/explain?user=&address=&method=`: the limits of the
//! front, and what they make of one caller.

use hyper::{Method, StatusCode};

use super::call::Call;
use crate::api::{ExplainQuery, LimitsDocument, LimitsExplained};
use crate::clock;
use crate::gateway::Caller;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;

pub(super) fn answer(service: &Service, what: &[&str], call: Call) -> Reply {
    match what {
        [] => call.only(&[Method::GET], |_| {
            let limits = LimitsDocument::from(service.gateway.report());
            reply::value(StatusCode::OK, &limits)
        }),
        ["explain"] => call.only(&[Method::GET], |call| explain(service, &call)),
        _ => reply::problem(
            StatusCode::NOT_FOUND,
            "the control API has /api/v1/limits and /api/v1/limits/explain",
        ),
    }
}

fn explain(service: &Service, call: &Call) -> Reply {
    let query = match ExplainQuery::parse(call.query()) {
        Ok(query) => query,
        Err(problem) => return reply::problem(StatusCode::BAD_REQUEST, &problem),
    };
    let caller = Caller {
        user: query.user,
        address: query.address,
        method: query.method,
    };
    let explanation = match service.gateway.explain(&caller, clock::mono()) {
        Ok(explanation) => explanation,
        Err(error) => return reply::problem(StatusCode::NOT_FOUND, &error.to_string()),
    };
    let explanation = if service.desk.settings().rpc_enabled {
        explanation
    } else {
        explanation.without_front()
    };
    reply::value(StatusCode::OK, &LimitsExplained::from(explanation))
}

//! `GET /api/v1/limits` and `GET /api/v1/limits/explain?user=&address=&method=`: the limits of the
//! front, and what they make of one caller.

use hyper::{Method, StatusCode};

use super::call::Call;
use crate::clock;
use crate::gateway::Caller;
use crate::http::reply::{self, Reply};
use crate::http::service::Service;

pub(super) fn answer(service: &Service, what: &[&str], call: Call) -> Reply {
    match what {
        [] => call.only(&[Method::GET], |_| {
            reply::value(StatusCode::OK, &service.gateway.report())
        }),
        ["explain"] => call.only(&[Method::GET], |call| explain(service, &call)),
        _ => reply::problem(
            StatusCode::NOT_FOUND,
            "the control API has /api/v1/limits and /api/v1/limits/explain",
        ),
    }
}

fn explain(service: &Service, call: &Call) -> Reply {
    let caller = match caller(call) {
        Ok(caller) => caller,
        Err(problem) => return reply::problem(StatusCode::BAD_REQUEST, &problem),
    };
    match service.gateway.explain(&caller, clock::mono()) {
        Ok(explanation) if service.desk.settings().rpc_enabled => {
            reply::value(StatusCode::OK, &explanation)
        }
        Ok(explanation) => reply::value(StatusCode::OK, &explanation.without_front()),
        Err(error) => reply::problem(StatusCode::NOT_FOUND, &error.to_string()),
    }
}

/// Whom the query is about.
fn caller(call: &Call) -> Result<Caller, String> {
    let mut caller = Caller::default();
    for (key, value) in call.query() {
        match key.as_str() {
            "user" => caller.user = Some(value),
            "method" => caller.method = Some(value),
            "address" => {
                let address = value
                    .parse()
                    .map_err(|_| format!("address={value} is no IP address"))?;
                caller.address = Some(address);
            }
            _ => {
                return Err(format!(
                    "there is no key {key}; there are user, address and method"
                ));
            }
        }
    }
    Ok(caller)
}

//! The control API, for the command line. Every call over TCP needs the control token, asked before
//! the path is looked at; a call over the control socket needs none.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/nodes` | GET | the nodes in short |
//! | `/api/v1/nodes/NAME` | GET | the detailed health, with collectors and tasks |
//! | `/api/v1/nodes/NAME/queue…` | | `queue` |
//! | `/api/v1/nodes/NAME/peers…` | | `peers` |
//! | `/api/v1/nodes/NAME/prune…` | | `prune` |
//! | `/api/v1/nodes/NAME/leases…` | | `leases` |
//! | `/api/v1/nodes/NAME/drain` | GET, POST, DELETE | `drain` |
//! | `/api/v1/status` | GET | the detailed health, with collectors and tasks; with several nodes that of the gateway, and each node |
//! | `/api/v1/route` | GET | `route`: which node would get a call, and why the others would not |
//! | `/api/v1/limits…` | | `limits` |
//! | `/api/v1/notify/test` | POST | `notify`: sends a test through notifications |
//! | `/api/v1/log` | GET | the last lines of the log |
//! | `/api/v1/openapi.json` | GET | `openapi`: this table with all that belongs to it, for programs |
//! | `/api/v1/config/reload` | POST | reads the configuration again |
//!
//! `/api/v1/queue…` and so on mean the only node; with several they are 400, with `nodes`, the
//! names there are. A NAME is percent-decoded and compared exactly; one that no node has is 404,
//! with `nodes` too.
//!
//! `endpoint` is the table that is looked at, with what answers and what describes each row.
//!
//! Documents are those of `crate::api`, errors are problem details (RFC 9457).

mod call;
mod config;
mod control_api;
mod dispatch;
mod drain;
pub(super) mod endpoint;
mod leases;
mod limits;
mod nodes;
mod notify;
mod openapi;
mod operator;
mod peers;
mod prune;
mod queue;
mod route;
mod status;

pub use config::Reload;
pub use control_api::ControlApi;

use std::net::IpAddr;

use hyper::Request;

use self::call::ControlRequest;
use self::operator::ControlChange;
use super::reply::Reply;
use super::server::connections::RequestBody;

/// Answers a request below `/api/` that came from the address `from`.
pub(super) async fn answer(api: &ControlApi, request: Request<RequestBody>, from: IpAddr) -> Reply {
    match api.authenticate(request.headers(), from) {
        Ok(()) => answer_permitted(api, request, &format!("the control token, {from}")).await,
        Err(refusal) => *refusal,
    }
}

/// Answers a request below `/api/` of somebody who may ask it, and whom events call `by`.
pub(super) async fn answer_permitted(
    api: &ControlApi,
    request: Request<RequestBody>,
    by: &str,
) -> Reply {
    let path = request.uri().path().to_owned();
    let change = ControlChange::of(request.method(), &path, by);
    let asked_for = change
        .as_ref()
        .map(ControlChange::asked_for)
        .unwrap_or_default();
    let call = ControlRequest::new(request, asked_for);
    let reply = dispatch::answer(api, &path, call).await;
    if let Some(change) = change {
        change.answered(reply.status, &api.events);
    }
    reply
}

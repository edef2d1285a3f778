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
//! `/api/v1/queue…` and so on mean the only node; with several they are 400, with `nodes`, the names
//! there are. A NAME is percent-decoded and compared exactly; one that no node has is 404, with
//! `nodes` too.
//!
//! `endpoint` is the table that is looked at, `dispatch` what answers each row.
//!
//! Documents are those of `crate::api`, errors are problem details (RFC 9457).

mod call;
mod config;
mod dispatch;
mod drain;
pub(super) mod endpoint;
mod leases;
mod limits;
mod nodes;
mod notify;
mod operator;
mod peers;
mod prune;
mod queue;
mod route;
mod status;

pub use config::Reload;
pub(super) use config::ReloadSender;

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};

use self::call::ControlRequest;
use self::operator::ControlChange;
use super::answer_cache::AnswerCache;
use super::detailed::DetailedPage;
use super::reply::{self, Reply};
use super::server::connections::RequestBody;
use super::token::{ControlToken, TokenAdmission, is_bearer};
use crate::clock;
use crate::events::EventLog;
use crate::fleet::Roster;
use crate::gateway::Gateway;
use crate::metrics::Recorder;
use crate::notify::Notifier;
use crate::supervise::Supervisor;
use crate::values::Mono;

/// The control API, and what its answers are made of.
pub struct ControlApi {
    cache: Arc<AnswerCache>,
    detailed: Arc<DetailedPage>,
    gateway: Arc<Gateway>,
    supervisor: Arc<Supervisor>,
    recorder: Arc<Recorder>,
    token: Arc<ControlToken>,
    events: Arc<EventLog>,
    notifier: Arc<Notifier>,
    reload: ReloadSender,
}

impl ControlApi {
    /// The control API of the node of `cache`; requests need `token`, changes are recorded in
    /// `events`, and to read the configuration again is asked of whoever receives from `reload`.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part that its answers are made of"
    )]
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        detailed: Arc<DetailedPage>,
        gateway: Arc<Gateway>,
        supervisor: Arc<Supervisor>,
        recorder: Arc<Recorder>,
        token: Arc<ControlToken>,
        events: Arc<EventLog>,
        notifier: Arc<Notifier>,
        reload: ReloadSender,
    ) -> Self {
        Self {
            cache,
            detailed,
            gateway,
            supervisor,
            recorder,
            token,
            events,
            notifier,
            reload,
        }
    }

    /// Whether a request for something else has shown the token. One without any is not counted as
    /// a failure, and neither is one with credentials of another kind.
    pub(super) fn is_authorized(&self, headers: &HeaderMap, from: IpAddr, now: Mono) -> bool {
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if !authorization.is_some_and(is_bearer) {
            return false;
        }
        let admission = self.token.admit(authorization, from.to_canonical(), now);
        admission == TokenAdmission::Granted
    }

    fn roster(&self) -> &Roster {
        self.cache.roster()
    }
}

/// Answers a request below `/api/` that came from the address `from`.
pub(super) async fn answer(api: &ControlApi, request: Request<RequestBody>, from: IpAddr) -> Reply {
    match authenticate(api, request.headers(), from) {
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

fn authenticate(api: &ControlApi, headers: &HeaderMap, from: IpAddr) -> Result<(), Box<Reply>> {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match api.token.admit(authorization, from, clock::mono()) {
        TokenAdmission::Granted => Ok(()),
        TokenAdmission::Refused => {
            api.recorder.control_refused();
            let mut refusal = reply::problem(
                StatusCode::UNAUTHORIZED,
                "the control token is missing or wrong",
            );
            refusal
                .lines
                .push("WWW-Authenticate", b"Bearer realm=\"bllvmctl\"");
            Err(Box::new(refusal))
        }
        TokenAdmission::TooMany(wait) => {
            api.recorder.control_refused();
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail =
                format!("too many requests with a wrong control token; try again in {seconds} s");
            let mut refusal = reply::problem(StatusCode::TOO_MANY_REQUESTS, &detail);
            refusal
                .lines
                .push("Retry-After", seconds.to_string().as_bytes());
            Err(Box::new(refusal))
        }
    }
}

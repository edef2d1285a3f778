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
//! | `/api/v1/config/reload` | POST | reads the configuration again |
//!
//! `/api/v1/queue…` and so on mean the only node; with several they are 400, with `nodes`, the names
//! there are. A NAME is percent-decoded and compared exactly; one that no node has is 404, with
//! `nodes` too.
//!
//! Documents are those of `crate::api`, errors are problem details (RFC 9457).

mod call;
mod config;
mod drain;
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
use hyper::{Method, Request, StatusCode};

use self::call::ControlRequest;
use self::operator::ControlChange;
use super::answer_cache::AnswerCache;
use super::detailed::DetailedPage;
use super::reply::{self, Reply};
use super::server::connections::RequestBody;
use super::token::{ControlToken, TokenAdmission, is_bearer};
use crate::api::{PATH_PREFIX, RecentLog};
use crate::clock;
use crate::events::EventLog;
use crate::fleet::{Member, Roster};
use crate::gateway::Gateway;
use crate::logging;
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
    let reply = routed(api, &path, call).await;
    if let Some(change) = change {
        change.answered(reply.status, &api.events);
    }
    reply
}

async fn routed(api: &ControlApi, path: &str, call: ControlRequest) -> Reply {
    let segments: Vec<&str> = path
        .strip_prefix(PATH_PREFIX)
        .unwrap_or_default()
        .split('/')
        .collect();
    match segments.as_slice() {
        ["nodes"] => call.only(&[Method::GET], |_| nodes::list(api)),
        ["nodes", name, resource @ ..] => match nodes::named(api.roster(), name) {
            Ok(member) => of_node(api, &member, path, resource, call).await,
            Err(refusal) => *refusal,
        },
        ["limits", what @ ..] => limits::answer(api, what, call).await,
        ["route"] => call.only(&[Method::GET], |call| route::answer(api, call.query())),
        ["config", "reload"] => match call.check(&[Method::POST]) {
            Ok(_) => config::reload(&api.reload).await,
            Err(refusal) => *refusal,
        },
        ["notify", what @ ..] => notify::answer(&api.notifier, what, call).await,
        ["log"] => call.only(&[Method::GET], |_| {
            let lines = logging::recent_lines();
            reply::value(StatusCode::OK, &RecentLog { lines })
        }),
        ["status"] => call.only(&[Method::GET], |_| status::status(api, None)),
        resource => of_only_node(api, path, resource, call).await,
    }
}

/// Answers about the only node.
async fn of_only_node(
    api: &ControlApi,
    path: &str,
    resource: &[&str],
    call: ControlRequest,
) -> Reply {
    let members = api.roster().all().clone();
    match (members.only(), resource) {
        (None, ["queue" | "peers" | "prune" | "leases" | "drain", ..]) => {
            reply::name_a_node(members.names())
        }
        // With several nodes it has no such path either.
        (only, _) => of_node(api, only.unwrap_or(members.first()), path, resource, call).await,
    }
}

/// Answers about `member`.
async fn of_node(
    api: &ControlApi,
    member: &Member,
    path: &str,
    resource: &[&str],
    call: ControlRequest,
) -> Reply {
    if let Some(refusal) = not_ours_to_change(member, resource, &call) {
        return refusal;
    }
    match resource {
        [] => {
            let name = member.settings().name.clone();
            call.only(&[Method::GET], |_| status::status(api, Some(&name)))
        }
        ["queue", what @ ..] => queue::answer(member, what, call).await,
        ["peers", what @ ..] => peers::answer(member, what, call).await,
        ["prune", what @ ..] => prune::answer(member, what, call).await,
        ["leases", what @ ..] => leases::answer(member, what, call).await,
        ["drain"] => drain::answer(api, member, call).await,
        _ => reply::problem(
            StatusCode::NOT_FOUND,
            &format!("the control API has no {path}"),
        ),
    }
}

/// The refusal of a change of a node that this daemon does not prune and whose peers it does not
/// dial.
fn not_ours_to_change(member: &Member, resource: &[&str], call: &ControlRequest) -> Option<Reply> {
    let settings = member.settings();
    let detail = match resource {
        _ if call.is_read() => return None,
        ["prune", ..] if settings.role.archive => format!(
            "the node {} is an archive, which is never pruned: nodes.archive",
            settings.name
        ),
        ["queue" | "peers" | "prune", ..] if !settings.manage => format!(
            "this daemon does not manage the node {}: set nodes.manage",
            settings.name
        ),
        _ => return None,
    };
    Some(reply::problem(StatusCode::CONFLICT, &detail))
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

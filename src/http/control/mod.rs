//! The control API, for the command line. Every call needs the control token, asked before the path
//! is looked at.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/api/v1/status` | GET | the detailed health, with collectors and tasks |
//! | `/api/v1/config/reload` | POST | reads the configuration again |
//! | `/api/v1/queue` | GET | the reconnection queue |
//! | `/api/v1/queue/add`, `…/drop` | POST `{address}` | queues a peer for one episode, or takes it out |
//! | `/api/v1/queue/retry` | POST `{address}` or `{all: true}` | makes peers due at once |
//! | `/api/v1/queue/pause`, `…/resume` | POST | lets the queue stand still, or go on |
//! | `/api/v1/peers` | GET | the peers that are connected or kept |
//! | `/api/v1/peers/add`, `…/remove` | POST `{address}` | keeps a peer connected, or disconnects it |
//! | `/api/v1/limits…` | | `limits` |
//! | `/api/v1/prune…` | | `prune` |
//! | `/api/v1/leases…` | | `leases` |
//!
//! Errors are problem details (RFC 9457).

mod call;
mod config;
mod leases;
mod limits;
mod peers;
mod prune;
mod queue;
mod status;

pub(super) use config::ReloadSender;
pub use config::{Reload, ReloadReply};

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};

use self::call::Call;
use super::connections::AwaitedBody;
use super::header_case::case_of;
use super::reply::{self, Reply};
use super::service::Service;
use super::token::Admission;
use crate::clock;

/// Answers a request below `/api/`.
pub(super) async fn answer(
    service: &Service,
    request: Request<AwaitedBody>,
    from: IpAddr,
) -> Reply {
    if let Err(refusal) = authenticate(service, request.headers(), from) {
        return *refusal;
    }
    let path = request.uri().path().to_owned();
    let call = Call::new(request);
    let segments: Vec<&str> = path
        .strip_prefix("/api/v1/")
        .unwrap_or_default()
        .split('/')
        .collect();
    match segments.as_slice() {
        ["status"] => call.only(&[Method::GET], |_| status::status(service)),
        ["config", "reload"] => match call.check(&[Method::POST]) {
            Ok(_) => config::reload(service).await,
            Err(refusal) => *refusal,
        },
        ["queue", what @ ..] => queue::answer(service, what, call).await,
        ["peers", what @ ..] => peers::answer(service, what, call).await,
        ["limits", what @ ..] => limits::answer(service, what, call),
        ["prune", path @ ..] => prune::answer(service, path, call).await,
        ["leases", path @ ..] => leases::answer(service, path, call).await,
        _ => reply::problem(
            StatusCode::NOT_FOUND,
            &format!("the control API has no {path}"),
        ),
    }
}

fn authenticate(service: &Service, headers: &HeaderMap, from: IpAddr) -> Result<(), Box<Reply>> {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match service.token.admit(authorization, from, clock::mono()) {
        Admission::Granted => Ok(()),
        Admission::Refused => {
            service.recorder.control_refused();
            let mut refusal = reply::problem(
                StatusCode::UNAUTHORIZED,
                "the control token is missing or wrong",
            );
            refusal.headers_mut().insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"bllvmctl\""),
            );
            refusal
                .extensions_mut()
                .extend(case_of(["WWW-Authenticate"].into_iter()).unwrap_or_default());
            Err(Box::new(refusal))
        }
        Admission::TooMany(wait) => {
            service.recorder.control_refused();
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail =
                format!("too many requests with a wrong control token; try again in {seconds} s");
            let mut refusal = reply::problem(StatusCode::TOO_MANY_REQUESTS, &detail);
            refusal
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            Err(Box::new(refusal))
        }
    }
}
